// SPDX-License-Identifier: BSD-3-Clause
// The routes and neighbors that a router starts with.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>
#include <thread>

#include "base/log.hpp"
#include "control/configuration.hpp"

namespace ringroad::control {

Status Configuration::start(const config::Config& configured, config::Fault& place,
                            const OnLoad& on_load) {
  // A gateway may be reached through a route that is configured later, or through a route of a
  // file.
  std::vector<const config::Route*> waiting;
  std::ranges::transform(configured.routes, std::back_inserter(waiting),
                         [](const config::Route& route) { return &route; });
  const auto add_those_that_can = [&] {
    while (std::erase_if(waiting, [&](const config::Route* route) {
             return set_route(*route, routing::Routing4::Mode::kConfigured).has_value();
           }) > 0) {
    }
  };
  add_those_that_can();
  place = {.what = "", .at = config::Fault::At::kRouteFile, .field = "file"};
  for (const config::RouteFile& file : configured.route_files) {
    place.index = static_cast<std::size_t>(&file - configured.route_files.data());
    if (Status status = load_and_wait(file, on_load); !status) {
      return status;
    }
  }
  add_those_that_can();
  for (const config::Route* const route : waiting) {
    place = {.what = "",
             .at = config::Fault::At::kRoute,
             .index = static_cast<std::size_t>(route - configured.routes.data())};
    if (Status status = set_waiting_route(*route); !status) {
      return status;
    }
  }
  for (const config::StaticNeighbor& neighbor : configured.neighbors) {
    if (Status status = set_neighbor(neighbor); !status) {
      return status;
    }
  }
  while (routing_.advance()) {
    world_.reclaimer().run_once();
  }
  return {};
}

// If no route leads to a gateway yet, its next hops are added as `recursive`, so that the route
// waits for the gateway and all other routes are used meanwhile.
Status Configuration::set_waiting_route(const config::Route& route) {
  const Status refused = set_route(route, routing::Routing4::Mode::kConfigured);
  if (refused) {
    return {};
  }
  config::Route patient = route;
  for (config::NextHop& hop : patient.next_hops) {
    hop.recursive = hop.via && hop.port.empty();
  }
  Status status = set_route(patient, routing::Routing4::Mode::kConfigured);
  if (status) {
    log::warn("{}; the route waits for one that does", refused.error().what);
  }
  return status;
}

// The control thread may wait here, because no worker runs yet and no timer is due.
Status Configuration::load_and_wait(const config::RouteFile& file, const OnLoad& on_load) {
  const auto tell = [&] {
    if (on_load) {
      on_load(*load_);
    }
  };
  if (Status status = load_routes(file, routing::RouteLoad::Gateways::kMayWait); !status) {
    return status;
  }
  while (!load_->finished()) {
    tell();
    if (!load_->advance()) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    world_.reclaimer().run_once();
  }
  tell();
  const routing::RouteLoad::Outcome& outcome = load_->outcome();
  if (!outcome.error.empty()) {
    return fail(outcome.error);
  }
  for (const std::string& complaint : outcome.complaints) {
    log::warn("{}", complaint);
  }
  for (const Ipv4 via : file.via) {
    if (!routing_.port_of(via) && !routing_.gateways().is_covered(via)) {
      log::warn("{}: no route leads to its gateway {}; its routes wait for one that does",
                file.path, via.to_string());
    }
  }
  const auto passed_over = [](std::size_t count, std::string_view what) {
    return count == 0 ? std::string{} : fmt::format(", {} {} passed over", count, what);
  };
  log::info("{}: {} routes{}{}", file.path, outcome.added,
            passed_over(outcome.bad_lines, "bad lines"),
            passed_over(outcome.skipped_ipv6, "IPv6 prefixes"));
  return {};
}

}  // namespace ringroad::control

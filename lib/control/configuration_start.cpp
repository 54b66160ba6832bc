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

// If no route leads to a gateway yet, its next hops are added as `recursive`, so that the route
// waits for the gateway and all other routes are used meanwhile.
template <class Address>
Status Configuration::set_waiting_route(const config::RouteOf<Address>& route) {
  const Status refused = set_route(route, routing::RouteMode::kConfigured);
  if (refused) {
    return {};
  }
  config::RouteOf<Address> patient = route;
  for (config::NextHopOf<Address>& hop : patient.next_hops) {
    hop.recursive = hop.via && hop.port.empty();
  }
  Status status = set_route(patient, routing::RouteMode::kConfigured);
  if (status) {
    log::warn("{}; the route waits for one that does", refused.error().what);
  }
  return status;
}

// A gateway may be reached through a route that is configured later, or through a route of a file,
// so those that cannot be added yet are tried again. `last`: whether they must be added now.
template <class Address>
Status Configuration::add_routes(const std::vector<config::RouteOf<Address>>& routes, bool last,
                                 config::Fault& place) {
  std::vector<const config::RouteOf<Address>*> waiting;
  for (const config::RouteOf<Address>& route : routes) {
    if (!routing<Address>().rib().find(fib::Table{route.table}, route.to, route.metric)) {
      waiting.push_back(&route);
    }
  }
  while (std::erase_if(waiting, [&](const config::RouteOf<Address>* route) {
           return set_route(*route, routing::RouteMode::kConfigured).has_value();
         }) > 0) {
  }
  for (const config::RouteOf<Address>* const route : waiting) {
    if (!last) {
      break;
    }
    place = {.what = "",
             .at = config::Fault::At::kRoute,
             .index = static_cast<std::size_t>(route - routes.data()),
             .ipv6 = std::is_same_v<Address, Ipv6>};
    if (Status status = set_waiting_route(*route); !status) {
      return status;
    }
  }
  return {};
}
Status Configuration::start(const config::Config& configured, config::Fault& place,
                            const OnLoad& on_load) {
  static_cast<void>(add_routes(configured.routes, false, place));
  static_cast<void>(add_routes(configured.routes6, false, place));
  place = {.what = "", .at = config::Fault::At::kRouteFile, .field = "file"};
  for (const config::RouteFile& file : configured.route_files) {
    place.index = static_cast<std::size_t>(&file - configured.route_files.data());
    if (Status status = load_and_wait(file, on_load); !status) {
      return status;
    }
  }
  if (Status status = add_routes(configured.routes, true, place); !status) {
    return status;
  }
  if (Status status = add_routes(configured.routes6, true, place); !status) {
    return status;
  }
  for (const config::StaticNeighbor& neighbor : configured.neighbors) {
    if (Status status = set_neighbor(neighbor); !status) {
      return status;
    }
  }
  for (const config::StaticNeighbor6& neighbor : configured.neighbors6) {
    if (Status status = set_neighbor(neighbor); !status) {
      return status;
    }
  }
  while (routing_.advance() || routing6_.advance()) {
    world_.reclaimer().run_once();
  }
  return {};
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
  const auto warn_of_gateways = [&](const auto& gateways, const auto& routing) {
    for (const auto via : gateways) {
      if (!routing.port_of(via) && !routing.gateways().is_covered(via)) {
        log::warn("{}: no route leads to its gateway {}; its routes wait for one that does",
                  file.path, via.to_string());
      }
    }
  };
  warn_of_gateways(file.via, routing_);
  warn_of_gateways(file.via6, routing6_);
  const auto passed_over = [](std::size_t count, std::string_view what) {
    return count == 0 ? std::string{} : fmt::format(", {} {} passed over", count, what);
  };
  log::info("{}: {} routes{}{}{}", file.path, outcome.added,
            passed_over(outcome.bad_lines, "bad lines"),
            passed_over(outcome.skipped_ipv4, "IPv4 prefixes"),
            passed_over(outcome.skipped_ipv6, "IPv6 prefixes"));
  return {};
}

}  // namespace ringroad::control

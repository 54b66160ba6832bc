// SPDX-License-Identifier: BSD-3-Clause
// Static routes and permanent neighbors, and how verbs change them.
#include "control/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/cores.hpp"
#include "base/log.hpp"
#include "control/interfaces.hpp"

namespace ringroad::control {
namespace {

// Returns the configuration without what the tables keep.
config::Config without_entries(const config::Config& config) {
  config::Config fixed = config;
  fixed.routes.clear();
  fixed.routes6.clear();
  fixed.route_files.clear();
  fixed.neighbors.clear();
  fixed.neighbors6.clear();
  return fixed;
}

fib::TableNames names_of(const std::vector<config::RouteTable>& tables) {
  fib::TableNames names;
  for (const config::RouteTable& table : tables) {
    names.add(fib::Table{table.number}, table.name);
  }
  return names;
}

// Whether no host can have the neighbor's address.
bool is_taken(const interface::World& world, const config::StaticNeighbor& neighbor) {
  return world.is_own(neighbor.address) || world.is_broadcast(neighbor.address);
}
bool is_taken(const interface::World& world, const config::StaticNeighbor6& neighbor) {
  const interface::InterfaceView* const port = world.find_port(neighbor.port);
  return port != nullptr && world.is_own(port->id, neighbor.address);
}

}  // namespace

Configuration::Configuration(const config::Config& configured, const Parts& parts)
    : world_{parts.world},
      routing_{parts.routing},
      routing6_{parts.routing6},
      neighbors_{parts.neighbors},
      neighbors6_{parts.neighbors6},
      links_{parts.links},
      background_{routing::background_cores(cores_at_start(), configured.engine.workers)},
      neighbors_max_{configured.arp.gc_thresh[2]},
      neighbors6_max_{configured.nd.gc_thresh[2]} {
  Kept kept = kept_of(configured, ids_at_start(configured.ports), {}, {});
  swap(kept);
}

Configuration::Kept Configuration::kept_of(const config::Config& config,
                                           const std::vector<InterfaceId>& ids,
                                           const routing::StaticRoutes4& listed,
                                           const routing::StaticRoutes6& listed6) {
  Kept kept{.fixed = without_entries(config),
            .order = ids,
            .route_files = config.route_files,
            .table_names = names_of(config.tables),
            .static_routes = listed,
            .static_routes6 = listed6};
  kept.fixed.ports.clear();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::size_t place = ids[i].value();
    kept.fixed.ports.resize(std::max(kept.fixed.ports.size(), place + 1));
    kept.fixed.ports[place] = config.ports[i];
  }
  return kept;
}

void Configuration::swap(Kept& kept) {
  std::swap(fixed_, kept.fixed);
  std::swap(order_, kept.order);
  std::swap(route_files_, kept.route_files);
  std::swap(table_names_, kept.table_names);
  std::swap(static_routes_, kept.static_routes);
  std::swap(static_routes6_, kept.static_routes6);
}

template <class Address>
Result<typename routing::Routing<Address>::Request> Configuration::request_of(
    const config::RouteOf<Address>& route) const {
  typename routing::Routing<Address>::Request request{.prefix = route.to,
                                                      .type = route.type,
                                                      .vias = {},
                                                      .metric = route.metric,
                                                      .table = fib::Table{route.table},
                                                      .source = route.source};
  for (const config::NextHopOf<Address>& hop : route.next_hops) {
    typename routing::Routing<Address>::Via via{.address = hop.via,
                                                .weight = hop.weight,
                                                .port = std::nullopt,
                                                .on_link = hop.on_link,
                                                .recursive = hop.recursive};
    if (!hop.port.empty()) {
      const interface::InterfaceView* const port = world_.find_port(hop.port);
      if (port == nullptr) {
        return fail(fmt::format("there is no port '{}'", hop.port));
      }
      via.port = port->id;
    }
    request.vias.push_back(via);
  }
  return request;
}

template <class Address>
Status Configuration::set_route(const config::RouteOf<Address>& route, routing::RouteMode mode) {
  const auto request = request_of(route);
  if (!request) {
    return std::unexpected{request.error()};
  }
  const auto outcome = routing<Address>().set(*request, mode);
  if (!outcome) {
    return std::unexpected{outcome.error()};
  }
  static_routes<Address>().note({request->table, route.to, route.metric}, outcome->before,
                                outcome->now);
  links_.apply_unnumbered();
  return {};
}

template <class Address>
Status Configuration::remove_route(const typename routing::Routing<Address>::Selection& selection) {
  const auto removal = routing<Address>().remove(selection);
  if (!removal) {
    return std::unexpected{removal.error()};
  }
  static_routes<Address>().note({removal->table, selection.prefix, removal->metric},
                                removal->outcome.before, removal->outcome.now);
  links_.apply_unnumbered();
  return {};
}

template <class Address>
Status Configuration::erase_route(const fib::RouteSelector<Address>& selector) {
  typename routing::Routing<Address>::Selection selection{
      .prefix = selector.prefix, .table = selector.table, .metric = selector.metric};
  if (selector.via) {
    selection.vias.push_back({.address = selector.via});
  }
  return remove_route<Address>(selection);
}

Status Configuration::load_routes(const config::RouteFile& file,
                                  routing::RouteLoad::Gateways gateways) {
  if (load_ && !load_->finished()) {
    return fail(fmt::format("{} is being loaded; wait for its end", load_->file().path));
  }
  auto load = routing::RouteLoad::start(file, routing_, routing6_, background_, gateways);
  if (!load) {
    return std::unexpected{load.error()};
  }
  load_ = std::move(*load);
  ++load_number_;
  return {};
}

namespace {

void log_load(const routing::RouteLoad& load) {
  const routing::RouteLoad::Outcome& outcome = load.outcome();
  const std::string& path = load.file().path;
  if (load.state() == routing::RouteLoad::State::kFailed) {
    log::event(log::Level::warn, {{"file", path}}, "route load {}: failed: {}", path,
               outcome.error);
  } else {
    log::event(log::Level::info, {{"file", path}, {"routes", std::to_string(outcome.added)}},
               "route load {}: {} routes", path, outcome.added);
  }
}

}  // namespace

bool Configuration::advance_load() {
  if (!load_ || !load_->advance()) {
    return false;
  }
  if (load_->state() == routing::RouteLoad::State::kDone) {
    route_files_.push_back(load_->file());
  } else if (load_->state() == routing::RouteLoad::State::kFailed && route_files_.empty()) {
    static_routes_.forget_files();
    static_routes6_.forget_files();
  }
  if (load_->finished()) {
    log_load(*load_);
  }
  return true;
}

template <class Address>
Status Configuration::add_neighbor(const config::StaticNeighborOf<Address>& neighbor) {
  const interface::InterfaceView* const port = world_.find_port(neighbor.port);
  const auto& table = neighbors<Address>().table();
  const auto known = port == nullptr ? std::nullopt : table.find({port->id, neighbor.address});
  if (known && table.entry(*known).state == neigh::State::kPermanent) {
    return fail(fmt::format("port {} has a neighbor {} already; replace it", neighbor.port,
                            neighbor.address.to_string()));
  }
  return replace_neighbor(neighbor);
}

template <class Address>
Status Configuration::replace_neighbor(const config::StaticNeighborOf<Address>& neighbor) {
  if (is_taken(world_, neighbor)) {
    return fail(fmt::format("{} cannot be a neighbor's address", neighbor.address.to_string()));
  }
  return set_neighbor(neighbor);
}

// The address may be one of the router's own or become one later: a configuration may have both.
template <class Address>
Status Configuration::set_neighbor(const config::StaticNeighborOf<Address>& neighbor) {
  const interface::InterfaceView* const port = world_.find_port(neighbor.port);
  if (port == nullptr) {
    return fail(fmt::format("there is no port '{}'", neighbor.port));
  }
  if (!neighbor.mac.is_station()) {
    return fail(fmt::format("{} is no station's MAC address", neighbor.mac.to_string()));
  }
  if (!neighbor.address.is_unicast()) {
    return fail(fmt::format("{} cannot be a neighbor's address", neighbor.address.to_string()));
  }
  const neigh::Key<Address> key{port->id, neighbor.address};
  if (!routing<Address>().has_room_for(key)) {
    return fail("the tables of next hops have no room for a neighbor");
  }
  neighbors<Address>().set_permanent(key, neighbor.mac);
  return {};
}

template <class Address>
Status Configuration::erase_neighbor(neigh::Key<Address> key) {
  if (!neighbors<Address>().erase(key)) {
    return fail(fmt::format("port {} has no neighbor {}", world_.port(key.port).name,
                            key.address.to_string()));
  }
  return {};
}

template <class Address>
void Configuration::erase_routes_from(Address source) {
  const fib::Rib<Address>& rib = routing<Address>().rib();
  const auto is_from = [source](const fib::Path<Address>& path) {
    return path.protocol == fib::Protocol::kStatic && path.source == source;
  };
  if (!rib.any_path(is_from)) {
    return;
  }
  std::vector<typename routing::Routing<Address>::Selection> lost;
  for (const fib::Table table : rib.tables()) {
    rib.for_each(table, [&](const fib::RouteView<Address>& route) {
      if (is_from(route.path)) {
        lost.push_back({.prefix = route.prefix, .table = table, .metric = route.metric});
      }
      return true;
    });
  }
  for (const auto& route : lost) {
    log::info("route {}: its source {} is gone, and the route with it", route.prefix.to_string(),
              source.to_string());
    static_cast<void>(remove_route<Address>(route));
  }
}

#define RINGROAD_OF_FAMILY(Address)                                                              \
  template Status Configuration::set_route(const config::RouteOf<Address>&, routing::RouteMode); \
  template Status Configuration::remove_route<Address>(                                          \
      const routing::Routing<Address>::Selection&);                                              \
  template Status Configuration::erase_route(const fib::RouteSelector<Address>&);                \
  template Status Configuration::add_neighbor(const config::StaticNeighborOf<Address>&);         \
  template Status Configuration::replace_neighbor(const config::StaticNeighborOf<Address>&);     \
  template Status Configuration::set_neighbor(const config::StaticNeighborOf<Address>&);         \
  template Status Configuration::erase_neighbor(neigh::Key<Address>);                            \
  template void Configuration::erase_routes_from(Address);
RINGROAD_OF_FAMILY(Ipv4)
RINGROAD_OF_FAMILY(Ipv6)
#undef RINGROAD_OF_FAMILY

}  // namespace ringroad::control

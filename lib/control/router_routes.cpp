// Static routes and neighbors: what the verbs change, and the configuration that says the same.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "control/router.hpp"

namespace ringroad::control {
namespace {

constexpr std::array kTypes{
    std::pair{config::RouteType::kUnicast, fib::RouteType::kUnicast},
    std::pair{config::RouteType::kBlackhole, fib::RouteType::kBlackhole},
    std::pair{config::RouteType::kUnreachable, fib::RouteType::kUnreachable},
    std::pair{config::RouteType::kProhibit, fib::RouteType::kProhibit}};

}  // namespace

fib::RouteType type_of(config::RouteType type) {
  return std::ranges::find(kTypes, type, &decltype(kTypes)::value_type::first)->second;
}

Result<Routing::Request> Router::request_of(const config::Route& route) const {
  Routing::Request request{.prefix = route.to,
                           .type = type_of(route.type),
                           .vias = {},
                           .metric = route.metric,
                           .table = fib::Table{route.table},
                           .source = route.source};
  for (const config::NextHop& hop : route.next_hops) {
    Routing::Via via{.address = hop.via,
                     .weight = hop.weight,
                     .port = std::nullopt,
                     .on_link = hop.on_link,
                     .recursive = hop.recursive};
    if (!hop.port.empty()) {
      const PortView* const port = world_->find_port(hop.port);
      if (port == nullptr) {
        return fail(fmt::format("there is no port '{}'", hop.port));
      }
      via.port = port->id;
    }
    request.vias.push_back(via);
  }
  return request;
}

void Router::apply_unnumbered_links() {
  for (const PortView& view : world_->ports()) {
    if (view.addresses.empty()) {
      apply_link(view);
    }
  }
}

Status Router::set_route(const config::Route& route, Routing::Mode mode) {
  const auto request = request_of(route);
  if (!request) {
    return std::unexpected{request.error()};
  }
  const auto outcome = routing_->set(*request, mode);
  if (!outcome) {
    return std::unexpected{outcome.error()};
  }
  static_routes_.note({request->table, route.to, route.metric}, outcome->before, outcome->now);
  apply_unnumbered_links();
  return {};
}

Status Router::remove_route(const Routing::Selection& selection) {
  const auto removal = routing_->remove(selection);
  if (!removal) {
    return std::unexpected{removal.error()};
  }
  static_routes_.note({removal->table, selection.prefix, removal->metric}, removal->outcome.before,
                      removal->outcome.now);
  apply_unnumbered_links();
  return {};
}

Status Router::erase_route(const fib::RouteSelector4& selector) {
  Routing::Selection selection{
      .prefix = selector.prefix, .table = selector.table, .metric = selector.metric};
  if (selector.via) {
    selection.vias.push_back({.address = selector.via});
  }
  return remove_route(selection);
}

Status Router::load_routes(const config::RouteFile& file, RouteLoad::Gateways gateways) {
  if (load_ && !load_->finished()) {
    return fail(fmt::format("{} is being loaded; wait for its end", load_->file().path));
  }
  auto load = RouteLoad::start(file, *routing_, background_, gateways);
  if (!load) {
    return std::unexpected{load.error()};
  }
  load_ = std::move(*load);
  ++load_number_;
  return {};
}

bool Router::advance_load() {
  if (!load_ || !load_->advance()) {
    return false;
  }
  if (load_->state() == RouteLoad::State::kDone) {
    config_.route_files.push_back(load_->file());
  } else if (load_->state() == RouteLoad::State::kFailed && config_.route_files.empty()) {
    static_routes_.forget_files();
  }
  return true;
}

Status Router::add_neighbor(const config::StaticNeighbor& neighbor) {
  const PortView* const port = world_->find_port(neighbor.port);
  const auto& table = neighbors_->table();
  const auto known = port == nullptr ? std::nullopt : table.find({port->id, neighbor.address});
  if (known && table.entry(*known).state == neigh::State::kPermanent) {
    return fail(fmt::format("port {} has a neighbor {} already; replace it", neighbor.port,
                            neighbor.address.to_string()));
  }
  return replace_neighbor(neighbor);
}

Status Router::replace_neighbor(const config::StaticNeighbor& neighbor) {
  if (world_->is_own(neighbor.address) || world_->is_broadcast(neighbor.address)) {
    return fail(fmt::format("{} cannot be a neighbor's address", neighbor.address.to_string()));
  }
  return set_neighbor(neighbor);
}

// An address may become the router's own later: a configuration may say both.
Status Router::set_neighbor(const config::StaticNeighbor& neighbor) {
  const PortView* const port = world_->find_port(neighbor.port);
  if (port == nullptr) {
    return fail(fmt::format("there is no port '{}'", neighbor.port));
  }
  if (!neighbor.mac.is_station()) {
    return fail(fmt::format("{} is no station's MAC address", neighbor.mac.to_string()));
  }
  if (!neighbor.address.is_unicast()) {
    return fail(fmt::format("{} cannot be a neighbor's address", neighbor.address.to_string()));
  }
  const neigh::Key key{port->id, neighbor.address};
  if (!routing_->has_room_for(key)) {
    return fail("the tables of next hops have no room for a neighbor");
  }
  neighbors_->set_permanent(key, neighbor.mac);
  return {};
}

Status Router::erase_neighbor(neigh::Key key) {
  if (!neighbors_->erase(key)) {
    return fail(fmt::format("port {} has no neighbor {}", world_->port(key.port).name,
                            key.address.to_string()));
  }
  return {};
}

// In words that lead to the same next hops when they are read again, whichever port's addresses
// come first then: a port is said where not only its subnets hold the gateway.
config::Route Router::listed(const fib::Rib4::View& route) const {
  config::Route listed;
  listed.to = route.prefix;
  listed.metric = route.metric;
  listed.table = static_cast<std::uint8_t>(route.table);
  listed.source = route.path.source;
  listed.type =
      std::ranges::find(kTypes, route.path.type, &decltype(kTypes)::value_type::second)->first;
  const auto is_on_one_link = [this](Ipv4 gateway, PortId port) {
    return std::ranges::all_of(world_->ports(), [&](const PortView& view) {
      return world_->is_on_link(view.id, gateway) == (view.id == port);
    });
  };
  for (const auto& hop : route.path.next_hops) {
    config::NextHop words{.via = hop.via, .weight = hop.weight};
    if (!hop.port) {
      words.recursive = !routing_->port_of(*hop.via);
    } else if (!hop.via || hop.on_link || !is_on_one_link(*hop.via, *hop.port)) {
      words.port = world_->port(*hop.port).name;
      words.on_link = hop.via && (hop.on_link || !world_->is_on_link(*hop.port, *hop.via));
    }
    listed.next_hops.push_back(words);
  }
  return listed;
}

// A file's gateways are written without ports: each must lead to the same next hop again.
bool Router::files_say_it_all() const {
  const auto is_found = [&](Ipv4 gateway) {
    return routing_->port_of(gateway) || routing_->gateways().is_covered(gateway);
  };
  return static_routes_.files_are_true() &&
         std::ranges::all_of(config_.route_files, [&](const config::RouteFile& file) {
           return std::ranges::all_of(file.via, is_found);
         });
}

config::Config Router::brief_config() const {
  config::Config brief;
  brief.engine = config_.engine;
  brief.ports = config_.ports;
  brief.tables = config_.tables;
  brief.schedulers = config_.schedulers;
  brief.arp = config_.arp;
  brief.icmp = config_.icmp;
  brief.ecmp = config_.ecmp;
  for (const PortView& view : world_->ports()) {
    brief.ports[view.id.value()].addresses = view.addresses;
  }
  return brief;
}

bool Router::config_is_short() const {
  constexpr std::size_t kShort = 1000;
  return static_routes_.listed().size() + neighbors_->table().size() <= kShort &&
         files_say_it_all();
}

config::Config Router::running_config() const {
  config::Config running = brief_config();
  running.route_files = config_.route_files;
  neighbors_->table().for_each([&](NeighborId, const neigh::Entry& entry) {
    if (entry.state == neigh::State::kPermanent) {
      running.neighbors.push_back({.address = entry.key.address,
                                   .port = world_->port(entry.key.port).name,
                                   .mac = entry.mac});
    }
  });
  const fib::Rib4& rib = routing_->rib();
  if (files_say_it_all()) {
    for (const auto& [table, prefix, metric] : static_routes_.listed()) {
      if (const auto route = rib.find(table, prefix, metric)) {
        running.routes.push_back(listed(*route));
      }
    }
    return running;
  }
  running.route_files.clear();
  for (const fib::Table table : rib.tables()) {
    rib.for_each(table, [&](const fib::Rib4::View& route) {
      if (route.path.protocol == fib::Protocol::kStatic) {
        running.routes.push_back(listed(route));
      }
      return true;
    });
  }
  return running;
}

}  // namespace ringroad::control

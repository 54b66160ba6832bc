// SPDX-License-Identifier: BSD-3-Clause
// The running configuration, read from the tables.
#include <algorithm>
#include <utility>

#include "control/configuration.hpp"

namespace ringroad::control {

// The result must give the same next hops when it is read again, in whichever order the ports'
// addresses are added then. The port is therefore listed unless its subnets alone contain the
// gateway.
template <class Address>
config::RouteOf<Address> Configuration::listed(const fib::RouteView<Address>& route) const {
  config::RouteOf<Address> listed;
  listed.to = route.prefix;
  listed.metric = route.metric;
  listed.table = static_cast<std::uint8_t>(route.table);
  listed.source = route.path.source;
  listed.type = route.path.type;
  const auto list = [&](auto gateway, const auto& hop, config::NextHopOf<Address>& words) {
    if (!hop.port) {
      words.recursive = !routing<decltype(gateway)>().port_of(gateway);
      return;
    }
    const bool is_on_one_link =
        std::ranges::all_of(world_.ports(), [&](const interface::InterfaceView& view) {
          return world_.is_on_link(view.id, gateway) == (view.id == *hop.port);
        });
    if (hop.on_link || !is_on_one_link) {
      words.port = world_.port(*hop.port).name;
      words.on_link = hop.on_link || !world_.is_on_link(*hop.port, gateway);
    }
  };
  for (const auto& hop : route.path.next_hops) {
    config::NextHopOf<Address> words{.via = hop.via, .weight = hop.weight};
    if (!hop.via) {
      words.port = hop.port ? world_.port(*hop.port).name : "";
    } else if (const Ipv6* const other = as_foreign(*hop.via)) {
      list(*other, hop, words);
    } else {
      list(*gateway_as<Address>(*hop.via), hop, words);
    }
    listed.next_hops.push_back(words);
  }
  return listed;
}

// The gateways of a file are listed without ports, so each must still resolve without one.
bool Configuration::files_say_it_all() const {
  const auto all_are_found = [](const auto& gateways, const auto& routing) {
    return std::ranges::all_of(gateways, [&](auto gateway) {
      return routing.port_of(gateway) || routing.gateways().is_covered(gateway);
    });
  };
  return static_routes_.files_are_true() && static_routes6_.files_are_true() &&
         std::ranges::all_of(route_files_, [&](const config::RouteFile& file) {
           return all_are_found(file.via, routing_) && all_are_found(file.via6, routing6_);
         });
}

config::Config Configuration::brief_config() const {
  config::Config brief = fixed_;
  brief.ports.assign(order_.size(), {});
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const interface::InterfaceView& view = world_.port(order_[i]);
    config::Port& port = brief.ports[i];
    port = fixed_.ports[view.id.value()];
    port.addresses = view.addresses;
    port.addresses6 = links_.ipv6().wanted(view.id).addresses;
    port.mtu = links_.wanted_mtu(view.id);
    port.mac = links_.wanted_mac(view.id);
  }
  return brief;
}

template <class Address>
void Configuration::add_running_neighbors(
    std::vector<config::StaticNeighborOf<Address>>& neighbors) const {
  this->neighbors<Address>().table().for_each([&](NeighborId, const neigh::Entry<Address>& entry) {
    if (entry.state == neigh::State::kPermanent) {
      neighbors.push_back({.address = entry.key.address,
                           .port = world_.port(entry.key.port).name,
                           .mac = entry.mac});
    }
  });
}

config::Config Configuration::running_parts() const {
  config::Config parts = brief_config();
  add_running_neighbors(parts.neighbors);
  add_running_neighbors(parts.neighbors6);
  return parts;
}

bool Configuration::config_is_short() const {
  constexpr std::size_t kShort = 1000;
  const std::size_t entries = static_routes_.listed().size() + static_routes6_.listed().size() +
                              neighbors_.table().size() + neighbors6_.table().size();
  return entries <= kShort && files_say_it_all();
}

// `all`: those of files of routes too.
template <class Address>
void Configuration::add_running_routes(bool all,
                                       std::vector<config::RouteOf<Address>>& routes) const {
  const fib::Rib<Address>& rib = routing<Address>().rib();
  if (!all) {
    for (const auto& [table, prefix, metric] : static_routes<Address>().listed()) {
      if (const auto route = rib.find(table, prefix, metric)) {
        routes.push_back(listed(*route));
      }
    }
    return;
  }
  for (const fib::Table table : rib.tables()) {
    rib.for_each(table, [&](const fib::RouteView<Address>& route) {
      if (route.path.protocol == fib::Protocol::kStatic) {
        routes.push_back(listed(route));
      }
      return true;
    });
  }
}

config::Config Configuration::running_config() const {
  config::Config running = running_parts();
  const bool by_files = files_say_it_all();
  if (by_files) {
    running.route_files = route_files_;
  }
  add_running_routes(!by_files, running.routes);
  add_running_routes(!by_files, running.routes6);
  return running;
}

template config::Route Configuration::listed(const fib::RouteView<Ipv4>&) const;
template config::Route6 Configuration::listed(const fib::RouteView<Ipv6>&) const;

}  // namespace ringroad::control

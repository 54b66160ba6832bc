// SPDX-License-Identifier: BSD-3-Clause
#include "control/ipv6_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "config/address.hpp"

namespace ringroad::control {
namespace {

bool has(const std::vector<InterfaceAddress6>& list, Ipv6 address) {
  return std::ranges::find(list, address, &InterfaceAddress6::address) != list.end();
}

}  // namespace

std::vector<InterfaceAddress6> Ipv6Links::addresses_of(const interface::InterfaceView& view,
                                                       const State& state) {
  std::vector<InterfaceAddress6> addresses;
  if (!state.wanted.runs && state.wanted.addresses.empty()) {
    return addresses;
  }
  // The operator's link-local address takes the place of the one made from the MAC address.
  const bool has_link_local =
      std::ranges::any_of(state.wanted.addresses,
                          [](const InterfaceAddress6& own) { return own.address.is_link_local(); });
  if (!has_link_local) {
    addresses.push_back(interface::link_local_of(view.mac));
  }
  for (const auto* const list : {&state.wanted.addresses, &state.learned}) {
    for (const InterfaceAddress6& own : *list) {
      if (!has(addresses, own.address)) {
        addresses.push_back(own);
      }
    }
  }
  return addresses;
}

Ipv6Links::Outcome Ipv6Links::set_wanted(const std::vector<Wanted>& wanted) {
  std::map<InterfaceId, State> changed;
  for (const interface::InterfaceView& view : parts_.world.ports()) {
    const State& state = states_[view.id.value()];
    if (state.wanted != wanted[view.id.value()]) {
      changed.emplace(view.id, state).first->second.wanted = wanted[view.id.value()];
    }
  }
  return take_over(std::move(changed));
}

// Tentative addresses have no routes, so all that can be refused is refused by sync_connected().
Ipv6Links::Outcome Ipv6Links::take_over(std::map<InterfaceId, State> states) {
  std::map<InterfaceId, std::vector<InterfaceAddress6>> before;
  std::vector<std::pair<InterfaceId, InterfaceAddress6>> fresh;
  interface::World& world = parts_.world;
  for (auto& [id, state] : states) {
    const interface::InterfaceView& view = world.port(id);
    before.emplace(id, view.addresses6);
    const auto addresses = addresses_of(view, state);
    for (const InterfaceAddress6& own : addresses) {
      if (!has(view.addresses6, own.address)) {
        fresh.emplace_back(id, own);
        world.set_tentative(id, own.address, probes_);
      }
    }
    world.set_addresses(id, addresses);
    world.set_runs_ipv6(id, !addresses.empty());
  }
  if (const Status status = parts_.routing.sync_connected(); !status) {
    for (const auto& [id, own] : fresh) {
      world.set_tentative(id, own.address, false);
    }
    for (const auto& [id, addresses] : before) {
      world.set_addresses(id, addresses);
      world.set_runs_ipv6(id, !addresses.empty());
    }
    const InterfaceId first = states.empty() ? InterfaceId{0} : states.begin()->first;
    return std::unexpected{Refused{first, status.error().what}};
  }
  for (auto& [id, state] : states) {
    const interface::InterfaceView& view = world.port(id);
    for (const InterfaceAddress6& old : before.at(id)) {
      if (!has(view.addresses6, old.address)) {
        parts_.addresses.withdraw({id, old.address});
        world.set_tentative(id, old.address, false);
      }
    }
    states_[id.value()] = std::move(state);
  }
  for (const auto& [id, own] : fresh) {
    begin(id, own);
  }
  for (const auto& [id, addresses] : before) {
    refresh(world.port(id));
  }
  return {};
}

// Starts to use a new address of the port, after probes for it if they are asked for.
void Ipv6Links::begin(InterfaceId port, InterfaceAddress6 address) {
  const neigh::Key6 key{port, address.address};
  if (!probes_) {
    if (parts_.world.port(port).up) {
      parts_.addresses.use(key);
    }
    return;
  }
  parts_.addresses.probe(key, [this, port, address](bool usable) {
    if (!usable) {
      return;  // it stays tentative (Linux's IFA_F_DADFAILED)
    }
    parts_.world.set_tentative(port, address.address, false);
    const interface::InterfaceView& view = parts_.world.port(port);
    if (const Status status = parts_.routing.sync_connected(); !status) {
      log::warn("port {}: {}: {}", view.name, address.to_string(), status.error().what);
    }
    refresh(view);
  });
}

Status Ipv6Links::check_address(const interface::InterfaceView& view,
                                InterfaceAddress6 address) const {
  if (const auto fault = config::fault_of(address)) {
    return fail(*fault);
  }
  const std::vector<InterfaceAddress6>& wanted = states_[view.id.value()].wanted.addresses;
  if (const auto known = std::ranges::find(wanted, address.address, &InterfaceAddress6::address);
      known != wanted.end()) {
    return fail(fmt::format("port {} has {} already", view.name, known->to_string()));
  }
  if (wanted.size() >= config::kAddressesMax) {
    return fail(
        fmt::format("port {} has {} addresses, the most that one takes", view.name, wanted.size()));
  }
  if (view.mtu < config::kMtuMin6) {
    return fail(fmt::format("port {} has an MTU of {}; IPv6 needs {}", view.name, view.mtu,
                            config::kMtuMin6));
  }
  if (!address.address.is_link_local() &&
      parts_.routing.has_gateway([&](Ipv6 gateway) { return gateway == address.address; })) {
    return fail(
        fmt::format("{} is the gateway of a route, and would be this router's own address; "
                    "change the route first",
                    address.address.to_string()));
  }
  return {};
}

Status Ipv6Links::add_address(InterfaceId port, InterfaceAddress6 address) {
  if (Status status = check_address(parts_.world.port(port), address); !status) {
    return status;
  }
  State state = states_[port.value()];
  state.wanted.addresses.push_back(address);
  const Outcome outcome = take_over({{port, std::move(state)}});
  return outcome ? Status{} : fail(outcome.error().what);
}

Status Ipv6Links::erase_address(InterfaceId port, InterfaceAddress6 address) {
  State state = states_[port.value()];
  if (std::erase(state.wanted.addresses, address) == 0) {
    return fail(fmt::format("port {} has no address {}", parts_.world.port(port).name,
                            address.to_string()));
  }
  const Outcome outcome = take_over({{port, std::move(state)}});
  return outcome ? Status{} : fail(outcome.error().what);
}

Status Ipv6Links::set_learned(InterfaceId port, const std::vector<InterfaceAddress6>& addresses) {
  State state = states_[port.value()];
  state.learned = addresses;
  const Outcome outcome = take_over({{port, std::move(state)}});
  return outcome ? Status{} : fail(outcome.error().what);
}

void Ipv6Links::use_all(const interface::InterfaceView& view) {
  for (const InterfaceAddress6& own : view.addresses6) {
    const neigh::Key6 key{view.id, own.address};
    if (view.uses(own) && !parts_.addresses.detection().is_tentative(key)) {
      parts_.addresses.use(key);
    }
  }
}

// Like Links::apply(): a port is usable for routes while it has a link, and an address or a route
// that names it.
void Ipv6Links::apply(const interface::InterfaceView& view, bool linked) {
  links_are_known_ = true;
  State& state = states_[view.id.value()];
  if (linked != state.linked) {
    state.linked = linked;
    parts_.addresses.set_link(view.id, linked);
    parts_.advertisements.set_link(view.id, linked);
  }
  parts_.groups.sync(view, linked);
  const bool has_address = std::ranges::any_of(
      view.addresses6, [&](const InterfaceAddress6& own) { return view.uses(own); });
  const bool usable = linked && (has_address || parts_.routing.binds(view.id));
  parts_.routing.set_link(view.id, usable);
  if (usable != state.usable) {
    state.usable = usable;
    parts_.neighbors.set_link(view.id, usable);
  }
}

void Ipv6Links::refresh(const interface::InterfaceView& view) {
  if (links_are_known_) {
    apply(view, states_[view.id.value()].linked);
  }
}

}  // namespace ringroad::control

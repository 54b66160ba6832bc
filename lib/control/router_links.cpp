// Live changes of ports and sub-interfaces: link, MTU, MAC, addresses.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "config/address.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// A port is a way to somewhere while it has a link, the operator wants it, and it has an address,
// or a route that names it whatever its addresses: Linux's fib_disable_ip without the last.
void Router::apply_link(const PortView& view) {
  const bool linked = view.up && links_[view.egress.value()].up;
  if (linked != linked_[view.id.value()]) {
    linked_[view.id.value()] = linked;
    addresses_->set_link(view.id, linked);
  }
  // Without a link what waits is dropped, as Linux's dev_deactivate does.
  if (!view.link) {
    apply_gate(view.id);
  }
  const bool has_address = std::ranges::any_of(
      view.addresses, [&](const InterfaceAddress& address) { return view.uses(address); });
  const bool usable = linked && (has_address || routing_->binds(view.id));
  routing_->set_link(view.id, usable);
  if (usable != usable_[view.id.value()]) {
    usable_[view.id.value()] = usable;
    neighbors_->set_link(view.id, usable);
  }
}

// The operator's will for the port and what sends by it: as the tables have it, or not at all.
Status Router::bring(PortId port, bool up) {
  const auto is_on = [&](const PortView& view) {
    return view.id == port || view.link == port ||
           (view.link && world_->port(*view.link).link == port);
  };
  std::vector<PortId> changed;
  for (const PortView& view : world_->ports()) {
    if (is_on(view) && view.up != up) {
      changed.push_back(view.id);
    }
  }
  for (const PortId id : changed) {
    world_->set_up(id, up);
  }
  if (Status status = routing_->sync_connected(); !status) {
    for (const PortId id : changed) {
      world_->set_up(id, !up);
    }
    return status;
  }
  for (const PortId id : changed) {
    const PortView& view = world_->port(id);
    for (const InterfaceAddress& address : view.addresses) {
      if (view.uses(address)) {
        addresses_->use({id, address.address});
      }
    }
    apply_link(view);
    log::info("port {}: set {}", view.name, up ? "up" : "down");
  }
  if (!world_->port(port).link) {
    ports_[port.value()]->set_link(up);
  }
  return {};
}

Status Router::check_mtu(const PortView& view, std::uint16_t mtu) const {
  if (mtu < config::kMtuMin || mtu > config::kMtuMax) {
    return fail(fmt::format("an MTU is {} to {}, not {}", config::kMtuMin, config::kMtuMax, mtu));
  }
  if (view.link && mtu > world_->port(*view.link).mtu) {
    return fail(fmt::format("{} is more than the {} of {}, by which {} sends", mtu,
                            world_->port(*view.link).mtu, world_->port(*view.link).name,
                            view.name));
  }
  return {};
}

Status Router::check_mac(const PortView& view, Mac mac) const {
  if (!mac.is_station()) {
    return fail(fmt::format("{} is no station's MAC address", mac.to_string()));
  }
  if (view.link) {
    return fail("a sub-interface has its link's MAC address; change that");
  }
  return {};
}

// What the device may refuse, both or neither.
Status Router::change_device(PortId port, const LinkChange& change) {
  port::Port& device = *ports_[port.value()];
  if (change.mtu) {
    if (Status status = device.set_mtu(*change.mtu); !status) {
      return status;
    }
  }
  if (change.mac) {
    if (Status status = device.set_mac(*change.mac); !status) {
      if (change.mtu) {
        static_cast<void>(device.set_mtu(world_->port(port).mtu));
      }
      return status;
    }
  }
  return {};
}

void Router::apply_mtu(PortId port, std::uint16_t mtu) {
  const auto set = [this, mtu](PortId id) {
    world_->set_mtu(id, mtu);
    routing_->renew(id);
    config_.ports[id.value()].mtu = mtu;
  };
  set(port);
  // A link comes before its sub-interfaces, which follow it down but not up: vlan_device_event().
  for (const PortView& other : world_->ports()) {
    if (other.link && other.mtu > world_->port(*other.link).mtu) {
      set(other.id);
    }
  }
  if (interfaces_) {
    interfaces_->poll();
  }
  limit_mtus(world_->port(port).egress);
}

// The lower of what the operator asks for, the link's and that of the kernel's interface, which may
// be changed by others: what is longer the kernel would refuse (packet_snd(): EMSGSIZE).
void Router::limit_mtus(PortId device) {
  const port::InterfaceState* const shared = ports_[device.value()]->shared_interface();
  for (const PortView& view : world_->ports()) {
    if (view.egress != device) {
      continue;
    }
    std::uint32_t most = config::kMtuMax;
    if (view.link) {
      most = world_->port(*view.link).mtu;
    } else if (shared != nullptr && shared->linked()) {
      most = shared->mtu;
    }
    const std::uint16_t wanted = config_.ports[view.id.value()].mtu;
    const auto mtu = static_cast<std::uint16_t>(std::min<std::uint32_t>(wanted, most));
    if (mtu == view.mtu) {
      continue;
    }
    if (!view.link && mtu < wanted) {
      log::warn(
          "port {}: its interface {} has an MTU of {}: the port sends no more than that, not {}",
          view.name, shared->name, mtu, wanted);
    } else {
      log::info("port {}: MTU {}", view.name, mtu);
    }
    world_->set_mtu(view.id, mtu);
    routing_->renew(view.id);
  }
}

void Router::apply_mac(PortId port, Mac mac) {
  config_.ports[port.value()].mac =
      mac == device_macs_[port.value()] ? std::nullopt : std::optional{mac};
  for (const PortView& view : world_->ports()) {
    if (view.egress != port) {
      continue;
    }
    world_->set_mac(view.id, mac);
    routing_->renew(view.id);
    // The link is told: its stations know the old one.
    for (const InterfaceAddress& address : view.addresses) {
      if (!addresses_->claims().is_tentative({view.id, address.address})) {
        addresses_->use({view.id, address.address});
      }
    }
  }
}

Status Router::change_link(PortId port, const LinkChange& change) {
  const PortView& view = world_->port(port);
  const PortView* const link = view.link ? &world_->port(*view.link) : nullptr;
  if (change.up.value_or(false) && link != nullptr && !link->up) {
    return fail(fmt::format("its link {} is down", link->name));
  }
  for (const Status& status : {change.mtu ? check_mtu(view, *change.mtu) : Status{},
                               change.mac ? check_mac(view, *change.mac) : Status{}}) {
    if (!status) {
      return status;
    }
  }
  const LinkChange before{.mtu = view.mtu, .mac = view.mac};
  if (link == nullptr) {
    if (Status status = change_device(port, change); !status) {
      return status;
    }
  }
  if (change.up) {
    if (Status status = bring(port, *change.up); !status) {
      if (link == nullptr) {
        static_cast<void>(change_device(port, {.mtu = change.mtu ? before.mtu : std::nullopt,
                                               .mac = change.mac ? before.mac : std::nullopt}));
      }
      return status;
    }
  }
  if (change.mtu) {
    apply_mtu(port, *change.mtu);
  }
  if (change.mac) {
    apply_mac(port, *change.mac);
  }
  return {};
}

Status Router::check_address(const PortView& view, InterfaceAddress address) const {
  const std::string text = address.to_string();
  if (const auto fault = config::fault_of(address)) {
    return fail(*fault);
  }
  // Once more with another length Linux takes it; that is nearly always a slip.
  const auto same = [&](const InterfaceAddress& known) {
    return known.address == address.address &&
           (known.subnet() == address.subnet() || (!known.peer && !address.peer));
  };
  if (const auto known = std::ranges::find_if(view.addresses, same);
      known != view.addresses.end()) {
    return fail(fmt::format("port {} has {} already", view.name, known->to_string()));
  }
  if (view.addresses.size() >= config::kAddressesMax) {
    return fail(fmt::format("port {} has {} addresses, the most that one takes", view.name,
                            view.addresses.size()));
  }
  const bool has_edges = address.length <= 30;
  std::optional<Ipv4> taken;
  static_cast<void>(routing_->has_gateway([&](Ipv4 gateway) {
    const bool takes =
        gateway == address.address || (has_edges && (gateway == address.subnet().address() ||
                                                     gateway == address.subnet().last()));
    taken = takes ? gateway : taken;
    return takes;
  }));
  if (taken) {
    return fail(fmt::format(
        "{} is the gateway of a route, and would be {}; change the route first", taken->to_string(),
        *taken == address.address ? "this router's own address" : "no host's address any more"));
  }
  return {};
}

Status Router::set_addresses(PortId port, const std::vector<InterfaceAddress>& addresses) {
  const std::vector<InterfaceAddress> before = world_->port(port).addresses;
  world_->set_addresses(port, addresses);
  Status status = routing_->sync_connected();
  if (!status) {
    world_->set_addresses(port, before);
  }
  return status;
}

// Not used before nobody answered for it (RFC 5227 2.1).
void Router::probe_for(PortId port, InterfaceAddress address) {
  world_->set_tentative(port, address.address, true);
  addresses_->probe({port, address.address}, [this, port, address](bool usable) {
    world_->set_tentative(port, address.address, false);
    const PortView& view = world_->port(port);
    if (!usable) {
      forget_address(port, address);
    } else if (const Status status = routing_->sync_connected(); !status) {
      log::warn("port {}: {}: {}", view.name, address.to_string(), status.error().what);
    } else if (view.up) {
      addresses_->use({port, address.address});
    }
    apply_link(view);
  });
}

// As Linux's fib_del_ifaddr: an address that no port has any more takes the routes whose source it
// is.
void Router::forget_address(PortId port, InterfaceAddress address) {
  std::vector<InterfaceAddress> left = world_->port(port).addresses;
  std::erase(left, address);
  // Less than before is there: no table lacks room for it.
  static_cast<void>(set_addresses(port, left));
  if (!world_->is_configured(address.address)) {
    erase_routes_from(address.address);
  }
}

void Router::erase_routes_from(Ipv4 source) {
  const fib::Rib4& rib = routing_->rib();
  const auto is_from = [source](const fib::Path4& path) {
    return path.protocol == fib::Protocol::kStatic && path.source == source;
  };
  if (!rib.any_path(is_from)) {
    return;
  }
  std::vector<Routing::Selection> lost;
  for (const fib::Table table : rib.tables()) {
    rib.for_each(table, [&](const fib::Rib4::View& route) {
      if (is_from(route.path)) {
        lost.push_back({.prefix = route.prefix, .table = table, .metric = route.metric});
      }
      return true;
    });
  }
  for (const Routing::Selection& route : lost) {
    log::info("route {}: its source {} is gone, and the route with it", route.prefix.to_string(),
              source.to_string());
    static_cast<void>(remove_route(route));
  }
}

Status Router::add_address(PortId port, InterfaceAddress address) {
  const PortView& view = world_->port(port);
  if (Status status = check_address(view, address); !status) {
    return status;
  }
  std::vector<InterfaceAddress> addresses = view.addresses;
  addresses.push_back(address);
  // The same address with another subnet is in use already.
  const bool in_use = std::ranges::any_of(view.addresses, [&](const InterfaceAddress& known) {
    return known.address == address.address && view.uses(known);
  });
  if (view.dad && !in_use) {
    world_->set_tentative(port, address.address, true);
    world_->set_addresses(port, addresses);
    probe_for(port, address);
  } else if (Status status = set_addresses(port, addresses); !status) {
    return status;
  } else if (view.up) {
    addresses_->use({port, address.address});
  }
  apply_link(view);
  return {};
}

Status Router::erase_address(PortId port, InterfaceAddress address) {
  const PortView& view = world_->port(port);
  if (std::ranges::find(view.addresses, address) == view.addresses.end()) {
    return fail(fmt::format("port {} has no address {}", view.name, address.to_string()));
  }
  forget_address(port, address);
  if (std::ranges::find(view.addresses, address.address, &InterfaceAddress::address) ==
      view.addresses.end()) {
    addresses_->withdraw({port, address.address});
    world_->set_tentative(port, address.address, false);
  }
  apply_link(view);
  return {};
}

}  // namespace ringroad::control

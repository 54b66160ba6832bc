// Live changes of ports and sub-interfaces: link, MTU, MAC, addresses (DEV-02..04, DEV-11).
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "control/router.hpp"

namespace ringroad::control {
void Router::watch_links() {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    const bool up = ports_[i]->link().up;
    if (up != link_up_[i]) {
      link_up_[i] = up;
      log::info("port {}: link {}", config_.ports[i].name, up ? "up" : "down");
    }
  }
  for (const PortView& view : world_->ports()) {
    apply_link(view);
  }
}

// A port is a way to somewhere while it has a link, the operator wants it, and it has an address:
// Linux's fib_disable_ip without the last.
void Router::apply_link(const PortView& view) {
  const bool linked = view.up && link_up_[view.egress.value()];
  if (linked != linked_[view.id.value()]) {
    linked_[view.id.value()] = linked;
    addresses_->set_link(view.id, linked);
  }
  // Without a link what waits is dropped, as Linux's dev_deactivate does.
  if (!view.link) {
    apply_gate(view.id);
  }
  const bool usable =
      linked && std::ranges::any_of(view.addresses, [&](const InterfaceAddress& address) {
        return view.uses(address);
      });
  routing_->set_link(view.id, usable);
  if (usable != usable_[view.id.value()]) {
    usable_[view.id.value()] = usable;
    neighbors_->set_link(view.id, usable);
  }
}

Status Router::set_link(PortId port, bool up) {
  const std::optional<PortId> link = world_->port(port).link;
  if (up && link && !world_->port(*link).up) {
    return fail(fmt::format("its link {} is down", world_->port(*link).name));
  }
  const auto is_on = [&](const PortView& view) {
    return view.id == port || view.link == port ||
           (view.link && world_->port(*view.link).link == port);
  };
  for (const PortView& view : world_->ports()) {
    if (!is_on(view) || view.up == up) {
      continue;
    }
    world_->set_up(view.id, up);
    for (const InterfaceAddress& address : view.addresses) {
      if (std::ranges::find(view.tentative, address.address) != view.tentative.end()) {
        continue;
      }
      if (!up) {
        routing_->remove_connected(address, {});
      } else if (const Status status = connect(view.id, address); !status) {
        return status;
      }
    }
    apply_link(view);
    log::info("port {}: set {}", view.name, up ? "up" : "down");
  }
  if (!link) {
    ports_[port.value()]->set_link(up);
  }
  return {};
}

Status Router::set_mtu(PortId port, std::uint16_t mtu) {
  const PortView& view = world_->port(port);
  if (mtu < config::kMtuMin || mtu > config::kMtuMax) {
    return fail(fmt::format("an MTU is {} to {}, not {}", config::kMtuMin, config::kMtuMax, mtu));
  }
  if (view.link && mtu > world_->port(*view.link).mtu) {
    return fail(fmt::format("{} is more than the {} of {}, by which {} sends", mtu,
                            world_->port(*view.link).mtu, world_->port(*view.link).name,
                            view.name));
  }
  if (!view.link) {
    if (Status status = ports_[port.value()]->set_mtu(mtu); !status) {
      return status;
    }
  }
  const auto set = [this, mtu](PortId id) {
    world_->set_mtu(id, mtu);
    routing_->set_mtu(id, mtu);
    config_.ports[id.value()].mtu = mtu;
  };
  set(port);
  // A link comes before its sub-interfaces, which follow it down but not up: vlan_device_event().
  for (const PortView& other : world_->ports()) {
    if (other.link && other.mtu > world_->port(*other.link).mtu) {
      set(other.id);
    }
  }
  return {};
}

Status Router::set_mac(PortId port, Mac mac) {
  if (!mac.is_station()) {
    return fail(fmt::format("{} is no station's MAC address", mac.to_string()));
  }
  if (world_->port(port).link) {
    return fail("a sub-interface has its link's MAC address; change that");
  }
  if (Status status = ports_[port.value()]->set_mac(mac); !status) {
    return status;
  }
  config_.ports[port.value()].mac = mac;
  for (const PortView& view : world_->ports()) {
    if (view.egress != port) {
      continue;
    }
    world_->set_mac(view.id, mac);
    if (Status status = routing_->set_source_mac(view.id); !status) {
      return status;
    }
    // The link is told: its stations know the old one.
    for (const InterfaceAddress& address : view.addresses) {
      if (!addresses_->claims().is_tentative({view.id, address.address})) {
        addresses_->use({view.id, address.address});
      }
    }
  }
  return {};
}

Status Router::check_address(const PortView& view, InterfaceAddress address) const {
  const std::string text = address.to_string();
  if (!address.address.is_unicast() || address.length == 0) {
    return fail(fmt::format("{} is no host's address", text));
  }
  if (address.length < 31 && (address.address == address.subnet().address() ||
                              address.address == address.subnet().last())) {
    return fail(fmt::format("{} is the {} address of {}, not a host's", text,
                            address.address == address.subnet().last() ? "broadcast" : "network",
                            address.subnet().to_string()));
  }
  for (const PortView& other : world_->ports()) {
    for (const InterfaceAddress& known : other.addresses) {
      if (known.address == address.address) {
        return fail(fmt::format("port {} has {} already", other.name, known.to_string()));
      }
      if (other.id != view.id && known.subnet() == address.subnet()) {
        return fail(fmt::format("{} is already the subnet of port {}", address.subnet().to_string(),
                                other.name));
      }
    }
  }
  return {};
}

Status Router::connect(PortId port, InterfaceAddress address) {
  if (Status status = routing_->add_connected(port, address); !status) {
    return status;
  }
  addresses_->use({port, address.address});
  return {};
}

// Not used before nobody answered for it (RFC 5227 2.1).
void Router::probe_for(PortId port, InterfaceAddress address) {
  world_->set_tentative(port, address.address, true);
  addresses_->probe({port, address.address}, [this, port, address](bool usable) {
    world_->set_tentative(port, address.address, false);
    const PortView& view = world_->port(port);
    if (!usable) {
      forget_address(port, address);
    } else if (view.up) {
      if (const Status status = connect(port, address); !status) {
        log::warn("port {}: {}: {}", view.name, address.to_string(), status.error().what);
      }
    }
    apply_link(view);
  });
}

std::vector<InterfaceAddress> Router::forget_address(PortId port, InterfaceAddress address) {
  std::erase(config_.ports[port.value()].addresses, address);
  std::vector<InterfaceAddress> left = world_->port(port).addresses;
  std::erase(left, address);
  world_->set_addresses(port, left);
  return left;
}

Status Router::add_address(PortId port, InterfaceAddress address) {
  const PortView& view = world_->port(port);
  if (Status status = check_address(view, address); !status) {
    return status;
  }
  std::vector<InterfaceAddress> addresses = view.addresses;
  addresses.push_back(address);
  world_->set_addresses(port, std::move(addresses));
  if (view.dad) {
    probe_for(port, address);
  } else if (view.up) {
    if (Status status = connect(port, address); !status) {
      forget_address(port, address);
      return status;
    }
  }
  config_.ports[port.value()].addresses.push_back(address);
  apply_link(view);
  return {};
}

Status Router::erase_address(PortId port, InterfaceAddress address) {
  const PortView& view = world_->port(port);
  if (std::ranges::find(view.addresses, address) == view.addresses.end()) {
    return fail(fmt::format("port {} has no address {}", view.name, address.to_string()));
  }
  addresses_->withdraw({port, address.address});
  const bool used = view.uses(address);
  world_->set_tentative(port, address.address, false);
  const std::vector<InterfaceAddress> left = forget_address(port, address);
  if (used) {
    routing_->remove_connected(address, left);
  }
  apply_link(view);
  // As Linux's fib_sync_down_addr: a source that is gone takes its routes with it.
  std::vector<config::Route> lost;
  std::ranges::copy_if(config_.routes, std::back_inserter(lost),
                       [&](const config::Route& route) { return route.source == address.address; });
  for (const config::Route& route : lost) {
    log::info("route {}: its source {} is gone, and the route with it", route.to.to_string(),
              address.address.to_string());
    static_cast<void>(erase_route({.prefix = route.to,
                                   .table = fib::Table{route.table},
                                   .metric = route.metric,
                                   .via = std::nullopt,
                                   .protocol = std::nullopt}));
  }
  return {};
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// Live changes of ports and sub-interfaces: link, MTU, MAC.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "control/links.hpp"
#include "neigh/icmp6_frame.hpp"

namespace ringroad::control {

// The device receives what the groups of all its interfaces get.
void Links::listen(InterfaceId port) {
  const PortId device = world_.port(port).egress;
  std::set<Mac> groups;
  for (const interface::InterfaceView& view : world_.ports()) {
    if (view.egress == device) {
      for (const Ipv6 group : interface::World::groups_of(view)) {
        groups.insert(neigh::multicast_mac(group));
      }
    }
  }
  ports_[device.value()]->set_groups({groups.begin(), groups.end()});
}

// Sets the administrative state of the port and of its sub-interfaces. If the tables refuse the
// change, nothing is changed.
Status Links::bring(InterfaceId port, bool up) {
  const auto is_on = [&](const interface::InterfaceView& view) {
    return view.id == port || view.link == port ||
           (view.link && world_.port(*view.link).link == port);
  };
  std::vector<InterfaceId> changed;
  for (const interface::InterfaceView& view : world_.ports()) {
    if (is_on(view) && view.up != up) {
      changed.push_back(view.id);
    }
  }
  for (const InterfaceId id : changed) {
    world_.set_up(id, up);
  }
  Status status = routing_.sync_connected();
  if (status) {
    status = ipv6_.sync();
  }
  if (!status) {
    for (const InterfaceId id : changed) {
      world_.set_up(id, !up);
    }
    // What was there before has room.
    static_cast<void>(routing_.sync_connected());
    return status;
  }
  for (const InterfaceId id : changed) {
    const interface::InterfaceView& view = world_.port(id);
    for (const InterfaceAddress4& address : view.addresses) {
      if (view.uses(address)) {
        addresses_.use({id, address.address});
      }
    }
    ipv6_.use_all(view);
    apply(view);
    log::info("port {}: set {}", view.name, up ? "up" : "down");
  }
  if (!world_.port(port).link) {
    ports_[port.value()]->set_link(up);
  }
  return {};
}

Status Links::check_mtu(const interface::InterfaceView& view, std::uint16_t mtu) const {
  if (mtu < config::kMtuMin || mtu > config::kMtuMax) {
    return fail(fmt::format("an MTU is {} to {}, not {}", config::kMtuMin, config::kMtuMax, mtu));
  }
  if (view.runs_ipv6 && mtu < config::kMtuMin6) {
    return fail(fmt::format("port {} runs IPv6, which needs an MTU of {}, not {}", view.name,
                            config::kMtuMin6, mtu));
  }
  if (view.link && mtu > world_.port(*view.link).mtu) {
    return fail(fmt::format("{} is more than the {} of {}, by which {} sends", mtu,
                            world_.port(*view.link).mtu, world_.port(*view.link).name, view.name));
  }
  return {};
}

Status Links::check_mac(const interface::InterfaceView& view, Mac mac) {
  if (!mac.is_station()) {
    return fail(fmt::format("{} is no station's MAC address", mac.to_string()));
  }
  if (view.link) {
    return fail("a sub-interface has its link's MAC address; change that");
  }
  return {};
}

// Makes the changes that the device may refuse: both of them or neither.
Status Links::change_device(InterfaceId port, const Change& change) {
  port::Port& device = *ports_[port.value()];
  if (change.mtu) {
    if (Status status = device.set_mtu(*change.mtu); !status) {
      return status;
    }
  }
  if (change.mac) {
    if (Status status = device.set_mac(*change.mac); !status) {
      if (change.mtu) {
        static_cast<void>(device.set_mtu(world_.port(port).mtu));
      }
      return status;
    }
  }
  return {};
}

void Links::apply_mtu(InterfaceId port, std::uint16_t mtu) {
  const auto set = [this, mtu](InterfaceId id) {
    world_.set_mtu(id, mtu);
    routing_.renew(id);
    ipv6_.renew(id);
    states_[id.value()].wanted_mtu = mtu;
  };
  set(port);
  // A sub-interface's MTU is lowered with its link's, but not raised, as in vlan_device_event(). A
  // link precedes its sub-interfaces in the list.
  for (const interface::InterfaceView& other : world_.ports()) {
    if (other.link && other.mtu > world_.port(*other.link).mtu) {
      set(other.id);
    }
  }
  interfaces_.poll();
  limit_mtus(world_.port(port).egress);
}

// Limits each MTU to that of the link and of the kernel interface, which other programs may change.
// The kernel would refuse longer packets (packet_snd(): EMSGSIZE).
void Links::limit_mtus(PortId device) {
  const port::InterfaceState* const shared = ports_[device.value()]->shared_interface();
  for (const interface::InterfaceView& view : world_.ports()) {
    if (view.egress != device) {
      continue;
    }
    std::uint32_t most = config::kMtuMax;
    if (view.link) {
      most = world_.port(*view.link).mtu;
    } else if (shared != nullptr && shared->linked()) {
      most = shared->mtu;
    }
    const std::uint16_t wanted = states_[view.id.value()].wanted_mtu;
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
    world_.set_mtu(view.id, mtu);
    routing_.renew(view.id);
    ipv6_.renew(view.id);
  }
}

void Links::apply_mac(PortId device, Mac mac) {
  states_[device.value()].wanted_mac =
      mac == devices_[device.value()].mac ? std::nullopt : std::optional{mac};
  for (const interface::InterfaceView& view : world_.ports()) {
    if (view.egress != device) {
      continue;
    }
    world_.set_mac(view.id, mac);
    routing_.renew(view.id);
    ipv6_.renew(view.id);
    // The addresses are announced, because the stations on the link know the old MAC address.
    for (const InterfaceAddress4& address : view.addresses) {
      if (!addresses_.claims().is_tentative({view.id, address.address})) {
        addresses_.use({view.id, address.address});
      }
    }
    ipv6_.use_all(view);
  }
}

Status Links::change(InterfaceId port, const Change& change) {
  const interface::InterfaceView& view = world_.port(port);
  const interface::InterfaceView* const link = view.link ? &world_.port(*view.link) : nullptr;
  if (change.up.value_or(false) && link != nullptr && !link->up) {
    return fail(fmt::format("its link {} is down", link->name));
  }
  for (const Status& status : {change.mtu ? check_mtu(view, *change.mtu) : Status{},
                               change.mac ? check_mac(view, *change.mac) : Status{}}) {
    if (!status) {
      return status;
    }
  }
  const Change before{.mtu = view.mtu, .mac = view.mac};
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
    apply_mac(view.egress, *change.mac);
  }
  return {};
}

}  // namespace ringroad::control

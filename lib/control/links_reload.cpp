// SPDX-License-Identifier: BSD-3-Clause
// Changes of all ports and sub-interfaces at once, for a reload. What may be refused comes first.
#include <algorithm>

#include "base/log.hpp"
#include "control/links.hpp"

namespace ringroad::control {
namespace {

bool has(const std::vector<InterfaceAddress4>& list, Ipv4 address) {
  return std::ranges::find(list, address, &InterfaceAddress4::address) != list.end();
}

}  // namespace

void Links::set_gone(InterfaceId id, bool gone) {
  world_.set_gone(id, gone);
  apply(world_.port(id));
}

void Links::release(PortId port, bool workers_run) {
  Device& device = devices_[port.value()];
  device.released = true;
  device.carrier = false;
  apply_gate(port);
  if (workers_run) {
    device.hang.left_by = rte_rcu_qsbr_start(&world_.reclaimer().readers());
  } else {
    close(port.value());
  }
}

void Links::close(std::uint16_t port) {
  ports_[port]->detach();
  log::info("port {}: removed", ports_[port]->settings().name);
}

bool Links::releases() const {
  return std::ranges::any_of(
      devices_, [](const Device& device) { return device.released && device.hang.left_by; });
}

Links::Outcome Links::set_mtus(const std::vector<std::uint16_t>& mtus) {
  const auto changes = [&](std::uint16_t i) {
    return !world_.port(InterfaceId{i}).gone && states_[i].wanted_mtu != mtus[i];
  };
  for (const std::uint16_t i : numbers(ports_.size())) {
    if (!changes(i)) {
      continue;
    }
    if (const Status status = ports_[i]->set_mtu(mtus[i]); !status) {
      for (const std::uint16_t j : numbers(i)) {
        if (changes(j)) {
          static_cast<void>(ports_[j]->set_mtu(states_[j].wanted_mtu));
        }
      }
      return std::unexpected{
          Refused{InterfaceId{static_cast<std::uint16_t>(i)}, status.error().what}};
    }
  }
  // A sub-interface's MTU is lowered with its link's, so the devices come first.
  for (const bool devices : {true, false}) {
    for (const interface::InterfaceView& view : world_.ports()) {
      const std::uint16_t mtu = mtus[view.id.value()];
      if (view.link.has_value() != devices && states_[view.id.value()].wanted_mtu != mtu) {
        apply_mtu(view.id, mtu);
      }
    }
  }
  return {};
}

Links::Outcome Links::set_macs(const std::vector<std::optional<Mac>>& macs) {
  const auto target = [&](std::size_t i) { return macs[i].value_or(devices_[i].mac); };
  std::vector<PortId> changed;
  for (const std::uint16_t i : numbers(ports_.size())) {
    const interface::InterfaceView& view = world_.port(InterfaceId{i});
    if (view.gone || view.mac == target(i)) {
      continue;
    }
    if (const Status status = ports_[i]->set_mac(target(i)); !status) {
      for (const PortId done : changed) {
        const InterfaceId id{done.value()};
        static_cast<void>(ports_[done.value()]->set_mac(world_.port(id).mac));
      }
      return std::unexpected{Refused{InterfaceId{i}, status.error().what}};
    }
    changed.emplace_back(i);
  }
  for (const PortId port : changed) {
    apply_mac(port, target(port.value()));
  }
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    states_[i].wanted_mac = macs[i];
  }
  return {};
}

// A port takes its sub-interfaces along, so it comes before them.
Links::Outcome Links::set_ups(const std::vector<bool>& ups) {
  std::vector<bool> before(world_.ids_end());
  for (const interface::InterfaceView& view : world_.ports()) {
    before[view.id.value()] = view.up;
  }
  for (const interface::InterfaceView& view : world_.ports()) {
    if (view.up == ups[view.id.value()]) {
      continue;
    }
    if (const Status status = bring(view.id, ups[view.id.value()]); !status) {
      for (const interface::InterfaceView& other : world_.ports()) {
        if (other.up != before[other.id.value()]) {
          static_cast<void>(bring(other.id, before[other.id.value()]));
        }
      }
      return std::unexpected{Refused{view.id, status.error().what}};
    }
  }
  return {};
}

Links::Outcome Links::set_addresses(const AddressLists& lists) {
  AddressLists before(world_.ids_end());
  std::vector<std::pair<InterfaceId, InterfaceAddress4>> probed;
  std::optional<InterfaceId> changed;
  for (const interface::InterfaceView& view : world_.ports()) {
    const std::vector<InterfaceAddress4>& wanted = lists[view.id.value()];
    before[view.id.value()] = view.addresses;
    if (view.addresses == wanted) {
      continue;
    }
    changed = view.id;
    for (const InterfaceAddress4& address : wanted) {
      const bool tentative =
          std::ranges::find(view.tentative, address.address) != view.tentative.end();
      const bool same = std::ranges::find(view.addresses, address) != view.addresses.end();
      if (view.dad && !same && (tentative || !has(view.addresses, address.address))) {
        world_.set_tentative(view.id, address.address, true);
        probed.emplace_back(view.id, address);
      }
    }
    world_.set_addresses(view.id, wanted);
  }
  if (const Status status = routing_.sync_connected(); !status) {
    for (const interface::InterfaceView& view : world_.ports()) {
      world_.set_addresses(view.id, before[view.id.value()]);
    }
    for (const auto& [port, address] : probed) {
      world_.set_tentative(port, address.address, false);
    }
    return std::unexpected{Refused{changed.value_or(InterfaceId{0}), status.error().what}};
  }
  for (const interface::InterfaceView& view : world_.ports()) {
    const std::vector<InterfaceAddress4>& old = before[view.id.value()];
    if (old == view.addresses) {
      continue;
    }
    for (const InterfaceAddress4& address : old) {
      if (!has(view.addresses, address.address)) {
        addresses_.withdraw({view.id, address.address});
        world_.set_tentative(view.id, address.address, false);
      }
    }
    for (const InterfaceAddress4& address : view.addresses) {
      if (!has(old, address.address) && view.uses(address)) {
        addresses_.use({view.id, address.address});
      }
    }
  }
  for (const auto& [port, address] : probed) {
    probe_for(port, address);
  }
  apply_all();
  return {};
}

}  // namespace ringroad::control

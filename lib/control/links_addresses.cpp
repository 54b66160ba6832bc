// SPDX-License-Identifier: BSD-3-Clause
// Live changes of addresses. Each has the effects on routes that it has in Linux.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "config/address.hpp"
#include "control/links.hpp"

namespace ringroad::control {

Status Links::check_address(const interface::InterfaceView& view, InterfaceAddress4 address) const {
  if (const auto fault = config::fault_of(address)) {
    return fail(*fault);
  }
  // Linux accepts the same address with another length. It is refused here, because it is nearly
  // always a mistake.
  const auto same = [&](const InterfaceAddress4& known) {
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
  std::optional<Ipv4> taken;
  static_cast<void>(routing_.has_gateway([&](Ipv4 gateway) {
    const bool takes = gateway == address.address || address.subnet().is_edge(gateway);
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

Status Links::set_addresses(InterfaceId port, const std::vector<InterfaceAddress4>& addresses) {
  const std::vector<InterfaceAddress4> before = world_.port(port).addresses;
  world_.set_addresses(port, addresses);
  Status status = routing_.sync_connected();
  if (!status) {
    world_.set_addresses(port, before);
  }
  return status;
}

// Keeps the address tentative until ARP probes for it went unanswered (RFC 5227 2.1).
void Links::probe_for(InterfaceId port, InterfaceAddress4 address) {
  world_.set_tentative(port, address.address, true);
  addresses_.probe({port, address.address}, [this, port, address](bool usable) {
    world_.set_tentative(port, address.address, false);
    const interface::InterfaceView& view = world_.port(port);
    if (!usable) {
      forget_address(port, address);
    } else if (const Status status = routing_.sync_connected(); !status) {
      log::warn("port {}: {}: {}", view.name, address.to_string(), status.error().what);
    } else if (view.up) {
      addresses_.use({port, address.address});
    }
    apply(view);
  });
}

// Removes an address from a port. If no port has the address any more, the routes with this source
// are removed too, as in Linux's fib_del_ifaddr.
void Links::forget_address(InterfaceId port, InterfaceAddress4 address) {
  std::vector<InterfaceAddress4> left = world_.port(port).addresses;
  std::erase(left, address);
  // The change only removes routes, so no table lacks room for it.
  static_cast<void>(set_addresses(port, left));
  if (!world_.is_configured(address.address)) {
    source_gone_(address.address);
  }
}

Status Links::add_address(InterfaceId port, InterfaceAddress4 address) {
  const interface::InterfaceView& view = world_.port(port);
  if (Status status = check_address(view, address); !status) {
    return status;
  }
  std::vector<InterfaceAddress4> addresses = view.addresses;
  addresses.push_back(address);
  // The port may already use the same address with another subnet.
  const bool in_use = std::ranges::any_of(view.addresses, [&](const InterfaceAddress4& known) {
    return known.address == address.address && view.uses(known);
  });
  if (view.dad && !in_use) {
    world_.set_tentative(port, address.address, true);
    world_.set_addresses(port, addresses);
    probe_for(port, address);
  } else if (Status status = set_addresses(port, addresses); !status) {
    return status;
  } else if (view.up) {
    addresses_.use({port, address.address});
  }
  apply(view);
  return {};
}

Status Links::erase_address(InterfaceId port, InterfaceAddress4 address) {
  const interface::InterfaceView& view = world_.port(port);
  if (std::ranges::find(view.addresses, address) == view.addresses.end()) {
    return fail(fmt::format("port {} has no address {}", view.name, address.to_string()));
  }
  forget_address(port, address);
  if (std::ranges::find(view.addresses, address.address, &InterfaceAddress4::address) ==
      view.addresses.end()) {
    addresses_.withdraw({port, address.address});
    world_.set_tentative(port, address.address, false);
  }
  apply(view);
  return {};
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// A port's link state, and the kernel interface that some devices are.
#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>
#include <rte_errno.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "base/log.hpp"
#include "port/port.hpp"

namespace ringroad::port {
namespace {

// With vfio-pci only, a device has an interrupt for each queue and one for its link.
bool has_several_interrupts(const std::string& device) {
  std::error_code ignored;
  const auto sysfs = std::filesystem::path{"/sys/bus/pci/devices"} / device / "driver";
  return !std::filesystem::exists(sysfs, ignored) ||
         std::filesystem::read_symlink(sysfs, ignored).filename() == "vfio-pci";
}

}  // namespace

// The interface is followed by its index, which stays the same when it is renamed.
Status Port::follow_interface(const rte_eth_dev_info& info) {
  interface_ = 0;
  if (settings_.interfaces == nullptr || profile_->interface == KernelInterface::kNone ||
      info.if_index == 0) {
    return {};
  }
  if (const Status status = settings_.interfaces->follow(info.if_index); !status) {
    return failed(status.error().what);
  }
  interface_ = info.if_index;
  interface_name_ = settings_.interfaces->state(interface_).name;
  return {};
}

bool Port::has_link_interrupt(const rte_eth_dev_info& info) const {
  if (info.dev_flags == nullptr || (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) == 0 ||
      profile_->poor_link_interrupt || interface_ != 0) {
    return false;
  }
  return !settings_.rx_interrupts || has_several_interrupts(rte_dev_name(info.device));
}

bool Port::link_up() const {
  if (closed_) {
    return false;
  }
  if (interface_ != 0) {
    const InterfaceState& state = settings_.interfaces->state(interface_);
    if (state.present || far_end_ < 0) {
      return state.linked();
    }
    // The interface was deleted, or is in another namespace, whose events are not received here.
    pollfd watched{.fd = far_end_, .events = POLLOUT, .revents = 0};
    return poll(&watched, 1, 0) == 1 && watched.revents == POLLOUT;
  }
  rte_eth_link link{};
  return rte_eth_link_get_nowait(device_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

Link Port::link() const {
  rte_eth_link link{};
  if (closed_ || rte_eth_link_get_nowait(device_, &link) != 0) {
    return {};
  }
  const bool known = link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN;
  return {link_up(), known ? link.link_speed : 0};
}

std::string Port::why_down() const {
  if (interface_ == 0) {
    return {};
  }
  const InterfaceState& state = settings_.interfaces->state(interface_);
  // In another namespace only its operational state can be seen.
  if (!state.present && far_end_ >= 0) {
    return state.moved
               ? fmt::format("its interface {} is down in another network namespace", state.name)
               : fmt::format("its interface {} was deleted", state.name);
  }
  return fmt::format("its interface {} {}", state.name, port::why_down(state));
}

void Port::set_link(bool up) {
  if (closed_) {
    return;
  }
  const int error = up ? rte_eth_dev_set_link_up(device_) : rte_eth_dev_set_link_down(device_);
  if (error != 0 && error != -ENOTSUP) {
    log::debug("port {}: its device keeps the link: {}", settings_.name, rte_strerror(-error));
  }
}

void Port::set_promiscuous(bool on) {
  if (closed_) {
    return;
  }
  const int error = on ? rte_eth_promiscuous_enable(device_) : rte_eth_promiscuous_disable(device_);
  if (error != 0 && error != -ENOTSUP) {
    log::debug("port {}: promiscuous mode stays as it is: {}", settings_.name,
               rte_strerror(-error));
  }
}

void Port::discard_unsent() {
  if (!closed_ && interface_ != 0 && profile_->discard_unsent != nullptr) {
    profile_->discard_unsent(interface_);
  }
}

const InterfaceState* Port::shared_interface() const {
  return interface_ != 0 && profile_->interface == KernelInterface::kShared
             ? &settings_.interfaces->state(interface_)
             : nullptr;
}

bool Port::interface_is_lost() const {
  const InterfaceState* const interface = shared_interface();
  return interface != nullptr && !interface->present;
}

bool Port::interface_is_back() const {
  return interface_is_lost() && if_nametoindex(interface_name_.c_str()) != 0;
}

// Drivers change an interface by the name that it had when they opened it.
Status Port::check_device() const {
  if (interface_ != 0) {
    const InterfaceState& state = settings_.interfaces->state(interface_);
    if (!state.present) {
      return failed(fmt::format("its interface {} {}", state.name, port::why_down(state)));
    }
    if (state.name != interface_name_) {
      return failed(fmt::format("its interface is called {} now; change that by ip, or name it {}",
                                state.name, interface_name_));
    }
  }
  return closed_ ? Status{failed("the device was unplugged")} : Status{};
}

Status Port::reset() {
  if (closed_ || profile_->starts_once || interface_is_lost()) {
    return open_anew();
  }
  stop();
  return start();
}

}  // namespace ringroad::port

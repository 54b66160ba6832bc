// SPDX-License-Identifier: BSD-3-Clause
// The set-up of a Router's ports, and of the buffers for them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/log.hpp"
#include "control/router.hpp"
#include "port/interface_sharing.hpp"

namespace ringroad::control {
namespace {

void warn_of_sharing(const port::Port& port) {
  const port::InterfaceState* const interface = port.shared_interface();
  if (interface == nullptr) {
    return;
  }
  for (const std::string& warning :
       port::sharing_warnings(*interface, port::kernel_addresses(interface->name))) {
    log::warn("port {}: {}", port.settings().name, warning);
  }
}

// Returns the VLANs of the port's sub-interfaces, and VLAN 0, with which priority-tagged frames
// arrive (IEEE 802.1Q 6.9).
std::vector<std::uint16_t> vlans_on(const config::Config& config, const std::string& link) {
  std::vector<std::uint16_t> vlans;
  for (const config::Port& port : config.ports) {
    if (port.vlan && port.vlan->link == link) {
      vlans.push_back(port.vlan->id);
    }
  }
  if (!vlans.empty()) {
    vlans.push_back(0);
  }
  return vlans;
}

}  // namespace

Status Router::set_up_ports() {
  if (Status status = Watch::reserve_mark(); !status) {
    return status;
  }
  if (config_.devices() > kPortsMax) {
    return fail(
        fmt::format("{} ports are configured; {} is the most", config_.devices(), kPortsMax));
  }
  const auto workers = static_cast<std::uint16_t>(config_.engine.workers.size());
  if (auto watch = port::InterfaceWatch::open()) {
    interfaces_ = std::move(*watch);
  } else {
    return std::unexpected{watch.error()};
  }
  for (const std::uint16_t i : numbers(config_.devices())) {
    const config::Port& port = config_.ports[i];
    place_ = {.what = "", .at = config::Fault::At::kPort, .port = port.name, .field = "device"};
    auto opened = port::Port::open({.id = PortId{i},
                                    .name = port.name,
                                    .device = port.device,
                                    .mtu = port.mtu,
                                    .workers = workers,
                                    .rx_queues = port.queues.value_or(0),
                                    .vlans = vlans_on(config_, port.name),
                                    .rx_interrupts = config_.engine.idle == IdleMode::kInterrupt,
                                    .interfaces = interfaces_.get()},
                                   pools_);
    if (!opened) {
      place_.field = opened.error().mtu ? "mtu" : "device";
      return std::unexpected{opened.error()};
    }
    device_macs_.push_back((*opened)->mac());
    place_.field = "macaddress";
    if (port.mac) {
      if (Status status = (*opened)->set_mac(*port.mac); !status) {
        return status;
      }
    }
    log::debug("port {}: {} ({}), {} RX and {} TX queues", port.name, port.device,
               (*opened)->driver(), (*opened)->rx_queues(), (*opened)->tx_queues());
    warn_of_sharing(**opened);
    ports_.push_back(std::move(*opened));
  }
  return {};
}

// Every pool must have enough buffers for the RX rings of its own ports and, as its packets may
// leave by any port, for the TX rings of all ports.
Status Router::set_up_buffers() {
  port::BufferUse use{.workers = static_cast<std::uint32_t>(config_.engine.workers.size())};
  std::map<int, std::uint32_t> rx;
  for (const auto& port : ports_) {
    std::uint32_t& of_node = rx[port->pool_node()];
    of_node += port->rx_buffers();
    use.rx = std::max(use.rx, of_node);
    use.tx += port->tx_buffers();
    use.tx_queues += port->tx_queues();
  }
  const std::uint32_t buffers = config_.engine.memory.buffers;
  const port::Budget budget = port::budget_of(buffers, use);
  if (!budget.is_enough()) {
    place_ = {.what = "", .at = config::Fault::At::kBuffers};
    return fail(fmt::format(
        "engine.memory.buffers: {} are too few: the rings of these ports keep up to {}, "
        "and {} workers need a reserve for what they receive; it takes {}",
        buffers, std::uint64_t{use.rx} + use.tx, use.workers, port::least_buffers(use)));
  }
  pools_.set_budget(budget);
  return {};
}

}  // namespace ringroad::control

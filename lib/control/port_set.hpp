// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The router's ports: opens their devices, gives their queues to workers, and divides the packet
// buffers among them, at the start and when a reload adds one. Control thread only.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/model.hpp"
#include "control/interfaces.hpp"
#include "port/interface_watch.hpp"
#include "port/pools.hpp"
#include "port/port.hpp"
#include "port/tx_queue.hpp"
#include "worker/worker.hpp"

namespace ringroad::control {

class PortSet {
 public:
  struct Parts {
    port::Pools& pools;
    const std::vector<std::unique_ptr<worker::Worker>>& workers;  // made before add_queues()
    const Clock& clock;
    std::optional<std::uint64_t> flow_seed;
  };
  PortSet(const Parts& parts, const config::Engine& engine)
      : parts_{parts},
        workers_{static_cast<std::uint16_t>(engine.workers.size())},
        rx_interrupts_{engine.idle == IdleMode::kInterrupt} {}

  // Called first: follows the kernel's interfaces.
  Status begin();
  // What refused a port: the key of its section, and why.
  struct Refused {
    std::string_view field;
    std::string what;
  };
  // Opens the device of the next port; start() of the port lets it receive. `vlans`: of its
  // sub-interfaces.
  std::expected<PortId, Refused> open(const config::Port& port, std::vector<std::uint16_t> vlans);
  // Closes the device of the port that was opened last and has no queues yet, and forgets the port.
  void abandon();
  // Divides the buffers among the ports that are open. Fails, and changes nothing, if they are too
  // few.
  Status divide_buffers();
  // Why a port with these settings cannot be added while the workers run; empty if it can.
  [[nodiscard]] std::string why_not_live(PortId id, const config::Port& port) const;
  // Gives the port's queues to the workers. While these run, the port must be gated.
  void add_queues(PortId id, const config::Port& settings, const config::Scheduler& scheduler);
  // Called once all ports of the start have their queues.
  void connect_workers();

  // Makes the TX queues of one port, which share their rates.
  using MakeQueue = std::function<std::unique_ptr<port::TxQueue>(port::TxQueue::Settings)>;
  [[nodiscard]] MakeQueue queues_of(const config::Scheduler& scheduler) const;

  // At the index of its PortId; those that were removed are closed.
  [[nodiscard]] const Devices& devices() const { return devices_; }
  // The device's own address, before any was set.
  [[nodiscard]] Mac own_mac(PortId id) const { return own_macs_[id.value()]; }
  [[nodiscard]] port::InterfaceWatch& interfaces() { return *interfaces_; }
  // Closes all devices.
  void clear() { devices_.clear(); }

 private:
  [[nodiscard]] port::BufferUse buffer_use() const;

  Parts parts_;
  std::uint16_t workers_;
  bool rx_interrupts_;
  bool spreads_ = false;  // some port's flows are spread over all workers
  std::unique_ptr<port::InterfaceWatch> interfaces_;
  std::vector<Mac> own_macs_;
  Devices devices_;
};

}  // namespace ringroad::control

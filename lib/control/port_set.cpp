// SPDX-License-Identifier: BSD-3-Clause
#include "control/port_set.hpp"

#include <fmt/format.h>
#include <rte_lcore.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/log.hpp"
#include "control/settings.hpp"
#include "port/interface_sharing.hpp"

namespace ringroad::control {
namespace {

// The NUMA node of the worker's core: worker i runs on lcore i + 1.
int node_of(const worker::Worker& worker) {
  return static_cast<int>(rte_lcore_to_socket_id(worker.settings().id.value() + 1U));
}

// Returns the workers of the node, then the others. Each part starts at index `first` and wraps
// around.
std::vector<worker::Worker*> by_node(const std::vector<worker::Worker*>& workers, std::size_t first,
                                     int node) {
  std::vector<worker::Worker*> order;
  order.reserve(workers.size());
  for (const bool near : {true, false}) {
    for (std::size_t i = 0; i < workers.size(); ++i) {
      worker::Worker* const worker = workers[(first + i) % workers.size()];
      if ((node < 0 || node_of(*worker) == node) == near) {
        order.push_back(worker);
      }
    }
  }
  return order;
}

std::vector<worker::Worker*> pointers_to(
    const std::vector<std::unique_ptr<worker::Worker>>& workers) {
  std::vector<worker::Worker*> all;
  std::ranges::transform(workers, std::back_inserter(all),
                         [](const auto& one) { return one.get(); });
  return all;
}

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

void warn_of_distance(const port::Port& port, std::uint16_t queue, const worker::Worker& worker) {
  if (port.node() >= 0 && node_of(worker) != port.node()) {
    log::warn(
        "port {} is at NUMA node {}, core {} that polls its queue {} is of node {}: each "
        "packet crosses between them; let cores of node {} be workers, and its `queues` no "
        "more than those",
        port.settings().name, port.node(), worker.settings().core, queue, node_of(worker),
        port.node());
  }
}

}  // namespace

Status PortSet::begin() {
  auto watch = port::InterfaceWatch::open();
  if (!watch) {
    return std::unexpected{watch.error()};
  }
  interfaces_ = std::move(*watch);
  return {};
}

std::expected<PortId, PortSet::Refused> PortSet::open(const config::Port& port,
                                                      std::vector<std::uint16_t> vlans) {
  const PortId id{static_cast<PortId::rep>(devices_.size())};
  auto opened = port::Port::open({.id = id,
                                  .name = port.name,
                                  .device = port.device,
                                  .mtu = port.mtu,
                                  .workers = workers_,
                                  .rx_queues = port.queues.value_or(0),
                                  .vlans = std::move(vlans),
                                  .rx_interrupts = rx_interrupts_,
                                  .interfaces = interfaces_.get()},
                                 parts_.pools);
  if (!opened) {
    return std::unexpected{Refused{opened.error().mtu ? "mtu" : "device", opened.error().what}};
  }
  const Mac own_mac = (*opened)->mac();
  if (port.mac) {
    if (const Status status = (*opened)->set_mac(*port.mac); !status) {
      (*opened)->detach();
      return std::unexpected{Refused{"macaddress", status.error().what}};
    }
  }
  log::debug("port {}: {} ({}), {} RX and {} TX queues", port.name, port.device,
             (*opened)->driver(), (*opened)->rx_queues(), (*opened)->tx_queues());
  warn_of_sharing(**opened);
  devices_.push_back(std::move(*opened));
  own_macs_.push_back(own_mac);
  return id;
}

void PortSet::abandon() {
  devices_.back()->detach();
  devices_.pop_back();
  own_macs_.pop_back();
}

// Every pool must have enough buffers for the RX rings of its own ports and, as its packets may
// leave by any port, for the TX rings of all ports.
port::BufferUse PortSet::buffer_use() const {
  port::BufferUse use{.workers = workers_};
  std::map<int, std::uint32_t> rx;
  for (const auto& port : devices_) {
    if (port->closed()) {
      continue;
    }
    std::uint32_t& of_node = rx[port->pool_node()];
    of_node += port->rx_buffers();
    use.rx = std::max(use.rx, of_node);
    use.tx += port->tx_buffers();
    use.tx_queues += port->tx_queues();
  }
  return use;
}

Status PortSet::divide_buffers() {
  const port::BufferUse use = buffer_use();
  const std::uint32_t buffers = parts_.pools.each();
  const port::Budget budget = port::budget_of(buffers, use);
  if (!budget.is_enough()) {
    return fail(fmt::format(
        "engine.memory.buffers: {} are too few: the rings of these ports keep up to {}, "
        "and {} workers need a reserve for what they receive; it takes {}",
        buffers, std::uint64_t{use.rx} + use.tx, use.workers, port::least_buffers(use)));
  }
  parts_.pools.set_budget(budget);
  return {};
}

std::string PortSet::why_not_live(PortId id, const config::Port& port) const {
  const port::Port& device = *devices_[id.value()];
  if (port.spread && device.rx_queues() < workers_ && !spreads_) {
    return "no port spread its flows over the workers at the start: it needs a restart";
  }
  const auto has_room = [&](const auto& worker) {
    return worker->has_room_for_rx(device.rx_queues());
  };
  return std::ranges::all_of(parts_.workers, has_room)
             ? std::string{}
             : "the workers have no room for more queues since the start: it needs a restart";
}

void PortSet::add_queues(PortId id, const config::Port& settings,
                         const config::Scheduler& scheduler) {
  const port::Port& port = *devices_[id.value()];
  const std::vector<worker::Worker*> all = pointers_to(parts_.workers);
  const bool spread = settings.spread && port.rx_queues() < all.size();
  spreads_ = spreads_ || spread;
  // The queues of a port with fewer queues than workers are given to different workers than those
  // of the next port, and to workers of the port's NUMA node first. Other ports all begin with
  // the first worker, so that both directions of a flow come to one worker.
  const auto order = port.rx_queues() < all.size() ? by_node(all, id.value(), port.node()) : all;
  for (std::uint16_t queue = 0; queue < port.rx_queues(); ++queue) {
    worker::Worker& worker = *order[queue % all.size()];
    warn_of_distance(port, queue, worker);
    worker.add_rx({.port = id,
                   .device = port.device(),
                   .queue = queue,
                   .fetch = !port::profile_of(port.driver()).writes_frames,
                   .spread = spread});
  }
  const MakeQueue make_queue = queues_of(scheduler);
  for (const std::uint16_t w : numbers(all.size())) {
    if (w < port.tx_queues()) {
      all[w]->add_tx(id, make_queue({.port = id,
                                     .device = port.device(),
                                     .queue = w,
                                     .descriptors = port.reported_descriptors(),
                                     .retry = port.tx_retry(w)}));
    } else {
      all[w]->add_tx_through(id, *all[w % port.tx_queues()]);
    }
  }
}

void PortSet::connect_workers() {
  parts_.pools.close();
  const std::vector<worker::Worker*> all = pointers_to(parts_.workers);
  for (worker::Worker* const worker : all) {
    worker->set_peers(all, spreads_);
    // A port that comes later is polled when its device runs.
    for (std::size_t port = devices_.size(); port < kPortsMax; ++port) {
      worker->set_gate(PortId{static_cast<PortId::rep>(port)}, worker::Worker::Gate::kGone);
    }
  }
}

PortSet::MakeQueue PortSet::queues_of(const config::Scheduler& scheduler) const {
  sched::Discipline discipline = discipline_of(scheduler);
  for (sched::BandSettings& band : discipline.each) {
    band.seed = parts_.flow_seed;
  }
  auto shaper = std::make_shared<sched::Shaper>(discipline, parts_.clock.now());
  return [clock = &parts_.clock, limit_bytes = scheduler.byte_limits, discipline,
          shaper = std::move(shaper)](port::TxQueue::Settings settings) {
    settings.limit_bytes = limit_bytes;
    return std::make_unique<port::TxQueue>(settings, discipline, *clock, shaper);
  };
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// Receive packet steering in software: distributes the flows of a device that has too few RX queues
// over all workers, by their hash (Linux's RPS), or gives each flow to the worker that owns it.
#include <rte_prefetch.h>

#include <array>
#include <span>

#include "packet/ecn.hpp"
#include "worker/worker.hpp"

namespace ringroad::worker {

using stats::DropReason;

void Worker::set_steering(std::optional<FlowSteering> steering) {
  call([&] {
    steering_ = steering;
    // What peers have handed over is taken also after the last steering.
    takes_steered_ = takes_steered_ || steering.has_value();
    for (RxQueue& queue : rx_) {
      queue.steered = queue.spread || steering.has_value();
    }
  });
}

// Frames that are not IP, or whose header is incomplete, stay with this worker.
void Worker::choose_workers(std::uint16_t count, std::uint8_t* workers) {
  const auto self = static_cast<std::uint8_t>(settings_.id.value());
  if (steering_) {
    steering_->choose(steering_->state, std::span{burst_.packets}.first(count), self, workers);
    return;
  }
  for (std::uint16_t i = 0; i < count; ++i) {
    Packet& packet = *burst_.packets[i];
    const auto place = find_ip(packet);
    const std::uint64_t hash =
        place ? context_.tables.flow_hash.at(from_ip(packet, *place), place->is_ipv6) : 0;
    workers[i] = place ? static_cast<std::uint8_t>(hash * peers_.size() >> 32U) : self;
  }
}

std::uint16_t Worker::steer(PortId port, std::uint16_t count) {
  std::array<std::uint8_t, kBurstMax> workers;
  choose_workers(count, workers.data());
  std::uint16_t own = 0;
  std::uint64_t told = 0;  // a bit for each worker that was given packets
  for (std::uint16_t i = 0; i < count; ++i) {
    Packet* const packet = burst_.packets[i];
    Worker* const worker = peers_[workers[i]];
    if (worker == this) {
      burst_.packets[own++] = packet;
      continue;
    }
    meta(*packet).ingress = interface_of(port);
    if (!worker->steered_.push(packet)) {
      drop_steered(packet, DropReason::kInjectQueueFull);
    }
    told |= std::uint64_t{1} << (worker->settings_.id.value() % 64);
  }
  for (Worker* const peer : peers_) {
    if ((told >> (peer->settings_.id.value() % 64) & 1U) != 0) {
      peer->sleeper_->wake();
    }
  }
  return own;
}

// The packet was not counted as received yet, and no worker will count it later.
void Worker::drop_steered(Packet* packet, DropReason reason) {
  counters_.packets.add(1);
  const InterfaceId ingress = meta(*packet).ingress;
  InterfaceCounters& counters = interfaces_[ingress.value()];
  counters.rx_packets.add(1);
  counters.rx_bytes.add(packet->pkt_len);
  context_.drop(packet, reason, ingress);
}

std::uint32_t Worker::poll_steered() {
  std::array<Packet*, kBurstMax> packets;
  const unsigned count = steered_.pop(packets.data(), packets.size());
  for (unsigned i = 0; i < count; ++i) {
    rte_prefetch0(&meta(*packets[i]));
    rte_prefetch0(expected_frame(*packets[i]));
  }
  // Consecutive packets of one interface form one burst.
  for (unsigned i = 0; i < count;) {
    const InterfaceId ingress = meta(*packets[i]).ingress;
    std::uint16_t together = 0;
    for (; i < count && meta(*packets[i]).ingress == ingress; ++i) {
      burst_.packets[together++] = packets[i];
    }
    carry(ingress, together);
  }
  return count;
}

}  // namespace ringroad::worker

// SPDX-License-Identifier: BSD-3-Clause
// Receive packet steering in software (Linux's RPS): distributes the flows of a device that has too
// few RX queues over all workers, by their hash.
#include <rte_prefetch.h>

#include <array>
#include <span>

#include "packet/ecn.hpp"
#include "worker/worker.hpp"

namespace ringroad::worker {

using stats::DropReason;

// Frames that are not IP, or whose header is incomplete, stay with this worker.
std::uint16_t Worker::steer(PortId port, std::uint16_t count) {
  const auto worker_of = [this](Packet& packet) -> Worker* {
    const auto place = find_ip(packet);
    if (!place) {
      return this;
    }
    const std::uint64_t hash =
        context_.tables.flow_hash.at(from_ip(packet, *place), place->is_ipv6);
    return peers_[hash * peers_.size() >> 32U];
  };
  std::uint16_t own = 0;
  std::uint64_t told = 0;  // a bit for each worker that was given packets
  for (std::uint16_t i = 0; i < count; ++i) {
    Packet* const packet = burst_.packets[i];
    Worker* const worker = worker_of(*packet);
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

// Flows of a device with too few RX queues go to all workers by their hash.
#include <rte_prefetch.h>

#include <array>
#include <span>

#include "ip/ecn.hpp"
#include "worker/worker.hpp"

namespace ringroad::worker {

using stats::DropReason;

// Whatever is no IPv4 packet stays, and so do fragments of headers: the checks are yet to come.
std::uint16_t Worker::hand_on(PortId port, std::uint16_t count) {
  const auto worker_of = [this](ip::Packet& packet) -> Worker* {
    const auto offset = ip::ipv4_offset(packet);
    if (!offset) {
      return this;
    }
    const std::span<const std::uint8_t> bytes{ip::frame(packet) + *offset,
                                              packet.data_len - std::size_t{*offset}};
    const std::uint64_t hash = context_.tables.flow_hash.of(bytes);
    return peers_[hash * peers_.size() >> 32U];
  };
  std::uint16_t own = 0;
  std::uint64_t told = 0;  // a bit each
  for (std::uint16_t i = 0; i < count; ++i) {
    ip::Packet* const packet = burst_.packets[i];
    Worker* const worker = worker_of(*packet);
    if (worker == this) {
      burst_.packets[own++] = packet;
      continue;
    }
    ip::meta(*packet).ingress = port;
    if (!worker->handed_on_.push(packet)) {
      lose_handed_on(packet, DropReason::kInjectQueueFull);
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

// Whoever carries a packet counts it as received: nobody will.
void Worker::lose_handed_on(ip::Packet* packet, DropReason reason) {
  counters_.packets.add(1);
  const PortId port = ip::meta(*packet).ingress;
  ip::InterfaceCounters& counters = interfaces_[port.value()];
  counters.rx_packets.add(1);
  counters.rx_bytes.add(packet->pkt_len);
  context_.drop(packet, reason, port);
}

std::uint32_t Worker::poll_handed_on() {
  std::array<ip::Packet*, ip::kBurstMax> packets;
  const unsigned count = handed_on_.pop(packets.data(), packets.size());
  for (unsigned i = 0; i < count; ++i) {
    rte_prefetch0(&ip::meta(*packets[i]));
    rte_prefetch0(ip::expected_frame(*packets[i]));
  }
  // Those of a port that follow each other go together.
  for (unsigned i = 0; i < count;) {
    const PortId port = ip::meta(*packets[i]).ingress;
    std::uint16_t together = 0;
    for (; i < count && ip::meta(*packets[i]).ingress == port; ++i) {
      burst_.packets[together++] = packets[i];
    }
    carry(port, together);
  }
  return count;
}

}  // namespace ringroad::worker

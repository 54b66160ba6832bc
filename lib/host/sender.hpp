// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sends frames of the control thread: hands them to a worker, which sends them through the bands of
// the egress port like all others. Also counts the packets that the control thread drops. Control
// thread only.
#include <array>
#include <bit>
#include <memory>
#include <vector>

#include "interface/world.hpp"
#include "neigh/arp_message.hpp"
#include "neigh/key.hpp"
#include "packet/packet.hpp"
#include "worker/worker.hpp"

namespace ringroad::host {

// An address as records have it, in wire order.
[[nodiscard]] inline std::array<std::uint8_t, 4> octets_of(Ipv4 address) {
  return std::bit_cast<std::array<std::uint8_t, 4>>(address.wire().wire());
}
[[nodiscard]] inline std::array<std::uint8_t, 16> octets_of(Ipv6 address) {
  std::array<std::uint8_t, 16> octets{};
  address.write(octets.data());
  return octets;
}

class Sender {
 public:
  Sender(const interface::World& world, rte_mempool& pool) : Sender{world, world.tables(), pool} {}
  // `tables` are those of the packets that the control thread carries.
  Sender(const interface::World& world, const Tables& tables, rte_mempool& pool)
      : world_{world},
        pool_{pool},
        context_{std::make_unique<StageContext>(tables)},
        watch_{static_cast<std::uint8_t>(world.workers())},
        interfaces_(world.tables().interfaces.size()) {
    context_->interfaces = interfaces_;
    context_->thread = world.workers();
  }

  void set_workers(std::vector<worker::Worker*> workers) { workers_ = std::move(workers); }
  // Collects the frames instead of handing them to workers, with their PacketMeta: a rehearsal.
  void collect(std::vector<OwnedPacket>& frames) { collected_ = &frames; }

  // Sets what is traced and captured of the control thread's packets; null: nothing.
  void set_taps(Watch::Plan* plan) {
    watch_.set_plan(plan);
    context_->watch = plan != nullptr ? &watch_ : nullptr;
  }
  // The number of records that their ring had no room for.
  [[nodiscard]] std::uint64_t lost_records() const { return watch_.lost(); }
  // Records an event of a packet if it is traced.
  void note(Packet& packet, const WatchRecord& event, std::span<const std::uint8_t> address = {}) {
    if (context_->watch != nullptr) {
      watch_.note(packet, event, address);
    }
  }

  // The packet waits for that neighbor.
  template <class Address>
  void note_wait(Packet& packet, neigh::Key<Address> key) {
    const auto octets = octets_of(key.address);
    note(packet, {.kind = WatchRecord::Kind::kWaits, .interface = key.port.value()}, octets);
  }

  // Returns a packet with a copy of these bytes, counted as generated. Returns null if the pool is
  // empty.
  [[nodiscard]] OwnedPacket make_frame(std::span<const std::uint8_t> bytes);
  // Returns a copy that is not traced, for a rehearsal; null if the pool is empty.
  [[nodiscard]] OwnedPacket copy(Packet& packet);
  // Counts packets that did not come from a port: answers in new buffers or in those of the
  // request.
  void count_generated(std::uint64_t packets = 1) { context_->generated.add(packets); }
  // The router consumed the packet, as intended.
  void deliver(OwnedPacket packet) {
    note(*packet, {.kind = WatchRecord::Kind::kDelivered});
    packet.reset();
    count_delivered();
  }
  void count_delivered(std::uint64_t packets = 1) { context_->delivered.add(packets); }
  // Drops a packet. The drop is counted at the port that received it or, for an answer, the packet
  // that it answers.
  void drop(OwnedPacket packet, stats::DropReason reason) {
    const InterfaceId ingress = meta(*packet).ingress;
    drop_at(ingress, std::move(packet), reason);
  }
  // Drops a packet. The drop is counted at the port by which it was to leave.
  void drop_at(InterfaceId port, OwnedPacket packet, stats::DropReason reason) {
    if (packet && context_->watch != nullptr) {
      context_->watch->dropped(*packet, reason, port);
    }
    packet.reset();
    context_->drops.add(port, reason);
  }

  // Sends a whole frame without tags; the tags of a sub-interface are added. The worker that punted
  // the packet sends it, so that a flow keeps its order.
  void send(OwnedPacket frame, InterfaceId port, std::uint8_t priority);
  // Sends a frame with a message of ICMPv6 that serves the link, such as neighbor discovery: it
  // passes the hooks of the router's own packets, as with Linux.
  void send_icmp6(OwnedPacket frame, InterfaceId port);
  // Whether the worker that will send the packet has room for packets from neighbor queues, which
  // it must not drop and which must not delay it for long.
  [[nodiscard]] bool has_room_behind(Packet& packet) const;
  // Answers an ARP request that arrived with this PacketMeta.
  void send_reply(const neigh::ArpMessage& request, const PacketMeta& meta);
  // Sends an IP packet, which has room for its Ethernet header, to that station.
  void send_ip(OwnedPacket packet, InterfaceId port, Mac destination);

  // The number of copied bytes of packets, by purpose.
  struct Copied {
    stats::Counter fragments;    // for ports that cannot send a frame in several buffers
    stats::Counter icmp_errors;  // the quoted packets
  };
  [[nodiscard]] Copied& copied() { return copied_; }
  [[nodiscard]] const Copied& copied() const { return copied_; }

  [[nodiscard]] rte_mempool& pool() { return pool_; }
  [[nodiscard]] StageContext& context() const { return *context_; }
  [[nodiscard]] const InterfaceCounters& interface(InterfaceId port) const {
    return interfaces_[port.value()];
  }

 private:
  const interface::World& world_;
  rte_mempool& pool_;
  std::vector<worker::Worker*> workers_;
  std::vector<OwnedPacket>* collected_ = nullptr;
  std::unique_ptr<StageContext> context_;
  Watch watch_;
  std::vector<InterfaceCounters> interfaces_;
  Copied copied_;
};

}  // namespace ringroad::host

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the stages share. A stage is a function of a StageContext and a Burst: it removes the
// packets that it drops or punts and keeps the others in order.
//
// A StageContext belongs to one thread. The tables are read without locks; what a thread read is
// valid until its next quiescent state, at the end of the loop.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/ids.hpp"
#include "fib/next_hop_table.hpp"
#include "fib/trie.hpp"
#include "neigh/adjacency.hpp"
#include "packet/burst.hpp"
#include "packet/flow_hash.hpp"
#include "packet/hooks.hpp"
#include "packet/interface.hpp"
#include "packet/interface_addresses.hpp"
#include "packet/link_addresses.hpp"
#include "packet/own_addresses.hpp"
#include "packet/packet.hpp"
#include "packet/watch.hpp"
#include "stats/counter.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad {

inline constexpr std::uint16_t kPortsMax = 64;

// The tables of the packet path. The control thread writes them, all threads read.
struct Tables {
  const fib::Trie4& trie;
  const fib::Trie6& trie6;
  const fib::NextHopTable& next_hops;
  const neigh::AdjacencyTable& adjacencies;
  std::atomic<const OwnAddresses4*>& own_addresses;
  std::atomic<const LinkAddresses*>& link_addresses;
  std::span<const Interface> interfaces;
  const Hooks& hooks;
  FlowHash flow_hash{};
  const std::atomic<const InterfaceAddresses*>* interface_addresses = nullptr;
};

// Packets dropped in this loop, freed together at its end.
class DropList {
 public:
  void add(Packet* packet) {
    if (count_ == packets_.size()) {
      flush();
    }
    packets_[count_++] = packet;
  }
  void flush() {
    rte_pktmbuf_free_bulk(packets_.data(), count_);
    count_ = 0;
  }

 private:
  std::array<Packet*, std::size_t{2} * kBurstMax> packets_;
  unsigned count_ = 0;
};

// Packets punted to the control thread, handed over at the end of the burst.
struct PuntList {
  std::array<Packet*, kBurstMax> packets;
  std::uint16_t count = 0;
};

// Packets of one burst that are addressed to the router itself.
struct LocalList {
  std::array<Packet*, kBurstMax> packets;
  std::uint16_t count = 0;
};

// Packets to neighbors whose MAC is known but not published yet, because earlier packets that
// waited for it are still on their way. The list has room for what arrives in the control thread's
// next rounds at 5 million packets a second.
struct HeldList {
  static constexpr std::size_t kMost = 1024;
  std::array<Packet*, kMost> packets;
  std::uint16_t count = 0;
};

// Packets that have their L2 header, staged by egress port, and handed to the bands at the end of
// the burst.
struct Egress {
  struct Stage {
    std::uint16_t count = 0;
    std::uint32_t bytes = 0;
    std::array<Packet*, kBurstMax> packets;
    std::array<std::uint8_t, kBurstMax> priorities;

    void add(Packet* packet, std::uint8_t priority) {
      packets[count] = packet;
      priorities[count] = priority;
      ++count;
      bytes += packet->pkt_len;
    }
    // The arrays are not cleared.
    void clear() {
      count = 0;
      bytes = 0;
    }
  };
  std::array<Stage, kPortsMax> stages;
  std::uint64_t ports = 0;  // bit of each port whose stage is not empty

  // Adds packets that all leave by one port.
  void add(PortId port, std::span<Packet* const> more, const std::uint8_t* priorities,
           std::uint32_t bytes) {
    Stage& stage = stages[port.value()];
    std::ranges::copy(more, stage.packets.begin() + stage.count);
    std::memcpy(&stage.priorities[stage.count], priorities, more.size());
    stage.count = static_cast<std::uint16_t>(stage.count + more.size());
    stage.bytes += bytes;
    ports |= std::uint64_t{1} << port.value();
  }
  void add(PortId port, Packet* packet, std::uint8_t priority) {
    stages[port.value()].add(packet, priority);
    ports |= std::uint64_t{1} << port.value();
  }
};

// The senders whose packets a worker copied last for a redirect, so that the other packets of such
// a flow cost one lookup and no copy.
struct RedirectNotes {
  struct Told {
    std::uint32_t sender = 0;  // an IPv4 address in wire order, or a hash of an IPv6 address
    std::uint32_t round = 0;
  };
  static constexpr std::size_t kPlaces = 256;
  static constexpr unsigned kCopiesMax = 32;  // in a round, for all senders together
  std::array<Told, kPlaces> told{};
  std::uint32_t round = 0;
  unsigned copies = 0;  // in that round
};

struct StageContext {
  explicit StageContext(const Tables& all_tables)
      : tables{all_tables}, drops{all_tables.interfaces.size()} {}

  const Tables& tables;
  std::uint8_t worker = 0;
  std::size_t thread = 0;  // the worker's number; of the control thread, the number of workers
  std::span<InterfaceCounters> interfaces;
  stats::DropCounters drops;
  DropList drop_list;
  PuntList punts;
  HeldList held;
  LocalList local;
  // False for the control thread, which handles its punted packets immediately.
  bool is_worker = false;
  Egress egress;
  RedirectNotes redirects;
  stats::Counter generated;     // packets made here: copies for the control thread, and answers
  stats::Counter delivered;     // packets delivered to the router here
  stats::IpCounters counters;   // of the packets delivered here
  stats::Counter copied_bytes;  // bytes of packets that were copied for any reason
  stats::Counter held_by_hooks;
  stats::Counter released_by_hooks;
  std::array<std::uint16_t, 2048> identifications{};
  // A byte for each adjacency, set by this worker when it used a STALE neighbor, and cleared by the
  // control thread.
  std::span<std::atomic<std::uint8_t>> used;
  // Null unless this burst is timed or a tap is set.
  Watch* watch = nullptr;

  void passed(stats::Stage stage, const Burst& burst) const {
    if (watch != nullptr) [[unlikely]] {
      watch->passed(stage, burst);
    }
  }
  // `port`: the ingress interface, or the egress interface once the packet was routed.
  void drop(Packet* packet, stats::DropReason reason, InterfaceId port) {
    if (watch != nullptr) [[unlikely]] {
      watch->dropped(*packet, reason, port);
    }
    drops.add(port, reason);
    drop_list.add(packet);
  }
  // Called by a hook for packets that it held and now dropped or sent on.
  void release(std::uint64_t packets) { released_by_hooks.add(packets); }
  // The number of packets that hooks hold now. Any thread.
  [[nodiscard]] std::uint64_t in_hooks() const {
    return held_by_hooks.get() - released_by_hooks.get();
  }
  void punt(const Burst& burst, std::uint16_t index, PuntReason reason) {
    punts.packets[punts.count++] = leave(burst, index, reason);
  }
  // The packet is addressed to the router, alone or like to all nodes.
  void deliver(const Burst& burst, std::uint16_t index, PuntReason how = PuntReason::kLocal) {
    if (is_worker) {
      local.packets[local.count++] = leave(burst, index, how);
    } else {
      punt(burst, index, how);
    }
  }
  // Returns the identification for an answer to this packet. Each of 2048 groups of flows has a
  // counter that starts at a random number (RFC 7739 5).
  [[nodiscard]] std::uint16_t next_identification(Packet& packet) {
    return identifications[tables.flow_hash(packet) % identifications.size()]++;
  }
  // Holds the packet until its neighbor, which is on this interface, is published.
  void hold(const Burst& burst, std::uint16_t index, InterfaceId port) {
    if (!is_worker) {
      punt(burst, index, PuntReason::kUnresolved);
    } else if (held.count < HeldList::kMost) {
      held.packets[held.count++] = leave(burst, index, PuntReason::kUnresolved);
    } else {
      drop(burst.packets[index], stats::DropReason::kNeighborQueueFull, port);
    }
  }

 private:
  // Writes the packet's PacketMeta, since the packet leaves the burst.
  [[nodiscard]] Packet* leave(const Burst& burst, std::uint16_t index, PuntReason reason) const {
    Packet* const packet = burst.packets[index];
    meta(*packet) = {.ingress = burst.ingress,
                     .egress = {},
                     .punt = reason,
                     .l2_class = burst.l2_classes[index],
                     .priority = 0,
                     .worker = worker,
                     .options = {}};
    if (watch != nullptr) [[unlikely]] {
      watch->punted(*packet, reason);
    }
    return packet;
  }
};

}  // namespace ringroad

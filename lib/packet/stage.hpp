// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the stages of the main line share. A stage is a function over a burst and its context: it
// shortens the burst by what it drops or punts and leaves the rest in order.
//
// Everything here belongs to one thread; the tables are read without locks, inside a read-side
// section that lasts at most one loop.
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
#include "packet/own_addresses.hpp"
#include "packet/packet.hpp"
#include "stats/counter.hpp"
#include "stats/ip_counters.hpp"
#include "stats/stage_times.hpp"

namespace ringroad {

inline constexpr std::size_t kPortsMax = 64;
inline constexpr std::size_t kInterfacesMax = 1024;  // ports, then sub-interfaces

// The read-only world of the packet path.
struct Tables {
  const fib::Trie4& trie;
  const fib::NextHopTable& next_hops;
  const neigh::AdjacencyTable& adjacencies;
  std::atomic<const OwnAddresses*>& own_addresses;
  std::span<const Interface> interfaces;
  const Hooks& hooks;
  FlowHash flow_hash{};
};

// Packets that leave the main line in this loop, freed together at its end.
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

// Packets for the control thread, handed over at the end of a burst.
struct PuntList {
  std::array<Packet*, kBurstMax> packets;
  std::uint16_t count = 0;
};

// Packets for the router itself, of one burst.
struct LocalList {
  std::array<Packet*, kBurstMax> packets;
  std::uint16_t count = 0;
};

// Packets of neighbors whose MAC is known and that are not published yet, as earlier packets are on
// their way: so many as arrive in the control thread's next rounds, at 5 million a second.
struct HeldList {
  static constexpr std::size_t kMost = 1024;
  std::array<Packet*, kMost> packets;
  std::uint16_t count = 0;
};

// Packets that have their L2 header, sorted by egress port, handed to the bands at the end of a
// burst.
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
    // What the arrays hold does not matter.
    void clear() {
      count = 0;
      bytes = 0;
    }
  };
  std::array<Stage, kPortsMax> stages;
  std::uint64_t ports = 0;  // bit of each port whose stage is not empty

  // All to one port.
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

// The senders that a worker told of last, so that a hairpin's every packet costs a look, not a
// copy.
struct RedirectNotes {
  struct Told {
    std::uint32_t sender = 0;
    std::uint32_t round = 0;
  };
  static constexpr std::size_t kPlaces = 256;
  static constexpr unsigned kCopiesMax = 32;  // a round: a flood of senders costs no more
  std::array<Told, kPlaces> told{};
  std::uint32_t round = 0;
  unsigned copies = 0;  // in that round
};

struct StageContext {
  explicit StageContext(const Tables& all_tables)
      : tables{all_tables}, drops{all_tables.interfaces.size()} {}

  const Tables& tables;
  std::uint8_t worker = 0;
  std::size_t thread = 0;  // the worker, or their number where it is the control thread
  std::span<InterfaceCounters> interfaces;
  stats::DropCounters drops;
  DropList drop_list;
  PuntList punts;
  HeldList held;
  LocalList local;
  // False: the control thread's, which itself sees to what waits or is for the router.
  bool is_worker = false;
  Egress egress;
  RedirectNotes redirects;
  stats::Counter generated;     // copies for the control thread, and answers
  stats::Counter delivered;     // packets that ended here
  stats::IpCounters counters;   // of what is answered here
  stats::Counter copied_bytes;  // of packets, whatever for
  stats::Counter held_by_hooks;
  stats::Counter released_by_hooks;
  std::array<std::uint16_t, 2048> identifications{};
  // One byte an adjacency, set by this worker, cleared by the control thread: the neighbor was
  // used while STALE.
  std::span<std::atomic<std::uint8_t>> used;
  // Set while this burst is one of those that are timed.
  stats::StageTimes* times = nullptr;

  void lap(stats::Stage stage) const {
    if (times != nullptr) [[unlikely]] {
      times->lap(stage);
    }
  }
  // `port`: by which it came in, or by which it was to leave once that was decided.
  void drop(Packet* packet, stats::DropReason reason, InterfaceId port) {
    drops.add(port, reason);
    drop_list.add(packet);
  }
  // A hook gives up, or sends on by another way, what it held.
  void release(std::uint64_t packets) { released_by_hooks.add(packets); }
  // By any hook now. From any thread.
  [[nodiscard]] std::uint64_t in_hooks() const {
    return held_by_hooks.get() - released_by_hooks.get();
  }
  void punt(const Burst& burst, std::uint16_t index, PuntReason reason) {
    punts.packets[punts.count++] = leave(burst, index, reason);
  }
  // For the router itself.
  void deliver(const Burst& burst, std::uint16_t index) {
    if (is_worker) {
      local.packets[local.count++] = leave(burst, index, PuntReason::kLocal);
    } else {
      punt(burst, index, PuntReason::kLocal);
    }
  }
  // Of an answer to that packet: a counter for each of 2048 groups of flows, which starts anywhere
  // (RFC 7739 5).
  [[nodiscard]] std::uint16_t next_identification(Packet& packet) {
    return identifications[tables.flow_hash(packet) % identifications.size()]++;
  }
  // Until the neighbor, which is on that port, is published.
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
  // What must go with a packet that leaves the main line.
  [[nodiscard]] Packet* leave(const Burst& burst, std::uint16_t index, PuntReason reason) const {
    Packet* const packet = burst.packets[index];
    meta(*packet) = {.ingress = burst.ingress,
                     .egress = {},
                     .punt = reason,
                     .l2_class = burst.l2_classes[index],
                     .priority = 0,
                     .worker = worker,
                     .options = {}};
    return packet;
  }
};

}  // namespace ringroad

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
#include "ip/flow_hash.hpp"
#include "ip/interface.hpp"
#include "ip/own_addresses.hpp"
#include "ip/packet.hpp"
#include "neigh/adjacency.hpp"
#include "stats/counter.hpp"
#include "stats/stage_times.hpp"

namespace ringroad::ip {

inline constexpr std::uint16_t kBurstMax = 64;
inline constexpr std::size_t kPortsMax = 64;
inline constexpr std::size_t kInterfacesMax = 1024;  // ports, then sub-interfaces

struct Burst {
  std::uint16_t count = 0;
  PortId ingress{};
  std::uint8_t priority = kPriorityOfTos;
  bool has_options = false;  // some packet's header is longer than 20 bytes
  // Every packet is as nearly all are: sent to this station alone, without options, with a TTL to
  // spare. Then frames, ttl_words, priorities, longest and bytes are set.
  bool plain = false;
  bool one_way = false;  // route() found what adjacencies say in summary() to be the same of all
  std::uint32_t longest = 0;  // total length
  std::uint32_t bytes = 0;    // of the frames
  alignas(64) std::array<Packet*, kBurstMax> packets;
  alignas(64) std::array<std::uint8_t*, kBurstMax> frames;
  alignas(64) std::array<std::uint32_t, kBurstMax> destinations;  // host order
  alignas(64) std::array<NextHopId, kBurstMax> next_hops;
  alignas(64) std::array<const neigh::Adjacency*, kBurstMax> adjacencies;
  alignas(64) std::array<std::uint32_t, kBurstMax> ttl_words;  // TTL, protocol, checksum to be
  alignas(64) std::array<std::uint8_t, kBurstMax> priorities;
  alignas(64) std::array<L2Class, kBurstMax> l2_classes;

  // For the next burst; what the arrays hold does not matter.
  void begin(PortId port, std::uint16_t packet_count) {
    count = packet_count;
    ingress = port;
    priority = kPriorityOfTos;
    has_options = false;
    plain = false;
    one_way = false;
    longest = 0;
    bytes = 0;
  }
};

struct StageContext;

// Where filters and translation will stand (Linux's five netfilter hooks). A hook may drop, punt
// or change packets, as a stage may.
enum class HookPoint : std::uint8_t { kPreRouting, kInput, kForward, kOutput, kPostRouting };
inline constexpr std::size_t kHookPoints = 5;
using Hook = void (*)(StageContext& context, Burst& burst);
using Hooks = std::array<Hook, kHookPoints>;  // null: empty

// The read-only world of the packet path.
struct Tables {
  const fib::Trie4& trie;
  const fib::NextHopTable& next_hops;
  const neigh::AdjacencyTable& adjacencies;
  std::atomic<const OwnAddresses*>& own_addresses;
  std::span<const Interface> interfaces;
  Hooks hooks{};
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
  explicit StageContext(const Tables& all_tables) : tables{all_tables} {}

  const Tables& tables;
  std::uint8_t worker = 0;
  std::span<InterfaceCounters> interfaces;
  stats::DropCounters drops;
  DropList drop_list;
  PuntList punts;
  Egress egress;
  RedirectNotes redirects;
  stats::Counter generated;     // copies for the control thread
  stats::Counter copied_bytes;  // of packets, whatever for
  // One byte an adjacency, set by this worker, cleared by the control thread: the neighbour was
  // used while STALE.
  std::span<std::atomic<std::uint8_t>> used;
  // Set while this burst is one of those that are timed.
  stats::StageTimes* times = nullptr;

  void lap(stats::Stage stage) const {
    if (times != nullptr) [[unlikely]] {
      times->lap(stage);
    }
  }
  void drop(Packet* packet, stats::DropReason reason) {
    drops.add(reason);
    drop_list.add(packet);
  }
  void punt(const Burst& burst, std::uint16_t index, PuntReason reason) {
    Packet* const packet = burst.packets[index];
    meta(*packet) = {.ingress = burst.ingress,
                     .egress = {},
                     .punt = reason,
                     .l2_class = burst.l2_classes[index],
                     .priority = 0,
                     .worker = worker,
                     .options = {}};
    punts.packets[punts.count++] = packet;
  }
};

// Free where nobody registered: one predictable branch a burst.
inline void run_hook(HookPoint point, StageContext& context, Burst& burst) {
  const Hook hook = context.tables.hooks[static_cast<std::size_t>(point)];
  if (hook != nullptr) [[unlikely]] {
    hook(context, burst);
  }
}

}  // namespace ringroad::ip

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a thread records of the packets that it carries: stage times, traces and captures.
//
// A StageContext points to its thread's Watch only while a burst is timed or a tap is set, so the
// packet path pays for the same test of one pointer whether times, traces or captures exist. Each
// thread writes its records into a ring of its own, which the control thread empties. A record that
// finds no room is counted and lost; no packet waits for it.
#include <rte_ring.h>

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "packet/burst.hpp"
#include "packet/packet.hpp"
#include "stats/counter.hpp"
#include "stats/drop_reason.hpp"
#include "stats/stage_times.hpp"

namespace ringroad {

// What one trace or capture asks for.
struct Tap {
  enum class Kind : std::uint8_t { kTrace, kCapture };
  // Machine code that reads a frame in one piece, by its address: 0 for frames that do not match.
  using FrameFilter = std::uint64_t (*)(void* frame);
  // What a FrameFilter answers if it cannot tell.
  static constexpr std::uint64_t kUnknown = 2;
  // Asked for shorter frames, and where the other one cannot tell.
  using SlowFilter = bool (*)(const void* program, Packet& packet);

  std::uint8_t slot = 0;     // of kTapsMax
  std::uint32_t serial = 0;  // tells it from earlier taps of the slot
  Kind kind = Kind::kTrace;
  bool drops_only = false;                  // of a capture
  std::uint64_t ports = ~std::uint64_t{0};  // a bit for each device
  // A bit for each interface; where drops are recorded.
  std::bitset<kInterfacesMax> interfaces = std::bitset<kInterfacesMax>{}.set();
  FrameFilter frame_filter = nullptr;       // null: there is none
  std::uint32_t frame_bytes = 0;            // that it may read
  SlowFilter slow_filter = nullptr;         // null: all packets match
  const void* program = nullptr;            // of the slow filter
  std::uint32_t limit = ~std::uint32_t{0};  // packets that each thread records
  std::uint32_t snap_bytes = 262144;        // recorded of each packet
};
inline constexpr std::size_t kTapsMax = 8;

// One event of a traced packet, or one captured packet. The packet's first octets may follow.
struct alignas(16) WatchRecord {
  enum class Kind : std::uint8_t {
    kReceived,    // interface, value: the frame's length; its octets follow
    kInput,       // headers are valid. interface: the ingress interface; detail: L2Class;
                  // value: destination, if it is IPv4; one of IPv6 follows
    kRouted,      // value: next hop; other: adjacency
    kForwarded,   // value: TTL or hop limit
    kStaged,      // has its L2 header. interface: egress interface; egress; detail: priority
    kDequeued,    // offered to the device `egress`
    kSent,        // taken by it
    kDropped,     // interface; value: DropReason
    kPunted,      // detail: PuntReason
    kHandled,     // by the control thread. detail: PuntReason
    kWaits,       // for a neighbor. interface; its address follows
    kHandedOver,  // to a worker. interface, egress; detail: priority
    kDelivered,
    kAnswered,  // value: ICMP type; other: ICMP code; detail: why it is not sent (Silence)
    kCut,       // value: number of fragments
    kFirewall,  // detail: HookPoint; a filter::Step follows
    kCaptured,  // detail: Direction; value: the frame's length; other: fate; its octets follow
  };
  enum class Direction : std::uint8_t { kIn, kOut, kDropped };

  std::uint16_t elements = 0;  // of kElement octets, the packet's octets included
  std::uint16_t octets = 0;    // of the packet that follow
  Kind kind{};
  std::uint8_t slot = 0;    // of the tap
  std::uint8_t thread = 0;  // the worker's number; of the control thread, the number of workers
  std::uint8_t detail = 0;
  std::uint64_t tsc = 0;
  std::uint32_t packet = 0;  // number of the traced packet; serial of the tap of a captured one
  std::uint32_t value = 0;
  std::uint32_t other = 0;
  std::uint16_t interface = 0;
  std::uint16_t egress = 0;

  static constexpr std::size_t kElement = 16;
};
static_assert(sizeof(WatchRecord) == 2 * WatchRecord::kElement);

// What became of a captured packet in the burst with which it arrived: WatchRecord::other.
struct Fate {
  enum class Kind : std::uint8_t { kUnknown, kForwarded, kDropped, kPunted };
  Kind kind = Kind::kUnknown;
  std::uint8_t why = 0;      // DropReason or PuntReason
  std::uint16_t egress = 0;  // device

  [[nodiscard]] std::uint32_t packed() const {
    return static_cast<std::uint32_t>(kind) << 24U | std::uint32_t{why} << 16U | egress;
  }
  [[nodiscard]] static Fate of(std::uint32_t packed) {
    return {.kind = static_cast<Kind>(packed >> 24U),
            .why = static_cast<std::uint8_t>(packed >> 16U),
            .egress = static_cast<std::uint16_t>(packed)};
  }
};

// Owned by the thread whose packets it records, except where a function says otherwise.
class Watch {
 public:
  // The taps of one thread, its ring, and the records of the current burst.
  struct Plan {
    static constexpr std::size_t kStagedElements = 16384;  // 256 KiB

    std::vector<Tap> taps;
    rte_ring* ring = nullptr;                       // of elements of WatchRecord::kElement octets
    const neigh::Adjacency* adjacencies = nullptr;  // the table that bursts point to
    bool captures = false;                          // there is a tap of this kind
    bool records_sent = false;                      // one that records what leaves
    // Whether any thread has marked a packet since there are taps. A mark is followed wherever its
    // packet goes.
    std::atomic<bool>* marks = nullptr;
    std::vector<std::array<std::uint8_t, WatchRecord::kElement>> staged{kStagedElements};
  };

  explicit Watch(std::uint8_t thread) : thread_{thread} {}

  // Once, before the first packet. Reserves the flag that marks traced packets.
  [[nodiscard]] static Status reserve_mark();

  // Control thread. Null: no taps. The plan before it may be freed after a quiescent state.
  void set_plan(Plan* plan) { plan_.store(plan, std::memory_order_release); }
  // Any thread. The number of records that found no room.
  [[nodiscard]] std::uint64_t lost() const { return lost_.get(); }

  [[nodiscard]] bool is_on() const { return plan_.load(std::memory_order_acquire) != nullptr; }
  // Whether note() would record an event of any of these packets.
  [[nodiscard]] bool traces(std::span<Packet* const> packets) const {
    return is_on() && any_marked(packets);
  }
  // Where the current burst is timed: null if it is not.
  void set_times(stats::StageTimes* times) { times_ = times; }

  // Frames were received: begins the records of a burst. Returns false if nothing will be recorded
  // of it, because no packet is or was traced and nothing is captured.
  [[nodiscard]] bool begin(PortId port, std::span<Packet* const> packets);
  // The burst is over: its records go to the ring.
  void end();
  // A stage is over. The burst has the packets that go on.
  void passed(stats::Stage stage, const Burst& burst);
  // The bands have the burst's packets for one port.
  void banded() {
    if (times_ != nullptr) {
      times_->lap(stats::Stage::kBands);
    }
  }
  // Packets are offered to a device; then it took the first `taken` of them.
  void offered(PortId port, std::span<Packet* const> packets);
  void sent(std::uint16_t taken);
  void dropped(Packet& packet, stats::DropReason reason, InterfaceId interface);
  void punted(Packet& packet, PuntReason reason);

  // Records an event, with an address or without, if the packet is traced.
  void note(Packet& packet, const WatchRecord& event, std::span<const std::uint8_t> address);

  // The other buffer's packet is made of this one: it is traced as the same packet.
  static void copy_mark(Packet& from, Packet& to);
  [[nodiscard]] static bool is_marked(const Packet& packet) {
    return (packet.ol_flags & mark) != 0;
  }
  // The packet is not traced, though it was copied from one that may be.
  static void clear_mark(Packet& packet) { packet.ol_flags &= ~mark; }
  // For a packet that is not received from a port.
  static void set_mark(Packet& packet, std::uint32_t number);

 private:
  static constexpr std::size_t kPendingMax = kTapsMax * kBurstMax;
  static constexpr std::uint32_t kNoneBefore = ~std::uint32_t{0};
  static constexpr std::uint16_t kTracedOctets = 128;

  // A captured packet whose fate is not known yet.
  struct Pending {
    const Packet* packet;
    std::uint32_t at;      // of its record in `staged`
    std::uint32_t before;  // an earlier record of the same packet, by another tap
  };
  struct Used {
    std::uint32_t serial = 0;
    std::uint32_t packets = 0;
  };

  [[nodiscard]] Plan* plan() const { return plan_.load(std::memory_order_acquire); }
  [[nodiscard]] bool take(const Tap& tap);
  [[nodiscard]] static bool matches(const Tap& tap, Packet& packet);
  [[nodiscard]] static std::uint64_t matches(const Tap& tap, std::span<Packet* const> packets);
  [[nodiscard]] static bool any_marked(std::span<Packet* const> packets);
  // Appends a record with room for so many octets. Returns the place of these, or null if there is
  // no room.
  std::uint8_t* stage(Plan& plan, const WatchRecord& record, std::size_t octets);
  // The same with up to `most` octets of the packet. Returns false if there is no room.
  bool stage(Plan& plan, const WatchRecord& record, const Packet& packet, std::uint32_t most);
  void capture(Plan& plan, const Tap& tap, Packet& packet, const WatchRecord& captured);
  [[nodiscard]] bool is_pending(const Packet& packet, std::uint32_t index) const {
    return index < pending_count_ && pending_[index].packet == &packet;
  }
  void trace(Plan& plan, Packet& packet, WatchRecord record,
             std::span<const std::uint8_t> address = {});
  void trace_burst(Plan& plan, stats::Stage stage, const Burst& burst);
  // Says in the packet's records of this burst what became of it; a later fate replaces an earlier
  // one. Returns false if it has none.
  bool decide(Packet& packet, Fate fate);
  // The same for a packet that goes on to a device, unless it has a fate already.
  void decide_forwarded(Packet& packet, PortId egress);
  void stamp_sent(Plan& plan, std::size_t from) const;
  void flush(Plan& plan);

  static inline std::uint64_t mark = 0;  // the bit of ol_flags

  std::uint8_t thread_;
  bool in_burst_ = false;
  bool may_be_traced_ = true;  // the burst may have traced packets
  stats::StageTimes* times_ = nullptr;
  std::atomic<Plan*> plan_{nullptr};
  std::uint32_t traced_ = 0;  // packets that this thread marked
  std::array<Used, kTapsMax> used_{};
  std::size_t staged_ = 0;  // elements
  std::uint32_t pending_count_ = 0;
  std::array<Pending, kPendingMax> pending_;
  std::size_t offered_ = 0;  // packets
  // The staged elements before each of them, and after the last one.
  std::array<std::size_t, std::size_t{kBurstMax} + 1> staged_before_;
  stats::Counter lost_;
};

}  // namespace ringroad

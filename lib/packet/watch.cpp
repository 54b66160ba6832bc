// SPDX-License-Identifier: BSD-3-Clause
#include "packet/watch.hpp"

#include <rte_mbuf_dyn.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "neigh/adjacency.hpp"

// clang's sanitizer reads the type of a function in front of its code, where machine code that was
// made at run time has none.
#if defined(__clang__)
#define RINGROAD_CALLS_MACHINE_CODE [[clang::no_sanitize("function")]]
#else
#define RINGROAD_CALLS_MACHINE_CODE
#endif

namespace ringroad {
namespace {

using Kind = WatchRecord::Kind;

// What is known about a traced or captured packet beside its PacketMeta, in its private area.
struct Mark {
  std::uint32_t number;   // of the traced packet
  std::uint32_t pending;  // index of the captured packet
};
static_assert(sizeof(PacketMeta) + sizeof(Mark) <= kPacketPrivateBytes);

Mark& mark_of(Packet& packet) {
  return *reinterpret_cast<Mark*>(static_cast<std::uint8_t*>(rte_mbuf_to_priv(&packet)) +
                                  sizeof(PacketMeta));
}

constexpr std::size_t elements_of(std::size_t octets) {
  return (sizeof(WatchRecord) + octets + WatchRecord::kElement - 1) / WatchRecord::kElement;
}

// Copies the first octets of a packet, which may have several segments.
void copy_octets(const Packet& packet, std::size_t octets, std::uint8_t* to) {
  for (const Packet* segment = &packet; segment != nullptr && octets > 0; segment = segment->next) {
    const std::size_t some = std::min<std::size_t>(octets, segment->data_len);
    std::memcpy(to, rte_pktmbuf_mtod(segment, const std::uint8_t*), some);
    to += some;
    octets -= some;
  }
}

// Calls visit(record, place) for each staged record between two elements.
template <class Plan, class Visit>
void for_each_record(Plan& plan, std::size_t from, std::size_t end, Visit&& visit) {
  WatchRecord record;
  for (std::size_t at = from; at < end; at += record.elements) {
    std::uint8_t* const place = plan.staged[at].data();
    std::memcpy(&record, place, sizeof record);
    visit(record, place);
  }
}

}  // namespace

Status Watch::reserve_mark() {
  if (mark != 0) {
    return {};
  }
  const rte_mbuf_dynflag wanted{.name = "ringroad_traced", .flags = 0};
  const int bit = rte_mbuf_dynflag_register(&wanted);
  if (bit < 0) {
    return fail("no flag of packet buffers is free to mark traced packets");
  }
  mark = std::uint64_t{1} << static_cast<unsigned>(bit);
  return {};
}

void Watch::set_mark(Packet& packet, std::uint32_t number) {
  packet.ol_flags |= mark;
  mark_of(packet).number = number;
}

void Watch::copy_mark(Packet& from, Packet& to) {
  if (is_marked(from)) {
    set_mark(to, mark_of(from).number);
  }
}

// Whether this thread may record one more packet of the tap.
bool Watch::take(const Tap& tap) {
  Used& used = used_.at(tap.slot);
  if (used.serial != tap.serial) {
    used = {.serial = tap.serial, .packets = 0};
  }
  if (used.packets >= tap.limit) {
    return false;
  }
  ++used.packets;
  return true;
}

RINGROAD_CALLS_MACHINE_CODE bool Watch::matches(const Tap& tap, Packet& packet) {
  if (tap.frame_filter != nullptr && packet.data_len >= tap.frame_bytes) [[likely]] {
    const std::uint64_t answer = tap.frame_filter(rte_pktmbuf_mtod(&packet, void*));
    if (answer != Tap::kUnknown) [[likely]] {
      return answer != 0;
    }
  }
  return tap.slow_filter == nullptr || tap.slow_filter(tap.program, packet);
}

std::uint64_t Watch::matches(const Tap& tap, std::span<Packet* const> packets) {
  if (tap.slow_filter == nullptr) {
    return packets.empty() ? 0 : ~std::uint64_t{0} >> (kBurstMax - packets.size());
  }
  std::uint64_t matching = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    matching |= std::uint64_t{matches(tap, *packets[i])} << i;
  }
  return matching;
}

bool Watch::any_marked(std::span<Packet* const> packets) {
  std::uint64_t flags = 0;
  for (const Packet* const packet : packets) {
    flags |= packet->ol_flags;
  }
  return (flags & mark) != 0;
}

[[gnu::always_inline]] inline std::uint8_t* Watch::stage(Plan& plan, const WatchRecord& record,
                                                         std::size_t octets) {
  const std::size_t elements = elements_of(octets);
  if (staged_ + elements > plan.staged.size()) {
    lost_.add(1);
    return nullptr;
  }
  // Field by field: the record was just written so, and wider loads would wait for these stores.
  auto* const to = new (plan.staged[staged_].data()) WatchRecord;
  to->elements = static_cast<std::uint16_t>(elements);
  to->octets = static_cast<std::uint16_t>(octets);
  to->kind = record.kind;
  to->slot = record.slot;
  to->thread = thread_;
  to->detail = record.detail;
  to->tsc = record.tsc == 0 ? stats::cycles_now() : record.tsc;
  to->packet = record.packet;
  to->value = record.value;
  to->other = record.other;
  to->interface = record.interface;
  to->egress = record.egress;
  staged_ += elements;
  return reinterpret_cast<std::uint8_t*>(to + 1);
}

[[gnu::always_inline]] inline bool Watch::stage(Plan& plan, const WatchRecord& record,
                                                const Packet& packet, std::uint32_t most) {
  const std::size_t octets = std::min({packet.pkt_len, most, std::uint32_t{UINT16_MAX}});
  std::uint8_t* const to = stage(plan, record, octets);
  if (to != nullptr) {
    copy_octets(packet, octets, to);
  }
  return to != nullptr;
}

bool Watch::begin(PortId port, std::span<Packet* const> packets) {
  Plan* const now = plan();
  if (now == nullptr || packets.empty()) {
    return false;
  }
  in_burst_ = true;
  // A buffer may come from another router of this process, with that one's mark.
  if (any_marked(packets)) {
    std::ranges::for_each(packets, [](Packet* packet) { clear_mark(*packet); });
  }
  const std::uint64_t bit = std::uint64_t{1} << port.value();
  const std::uint32_t traced_before = traced_;
  const std::uint64_t tsc = stats::cycles_now();
  for (const Tap& tap : now->taps) {
    if (tap.drops_only || (tap.ports & bit) == 0) {
      continue;
    }
    for (std::uint64_t left = matches(tap, packets); left != 0; left &= left - 1) {
      Packet& packet = *packets[static_cast<std::size_t>(std::countr_zero(left))];
      if (tap.kind == Tap::Kind::kCapture) {
        capture(*now, tap, packet, {.tsc = tsc, .interface = port.value()});
      } else if (!is_marked(packet) && take(tap)) {
        set_mark(packet, std::uint32_t{thread_} << 24U | (++traced_ & 0xffffffU));
        stage(*now,
              {.kind = Kind::kReceived,
               .slot = tap.slot,
               .tsc = tsc,
               .packet = mark_of(packet).number,
               .value = packet.pkt_len,
               .other = tap.serial,
               .interface = port.value()},
              packet, kTracedOctets);
      }
    }
  }
  may_be_traced_ = traced_ != traced_before;
  if (may_be_traced_ && !now->marks->load(std::memory_order_relaxed)) {
    now->marks->store(true, std::memory_order_relaxed);
  }
  return now->captures || now->marks->load(std::memory_order_relaxed);
}

void Watch::end() {
  in_burst_ = false;
  if (Plan* const now = plan()) {
    flush(*now);
  }
  staged_ = 0;
  pending_count_ = 0;
  may_be_traced_ = true;
}

void Watch::flush(Plan& plan) {
  if (staged_ == 0) {
    return;
  }
  if (rte_ring_enqueue_bulk_elem(plan.ring, plan.staged.data(), WatchRecord::kElement,
                                 static_cast<unsigned>(staged_), nullptr) == 0) {
    for_each_record(plan, 0, staged_, [this](const auto&, const auto*) { lost_.add(1); });
  }
  staged_ = 0;
}

// `captured` has the interface and, unless the packet arrives, its direction and fate.
void Watch::capture(Plan& plan, const Tap& tap, Packet& packet, const WatchRecord& captured) {
  if (!take(tap)) {
    return;
  }
  const auto at = static_cast<std::uint32_t>(staged_);
  WatchRecord record = captured;
  record.kind = Kind::kCaptured;
  record.slot = tap.slot;
  record.packet = tap.serial;
  record.value = packet.pkt_len;
  const bool arrives = record.detail == static_cast<std::uint8_t>(WatchRecord::Direction::kIn);
  if (!stage(plan, record, packet, tap.snap_bytes) || !arrives ||
      pending_count_ == pending_.size()) {
    return;
  }
  const std::uint32_t before = mark_of(packet).pending;
  pending_[pending_count_] = {&packet, at, is_pending(packet, before) ? before : kNoneBefore};
  mark_of(packet).pending = pending_count_++;
}

bool Watch::decide(Packet& packet, Fate fate) {
  Plan* const now = plan();
  std::uint32_t index = mark_of(packet).pending;
  if (now == nullptr || !is_pending(packet, index)) {
    return false;
  }
  const std::uint32_t packed = fate.packed();
  for (; index != kNoneBefore; index = pending_[index].before) {
    std::memcpy(now->staged[pending_[index].at].data() + offsetof(WatchRecord, other), &packed,
                sizeof packed);
  }
  return true;
}

void Watch::decide_forwarded(Packet& packet, PortId egress) {
  Plan* const now = plan();
  const std::uint32_t index = mark_of(packet).pending;
  if (now == nullptr || !is_pending(packet, index)) {
    return;
  }
  std::uint32_t packed = 0;
  std::memcpy(&packed, now->staged[pending_[index].at].data() + offsetof(WatchRecord, other),
              sizeof packed);
  if (Fate::of(packed).kind == Fate::Kind::kUnknown) {
    decide(packet, {.kind = Fate::Kind::kForwarded, .egress = egress.value()});
  }
}

void Watch::trace(Plan& plan, Packet& packet, WatchRecord record,
                  std::span<const std::uint8_t> address) {
  record.packet = mark_of(packet).number;
  if (std::uint8_t* const to = stage(plan, record, address.size())) {
    std::ranges::copy(address, to);
  }
}

// The device has the packets now.
void Watch::stamp_sent(Plan& plan, std::size_t from) const {
  const std::uint64_t tsc = stats::cycles_now();
  for_each_record(plan, from, staged_, [tsc](const WatchRecord& record, std::uint8_t* place) {
    if (record.kind == Kind::kSent) {
      std::memcpy(place + offsetof(WatchRecord, tsc), &tsc, sizeof tsc);
    }
  });
}

void Watch::note(Packet& packet, const WatchRecord& event, std::span<const std::uint8_t> address) {
  Plan* const now = plan();
  if (now == nullptr || !is_marked(packet)) {
    return;
  }
  trace(*now, packet, event, address);
  if (!in_burst_) {
    flush(*now);
  }
}

}  // namespace ringroad

// SPDX-License-Identifier: BSD-3-Clause
#include "packet/watch.hpp"

#include <rte_errno.h>
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

[[gnu::always_inline]] inline bool Watch::stage(Plan& plan, WatchRecord record, Packet* packet,
                                                std::uint32_t most) {
  const std::size_t octets =
      packet == nullptr ? 0 : std::min({packet->pkt_len, most, std::uint32_t{UINT16_MAX}});
  const std::size_t elements = elements_of(octets);
  if (staged_ + elements > plan.staged.size()) {
    lost_.add(1);
    return false;
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
  if (packet != nullptr) {
    copy_octets(*packet, octets, reinterpret_cast<std::uint8_t*>(to + 1));
  }
  staged_ += elements;
  return true;
}

void Watch::begin(PortId port, std::span<Packet* const> packets) {
  Plan* const now = plan();
  if (now == nullptr || packets.empty()) {
    return;
  }
  in_burst_ = true;
  // A buffer may come from another router of this process, with that one's mark.
  std::uint64_t flags = 0;
  for (const Packet* const packet : packets) {
    flags |= packet->ol_flags;
  }
  if ((flags & mark) != 0) {
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
              &packet, kTracedOctets);
      }
    }
  }
  may_be_traced_ = traced_ != traced_before;
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
    std::uint64_t records = 0;
    for (std::size_t at = 0; at < staged_; ++records) {
      WatchRecord record;
      std::memcpy(&record, plan.staged[at].data(), sizeof record);
      at += record.elements;
    }
    lost_.add(records);
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
  if (!stage(plan, record, &packet, tap.snap_bytes) || !arrives ||
      pending_count_ == pending_.size()) {
    return;
  }
  const std::uint32_t before = mark_of(packet).pending;
  pending_[pending_count_] = {&packet, at, is_pending(packet, before) ? before : kNoneBefore};
  mark_of(packet).pending = pending_count_++;
}

// Says in the packet's records of this burst what became of it. A later fate replaces an earlier
// one.
void Watch::decide(Packet& packet, Fate fate) {
  Plan* const now = plan();
  std::uint32_t index = mark_of(packet).pending;
  if (now == nullptr || !is_pending(packet, index)) {
    return;
  }
  const std::uint32_t packed = fate.packed();
  for (; index != kNoneBefore; index = pending_[index].before) {
    std::memcpy(now->staged[pending_[index].at].data() + offsetof(WatchRecord, other), &packed,
                sizeof packed);
  }
}

void Watch::trace(Plan& plan, Packet& packet, WatchRecord record) {
  record.packet = mark_of(packet).number;
  stage(plan, record, nullptr, 0);
}

void Watch::passed(stats::Stage stage, const Burst& burst) {
  if (times_ != nullptr) {
    times_->lap(stage);
  }
  Plan* const now = plan();
  if (now == nullptr) {
    return;
  }
  if (may_be_traced_) {
    trace_burst(*now, stage, burst);
  }
  if (stage != stats::Stage::kOutput || pending_count_ == 0) {
    return;
  }
  // Those that left the burst meanwhile, to the control thread, have their fate already.
  for (std::size_t i = 0; i < burst.count; ++i) {
    Packet& packet = *burst.packets[i];
    const std::uint32_t index = mark_of(packet).pending;
    std::uint32_t packed = 0;
    if (is_pending(packet, index)) {
      std::memcpy(&packed, now->staged[pending_[index].at].data() + offsetof(WatchRecord, other),
                  sizeof packed);
    }
    if (Fate::of(packed).kind == Fate::Kind::kUnknown) {
      decide(packet,
             {.kind = Fate::Kind::kForwarded, .egress = burst.adjacencies[i]->egress.value()});
    }
  }
}

void Watch::trace_burst(Plan& plan, stats::Stage stage, const Burst& burst) {
  for (std::size_t i = 0; i < burst.count; ++i) {
    Packet& packet = *burst.packets[i];
    if (!is_marked(packet)) {
      continue;
    }
    switch (stage) {
      case stats::Stage::kInput:
        trace(plan, packet,
              {.kind = Kind::kInput,
               .detail = static_cast<std::uint8_t>(burst.l2_classes[i]),
               .value = burst.destinations[i],
               .interface = burst.ingress.value()});
        break;
      case stats::Stage::kRoute:
        trace(plan, packet,
              {.kind = Kind::kRouted,
               .value = burst.next_hops[i].value(),
               .other = static_cast<std::uint32_t>(burst.adjacencies[i] - plan.adjacencies),
               .interface = burst.adjacencies[i]->port.value(),
               .egress = burst.adjacencies[i]->egress.value()});
        break;
      case stats::Stage::kForward:
        trace(plan, packet,
              {.kind = Kind::kForwarded,
               .value = ipv4(packet).time_to_live,
               .interface = burst.adjacencies[i]->port.value()});
        break;
      case stats::Stage::kOutput:
        trace(plan, packet,
              {.kind = Kind::kStaged,
               .detail = burst.priorities[i],
               .interface = burst.adjacencies[i]->port.value(),
               .egress = burst.adjacencies[i]->egress.value()});
        break;
      case stats::Stage::kRx:
      case stats::Stage::kBands:
      case stats::Stage::kTx:
        break;
    }
  }
}

void Watch::offered(PortId port, std::span<Packet* const> packets) {
  banded();
  offered_ = 0;
  Plan* const now = plan();
  if (now == nullptr || packets.size() > kBurstMax) {
    return;
  }
  std::uint64_t flags = 0;
  for (const Packet* const packet : packets) {
    flags |= packet->ol_flags;
  }
  if (!now->records_sent && (flags & mark) == 0) {
    return;
  }
  const std::uint64_t bit = std::uint64_t{1} << port.value();
  const std::uint64_t tsc = stats::cycles_now();
  for (Packet* const packet : packets) {
    staged_before_[offered_++] = staged_;
    if (is_marked(*packet)) {
      trace(*now, *packet, {.kind = Kind::kDequeued, .tsc = tsc, .egress = port.value()});
      trace(*now, *packet, {.kind = Kind::kSent, .tsc = tsc, .egress = port.value()});
    }
    for (const Tap& tap : now->taps) {
      if (tap.kind == Tap::Kind::kCapture && !tap.drops_only && (tap.ports & bit) != 0 &&
          matches(tap, *packet)) {
        capture(*now, tap, *packet,
                {.detail = static_cast<std::uint8_t>(WatchRecord::Direction::kOut),
                 .tsc = tsc,
                 .interface = port.value()});
      }
    }
  }
  staged_before_[offered_] = staged_;
}

void Watch::sent(std::uint16_t taken) {
  if (times_ != nullptr) {
    times_->lap(stats::Stage::kTx);
  }
  Plan* const now = plan();
  if (now == nullptr || offered_ == 0) {
    return;
  }
  // The rest is offered, and recorded, again.
  staged_ = staged_before_[std::min<std::size_t>(taken, offered_)];
  if (may_be_traced_ || !in_burst_) {
    stamp_sent(*now, staged_before_[0]);
  }
  if (!in_burst_) {
    flush(*now);
  }
}

// The device has the packets now.
void Watch::stamp_sent(Plan& plan, std::size_t from) const {
  const std::uint64_t tsc = stats::cycles_now();
  for (std::size_t at = from; at < staged_;) {
    WatchRecord record;
    std::uint8_t* const place = plan.staged[at].data();
    std::memcpy(&record, place, sizeof record);
    if (record.kind == Kind::kSent) {
      std::memcpy(place + offsetof(WatchRecord, tsc), &tsc, sizeof tsc);
    }
    at += record.elements;
  }
}

void Watch::dropped(Packet& packet, stats::DropReason reason, InterfaceId interface) {
  Plan* const now = plan();
  if (now == nullptr) {
    return;
  }
  if (is_marked(packet)) {
    trace(*now, packet,
          {.kind = Kind::kDropped,
           .value = static_cast<std::uint32_t>(reason),
           .interface = interface.value()});
  }
  const Fate fate{.kind = Fate::Kind::kDropped, .why = static_cast<std::uint8_t>(reason)};
  const bool has_record = is_pending(packet, mark_of(packet).pending);
  decide(packet, fate);
  for (const Tap& tap : now->taps) {
    if (tap.kind == Tap::Kind::kCapture && (tap.drops_only || !has_record) &&
        tap.interfaces.test(interface.value()) && matches(tap, packet)) {
      capture(*now, tap, packet,
              {.detail = static_cast<std::uint8_t>(WatchRecord::Direction::kDropped),
               .other = fate.packed(),
               .interface = interface.value()});
    }
  }
  if (!in_burst_) {
    flush(*now);
  }
}

void Watch::punted(Packet& packet, PuntReason reason) {
  Plan* const now = plan();
  if (now == nullptr) {
    return;
  }
  if (is_marked(packet)) {
    trace(*now, packet, {.kind = Kind::kPunted, .detail = static_cast<std::uint8_t>(reason)});
  }
  decide(packet, {.kind = Fate::Kind::kPunted, .why = static_cast<std::uint8_t>(reason)});
}

void Watch::note(Packet& packet, const WatchRecord& event, std::span<const std::uint8_t> address) {
  Plan* const now = plan();
  if (now == nullptr || !is_marked(packet)) {
    return;
  }
  WatchRecord record = event;
  record.packet = mark_of(packet).number;
  const std::size_t at = staged_;
  const std::size_t elements = elements_of(address.size());
  if (at + elements <= now->staged.size() && stage(*now, record, nullptr, 0)) {
    // The address follows the record, as a packet's octets do.
    record.elements = static_cast<std::uint16_t>(elements);
    record.octets = static_cast<std::uint16_t>(address.size());
    std::uint8_t* const place = now->staged[at].data();
    std::memcpy(place + offsetof(WatchRecord, elements), &record.elements, sizeof record.elements);
    std::memcpy(place + offsetof(WatchRecord, octets), &record.octets, sizeof record.octets);
    std::ranges::copy(address, place + sizeof record);
    staged_ = at + elements;
  }
  if (!in_burst_) {
    flush(*now);
  }
}

}  // namespace ringroad

// SPDX-License-Identifier: BSD-3-Clause
// What a Watch records between the stages of a burst.
#include <algorithm>

#include "neigh/adjacency.hpp"
#include "packet/watch.hpp"

namespace ringroad {

using Kind = WatchRecord::Kind;

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
    decide_forwarded(*burst.packets[i], burst.adjacencies[i]->egress);
  }
}

void Watch::trace_burst(Plan& plan, stats::Stage stage, const Burst& burst) {
  for (std::size_t i = 0; i < burst.count; ++i) {
    Packet& packet = *burst.packets[i];
    if (!is_marked(packet)) {
      continue;
    }
    switch (stage) {
      case stats::Stage::kInput: {
        std::array<std::uint8_t, sizeof(Ipv6)> destination{};
        if (burst.is_ipv6) {
          burst.destinations6[i].write(destination.data());
        }
        trace(plan, packet,
              {.kind = Kind::kInput,
               .detail = static_cast<std::uint8_t>(burst.l2_classes[i]),
               .value = burst.is_ipv6 ? 0 : burst.destinations[i],
               .interface = burst.ingress.value()},
              std::span{destination}.first(burst.is_ipv6 ? sizeof(Ipv6) : 0));
        break;
      }
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
               .value = burst.is_ipv6 ? ipv6(packet).hop_limits : ipv4(packet).time_to_live,
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
  if (!now->records_sent && !any_marked(packets)) {
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
  const bool has_record = decide(packet, fate);
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

}  // namespace ringroad

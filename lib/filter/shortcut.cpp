// SPDX-License-Identifier: BSD-3-Clause
#include "filter/shortcut.hpp"

#include <algorithm>
#include <bit>

#include "filter/nat.hpp"

namespace ringroad::filter {

std::uint64_t Shortcut::pass() {
  if (recordings_ == nullptr || point_ == HookPoint::kOutput) {
    return 0;
  }
  if (point_ == HookPoint::kPreRouting) {
    pass_known();
  } else {
    pass_marked();
  }
  return passed_.packets();
}

void Shortcut::pass_known() {
  for (std::uint64_t learnable = tracker_->track_known(burst_, passed_); learnable != 0;
       learnable &= learnable - 1) {
    begin(static_cast<std::size_t>(std::countr_zero(learnable)));
  }
}

// At the hook points behind PREROUTING, packets have a mark.
void Shortcut::pass_marked() {
  const std::size_t stage = stage_of(point_);
  const std::uint8_t table = tracker_->table();
  const Outcomes& outcomes = tracker_->outcomes();
  for (std::size_t i = 0; i < burst_.count; ++i) {
    const Packet& packet = *burst_.packets[i];
    const Tracked& tracked = Tracked::in(packet);
    if (!Tracked::is_set(packet) || tracked.table != table) [[unlikely]] {
      continue;
    }
    if (tracked.outcome == 0) [[unlikely]] {
      if (tracked.recording != 0) {
        resume(i, tracked, stage);
      }
      continue;
    }
    const Outcomes::Side* const side = outcomes.find(tracked.outcome, tracked.direction);
    if (side == nullptr) [[unlikely]] {
      continue;
    }
    if (stage != 0 && side->egress == burst_.adjacencies[i]->port.value()) [[likely]] {
      passed_.add(i, *side);
    } else if (Connection* const connection = tracker_->connection_of(tracked)) {
      connection->outcome = 0;  // it takes another way now
    }
  }
}

void Shortcut::begin(std::size_t index) {
  const std::uint8_t slot = recordings_->next;
  recordings_->next = (slot + 1) % Recordings::kMost;
  recordings_->ring[slot] = {.packet = burst_.packets[index], .flow = tracker_->learnable(index)};
  recordings_->ring[slot].side.ingress = burst_.ingress.value();
  slots_[index] = slot;
  learning_ |= std::uint64_t{1} << index;
}

void Shortcut::resume(std::size_t index, const Tracked& tracked, std::size_t stage) {
  const auto slot = static_cast<std::uint8_t>(tracked.recording - 1);
  Recording& recording = recordings_->ring[slot];
  if (recording.packet != burst_.packets[index]) {
    return;
  }
  slots_[index] = slot;
  if (stage == 0) {
    give_up(index);  // it is delivered
    return;
  }
  recording.side.egress = burst_.adjacencies[index]->port.value();
  learning_ |= std::uint64_t{1} << index;
}

void Shortcut::record_effect(CountedEffect effect, std::uint64_t m) {
  const std::size_t stage = stage_of(point_);
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    Outcomes::Side& side = recording(i).side;
    const std::uint8_t count = side.ends[stage];
    if (count == Outcomes::kEffectsMost) {
      give_up(i);
      continue;
    }
    side.effects[count] = effect;
    std::ranges::fill(std::span{side.ends}.subspan(stage), static_cast<std::uint8_t>(count + 1));
  }
}

void Shortcut::give_up(Dependence dependence, std::uint64_t m) {
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    if (dependence == Dependence::kPacket || !recording(i).flow.is_tcp) {
      give_up(i);
    }
  }
}

void Shortcut::give_up(std::size_t index) {
  Recording& from = recording(index);
  if (Connection* const connection = tracker_->connections().at(from.flow.connection)) {
    tracker_->outcomes().give_up(*connection, from.flow.direction);
  }
  from.packet = nullptr;
  learning_ &= ~(std::uint64_t{1} << index);
}

// Whether the packet was tracked as it was expected.
bool Shortcut::is_recorded(std::size_t index) const {
  const Tracked tracked = Tracked::of(*burst_.packets[index]);
  const Tracker::Learnable& flow = recording(index).flow;
  return tracked.has_connection && tracked.table == tracker_->table() &&
         tracked.id() == flow.connection && tracked.direction == flow.direction &&
         tracked.as == TrackedAs::kEstablished && tracked.is_counted;
}

void Shortcut::end_stage(std::uint64_t live) {
  const std::size_t stage = stage_of(point_);
  for (std::uint64_t left = learning_; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    Recording& done = recording(i);
    Connection* const connection = tracker_->connections().at(done.flow.connection);
    if ((live >> i & 1U) == 0 || connection == nullptr || !is_recorded(i)) {
      done.packet = nullptr;
      continue;
    }
    if (stage + 1 < Outcomes::kStages) {
      Tracked tracked = Tracked::of(*burst_.packets[i]);
      tracked.recording = static_cast<std::uint8_t>(slots_[i] + 1);
      Tracked::set(*burst_.packets[i], tracked);
      continue;
    }
    done.side.passes = true;
    done.side.is_translated = translates(*connection, Manip::kSource, done.flow.direction) ||
                              translates(*connection, Manip::kDestination, done.flow.direction);
    tracker_->outcomes().learn(*connection, done.flow.direction, done.side);
    done.packet = nullptr;
  }
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Lets packets pass without the rules where it is known what the rules would do, and learns it for
// the connections of others: one burst at one hook point.
#include <array>
#include <cstdint>
#include <span>

#include "filter/code.hpp"
#include "filter/outcomes.hpp"
#include "filter/tracker.hpp"
#include "packet/burst.hpp"
#include "packet/hooks.hpp"

namespace ringroad::filter {

// What the rules did so far with a packet from which it is learned.
struct Recording {
  const Packet* packet = nullptr;  // null: nothing is recorded
  Tracker::Learnable flow{};
  Outcomes::Side side{};  // `ends` of the stage, and of those behind it, are the effects so far
};
// A ring: the oldest is given up if there are too many.
struct Recordings {
  static constexpr std::size_t kMost = 64;
  std::array<Recording, kMost> ring{};
  std::uint8_t next = 0;
};

class Shortcut {
 public:
  // Null: nothing passes, and nothing is learned.
  Shortcut(const Code& code, Recordings* recordings, HookPoint point, const Burst& burst,
           Tracker* tracker)
      : recordings_{tracker == nullptr ? nullptr : recordings},
        point_{point},
        burst_{burst},
        tracker_{tracker} {
    if (recordings_ != nullptr) {
      tracker->outcomes().begin(code.serial, tracker->connections());
    }
  }

  // Before the rules. At PREROUTING, the tracker has read the packets. Returns those that pass: the
  // caller adds them to the counters of each group, and translates them.
  [[nodiscard]] std::uint64_t pass();
  [[nodiscard]] std::span<const Passed::Group> groups() const { return passed_.groups(); }
  [[nodiscard]] std::span<const CountedEffect> effects(const Passed::Group& group) const {
    return group.side->of(stage_of(point_));
  }

  // While the rules are evaluated: packets pass a counter, and their way depends on something.
  void record(CountedEffect effect, std::uint64_t m) {
    if ((m & learning_) != 0) [[unlikely]] {
      record_effect(effect, m & learning_);
    }
  }
  void depend(Dependence dependence, std::uint64_t m) {
    if ((m & learning_) != 0 && dependence != Dependence::kConnection) [[unlikely]] {
      give_up(dependence, m & learning_);
    }
  }
  // After the rules. `live`: the packets that go on.
  void finish(std::uint64_t live) {
    if (learning_ != 0) [[unlikely]] {
      end_stage(live);
    }
  }

 private:
  // What comes from INPUT is not learned.
  [[nodiscard]] static std::size_t stage_of(HookPoint point) {
    return point == HookPoint::kForward ? 1 : point == HookPoint::kPostRouting ? 2 : 0;
  }
  void pass_known();
  void pass_marked();
  void begin(std::size_t index);
  void resume(std::size_t index, const Tracked& tracked, std::size_t stage);
  void record_effect(CountedEffect effect, std::uint64_t m);
  void give_up(Dependence dependence, std::uint64_t m);
  void give_up(std::size_t index);
  void end_stage(std::uint64_t live);
  [[nodiscard]] bool is_recorded(std::size_t index) const;
  [[nodiscard]] Recording& recording(std::size_t index) const {
    return recordings_->ring[slots_[index]];
  }

  Recordings* recordings_;
  HookPoint point_;
  const Burst& burst_;
  Tracker* tracker_;
  std::uint64_t learning_ = 0;
  Passed passed_;
  std::array<std::uint8_t, kBurstMax> slots_;  // of packets from which something is learned
};

}  // namespace ringroad::filter

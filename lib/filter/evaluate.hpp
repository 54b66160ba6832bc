// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Evaluates the chains of a hook point for a burst: each rule for all packets at once, with the
// result of one packet after the other and one rule after the other.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/random_seed.hpp"
#include "filter/code.hpp"
#include "filter/counters.hpp"
#include "filter/facts.hpp"
#include "filter/nat.hpp"
#include "filter/shortcut.hpp"
#include "filter/step.hpp"
#include "filter/tracker.hpp"
#include "packet/stage.hpp"

namespace ringroad::filter {

// Who tells the sender of a rejected packet, and who writes the log. A rejected packet belongs to
// the function from then on, as if a hook held it: it calls context.release(1). Null: the packet is
// dropped. The log's function only reads the packet.
struct Sinks {
  void (*reject)(void* state, StageContext& context, const Burst& burst, std::size_t index,
                 HookPoint point, const nft::Reject& reject) = nullptr;
  void* reject_state = nullptr;
  void (*log)(void* state, StageContext& context, const Burst& burst, std::size_t index,
              HookPoint point, const nft::Log& log) = nullptr;
  void* log_state = nullptr;
};

// What one thread has for a program.
struct ThreadState {
  explicit ThreadState(const Code& code)
      : facts{code.columns.all()},
        counts(code.counts_before.size()),
        hits(code.hits),
        candidates(code.has_indices ? kSegmentsMax : 0),
        recordings{code.tracks() ? std::make_unique<Recordings>() : nullptr},
        dice{random_seed()} {}

  Facts facts;
  Counts counts;
  OwnLinesVector<stats::Counter> hits;  // packets for which a rule gave a verdict, or a policy
  // Of each segment that is being evaluated.
  static constexpr std::size_t kSegmentsMax = nft::kJumpsMax + 1;
  std::vector<RuleIndex::Candidates> candidates;
  std::unique_ptr<Recordings> recordings;  // null: connections are not tracked
  Dice dice;
};

// One burst at one hook point.
struct Run {
  HookPoint point;
  StageContext* context;  // for the sinks and addresses; null in tests that have none
  const Burst& burst;
  HookVerdicts& verdicts;
  const Clock& clock;
  const Sinks& sinks;
  Tracker* tracker = nullptr;  // whose connections the packets belong to; null: none is tracked
};

// What happened to packets of a burst; `packets`: a bit for each.
using Observer = std::function<void(const Step& step, std::uint64_t packets)>;

void evaluate(const Code& code, const HookCode& hook, ThreadState& state, const Run& run);
// The same, and the observer learns each step. Slow.
void trace(const Code& code, const HookCode& hook, ThreadState& state, const Run& run,
           const Observer& observer);
// The same without effects on anything but the packets, the tracker, and whom a sink tells: sets,
// counters, limits and quotas stay as they are, and nothing is logged.
void explain(const Code& code, const HookCode& hook, ThreadState& state, const Run& run,
             const Observer& observer);

}  // namespace ringroad::filter

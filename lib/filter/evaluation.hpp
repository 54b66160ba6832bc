// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The evaluation of one burst at one hook point: what evaluate.cpp and evaluate_tracking.cpp share.
#include "filter/comparisons.hpp"
#include "filter/effects.hpp"
#include "filter/evaluate.hpp"
#include "filter/shortcut.hpp"

namespace ringroad::filter {

enum class Mode : std::uint8_t {
  kRun,
  kTrace,    // the same, and the observer learns the steps
  kExplain,  // the observer learns the steps, and nothing changes but packets and the tracker
};

template <Mode kMode>
class Evaluation {
 public:
  Evaluation(const Code& code, ThreadState& state, const Run& run, const Observer* observer)
      : code_{code},
        state_{state},
        run_{run},
        observer_{observer},
        shortcut_{code, kMode == Mode::kExplain ? nullptr : state.recordings.get(), run.point,
                  run.burst, run.tracker} {}

  void run(const HookCode& hook);

 private:
  // What a rule leaves to its chain.
  struct Rest {
    std::uint64_t live;      // the packets that go on at the next rule
    std::uint64_t returned;  // that leave the chain
  };

  // Returns the packets that pass without the rules.
  std::uint64_t pass();
  // Returns the packets that go on.
  std::uint64_t run_bases(const HookCode& hook, std::uint64_t live);
  // Evaluates a base chain. Returns the packets that it accepts.
  std::uint64_t run_base(const BaseCode& base, std::uint64_t live);
  std::uint64_t run_tracking(const HookCode& hook, const BaseCode& base, std::uint64_t live);
  std::uint64_t translate(const HookCode& hook, std::uint64_t live);
  // Returns the packets that come back to the caller.
  std::uint64_t run_chain(std::uint32_t number, std::uint64_t live);
  std::uint64_t run_segment(const ChainCode& chain, std::uint32_t segment, std::uint64_t& live);
  // `m`: the packets that the rule may match.
  Rest run_rule(const ChainCode& chain, const RuleCode& rule, std::uint64_t m);
  // Returns the packets for which the rule goes on.
  std::uint64_t run_op(const ChainCode& chain, const RuleCode& rule, const Op& op, std::uint64_t m,
                       Rest& rest);
  std::uint64_t nat(const NatCode& code, std::uint64_t m, Rest& rest);
  std::uint64_t decide(const ChainCode& chain, const RuleCode& rule, VerdictCode verdict,
                       std::uint64_t m, Rest& rest);
  std::uint64_t decide_by_map(const ChainCode& chain, const RuleCode& rule, const KeyCode& key,
                              std::uint64_t m, Rest& rest);
  void hit(std::uint32_t place, std::uint64_t m) {
    effects_.hit(place, m);
    shortcut_.record({place, true}, m);
  }
  void read(std::uint64_t m);
  void drop(std::uint64_t m, stats::DropReason reason);
  void drop_all();
  // Of the packets of `m`.
  void report(std::uint64_t m, Step::What what, const ChainCode& chain, const RuleCode* rule,
              VerdictCode verdict = {}, bool accepts = true);
  void report_passed(std::uint64_t m);
  void report_tracked(std::uint64_t m);
  void report_translated(std::uint64_t m);

  const Code& code_;
  ThreadState& state_;
  const Run& run_;
  const Observer* observer_;
  Elements elements_{code_, state_, run_, kMode == Mode::kExplain};
  Comparisons comparisons_{code_, state_.facts, elements_};
  Effects effects_{code_, state_, run_, comparisons_, elements_, kMode == Mode::kExplain};
  Shortcut shortcut_;
  std::size_t segments_ = 0;  // that are being evaluated, one inside the other
  std::uint64_t dropped_ = 0;
  std::uint64_t untracked_ = 0;     // dropped, because they could not be tracked
  std::uint64_t untranslated_ = 0;  // or not translated
};

}  // namespace ringroad::filter

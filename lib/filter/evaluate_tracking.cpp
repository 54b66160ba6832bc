// SPDX-License-Identifier: BSD-3-Clause
// Connections between the rules: tracking, translation, and the packets that pass without rules.
#include <bit>

#include "filter/evaluation.hpp"

namespace ringroad::filter {

template <Mode kMode>
std::uint64_t Evaluation<kMode>::pass() {
  if (run_.point == HookPoint::kPreRouting) {
    read(run_.burst.all());
  }
  const std::uint64_t passed = shortcut_.pass();
  for (const Passed::Group& group : shortcut_.groups()) {
    report_passed(group.packets);
    for (const CountedEffect effect : shortcut_.effects(group)) {
      if (effect.is_hit()) {
        effects_.hit(effect.index(), group.packets);
      } else {
        effects_.count(effect.index(), group.packets);
      }
    }
    if (group.side->is_translated && run_.point != HookPoint::kForward) {
      effects_.translate_passed(group.packets);
      report_translated(group.packets);
    }
  }
  return passed;
}

template <Mode kMode>
void Evaluation<kMode>::read(std::uint64_t m) {
  run_.tracker->read({run_.point, run_.burst}, m,
                     [this](std::size_t i) { return state_.facts.transport(i); });
}

template <Mode kMode>
std::uint64_t Evaluation<kMode>::run_tracking(const HookCode& hook, const BaseCode& base,
                                              std::uint64_t live) {
  if (run_.tracker == nullptr) {
    return live;
  }
  switch (base.what) {
    case BaseCode::What::kDefragment:
      return live & ~effects_.defragment(live);
    case BaseCode::What::kTrack:
      if (run_.point != HookPoint::kPreRouting || effects_.wrote()) {
        read(live);
      }
      untracked_ |= run_.tracker->track({run_.point, run_.burst}, live);
      state_.facts.forget();
      report_tracked(live);
      return live & ~untracked_;
    case BaseCode::What::kTranslate:
      return translate(hook, live);
    case BaseCode::What::kConfirm:
      untracked_ |= run_.tracker->confirm({run_.point, run_.burst}, live);
      return live & ~untracked_;
    case BaseCode::What::kChain:
      break;
  }
  return live;
}

// Linux's nf_nat_inet_fn. Chains of type nat see only the first packet of a connection.
template <Mode kMode>
std::uint64_t Evaluation<kMode>::translate(const HookCode& hook, std::uint64_t live) {
  for (std::uint64_t undecided = effects_.undecided(live); undecided != 0;
       undecided = effects_.undecided(live)) {
    std::uint64_t accepted = undecided;
    for (const BaseCode& base : hook.nat_chains) {
      accepted = effects_.undecided(run_base(base, accepted));
      if (accepted == 0) {
        break;
      }
    }
    untranslated_ |= effects_.nat_unchanged(accepted);
    live &= ~(dropped_ | untranslated_ | effects_.rejected());
  }
  dropped_ |= effects_.translate(live);
  report_translated(live & ~dropped_);
  return live & ~dropped_;
}

template <Mode kMode>
void Evaluation<kMode>::report_passed(std::uint64_t m) {
  if constexpr (kMode != Mode::kRun) {
    (*observer_)(Step{.what = Step::What::kPassed, .program = code_.serial}, m);
  }
}

template <Mode kMode>
void Evaluation<kMode>::report_tracked(std::uint64_t m) {
  if constexpr (kMode != Mode::kRun) {
    for (; m != 0; m &= m - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(m));
      const Tracked tracked = Tracked::of(*run_.burst.packets[i]);
      Step step{.what = Step::What::kTracked, .program = code_.serial};
      step.as = tracked.as;
      step.direction = tracked.direction;
      (*observer_)(step, std::uint64_t{1} << i);
    }
  }
}

template <Mode kMode>
void Evaluation<kMode>::report_translated(std::uint64_t m) {
  if constexpr (kMode != Mode::kRun) {
    for (; m != 0; m &= m - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(m));
      const auto end = effects_.translation(i);
      if (end) {
        Step step{.what = Step::What::kTranslated, .program = code_.serial};
        step.end = *end;
        (*observer_)(step, std::uint64_t{1} << i);
      }
    }
  }
}

template std::uint64_t Evaluation<Mode::kRun>::pass();
template std::uint64_t Evaluation<Mode::kTrace>::pass();
template std::uint64_t Evaluation<Mode::kExplain>::pass();
template std::uint64_t Evaluation<Mode::kRun>::run_tracking(const HookCode&, const BaseCode&,
                                                            std::uint64_t);
template std::uint64_t Evaluation<Mode::kTrace>::run_tracking(const HookCode&, const BaseCode&,
                                                              std::uint64_t);
template std::uint64_t Evaluation<Mode::kExplain>::run_tracking(const HookCode&, const BaseCode&,
                                                                std::uint64_t);

}  // namespace ringroad::filter

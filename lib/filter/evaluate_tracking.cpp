// SPDX-License-Identifier: BSD-3-Clause
// Connections between the rules: tracking, translation, and the packets that pass without rules.
#include "filter/evaluation.hpp"

namespace ringroad::filter {

template <bool kExplains>
std::uint64_t Evaluation<kExplains>::pass() {
  if (run_.point == HookPoint::kPreRouting) {
    read(run_.burst.all());
  }
  const std::uint64_t passed = shortcut_.pass();
  for (const Passed::Group& group : shortcut_.groups()) {
    for (const CountedEffect effect : shortcut_.effects(group)) {
      if (effect.is_hit()) {
        effects_.hit(effect.index(), group.packets);
      } else {
        effects_.count(effect.index(), group.packets);
      }
    }
    if (group.side->is_translated && run_.point != HookPoint::kForward) {
      static_cast<void>(effects_.translate(group.packets));  // none of them is an error
    }
  }
  effects_.forget_writes();
  return passed;
}

template <bool kExplains>
void Evaluation<kExplains>::read(std::uint64_t m) {
  run_.tracker->read({run_.point, run_.burst}, m,
                     [this](std::size_t i) { return state_.facts.transport(i); });
}

template <bool kExplains>
std::uint64_t Evaluation<kExplains>::run_tracking(const HookCode& hook, const BaseCode& base,
                                                  std::uint64_t live) {
  if (kExplains || run_.tracker == nullptr) {
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
template <bool kExplains>
std::uint64_t Evaluation<kExplains>::translate(const HookCode& hook, std::uint64_t live) {
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
  return live & ~dropped_;
}

template std::uint64_t Evaluation<false>::pass();
template std::uint64_t Evaluation<true>::pass();
template std::uint64_t Evaluation<false>::run_tracking(const HookCode&, const BaseCode&,
                                                       std::uint64_t);
template std::uint64_t Evaluation<true>::run_tracking(const HookCode&, const BaseCode&,
                                                      std::uint64_t);

}  // namespace ringroad::filter

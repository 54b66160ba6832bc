// SPDX-License-Identifier: BSD-3-Clause
#include "filter/evaluate.hpp"

#include <bit>
#include <span>
#include <utility>

#include "filter/evaluation.hpp"

namespace ringroad::filter {

using Kind = nft::Verdict::Kind;

template <Mode kMode>
void Evaluation<kMode>::run(const HookCode& hook) {
  state_.facts.begin(run_.point, run_.burst, run_.tracker,
                     run_.context == nullptr ? nullptr : &run_.context->tables);
  std::uint64_t rest = run_.burst.all();
  if (hook.tracks && run_.tracker != nullptr) {
    run_.tracker->begin_burst({run_.point, run_.burst}, run_.clock.now());
    rest &= ~pass();
    if (rest == 0) {
      return;
    }
  }
  std::uint64_t live = 0;
  if (!hook.one_by_one) [[likely]] {
    live = run_bases(hook, rest);
    drop_all();
  } else {
    for (; rest != 0; rest &= rest - 1) {
      live |= run_bases(hook, rest & (~rest + 1));
      // The next packet does not count the connection of one that was dropped.
      drop_all();
    }
  }
  shortcut_.finish(live);
  effects_.finish();
}

template <Mode kMode>
void Evaluation<kMode>::drop_all() {
  drop(std::exchange(dropped_, 0), stats::DropReason::kFirewall);
  drop(std::exchange(untracked_, 0), stats::DropReason::kConnectionTableFull);
  drop(std::exchange(untranslated_, 0), stats::DropReason::kTranslationFull);
}

template <Mode kMode>
void Evaluation<kMode>::drop(std::uint64_t m, stats::DropReason reason) {
  if (m != 0 && run_.tracker != nullptr) {
    run_.tracker->forget(run_.burst, m);
  }
  for (; m != 0; m &= m - 1) {
    run_.verdicts.drop(static_cast<std::size_t>(std::countr_zero(m)), reason);
  }
}

template <Mode kMode>
std::uint64_t Evaluation<kMode>::run_bases(const HookCode& hook, std::uint64_t live) {
  for (const BaseCode& base : hook.chains) {
    if (live == 0) {
      break;
    }
    if (base.devices && !code_.interface_sets[*base.devices].test(state_.facts.ingress())) {
      continue;
    }
    if (effects_.wrote()) [[unlikely]] {
      state_.facts.relocate();
      state_.facts.forget();
    }
    live =
        base.what == BaseCode::What::kChain ? run_base(base, live) : run_tracking(hook, base, live);
  }
  return live;
}

template <Mode kMode>
std::uint64_t Evaluation<kMode>::run_base(const BaseCode& base, std::uint64_t live) {
  const std::uint64_t rest = run_chain(base.chain, live);
  if (rest != 0) {
    hit(base.policy_hits, rest);
    report(rest, Step::What::kPolicy, code_.chains[base.chain], nullptr, {}, base.accepts);
  }
  if (!base.accepts) {
    dropped_ |= rest;
  }
  return live & ~(dropped_ | untranslated_ | effects_.rejected());
}

template <Mode kMode>
std::uint64_t Evaluation<kMode>::run_chain(std::uint32_t number, std::uint64_t live) {
  const ChainCode& chain = code_.chains[number];
  std::uint64_t returned = 0;
  if (!chain.indices.empty()) {
    shortcut_.depend(chain.indices_depend, live);
    for (std::uint32_t i = 0; i < chain.indices.size() && live != 0; ++i) {
      returned |= run_segment(chain, i, live);
    }
    return live | returned;
  }
  for (const RuleCode& rule : std::span{code_.rules}.subspan(chain.first_rule, chain.rules)) {
    if (live == 0) {
      break;
    }
    const Rest rest = run_rule(chain, rule, live);
    live = rest.live;
    returned |= rest.returned;
  }
  return live | returned;
}

// The rules that a packet can match by the index. Returns the packets that leave the chain.
template <Mode kMode>
std::uint64_t Evaluation<kMode>::run_segment(const ChainCode& chain, std::uint32_t segment,
                                             std::uint64_t& live) {
  RuleIndex::Candidates& candidates = state_.candidates[segments_++];
  RuleIndex::Bitmap rules =
      chain.indices[segment].select(best_kernels(), state_.facts, live, candidates);
  std::uint64_t returned = 0;
  for (std::size_t part = 0; part < rules.size(); ++part) {
    for (; rules[part] != 0; rules[part] &= rules[part] - 1) {
      const std::size_t i = part * 64 + static_cast<std::size_t>(std::countr_zero(rules[part]));
      const std::uint64_t m = std::exchange(candidates[i], 0) & live;
      if (m == 0) {
        continue;
      }
      const RuleCode& rule = code_.rules[chain.first_rule + segment * kSegment + i];
      const Rest rest = run_rule(chain, rule, m);
      live = (live & ~m) | rest.live;
      returned |= rest.returned;
    }
  }
  --segments_;
  return returned;
}

template <Mode kMode>
typename Evaluation<kMode>::Rest Evaluation<kMode>::run_rule(const ChainCode& chain,
                                                             const RuleCode& rule,
                                                             std::uint64_t m) {
  Rest rest{.live = m, .returned = 0};
  for (const Op& op : std::span{code_.ops}.subspan(rule.first_op, rule.ops)) {
    m = run_op(chain, rule, op, m, rest);
    if (m == 0) {
      return rest;
    }
  }
  report(m, Step::What::kMatched, chain, &rule);
  return rest;
}

template <Mode kMode>
std::uint64_t Evaluation<kMode>::run_op(const ChainCode& chain, const RuleCode& rule, const Op& op,
                                        std::uint64_t m, Rest& rest) {
  shortcut_.depend(op.depends, m);
  switch (op.kind) {
    case OpKind::kNever:
      return 0;
    case OpKind::kVerdict:
      return decide(chain, rule, {op.verdict, op.at}, m, rest);
    case OpKind::kVerdictMap:
      return decide_by_map(chain, rule, code_.keys[op.at], m, rest);
    case OpKind::kCount:
      effects_.count(op.at, m);
      shortcut_.record({op.at, false}, m);
      return m;
    case OpKind::kLimit:
      return effects_.limit(*code_.limits[op.at], m);
    case OpKind::kQuota:
      return effects_.quota(*code_.quotas[op.at], m);
    case OpKind::kLog:
      effects_.log(*code_.logs[op.at], m);
      return m;
    case OpKind::kReject:
      hit(rule.hits, m);
      report(m, Step::What::kReject, chain, &rule);
      effects_.reject(*code_.rejects[op.at], m);
      rest.live &= ~m;
      return 0;
    case OpKind::kNat:
      hit(rule.hits, m);
      report(m, Step::What::kNat, chain, &rule);
      return nat(code_.nats[op.at], m, rest);
    case OpKind::kUntrack:
      effects_.untrack(m);
      return m;
    case OpKind::kUpdateSet:
      return elements_.update(code_.updates[op.at], m);
    case OpKind::kConnectionCount:
      return elements_.count(*code_.connection_counts[op.at], m);
    case OpKind::kGenerate:
      return code_.generators[op.at]->make(state_.facts, state_.dice, m, kMode == Mode::kExplain);
    case OpKind::kAssign:
      return effects_.assign(code_.assignments[op.at], m);
    default:
      return comparisons_.compare(op, m);
  }
}

// A packet whose connection was decided about is accepted by its chain.
template <Mode kMode>
std::uint64_t Evaluation<kMode>::nat(const NatCode& code, std::uint64_t m, Rest& rest) {
  const Effects::NatOutcome outcome = effects_.nat(code, m);
  untranslated_ |= outcome.dropped;
  rest.live &= ~(outcome.decided | outcome.dropped);
  return m & ~(outcome.decided | outcome.dropped);
}

template <Mode kMode>
std::uint64_t Evaluation<kMode>::decide(const ChainCode& chain, const RuleCode& rule,
                                        VerdictCode verdict, std::uint64_t m, Rest& rest) {
  if (verdict.kind == Kind::kContinue) {
    return m;
  }
  hit(rule.hits, m);
  report(m, Step::What::kVerdict, chain, &rule, verdict);
  rest.live &= ~m;
  switch (verdict.kind) {
    case Kind::kAccept:
      break;
    case Kind::kDrop:
      dropped_ |= m;
      break;
    case Kind::kReturn:
      rest.returned |= m;
      break;
    case Kind::kJump:
      rest.live |= run_chain(verdict.chain, m);
      break;
    case Kind::kGoto:
      rest.returned |= run_chain(verdict.chain, m);
      break;
    case Kind::kContinue:
      break;
  }
  return 0;
}

template <Mode kMode>
std::uint64_t Evaluation<kMode>::decide_by_map(const ChainCode& chain, const RuleCode& rule,
                                               const KeyCode& key, std::uint64_t m, Rest& rest) {
  alignas(64) std::array<std::uint32_t, kLanes> answers;
  std::uint64_t found = comparisons_.look_up(key, m, answers.data());
  std::uint64_t continued = 0;
  while (found != 0) {
    const VerdictCode first =
        key.verdicts[answers[static_cast<std::size_t>(std::countr_zero(found))]];
    std::uint64_t same = 0;
    for (std::uint64_t left = found; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      const VerdictCode& other = key.verdicts[answers[i]];
      same |= std::uint64_t{other.kind == first.kind && other.chain == first.chain} << i;
    }
    found &= ~same;
    continued |= decide(chain, rule, first, same, rest);
    if (first.kind == Kind::kDrop) {
      effects_.hit(rule.drops, same);
    }
  }
  return continued;
}

template <Mode kMode>
void Evaluation<kMode>::report(std::uint64_t m, Step::What what, const ChainCode& chain,
                               const RuleCode* rule, VerdictCode verdict, bool accepts) {
  if constexpr (kMode != Mode::kRun) {
    Step step{.what = what, .program = code_.serial, .table = chain.table, .chain = chain.chain};
    step.accepts = accepts;
    step.rule = rule == nullptr ? nullptr : rule->rule;
    step.verdict = {verdict.kind, 0};
    if (verdict.kind == Kind::kJump || verdict.kind == Kind::kGoto) {
      step.verdict.chain = static_cast<nft::ChainIndex>(code_.chains[verdict.chain].chain -
                                                        chain.table->chains.data());
    }
    (*observer_)(step, m);
  }
}

// evaluate_tracking.cpp has the other members.
template std::uint64_t Evaluation<Mode::kRun>::run_base(const BaseCode&, std::uint64_t);
template std::uint64_t Evaluation<Mode::kTrace>::run_base(const BaseCode&, std::uint64_t);
template std::uint64_t Evaluation<Mode::kExplain>::run_base(const BaseCode&, std::uint64_t);

void evaluate(const Code& code, const HookCode& hook, ThreadState& state, const Run& run) {
  Evaluation<Mode::kRun>{code, state, run, nullptr}.run(hook);
}

void trace(const Code& code, const HookCode& hook, ThreadState& state, const Run& run,
           const Observer& observer) {
  Evaluation<Mode::kTrace>{code, state, run, &observer}.run(hook);
}

void explain(const Code& code, const HookCode& hook, ThreadState& state, const Run& run,
             const Observer& observer) {
  Evaluation<Mode::kExplain>{code, state, run, &observer}.run(hook);
}

}  // namespace ringroad::filter

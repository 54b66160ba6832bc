// SPDX-License-Identifier: BSD-3-Clause
// Limits and quotas let a number of packets pass, so it matters which packet comes first. Rule by
// rule, packets reach such a state in their order, unless they reach it by more than one way.
#include <algorithm>

#include "filter/compiler.hpp"

namespace ringroad::filter {

// By how many ways a packet reaches each state from a chain; 2 stands for more.
const Compiler::Uses& Compiler::uses_of(std::uint32_t chain) {
  const auto known = uses_.find(chain);
  if (known != uses_.end()) {
    return known->second;
  }
  Uses uses;
  const auto use = [&](const void* state, unsigned times) {
    uses[state] = std::min(uses[state] + times, 2U);
  };
  const ChainCode& code = code_.chains[chain];
  for (std::uint32_t i = 0; i < code.rules; ++i) {
    const RuleCode& rule = code_.rules[code.first_rule + i];
    for (std::uint32_t j = 0; j < rule.ops; ++j) {
      const Op& op = code_.ops[rule.first_op + j];
      if (op.kind == OpKind::kLimit) {
        use(code_.limits[op.at].get(), 1);
      } else if (op.kind == OpKind::kQuota) {
        use(code_.quotas[op.at].get(), 1);
      } else if (op.kind == OpKind::kGenerate &&
                 code_.generators[op.at]->generator->kind == nft::Generator::Kind::kIncrement) {
        use(code_.generators[op.at]->sequence.get(), 1);
      }
      // Whether a connection counts depends on what becomes of the packet before.
      if (const auto [state, counts] = changing_of(op); state != nullptr) {
        use(state, counts ? 2 : 1);
      }
      for (const std::uint32_t target : targets_of(op)) {
        for (const auto& [state, times] : uses_of(target)) {
          use(state, times);
        }
      }
    }
  }
  return uses_.emplace(chain, std::move(uses)).first->second;
}

// The set, or the list of connections, that the operation changes, or whose answer depends on what
// packets did before. Counters of elements do not.
Compiler::Changing Compiler::changing_of(const Op& op) const {
  const auto changing = [](const SetCode* set) {
    return set != nullptr && set->is_ordered ? Changing{set, set->counts_connections} : Changing{};
  };
  switch (op.kind) {
    case OpKind::kUpdateSet:
      return changing(code_.updates[op.at].set);
    case OpKind::kConnectionCount:
      return {code_.connection_counts[op.at].get(), true};
    case OpKind::kSet:
    case OpKind::kVerdictMap:
      return changing(code_.keys[op.at].set);
    case OpKind::kAssign: {
      const auto* const key = std::get_if<std::uint32_t>(&code_.assignments[op.at].value);
      return key == nullptr ? Changing{} : changing(code_.keys[*key].set);
    }
    case OpKind::kNat: {
      const auto key = code_.nats[op.at].key;
      return key ? changing(code_.keys[*key].set) : Changing{};
    }
    default:
      return {};
  }
}

// Packets of one burst can be of the same connection, whose mark the first one sets and the second
// one reads.
bool Compiler::shares_marks() const {
  const auto reads = [](const Column& column) {
    return column.kind == Column::Kind::kConnection &&
           static_cast<nft::Ct>(column.start) == nft::Ct::kMark;
  };
  const auto writes = [](const AssignCode& assignment) {
    return assignment.target->source == nft::Source::kCt;
  };
  return std::ranges::any_of(code_.columns.all(), reads) &&
         std::ranges::any_of(code_.assignments, writes);
}

void Compiler::find_orders() {
  const bool shares_marks = this->shares_marks();
  for (auto& families : code_.hooks) {
    for (HookCode& hook : families) {
      Uses all;
      for (const auto* const chains : {&hook.chains, &hook.nat_chains}) {
        for (const BaseCode& base : *chains) {
          if (base.what != BaseCode::What::kChain) {
            continue;
          }
          for (const auto& [state, times] : uses_of(base.chain)) {
            all[state] += times;
          }
        }
      }
      hook.one_by_one =
          shares_marks || std::ranges::any_of(all, [](const auto& use) { return use.second > 1; });
    }
  }
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
// Indices of long chains.
#include <algorithm>
#include <bit>

#include "filter/compiler.hpp"

namespace ringroad::filter {
namespace {

// Operations that only look.
bool is_comparison(OpKind kind) {
  switch (kind) {
    case OpKind::kTest:
    case OpKind::kTests:
    case OpKind::kAny:
    case OpKind::kIngress:
    case OpKind::kEgress:
    case OpKind::kSet:
      return true;
    default:
      return false;
  }
}

}  // namespace

// An index holds for the columns as they are when the chain begins.
bool Compiler::can_index(const Column& column) const {
  return !is_slow(column) &&
         std::ranges::none_of(code_.assignments, [&](const AssignCode& assignment) {
           return depends_on(column, *assignment.target);
         });
}

void Compiler::add_constraint(std::uint32_t rule, const ColumnTest& test,
                              std::vector<Constraint>& constraints) const {
  if (!can_index(code_.columns[test.column])) {
    return;
  }
  const auto& [mask, low, span] = test.test;
  const bool is_prefix = (~mask & (~mask + 1)) == 0;
  if (mask == ~std::uint32_t{0} && low + span >= low) {
    constraints.push_back({rule, test.column, low, low + span});
  } else if (is_prefix && span == 0) {
    constraints.push_back({rule, test.column, low, low | ~mask});
  }
}

void Compiler::add_constraints(std::uint32_t rule, const RuleCode& code,
                               std::vector<Constraint>& constraints) const {
  for (std::uint32_t i = 0; i < code.ops; ++i) {
    const Op& op = code_.ops[code.first_op + i];
    // The statements of elements are evaluated for packets that do not match the rest.
    const bool counts = op.kind == OpKind::kSet && code_.keys[op.at].set != nullptr;
    if (!is_comparison(op.kind) || counts) {
      return;
    }
    if (op.inverted) {
      continue;
    }
    if (op.kind == OpKind::kTest) {
      add_constraint(rule, {op.column, op.test}, constraints);
    } else if (op.kind == OpKind::kTests) {
      for (std::uint32_t j = 0; j < op.count; ++j) {
        add_constraint(rule, code_.tests[op.at + j], constraints);
      }
    }
  }
}

void Compiler::add_indices() {
  for (ChainCode& chain : code_.chains) {
    if (chain.rules <= kIndexedRules) {
      continue;
    }
    code_.has_indices = true;
    for (std::uint32_t first = 0; first < chain.rules; first += kSegment) {
      const std::uint32_t rules =
          std::min<std::uint32_t>(chain.rules - first, static_cast<std::uint32_t>(kSegment));
      std::vector<Constraint> constraints;
      for (std::uint32_t i = 0; i < rules; ++i) {
        add_constraints(i, code_.rules[chain.first_rule + first + i], constraints);
      }
      chain.indices.emplace_back(rules, constraints);
    }
  }
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/comparisons.hpp"

#include <bit>

namespace ringroad::filter {
namespace {

// Few packets are tested one by one.
constexpr int kFewPackets = 3;

}  // namespace

// Returns packets that pass, of those in `m`, and perhaps others. `valid` loses the packets that do
// not have the field.
std::uint64_t Comparisons::test(ColumnIndex column, const Test& test, std::uint64_t m,
                                std::uint64_t& valid) {
  const std::uint32_t* const values = facts_.values(column);
  valid &= facts_.valid(column);
  if (std::popcount(m) > kFewPackets) {
    return kernels_.test(values, facts_.burst().count, test);
  }
  std::uint64_t passed = 0;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    passed |= std::uint64_t{test.passes(values[i])} << i;
  }
  return passed;
}

std::uint64_t Comparisons::compare(const Op& op, std::uint64_t m) {
  std::uint64_t valid = m;
  std::uint64_t passed = 0;
  switch (op.kind) {
    case OpKind::kTest:
      passed = test(op.column, op.test, m, valid);
      break;
    case OpKind::kTests:
      return test_all(op, m);
    case OpKind::kAny:
      return test_any(op, m);
    case OpKind::kIngress:
      passed = code_.interface_sets[op.at][facts_.ingress()] ? m : 0;
      break;
    case OpKind::kEgress:
      passed = egress_in(op, m);
      break;
    case OpKind::kSet: {
      alignas(64) std::array<std::uint32_t, kLanes> answers;
      passed = find(code_.keys[op.at], m, answers.data(), valid, !op.inverted);
      break;
    }
    default:
      break;
  }
  return (op.inverted ? ~passed : passed) & valid;
}

std::uint64_t Comparisons::test_all(const Op& op, std::uint64_t m) {
  std::uint64_t valid = m;
  std::uint64_t passed = m;
  for (std::uint32_t i = 0; i < op.count; ++i) {
    const auto& [column, each] = code_.tests[op.at + i];
    if (passed == 0 && !op.inverted) {
      return 0;
    }
    passed &= test(column, each, op.inverted ? m : passed, valid);
  }
  return (op.inverted ? ~passed : passed) & valid;
}

std::uint64_t Comparisons::test_any(const Op& op, std::uint64_t m) {
  const std::uint32_t* const values = facts_.values(op.column);
  const std::span tests = std::span{code_.alternatives}.subspan(op.at, op.count);
  const std::uint64_t passed = kernels_.any(values, facts_.burst().count, tests);
  return (op.inverted ? ~passed : passed) & m & facts_.valid(op.column);
}

std::uint64_t Comparisons::egress_in(const Op& op, std::uint64_t m) {
  const std::uint32_t* const values = facts_.values(op.column);
  const InterfaceSet& interfaces = code_.interface_sets[op.at];
  std::uint64_t passed = 0;
  for (std::uint64_t left = m; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    passed |= std::uint64_t{interfaces[values[i]]} << i;
  }
  return passed;
}

std::uint64_t Comparisons::find(const KeyCode& key, std::uint64_t m, std::uint32_t* answers,
                                std::uint64_t& valid, bool evaluates) {
  std::array<const std::uint32_t*, kKeyWordsMax> words;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    words[i] = facts_.values(key.columns[i]);
    valid &= facts_.valid(key.columns[i]);
  }
  if ((m & valid) == 0) {
    return 0;
  }
  const Keys keys{.words = std::span{words}.first(key.columns.size()),
                  .count = facts_.burst().count,
                  .which = m & valid};
  return key.set == nullptr ? key.lookup->find(keys, answers)
                            : elements_.find(key, keys, answers, evaluates);
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The operations of a rule that compare: which packets go on.
#include <cstdint>

#include "filter/code.hpp"
#include "filter/elements.hpp"
#include "filter/facts.hpp"

namespace ringroad::filter {

class Comparisons {
 public:
  Comparisons(const Code& code, Facts& facts, Elements& elements)
      : code_{code}, facts_{facts}, elements_{elements} {}

  // Returns the packets of `m` that pass.
  [[nodiscard]] std::uint64_t compare(const Op& op, std::uint64_t m);
  // Returns the packets of `m` whose key there is, and their answers.
  [[nodiscard]] std::uint64_t look_up(const KeyCode& key, std::uint64_t m, std::uint32_t* answers) {
    std::uint64_t valid = m;
    return find(key, m, answers, valid, true) & valid;
  }
  // What the map of a key that was looked up says of a packet, by the packet's answer: a part of
  // it, as a range.
  [[nodiscard]] nft::Interval data(const KeyCode& key, std::uint32_t answer, std::size_t index,
                                   unsigned part) const {
    if (key.set != nullptr && key.set->dynamic != nullptr) {
      return elements_.data(key, index, part);
    }
    return key.ranges.empty() ? nft::Interval{key.values[answer], key.values[answer]}
                              : key.ranges[answer][part];
  }

 private:
  std::uint64_t test(ColumnIndex column, const Test& test, std::uint64_t m, std::uint64_t& valid);
  std::uint64_t test_all(const Op& op, std::uint64_t m);
  std::uint64_t test_any(const Op& op, std::uint64_t m);
  std::uint64_t egress_in(const Op& op, std::uint64_t m);
  std::uint64_t find(const KeyCode& key, std::uint64_t m, std::uint32_t* answers,
                     std::uint64_t& valid, bool evaluates);

  const Code& code_;
  Facts& facts_;
  Elements& elements_;
  const Kernels& kernels_ = best_kernels();
};

}  // namespace ringroad::filter

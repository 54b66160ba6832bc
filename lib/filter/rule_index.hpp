// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which of up to 1024 consecutive rules a packet can match, by the columns that most of them test:
// the values of a column are split into ranges, and for each range there is a bitmap of the rules
// that accept it.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/own_lines.hpp"
#include "filter/column.hpp"
#include "filter/facts.hpp"
#include "filter/kernels.hpp"

namespace ringroad::filter {

inline constexpr std::size_t kSegment = 1024;     // rules of an index
inline constexpr std::size_t kIndexedRules = 32;  // a chain of more rules has indices
inline constexpr std::size_t kIndexColumns = 3;

// What a rule says about a column before it does anything: only packets in the range match.
struct Constraint {
  std::uint32_t rule;  // in its segment
  ColumnIndex column;
  std::uint32_t first;
  std::uint32_t last;
};

class RuleIndex {
 public:
  // The packets that can match each rule, a bit each.
  using Candidates = std::array<std::uint64_t, kSegment>;
  using Bitmap = std::array<std::uint64_t, kSegment / 64>;

  // `rules`: how many the segment has.
  RuleIndex(std::size_t rules, std::span<const Constraint> constraints);

  // The columns by which rules are found.
  [[nodiscard]] std::vector<ColumnIndex> columns() const;

  // Adds the packets of `live` to their candidates, which are zero, and returns the rules that have
  // any. Rules that constrain no column have all packets.
  Bitmap select(const Kernels& kernels, Facts& facts, std::uint64_t live,
                Candidates& candidates) const;

 private:
  struct Part {
    ColumnIndex column = 0;
    Boundaries boundaries;
    // One for each range, then one for packets that do not have the field.
    OwnLinesVector<Bitmap> bitmaps;
  };

  static void choose(std::span<const Constraint> constraints, std::vector<ColumnIndex>& columns);
  // `free`: the rules that do not constrain the column.
  [[nodiscard]] static Part make_part(ColumnIndex column, std::span<const Constraint> constraints,
                                      const Bitmap& free);

  Bitmap always_{};  // rules that constrain none of the columns
  std::vector<Part> parts_;
};

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/rule_index.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <set>

namespace ringroad::filter {
namespace {

void set(RuleIndex::Bitmap& bitmap, std::size_t rule) {
  bitmap[rule / 64] |= std::uint64_t{1} << rule % 64;
}

}  // namespace

// The columns that most rules constrain: those whose ranges are narrow.
void RuleIndex::choose(std::span<const Constraint> constraints, std::vector<ColumnIndex>& columns) {
  std::map<ColumnIndex, std::set<std::pair<std::uint32_t, std::uint32_t>>> ranges;
  std::map<ColumnIndex, std::size_t> rules;
  for (const Constraint& each : constraints) {
    ranges[each.column].insert({each.first, each.last});
    ++rules[each.column];
  }
  for (const auto& [column, count] : rules) {
    columns.push_back(column);
  }
  // A column with few different ranges tells few rules apart.
  const auto worth = [&](ColumnIndex column) {
    return std::min(rules[column], ranges[column].size() * 64);
  };
  std::ranges::stable_sort(columns, std::ranges::greater{}, worth);
  columns.resize(std::min(columns.size(), kIndexColumns));
}

RuleIndex::RuleIndex(std::size_t rules, std::span<const Constraint> constraints) {
  std::vector<ColumnIndex> columns;
  choose(constraints, columns);
  Bitmap some{};
  std::map<ColumnIndex, Bitmap> constrained;
  for (const Constraint& each : constraints) {
    if (std::ranges::find(columns, each.column) != columns.end()) {
      set(some, each.rule);
      set(constrained[each.column], each.rule);
    }
  }
  for (std::size_t rule = 0; rule < rules; ++rule) {
    if ((some[rule / 64] >> rule % 64 & 1U) == 0) {
      set(always_, rule);
    }
  }
  // The rules of the bitmaps are those of `some`.
  for (const ColumnIndex column : columns) {
    Bitmap free = some;
    for (std::size_t i = 0; i < free.size(); ++i) {
      free[i] &= ~constrained[column][i];
    }
    parts_.push_back(make_part(column, constraints, free));
  }
}

RuleIndex::Part RuleIndex::make_part(ColumnIndex column, std::span<const Constraint> constraints,
                                     const Bitmap& free) {
  std::vector<std::uint32_t> starts{0};
  std::map<std::uint32_t, std::vector<std::pair<std::uint32_t, std::uint32_t>>> ranges;
  for (const Constraint& each : constraints) {
    if (each.column == column) {
      ranges[each.rule].emplace_back(each.first, each.last);
      starts.push_back(each.first);
      if (each.last != ~std::uint32_t{0}) {
        starts.push_back(each.last + 1);
      }
    }
  }
  std::ranges::sort(starts);
  starts.erase(std::ranges::unique(starts).begin(), starts.end());
  Part part{.column = column, .boundaries = Boundaries{starts}, .bitmaps = {}};
  part.bitmaps.assign(starts.size() + 1, free);
  for (const auto& [rule, all] : ranges) {
    // A rule may constrain a column twice: all of the ranges hold.
    std::uint32_t first = 0;
    std::uint32_t last = ~std::uint32_t{0};
    for (const auto& [from, to] : all) {
      first = std::max(first, from);
      last = std::min(last, to);
    }
    const auto begin = std::ranges::lower_bound(starts, first) - starts.begin();
    for (auto at = static_cast<std::size_t>(begin); at < starts.size() && starts[at] <= last;
         ++at) {
      set(part.bitmaps[at], rule);
    }
  }
  return part;
}

std::vector<ColumnIndex> RuleIndex::columns() const {
  std::vector<ColumnIndex> columns;
  for (const Part& part : parts_) {
    columns.push_back(part.column);
  }
  return columns;
}

RuleIndex::Bitmap RuleIndex::select(const Kernels& kernels, Facts& facts, std::uint64_t live,
                                    Candidates& candidates) const {
  Bitmap selected = always_;
  for (std::size_t part = 0; part < selected.size(); ++part) {
    for (std::uint64_t left = always_[part]; left != 0; left &= left - 1) {
      candidates[part * 64 + static_cast<std::size_t>(std::countr_zero(left))] = live;
    }
  }
  if (parts_.empty()) {
    return selected;
  }
  std::array<std::array<std::uint32_t, kLanes>, kIndexColumns> ranks;
  std::array<std::uint64_t, kIndexColumns> valid;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const std::uint32_t* const values = facts.values(parts_[i].column);
    kernels.rank(parts_[i].boundaries, values, facts.burst().count, ranks[i].data());
    valid[i] = facts.valid(parts_[i].column);
  }
  std::array<const std::uint64_t*, kIndexColumns> rows;
  for (std::uint64_t left = live; left != 0; left &= left - 1) {
    const auto packet = static_cast<std::size_t>(std::countr_zero(left));
    const std::uint64_t bit = std::uint64_t{1} << packet;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const std::size_t row =
          (valid[i] & bit) != 0 ? ranks[i][packet] : parts_[i].bitmaps.size() - 1;
      rows[i] = parts_[i].bitmaps[row].data();
    }
    Bitmap rules;
    std::uint32_t parts = kernels.intersect(std::span{rows}.first(parts_.size()), rules.data());
    for (; parts != 0; parts &= parts - 1) {
      const auto part = static_cast<std::size_t>(std::countr_zero(parts));
      selected[part] |= rules[part];
      for (std::uint64_t some = rules[part]; some != 0; some &= some - 1) {
        candidates[part * 64 + static_cast<std::size_t>(std::countr_zero(some))] |= bit;
      }
    }
  }
  return selected;
}

}  // namespace ringroad::filter

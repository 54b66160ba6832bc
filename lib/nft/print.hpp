// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Prints a ruleset as `nft list ruleset` does.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nft/model.hpp"

namespace ringroad::nft {

struct PrintOptions {
  bool handles = true;       // as `nft -a` does
  std::string_view chain{};  // only chains of this name; empty: all there is
  // What counters and quotas of this ruleset hold now. Null: what the ruleset says.
  std::function<Counter(const Counter&)> counter{};
  std::function<std::uint64_t(const Quota&)> used{};
  // What elements a set of this ruleset has now, in the order of comes_before(). Nothing: those
  // that the ruleset says.
  std::function<std::optional<std::vector<Element>>(const Set&)> elements{};
};

[[nodiscard]] std::string print(const Ruleset& ruleset, const PrintOptions& options = {});
[[nodiscard]] std::string print(const Table& table, const Rule& rule,
                                const PrintOptions& options = {});
// Without a hook: that of a flowtable.
[[nodiscard]] std::string print_priority(int priority, std::optional<HookPlace> hook = {});

}  // namespace ringroad::nft

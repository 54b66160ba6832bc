// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which static routes were asked for one by one, and which of those that files brought are no
// longer as the files say. The RIB has the routes themselves. Control thread only.
#include <absl/container/btree_set.h>

#include <compare>
#include <cstdint>
#include <map>
#include <optional>

#include "fib/route.hpp"

namespace ringroad::routing {

class StaticRoutes {
 public:
  struct Key {
    fib::Table table;
    Prefix4 prefix;
    std::uint32_t metric;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  // The route there was `before`, and is `now`.
  void note(const Key& key, const std::optional<fib::Path4>& before,
            const std::optional<fib::Path4>& now) {
    const bool was_listed = listed_.erase(key) > 0;
    if (before && !was_listed) {
      file_changes_.try_emplace(key, *before);
    }
    if (!now) {
      return;
    }
    const auto original = file_changes_.find(key);
    if (original != file_changes_.end() && original->second == *now) {
      file_changes_.erase(original);
    } else {
      listed_.insert(key);
    }
  }
  // No file brought any route.
  void forget_files() { file_changes_.clear(); }

  // In the order of tables, prefixes, metrics.
  [[nodiscard]] const absl::btree_set<Key>& listed() const { return listed_; }
  [[nodiscard]] bool files_are_true() const { return file_changes_.empty(); }

 private:
  absl::btree_set<Key> listed_;
  std::map<Key, fib::Path4> file_changes_;
};

}  // namespace ringroad::routing

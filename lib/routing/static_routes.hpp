// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Records which static routes of one family were requested individually, and which routes from
// files differ from the files now. The RIB holds the routes themselves. Control thread only.
#include <absl/container/btree_set.h>

#include <compare>
#include <cstdint>
#include <map>
#include <optional>

#include "fib/route.hpp"

namespace ringroad::routing {

template <class Address>
class StaticRoutes {
 public:
  using Path = fib::Path<Address>;

  struct Key {
    fib::Table table;
    Prefix<Address> prefix;
    std::uint32_t metric;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  // The path of this route was `before` and is now `now`; empty means that there is no such route.
  void note(const Key& key, const std::optional<Path>& before, const std::optional<Path>& now) {
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
  // Called when no route comes from a file.
  void forget_files() { file_changes_.clear(); }

  // Sorted by table, prefix and metric.
  [[nodiscard]] const absl::btree_set<Key>& listed() const { return listed_; }
  [[nodiscard]] bool files_are_true() const { return file_changes_.empty(); }

 private:
  absl::btree_set<Key> listed_;
  std::map<Key, Path> file_changes_;
};

using StaticRoutes4 = StaticRoutes<Ipv4>;
using StaticRoutes6 = StaticRoutes<Ipv6>;

}  // namespace ringroad::routing

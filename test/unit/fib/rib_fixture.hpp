// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Records what the RIB reported to the trie. The test fails if a report is inconsistent.
#include <catch2/catch.hpp>
#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "fib/rib.hpp"

namespace ringroad::fib {

template <class Address>
struct Told {
  using Prefix = ringroad::Prefix<Address>;

  std::map<Prefix, NextHopId> best;
  std::map<NextHopId, Path<Address>> paths;  // acquired and not released
  std::set<Path<Address>> unusable;
  std::set<Path<Address>> doubtful;
  std::size_t times = 0;  // reported prefixes
  std::size_t calls = 0;
  std::uint32_t acquired = 0;
  std::vector<Prefix> last;  // prefixes of the last call

  RibListener<Address> listener() {
    return {.acquire = [this](const Path<Address>& path) -> Result<NextHopId> {
              const NextHopId id{++acquired};
              for (const auto& [known, other] : paths) {
                REQUIRE(other != path);
              }
              paths.emplace(id, path);
              return id;
            },
            .release =
                [this](NextHopId id) {
                  REQUIRE(paths.erase(id) == 1);
                  for (const auto& [prefix, next_hop] : best) {
                    REQUIRE(next_hop != id);
                  }
                },
            .usability =
                [this](const Path<Address>& path) {
                  return unusable.contains(path)   ? Usability::kDead
                         : doubtful.contains(path) ? Usability::kDoubtful
                                                   : Usability::kUsable;
                },
            .best_changed =
                [this](std::span<const RouteChange<Address>> changes) {
                  ++calls;
                  REQUIRE_FALSE(changes.empty());
                  last.clear();
                  for (const auto& change : changes) {
                    take(change);
                  }
                  REQUIRE(std::set<Prefix>(last.begin(), last.end()).size() == last.size());
                }};
  }

  [[nodiscard]] Path<Address> path(Prefix prefix) const { return paths.at(best.at(prefix)); }
  [[nodiscard]] std::set<Prefix> prefixes() const {
    std::set<Prefix> prefixes;
    for (const auto& [prefix, next_hop] : best) {
      prefixes.insert(prefix);
    }
    return prefixes;
  }

 private:
  void take(const RouteChange<Address>& change) {
    ++times;
    last.push_back(change.prefix);
    if (change.next_hop == kNoRoute) {
      REQUIRE(best.erase(change.prefix) == 1);
      return;
    }
    REQUIRE(paths.contains(change.next_hop));
    const auto [place, added] = best.try_emplace(change.prefix, change.next_hop);
    REQUIRE((added || place->second != change.next_hop));
    place->second = change.next_hop;
  }
};

}  // namespace ringroad::fib

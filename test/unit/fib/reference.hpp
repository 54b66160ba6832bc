// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The simplest longest-prefix match: one length after the other, the longest first. Also a simple
// lookup of many addresses at once.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/prefix.hpp"
#include "fib/trie.hpp"

namespace ringroad::fib {

template <class Address>
class Reference {
 public:
  using Prefix = ringroad::Prefix<Address>;
  using Change = RouteChange<Address>;

  void insert(Prefix prefix, NextHopId next_hop) { of(prefix)[prefix.address()] = next_hop; }
  bool erase(Prefix prefix) { return of(prefix).erase(prefix.address()) != 0; }
  // Applies the changes in their order; kNoRoute erases.
  void apply(std::span<const Change> changes) {
    for (const auto& [prefix, next_hop] : changes) {
      if (next_hop != kNoRoute) {
        insert(prefix, next_hop);
      } else {
        erase(prefix);
      }
    }
  }
  [[nodiscard]] NextHopId lookup(Address address) const {
    for (unsigned length = Address::kBits + 1; length-- > 0;) {
      const Routes& routes = routes_.at(length);
      if (routes.empty()) {
        continue;
      }
      if (const auto found = routes.find(address.masked(length)); found != routes.end()) {
        return found->second;
      }
    }
    return kNoRoute;
  }
  // Looks up many addresses in one pass over the sorted addresses and routes, because a large table
  // is too slow otherwise.
  [[nodiscard]] std::vector<NextHopId> lookup(std::span<const Address> addresses) const {
    std::vector<Change> routes = this->routes();
    std::ranges::sort(routes, {}, &Change::prefix);
    std::vector<std::pair<Address, std::size_t>> places;
    places.reserve(addresses.size());
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      places.emplace_back(addresses[i], i);
    }
    std::ranges::sort(places);
    std::vector<NextHopId> answers(addresses.size());
    std::vector<Change> covering{{{}, kNoRoute}};  // the longest last
    auto next = routes.begin();
    for (const auto& [address, place] : places) {
      for (; next != routes.end() && next->prefix.address() <= address; ++next) {
        while (!covering.back().prefix.contains(next->prefix)) {
          covering.pop_back();
        }
        covering.push_back(*next);
      }
      while (!covering.back().prefix.contains(address)) {
        covering.pop_back();
      }
      answers[place] = covering.back().next_hop;
    }
    return answers;
  }
  // Returns the routes, the shortest prefixes first.
  [[nodiscard]] std::vector<Change> routes() const {
    std::vector<Change> all;
    for (std::uint8_t length = 0; length <= Address::kBits; ++length) {
      for (const auto& [address, next_hop] : routes_.at(length)) {
        all.push_back({{address, length}, next_hop});
      }
    }
    return all;
  }
  [[nodiscard]] std::size_t size() const {
    return std::accumulate(
        routes_.begin(), routes_.end(), std::size_t{0},
        [](std::size_t sum, const Routes& routes) { return sum + routes.size(); });
  }

 private:
  using Routes = std::unordered_map<Address, NextHopId>;
  Routes& of(Prefix prefix) { return routes_.at(prefix.length()); }

  std::array<Routes, Address::kBits + 1> routes_;  // by length
};

}  // namespace ringroad::fib

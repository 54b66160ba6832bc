#pragma once
// The plainest longest-prefix match there is: each length in turn, the longest first.
#include <array>
#include <numeric>
#include <span>
#include <unordered_map>

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
  // In their order; kNoRoute erases.
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

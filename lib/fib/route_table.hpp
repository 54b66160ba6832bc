// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The routes of one table, sorted by prefix, then by metric and rank. Private to lib/fib.
//
// Each first octet has its own B-tree. It is less deep than a single tree for all routes, so a
// search touches fewer cache lines. 16 bytes a route of IPv4 and 32 of IPv6 in a full node; nodes
// are at least half full.
#include <absl/container/btree_map.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/prefix.hpp"
#include "fib/route.hpp"

namespace ringroad::fib {

constexpr unsigned first_octet(Ipv4 address) { return address.value() >> 24; }
constexpr unsigned first_octet(Ipv6 address) { return static_cast<unsigned>(address.high() >> 56); }

template <class Address>
class RouteTable {
 public:
  using Prefix = ringroad::Prefix<Address>;

  struct Key {
    Address address;
    std::uint32_t metric;
    Rank rank;
    std::uint8_t length;

    [[nodiscard]] Prefix prefix() const { return {address, length}; }
    [[nodiscard]] bool is_of(Prefix prefix) const {
      return address == prefix.address() && length == prefix.length();
    }
  };
  struct Value {
    std::uint32_t path : 31;
    bool best : 1;  // the best route of its prefix, which the trie holds
  };
  static_assert(sizeof(Value) == 4);
  static_assert(sizeof(Key) == sizeof(Address) + 8, "the rank lies where padding would be");
  static Key key(Prefix prefix, std::uint32_t metric = 0, Rank rank = 0) {
    return {prefix.address(), metric, rank, prefix.length()};
  }

  struct Before {
    // Nodes are small and comparisons are cheap; a linear search in a node mispredicts only once,
    // at its end.
    using absl_btree_prefer_linear_node_search = std::true_type;
    bool operator()(const Key& a, const Key& b) const {
      const auto place = [](const Key& key) { return std::uint64_t{key.metric} << 16 | key.rank; };
      if constexpr (std::is_same_v<Address, Ipv4>) {
        const auto joined = [](const Key& key) {
          return std::uint64_t{key.address.value()} << 8 | key.length;
        };
        return joined(a) < joined(b) || (joined(a) == joined(b) && place(a) < place(b));
      } else {
        if (a.address != b.address) {
          return a.address < b.address;
        }
        return a.length < b.length || (a.length == b.length && place(a) < place(b));
      }
    }
  };
  using Tree = absl::btree_map<Key, Value, Before>;

  // The position of a route, or of a removed one; valid until the next change.
  struct Place {
    Tree* tree;
    typename Tree::iterator at;
  };

  // Returns nothing if a route with this prefix, metric and rank exists.
  std::optional<Place> insert(Key key, std::uint32_t path) {
    Tree& tree = tree_of(key.address);
    const std::size_t before = tree.size();
    // Routes added in order are inserted at the end, which needs no search.
    const auto place = tree.insert(tree.end(), {key, {.path = path & 0x7fffffffU, .best = false}});
    if (tree.size() == before) {
      return std::nullopt;
    }
    ++size_;
    count_in_octets(key, 1);
    if (++lengths_[key.length] == 1) {
      const auto shorter = std::ranges::find_if(
          lengths_in_use_, [&](std::uint8_t length) { return length < key.length; });
      lengths_in_use_.insert(shorter, key.length);
    }
    return Place{&tree, place};
  }
  [[nodiscard]] std::optional<Place> find(Key key) {
    Tree& tree = tree_of(key.address);
    const auto place = tree.find(key);
    return place == tree.end() ? std::nullopt : std::optional{Place{&tree, place}};
  }
  // The first route of the prefix for which `matches(key, value)` is true.
  template <class Matches>
  [[nodiscard]] std::optional<Place> find_if(Prefix prefix, Matches matches) {
    Tree& tree = tree_of(prefix.address());
    auto place = tree.lower_bound(key(prefix));
    while (place != tree.end() && place->first.is_of(prefix)) {
      if (matches(place->first, place->second)) {
        return Place{&tree, place};
      }
      ++place;
    }
    return std::nullopt;
  }
  // Returns the position of the next route.
  Place erase(Place place) {
    const std::uint8_t length = place.at->first.length;
    count_in_octets(place.at->first, -1);
    place.at = place.tree->erase(place.at);
    --size_;
    if (--lengths_[length] == 0) {
      std::erase(lengths_in_use_, length);
    }
    return place;
  }
  [[nodiscard]] bool contains(Key key) const { return tree_of(key.address).contains(key); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // Calls visit(key, value) for each route of the prefix until `visit` returns false.
  template <class Visit>
  void at(Prefix prefix, Visit visit) {
    visit_at(*this, prefix, visit);
  }
  template <class Visit>
  void at(Prefix prefix, Visit visit) const {
    visit_at(*this, prefix, visit);
  }
  // The same, starting without a search from the position of a route of this prefix or of a removed
  // one.
  template <class Visit>
  void around(const Place& place, Prefix prefix, Visit visit) {
    auto first = place.at;
    while (first != place.tree->begin() && std::prev(first)->first.is_of(prefix)) {
      --first;
    }
    run(*place.tree, first, prefix, visit);
  }
  template <class Visit>
  void from(Key first, Visit visit) const {
    for (std::size_t i = first_octet(first.address); i < trees_.size(); ++i) {
      for (auto place = trees_[i].lower_bound(first); place != trees_[i].end(); ++place) {
        if (!visit(place->first, place->second)) {
          return;
        }
      }
    }
  }
  // Visits the routes after `last`, or from `first` on if `last` is empty.
  template <class Visit>
  void after(const std::optional<Key>& last, Key first, Visit visit) const {
    from(last.value_or(first), [&](const Key& key, Value value) {
      const bool skip =
          last && key.is_of(last->prefix()) && key.metric == last->metric && key.rank == last->rank;
      return skip || visit(key, value);
    });
  }
  // Visits backwards the routes before `last`, or from the last one below the prefix if `last` is
  // empty.
  template <class Visit>
  void before(const std::optional<Key>& last, Prefix within, Visit visit) const {
    constexpr std::uint8_t kBehindAll = 255;
    const Key end = last.value_or(Key{within.last(), 0, Rank{}, kBehindAll});
    for (std::size_t i = first_octet(end.address) + 1; i-- > 0;) {
      for (auto place = trees_[i].lower_bound(end); place != trees_[i].begin();) {
        --place;
        if (!visit(place->first, place->second)) {
          return;
        }
      }
    }
  }
  // Visits the routes that cover the address and are no longer than `length`, longest first; needs
  // one search for each length in use. Returns whether `visit` always returned true.
  template <class Visit>
  [[nodiscard]] bool covering(Address address, std::uint8_t length, Visit visit) const {
    return std::ranges::all_of(lengths_in_use_, [&](std::uint8_t used) {
      return used > length || visit_at(*this, Prefix{address, used}, visit);
    });
  }
  // Whether a route shorter than a host route may cover a prefix with this first octet.
  [[nodiscard]] bool reaches_into(unsigned octet) const { return octets_[octet] != 0; }

 private:
  [[nodiscard]] Tree& tree_of(Address address) { return trees_[first_octet(address)]; }
  [[nodiscard]] const Tree& tree_of(Address address) const { return trees_[first_octet(address)]; }

  void count_in_octets(const Key& key, int routes) {
    if (key.length < Address::kBits) {
      const unsigned last = first_octet(key.prefix().last());
      for (unsigned octet = first_octet(key.address); octet <= last; ++octet) {
        octets_[octet] += static_cast<std::uint32_t>(routes);
      }
    }
  }
  template <class Self, class Visit>
  static bool visit_at(Self& self, Prefix prefix, Visit& visit) {
    auto& tree = self.tree_of(prefix.address());
    return tree.empty() || run(tree, tree.lower_bound(key(prefix)), prefix, visit);
  }
  template <class AnyTree, class Iterator, class Visit>
  static bool run(AnyTree& tree, Iterator place, Prefix prefix, Visit& visit) {
    for (; place != tree.end() && place->first.is_of(prefix); ++place) {
      if (!visit(place->first, place->second)) {
        return false;
      }
    }
    return true;
  }

  std::array<Tree, 256> trees_;
  std::size_t size_ = 0;
  std::array<std::uint32_t, 256> octets_{};                  // routes that overlap each first octet
  std::array<std::uint32_t, Address::kBits + 1> lengths_{};  // number of routes of each length
  std::vector<std::uint8_t> lengths_in_use_;                 // longest first
};

}  // namespace ringroad::fib

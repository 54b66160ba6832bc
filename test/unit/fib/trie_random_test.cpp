// SPDX-License-Identifier: BSD-3-Clause
// Compares random tables with the simple search.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "fib/reference.hpp"
#include "fib/trie.hpp"
#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

// A trie and its reference, which get the same changes.
template <class Address>
class Pair {
 public:
  explicit Pair(std::uint64_t seed) : random_{seed} {}

  // `busy` of 20 changes add or change routes, the others withdraw them. They are made one by one
  // or as a batch. Afterwards the answers around the changes must be right.
  void change(std::size_t count, unsigned busy, unsigned palette) {
    std::vector<RouteChange<Address>> changes;
    for (; count > 0; --count) {
      changes.push_back(draw(busy, palette));
    }
    if (below(random_, 2) == 0) {
      trie_.apply(changes);
      reference_.apply(changes);
    } else {
      std::ranges::for_each(changes, [&](const auto& each) { change_one(each); });
    }
    if (below(random_, 8) == 0) {
      reclaimer_.release_all();
    }
    std::vector<Address> addresses;
    for (const RouteChange<Address>& each : changes) {
      add_probes(random_, each.prefix, addresses);
    }
    check(addresses);
  }

  void check_anywhere() {
    REQUIRE(trie_.size() == reference_.size());
    std::vector<Address> addresses;
    for (unsigned i = 0; i < 400; ++i) {
      addresses.push_back(random_address<Address>(random_));
      if (!known_.empty()) {
        add_probes(random_, any_of(random_, known_), addresses);
      }
    }
    check(addresses);
  }

  [[nodiscard]] std::size_t lookups() const { return lookups_; }

 private:
  RouteChange<Address> draw(unsigned busy, unsigned palette) {
    if (known_.empty() || below(random_, 20) < busy) {
      // One in eight prefixes has a next hop already.
      const bool again = !known_.empty() && below(random_, 8) == 0;
      known_.push_back(again ? any_of(random_, known_) : random_prefix(random_, known_));
      return {known_.back(), random_next_hop(random_, palette)};
    }
    if (below(random_, 50) == 0) {
      return {random_prefix(random_, known_), kNoRoute};  // usually absent
    }
    std::swap(known_[below(random_, known_.size())], known_.back());
    const RouteChange<Address> withdrawn{known_.back(), kNoRoute};
    known_.pop_back();
    return withdrawn;
  }
  void change_one(const RouteChange<Address>& change) {
    if (change.next_hop == kNoRoute) {
      REQUIRE(trie_.erase(change.prefix) == reference_.erase(change.prefix));
      REQUIRE_FALSE(trie_.find(change.prefix));
    } else {
      trie_.insert(change.prefix, change.next_hop);
      reference_.insert(change.prefix, change.next_hop);
      REQUIRE(trie_.find(change.prefix) == change.next_hop);
    }
  }
  void check(const std::vector<Address>& addresses) {
    lookups_ += addresses.size();
    REQUIRE(first_error<Address>(trie_, reference_, addresses) == "");
  }

  Random random_;
  HeldReclaimer reclaimer_;
  Trie<Address> trie_{reclaimer_};
  Reference<Address> reference_;
  std::vector<Prefix<Address>> known_;  // some of them twice
  std::size_t lookups_ = 0;
};

template <class Address>
void check_random_tables(std::size_t lookups) {
  std::size_t done = 0;
  for (std::uint64_t seed = 1; done < lookups; ++seed) {
    CAPTURE(seed);
    Pair<Address> pair{seed};
    for (unsigned round = 0; round < 40; ++round) {
      // At first most changes add routes, at the end most withdraw them. The palettes change in
      // turn, so that blocks change from each format to each other.
      const unsigned busy = 19 - round * 18 / 40;
      const auto palette = static_cast<unsigned>(round * (seed % 5 + 1) + seed);
      for (unsigned step = 0; step < 10; ++step) {
        pair.change(1 + seed * 37 % 120, busy, palette);
      }
      pair.check_anywhere();
    }
    done += pair.lookups();
  }
}

TEMPLATE_TEST_CASE("random tables that grow and shrink match a plain search", "", Ipv4, Ipv6) {
  check_random_tables<TestType>(2'000'000 / kSlower);
}

TEMPLATE_TEST_CASE("random tables match a plain search a hundred million times", "[.long]", Ipv4,
                   Ipv6) {
  check_random_tables<TestType>(100'000'000);
}

}  // namespace
}  // namespace ringroad::fib

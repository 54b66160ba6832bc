// SPDX-License-Identifier: BSD-3-Clause
// Bulk lookups of IPv6 addresses skip the levels that nearly all prefixes share (fib::Trunk).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "fib/reference.hpp"
#include "fib/trie.hpp"
#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

constexpr std::uint64_t kNetwork = 0x2001'0db8'0000'0000;
constexpr std::uint64_t kOther = 0x2001'0db9'0000'0000;

// Prefixes of one network, whose depth grows and shrinks with their lengths, and few others: the
// trunk comes, changes and goes.
class OneNetwork {
 public:
  explicit OneNetwork(std::uint64_t seed) : random_{seed} {}

  void change(std::uint64_t network, std::uint8_t shortest, std::uint8_t longest) {
    std::vector<Trie6::Change> changes;
    for (std::uint32_t count = below(random_, 12) + 1; count > 0; --count) {
      const bool erases = below(random_, 3) == 0 && !known_.empty();
      const Prefix6 prefix = erases ? any_of(random_, known_) : make(network, shortest, longest);
      const NextHopId to = erases ? kNoRoute : random_next_hop(random_, below(random_, kPalettes));
      changes.push_back({prefix, to});
      if (erases) {
        std::erase(known_, prefix);
      } else if (std::ranges::find(known_, prefix) == known_.end()) {
        known_.push_back(prefix);
      }
    }
    if (below(random_, 8) == 0) {
      changes.push_back({Prefix6{}, NextHopId{below(random_, 5)}});
    }
    trie_.apply(changes);
    reference_.apply(changes);
    if (below(random_, 4) == 0) {
      reclaimer_.release_all();
    }
  }
  // Compares lookups of addresses of the network alone, then of other ones among them.
  [[nodiscard]] std::string error(std::uint64_t network) {
    std::vector<Ipv6> addresses;
    while (addresses.size() < 64) {
      const Ipv6 start = known_.empty() ? Ipv6{network, 0} : any_of(random_, known_).address();
      const Ipv6 address = spliced(start, random_address<Ipv6>(random_), 32 + below(random_, 97));
      addresses.push_back(
          address.high() >> 32 == network >> 32 ? address : spliced({network, 0}, address, 32));
    }
    const std::string error = first_error(trie_, reference_, std::span<const Ipv6>{addresses});
    for (unsigned i = below(random_, 3); i < addresses.size(); i += 1 + below(random_, 40)) {
      addresses[i] = random_address<Ipv6>(random_);
    }
    return error.empty() ? first_error(trie_, reference_, std::span<const Ipv6>{addresses}) : error;
  }

 private:
  [[nodiscard]] Prefix6 make(std::uint64_t network, std::uint8_t shortest, std::uint8_t longest) {
    const auto length =
        static_cast<std::uint8_t>(shortest + below(random_, longest - shortest + 1U));
    return {spliced({network, 0}, random_address<Ipv6>(random_), std::min<unsigned>(length, 32)),
            length};
  }

  Random random_;
  HeldReclaimer reclaimer_;
  Trie6 trie_{reclaimer_};
  Reference<Ipv6> reference_;
  std::vector<Prefix6> known_;
};

}  // namespace

TEST_CASE("the addresses of one network are answered rightly while its routes change") {
  for (std::uint64_t seed = 1; seed <= 40 / kSlower + 2; ++seed) {
    OneNetwork network{seed};
    for (unsigned turn = 0; turn < 150; ++turn) {
      INFO("seed " << seed << ", turn " << turn);
      // From nothing to many prefixes, of all lengths in turns; then another network takes over.
      const auto longest = static_cast<std::uint8_t>(33 + turn * 7 % 96);
      const bool moves = turn > 100;
      network.change(moves ? kOther : kNetwork, static_cast<std::uint8_t>(turn % 16 == 0 ? 18 : 33),
                     longest);
      REQUIRE(network.error(kNetwork).empty());
      REQUIRE(network.error(kOther).empty());
    }
  }
}

TEST_CASE("a network that goes takes the trunk along") {
  HeldReclaimer reclaimer;
  Trie6 trie{reclaimer};
  const std::vector<Ipv6> keys(64, Ipv6{kNetwork, 1});
  std::vector<NextHopId> answers(keys.size());
  const auto all_are = [&](NextHopId wanted) {
    return std::ranges::all_of(lookup_ways(), [&](LookupWay way) {
      trie.lookup(keys, answers, way);
      return std::ranges::count(answers, wanted) == std::ssize(answers);
    });
  };
  const std::vector<Prefix6> prefixes{prefix<Ipv6>("2001:db8::/48"),
                                      prefix<Ipv6>("2001:db8:0:1::/64"),
                                      prefix<Ipv6>("2001:db8:7::/48")};
  for (unsigned round = 0; round < 3; ++round) {
    for (const Prefix6& each : prefixes) {
      trie.insert(each, NextHopId{round + 1});
      CHECK(all_are(NextHopId{round + 1}));
    }
    trie.insert(prefix<Ipv6>("default"), NextHopId{9});
    CHECK(trie.erase(prefixes[0]));
    CHECK(all_are(NextHopId{9}));
    trie.insert(prefix<Ipv6>("2001::/16"), NextHopId{8});
    CHECK(all_are(NextHopId{8}));
    trie.insert(prefix<Ipv6>("2001:db8::/32"), NextHopId{7});
    CHECK(all_are(NextHopId{7}));
    for (const char* const text :
         {"2001::/16", "2001:db8::/32", "2001:db8:0:1::/64", "2001:db8:7::/48", "default"}) {
      CHECK(trie.erase(prefix<Ipv6>(text)));
    }
    CHECK(trie.size() == 0);
    CHECK(all_are(kNoRoute));
    reclaimer.release_all();
  }
}

}  // namespace ringroad::fib

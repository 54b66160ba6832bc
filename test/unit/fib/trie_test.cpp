// SPDX-License-Identifier: BSD-3-Clause
#include "fib/trie.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include "fib/reference.hpp"
#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

constexpr NextHopId kLargest{0x7fffffff};

TEMPLATE_TEST_CASE("an empty trie has no route to anywhere", "", Ipv4, Ipv6) {
  HeldReclaimer reclaimer;
  const Trie<TestType> trie{reclaimer};
  CHECK(trie.lookup(TestType{}) == kNoRoute);
  CHECK(trie.lookup(TestType{}.filled(0)) == kNoRoute);
  CHECK(trie.size() == 0);
  CHECK(trie.memory() < Bytes{300 * 1024});
}

TEST_CASE("a deleted prefix gives its addresses back to the one that covers it") {
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  trie.insert(prefix<Ipv4>("192.168.0.0/16"), NextHopId{16});
  trie.insert(prefix<Ipv4>("192.168.2.0/24"), NextHopId{24});
  CHECK(trie.lookup(Ipv4{192, 168, 2, 100}) == NextHopId{24});
  CHECK(trie.lookup(Ipv4{192, 168, 3, 100}) == NextHopId{16});
  CHECK(trie.erase(prefix<Ipv4>("192.168.2.0/24")));
  CHECK(trie.lookup(Ipv4{192, 168, 2, 100}) == NextHopId{16});
  CHECK_FALSE(trie.erase(prefix<Ipv4>("192.168.2.0/24")));
  CHECK(trie.erase(prefix<Ipv4>("192.168.0.0/16")));
  CHECK(trie.lookup(Ipv4{192, 168, 2, 100}) == kNoRoute);
}

TEST_CASE("the default route answers what nothing else does") {
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  trie.insert(prefix<Ipv4>("10.1.2.3"), NextHopId{32});
  trie.insert(prefix<Ipv4>("default"), NextHopId{1});
  CHECK(trie.lookup(Ipv4{10, 1, 2, 3}) == NextHopId{32});
  CHECK(trie.lookup(Ipv4{10, 1, 2, 4}) == NextHopId{1});
  CHECK(trie.lookup(Ipv4{0}) == NextHopId{1});
  CHECK(trie.lookup(kLimitedBroadcast) == NextHopId{1});
  CHECK(trie.erase(prefix<Ipv4>("default")));
  CHECK(trie.lookup(Ipv4{10, 1, 2, 4}) == kNoRoute);
  CHECK(trie.lookup(Ipv4{10, 1, 2, 3}) == NextHopId{32});
}

TEMPLATE_TEST_CASE("a prefix of any length inserted again changes its next hop and stays one", "",
                   Ipv4, Ipv6) {
  HeldReclaimer reclaimer;
  Trie<TestType> trie{reclaimer};
  const TestType last = TestType{}.filled(0);
  for (std::uint8_t length = 0; length <= TestType::kBits; ++length) {
    const Prefix<TestType> prefix{last, length};
    trie.insert(prefix, NextHopId{1});
    trie.insert(prefix, NextHopId{1});
    CHECK(trie.lookup(last) == NextHopId{1});
    trie.insert(prefix, kLargest);
    CHECK(trie.size() == 1);
    CHECK(trie.find(prefix) == kLargest);
    CHECK_FALSE(trie.find({last, static_cast<std::uint8_t>(length > 0 ? length - 1 : 1)}));
    CHECK(trie.lookup(last) == kLargest);
    CHECK(trie.lookup(TestType{}) == (length == 0 ? kLargest : kNoRoute));
    CHECK(trie.erase(prefix));
    CHECK_FALSE(trie.erase(prefix));
    CHECK(trie.lookup(last) == kNoRoute);
    CHECK(trie.size() == 0);
  }
}

TEMPLATE_TEST_CASE("of a prefix named more than once in a batch the last change holds", "", Ipv4,
                   Ipv6) {
  HeldReclaimer reclaimer;
  Trie<TestType> trie{reclaimer};
  const TestType last = TestType{}.filled(0);
  for (std::uint8_t length = 0; length <= TestType::kBits; ++length) {
    const Prefix<TestType> prefix{last, length};
    using Changes = std::vector<RouteChange<TestType>>;
    trie.apply(Changes{{prefix, NextHopId{1}}, {prefix, NextHopId{300}}, {prefix, NextHopId{2}}});
    CHECK(trie.lookup(last) == NextHopId{2});
    trie.apply(Changes{{prefix, kNoRoute}, {prefix, NextHopId{300}}});
    CHECK(trie.lookup(last) == NextHopId{300});
    trie.apply(Changes{{prefix, NextHopId{3}}, {prefix, kNoRoute}});
    CHECK(trie.lookup(last) == kNoRoute);
    trie.apply(Changes{{prefix, NextHopId{3}}, {prefix, kNoRoute}, {prefix, kNoRoute}});
    CHECK(trie.lookup(last) == kNoRoute);
    CHECK(trie.size() == 0);
  }
  trie.apply({});
  CHECK(trie.size() == 0);
}

template <class Address>
void check_every_order(const std::vector<std::string_view>& set) {
  std::vector<Prefix<Address>> prefixes;
  std::ranges::transform(set, std::back_inserter(prefixes), prefix<Address>);
  Random random{1};
  const auto addresses = probes(random, prefixes);
  std::ranges::sort(prefixes);
  HeldReclaimer reclaimer;
  Trie<Address> trie{reclaimer};
  do {
    Reference<Address> reference;
    for (const Prefix<Address> each : prefixes) {
      const NextHopId next_hop{each.length() + 1U};
      trie.insert(each, next_hop);
      reference.insert(each, next_hop);
      REQUIRE(first_error<Address>(trie, reference, addresses) == "");
    }
    // The prefixes are erased in another order than they were added: rotated by two.
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      const Prefix<Address> each = prefixes[(i + 2) % prefixes.size()];
      REQUIRE(trie.erase(each));
      reference.erase(each);
      REQUIRE(first_error<Address>(trie, reference, addresses) == "");
    }
    reclaimer.release_all();
  } while (std::ranges::next_permutation(prefixes).found);
}

TEST_CASE("nested prefixes answer alike whatever the order they come and go in") {
  check_every_order<Ipv4>(
      {"default", "10.0.0.0/8", "10.64.0.0/16", "10.64.128.0/17", "10.64.200.0/24", "10.64.200.7"});
  check_every_order<Ipv4>({"10.64.200.0/24", "10.64.200.0/25", "10.64.200.128/25", "10.64.200.0/31",
                           "10.64.200.0", "10.64.200.1"});
  check_every_order<Ipv4>({"10.64.0.0/16", "10.64.0.0/17", "10.64.128.0/17", "10.64.255.0/24",
                           "10.64.255.255", "10.65.0.0"});
  check_every_order<Ipv6>({"default", "2001::/16", "2001:db8::/32", "2001:db8:0:1::/64",
                           "2001:db8:0:1:ffff::/80", "2001:db8:0:1:ffff::7"});
}

TEMPLATE_TEST_CASE("bulk lookup answers any number of addresses and writes no further", "", Ipv4,
                   Ipv6) {
  HeldReclaimer reclaimer;
  Trie<TestType> trie{reclaimer};
  Random random{7};
  std::vector<Prefix<TestType>> known;
  for (unsigned i = 0; i < 3000; ++i) {
    known.push_back(random_prefix(random, known));
    trie.insert(known.back(), random_next_hop(random, i / 1000 + 3));
  }
  auto addresses = probes(random, known);
  std::ranges::shuffle(addresses, random);
  const auto keys = bulk_keys<TestType>(addresses);
  const auto check = [&](std::size_t count, auto... way) {
    std::vector<NextHopId> next_hops(count + 1, kUntouched);
    trie.lookup(std::span{keys}.subspan(count, count), next_hops, way...);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(next_hops[i] == trie.lookup(addresses[count + i]));
    }
    REQUIRE(next_hops[count] == kUntouched);
  };
  for (std::size_t count = 0; count <= 100; ++count) {
    check(count);
    std::ranges::for_each(lookup_ways(), [&](LookupWay way) { check(count, way); });
  }
}

TEMPLATE_TEST_CASE("blocks that were replaced are used again, once no reader can hold them", "",
                   Ipv4, Ipv6) {
  HeldReclaimer reclaimer;
  Trie<TestType> trie{reclaimer};
  const TestType address = TestType{}.filled(0);
  const Prefix<TestType> shorter{address, 8};
  const Prefix<TestType> longer{address, 24};
  const Prefix<TestType> host{address, TestType::kBits};
  trie.insert(shorter, NextHopId{8});
  const auto come_and_go = [&] {
    for (std::uint32_t i = 0; i < 1000; ++i) {
      trie.insert(host, NextHopId{i % 2 == 0 ? 32U : 1000U});
      trie.insert(longer, NextHopId{24});
      REQUIRE(trie.erase(host));
      REQUIRE(trie.erase(longer));
    }
  };
  come_and_go();
  const Bytes held = trie.memory();
  come_and_go();
  CHECK(trie.memory().count > held.count + 1000 * 64);  // a reader may be reading any of them
  reclaimer.release_all();
  const Bytes before = trie.memory();
  come_and_go();
  CHECK(trie.memory() == before);
  CHECK(trie.lookup(address) == NextHopId{8});
}

TEMPLATE_TEST_CASE("a prefix that goes takes its blocks along, wherever it was", "", Ipv4, Ipv6) {
  HeldReclaimer reclaimer;
  Trie<TestType> trie{reclaimer};
  Random random{3};
  const auto come_and_go = [&] {
    for (unsigned i = 0; i < 200; ++i) {
      const Prefix<TestType> somewhere{random_address<TestType>(random), TestType::kBits};
      trie.insert(somewhere, NextHopId{i + 1});
      REQUIRE(trie.erase(somewhere));
    }
    trie.apply({});  // passes retired blocks to the reclaimer
    reclaimer.release_all();
  };
  come_and_go();
  const Bytes before = trie.memory();
  for (unsigned i = 0; i < 20; ++i) {
    come_and_go();
  }
  // The number of blocks of each size is random.
  CHECK(trie.memory().count < before.count + (64U << 10));
}

TEST_CASE("what a trie retired may be released after it is gone") {
  HeldReclaimer reclaimer;
  {
    Trie4 trie{reclaimer};
    trie.insert(prefix<Ipv4>("10.1.2.3"), NextHopId{1});
    trie.erase(prefix<Ipv4>("10.1.2.3"));
  }
  CHECK(reclaimer.held() == 1);
  reclaimer.release_all();
}

}  // namespace
}  // namespace ringroad::fib

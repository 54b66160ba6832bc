// SPDX-License-Identifier: BSD-3-Clause
// The cases of the tests of DPDK's rte_lpm, rte_lpm6 and rte_fib, applied to the trie: every depth;
// entries that are extended below 24 bits, contracted and reused; prefixes that overwrite others.
// Also the trie's own limit, the end of its memory.
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <new>
#include <vector>

#include "fib/reference.hpp"
#include "fib/trie.hpp"
#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

// Returns an IPv4 address, or an IPv6 address from its first 32 bits and its last bits.
template <class Address>
Address at(std::uint32_t bits, [[maybe_unused]] std::uint64_t low = 0) {
  if constexpr (Address::kBits == 32) {
    return Address{bits};
  } else {
    return {std::uint64_t{bits} << 32, low};
  }
}

// A trie that may reuse retired memory at once.
template <class Address>
class Table {
 public:
  void add(Address address, unsigned length, std::uint32_t next_hop) {
    trie_.insert({address, static_cast<std::uint8_t>(length)}, NextHopId{next_hop});
    reclaimer_.release_all();
  }
  bool erase(Address address, unsigned length) {
    const bool was_there = trie_.erase({address, static_cast<std::uint8_t>(length)});
    reclaimer_.release_all();
    return was_there;
  }
  // Looks the address up with every version. Returns 0 if there is no route.
  [[nodiscard]] std::uint32_t lookup(Address address) const {
    const std::uint32_t answer = trie_.lookup(address).value();
    const std::vector<Address> many(50, address);
    REQUIRE(first_error<Address>(trie_, many, std::vector(50, NextHopId{answer})) == "");
    return answer;
  }
  [[nodiscard]] std::size_t size() const { return trie_.size(); }
  [[nodiscard]] std::size_t memory() const { return trie_.memory().count; }

 private:
  HeldReclaimer reclaimer_;
  Trie<Address> trie_{reclaimer_};
};

TEMPLATE_TEST_CASE("the first network comes and goes, and its first address", "", Ipv4, Ipv6) {
  Table<TestType> table;
  const auto first = at<TestType>(0);
  const auto beside = at<TestType>(0x100);
  for (const unsigned length : {24U, 32U, TestType::kBits}) {
    table.add(first, length, 100);
    CHECK(table.lookup(first) == 100);
    CHECK(table.lookup(beside) == 0);
    CHECK(table.erase(first, length));
    CHECK(table.lookup(first) == 0);
  }
}

TEMPLATE_TEST_CASE("in a nest of every length each prefix answers what the next leaves it", "",
                   Ipv4, Ipv6) {
  Table<TestType> table;
  const auto half = at<TestType>(0x80000000);
  for (unsigned length = 1; length <= TestType::kBits; ++length) {
    table.add(half, length, length);
    CHECK(table.lookup(half) == length);
    CHECK(table.lookup(half.filled(length)) == length);
    CHECK(table.lookup(previous(half)) == 0);
  }
  for (unsigned length = 1; length <= TestType::kBits; ++length) {
    CHECK(table.lookup(half.filled(length)) == length);
  }
  for (unsigned length = TestType::kBits; length > 0; --length) {
    CHECK(table.lookup(half) == length);
    CHECK(table.erase(half, length));
    CHECK(table.lookup(half) == length - 1);
    CHECK(table.lookup(half.filled(length)) == length - 1);
    CHECK(table.lookup(previous(half)) == 0);
  }
}

TEMPLATE_TEST_CASE("a nest that grows and shrinks from within is answered by its innermost", "",
                   Ipv4, Ipv6) {
  Table<TestType> table;
  const TestType last = TestType{}.filled(0);
  for (unsigned length = TestType::kBits; length > 0; --length) {
    table.add(last, length, 1000 + length);
    CHECK(table.lookup(last) == 1000 + TestType::kBits);
    CHECK(table.lookup(last.masked(length)) == 1000 + length);
  }
  for (unsigned length = 1; length <= TestType::kBits; ++length) {
    CHECK(table.lookup(last) == 1000 + TestType::kBits);
    CHECK(table.erase(last, length));
    CHECK(table.lookup(last.masked(length)) == 0);
  }
  CHECK(table.size() == 0);
}

TEMPLATE_TEST_CASE("an address beside one that has a route of its own has the covering one", "",
                   Ipv4, Ipv6) {
  Table<TestType> table;
  const auto network = at<TestType>(0x80000000);
  const auto own = at<TestType>(0x80000005);
  const auto beside = at<TestType>(0x8000000a);
  CHECK(table.lookup(network) == 0);
  table.add(own, 32, 5);
  CHECK(table.lookup(own) == 5);
  CHECK(table.lookup(beside) == 0);
  table.add(network, 24, 24);
  CHECK(table.lookup(own) == 5);
  CHECK(table.lookup(beside) == 24);
  table.add(beside, 29, 29);
  CHECK(table.lookup(own) == 5);
  CHECK(table.lookup(beside) == 29);
  CHECK(table.lookup(at<TestType>(0x80000010)) == 24);
  CHECK(table.erase(own, 32));
  CHECK(table.lookup(own) == 24);
  CHECK(table.erase(network, 24));
  CHECK(table.lookup(own) == 0);
  CHECK(table.lookup(beside) == 29);
}

TEMPLATE_TEST_CASE("a change of the outer or the inner of two prefixes leaves the other", "", Ipv4,
                   Ipv6) {
  Table<TestType> table;
  const auto outer = at<TestType>(0x80000000);
  const auto inner = at<TestType>(0x8000000a);
  for (const unsigned longer : {25U, 28U, 32U}) {
    for (const unsigned shorter : {8U, 16U, 17U, 23U, 24U}) {
      table.add(outer, shorter, 100);
      table.add(inner, longer, 101);
      table.add(outer, shorter, 102);  // a new next hop for the entry that is not extended
      CHECK(table.lookup(outer.filled(shorter)) == 102);
      CHECK(table.lookup(inner) == 101);
      table.add(inner, longer, 103);  // and for the extended one
      CHECK(table.lookup(outer.filled(shorter)) == 102);
      CHECK(table.lookup(inner) == 103);
      // These prefixes do not exist, but their blocks do.
      for (const unsigned absent : {0U, 9U, 18U, 26U, 30U}) {
        CHECK_FALSE(table.erase(inner, absent));
      }
      CHECK(table.lookup(inner) == 103);
      // The outer prefix is erased first, then the inner one.
      CHECK(table.erase(outer, shorter));
      CHECK(table.lookup(outer.filled(shorter)) == 0);
      CHECK(table.lookup(inner) == 103);
      table.add(outer, shorter, 104);
      CHECK(table.erase(inner, longer));
      CHECK(table.lookup(inner) == 104);
      CHECK(table.erase(outer, shorter));
      CHECK(table.lookup(inner) == 0);
    }
  }
}

TEMPLATE_TEST_CASE("a longer prefix that comes and goes a thousand times takes no memory", "", Ipv4,
                   Ipv6) {
  Table<TestType> table;
  const auto address = at<TestType>(0x80000000);
  for (const bool covered : {false, true}) {
    if (covered) {
      table.add(address, 24, 100);
    }
    std::size_t memory = 0;
    for (unsigned i = 0; i < 1000; ++i) {
      table.add(address, i % 2 == 0 ? 28 : TestType::kBits, 101);
      CHECK(table.lookup(address) == 101);
      CHECK(table.erase(address, i % 2 == 0 ? 28 : TestType::kBits));
      CHECK(table.lookup(address) == (covered ? 100 : 0));
      // Retired blocks are collected in batches, so the memory is constant only after some rounds.
      memory = i == 500 ? table.memory() : memory;
    }
    CHECK(table.memory() == memory);
  }
}

TEMPLATE_TEST_CASE("extended entries are as many as there are", "", Ipv4, Ipv6) {
  Table<TestType> table;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    table.add(at<TestType>(i << 8), 25 + i % 8, 1 + i);
  }
  for (std::uint32_t i = 0; i < 20'000; i += 7) {
    CHECK(table.lookup(at<TestType>(i << 8)) == 1 + i);
    CHECK(table.lookup(at<TestType>(i << 8 | 255)) == 0);
  }
}

TEMPLATE_TEST_CASE("every host of many networks has its own next hop", "", Ipv4, Ipv6) {
  Table<TestType> table;
  const auto host = [](std::uint32_t number) {
    return TestType::kBits == 32 ? at<TestType>(0x0a000000 + number)
                                 : at<TestType>(0x20010db8, number);
  };
  for (std::uint32_t i = 0; i < 0x4000; ++i) {
    table.add(host(i), TestType::kBits, 1 + i % 300);
  }
  for (std::uint32_t i = 0; i < 0x4000; i += 5) {
    CHECK(table.lookup(host(i)) == 1 + i % 300);
  }
  for (std::uint32_t i = 0; i < 0x4000; i += 2) {
    CHECK(table.erase(host(i), TestType::kBits));
  }
  for (std::uint32_t i = 0; i < 0x4000; i += 5) {
    CHECK(table.lookup(host(i)) == (i % 2 == 0 ? 0 : 1 + i % 300));
  }
}

TEMPLATE_TEST_CASE("an extended network is not written over by its neighbors", "", Ipv4, Ipv6) {
  Table<TestType> table;
  const auto host = at<TestType>(0x0a0a0a02);
  const auto network = at<TestType>(0x0a0a0a00);
  const auto neighbor = at<TestType>(0x0a0a1402);
  table.add(host, 32, 100);
  CHECK(table.lookup(host) == 100);
  table.add(network, 24, 105);
  CHECK(table.lookup(network) == 105);
  table.add(neighbor, 25, 111);
  CHECK(table.lookup(neighbor) == 111);
  CHECK(table.lookup(host) == 100);
  CHECK(table.lookup(network) == 105);
}

TEMPLATE_TEST_CASE("a prefix longer than 24 returns beside a shorter one and beside one of 24", "",
                   Ipv4, Ipv6) {
  Table<TestType> table;
  const auto address = at<TestType>(0xc0a86401);
  const auto outside = at<TestType>(0xc0a86480);
  table.add(address, 28, 1);
  table.add(address, 23, 2);
  CHECK(table.lookup(address) == 1);
  CHECK(table.erase(address, 28));
  CHECK(table.lookup(address) == 2);
  table.add(address, 28, 1);
  table.add(address, 24, 3);
  CHECK(table.lookup(outside) == 3);
  CHECK(table.erase(address, 28));
  CHECK(table.lookup(address) == 3);
  table.add(address, 28, 1);
  CHECK(table.lookup(address) == 1);
  CHECK(table.erase(address, 24));
  CHECK(table.lookup(outside) == 2);
  CHECK(table.lookup(address) == 1);
}

TEST_CASE("IPv6 prefixes that differ in a few bits of any octet are kept apart") {
  for (unsigned length = 17; length <= Ipv6::kBits; ++length) {
    Table<Ipv6> table;
    // The last bit within the length, and the one before it.
    const Ipv6 zero{0x2001'0db8'5555'5555U, 0x5555'5555'5555'5555U};
    std::array<Ipv6, 4> addresses;
    for (unsigned i = 0; i < 4; ++i) {
      const Ipv6 bits = i % 2 == 0 ? Ipv6{} : Ipv6{}.filled(0);
      const Ipv6 before = i / 2 == 0 ? Ipv6{} : Ipv6{}.filled(0);
      addresses.at(i) = spliced(spliced(zero, before, length - 2), bits, length - 1).masked(length);
      table.add(addresses.at(i), length, 1 + i);
    }
    for (unsigned i = 0; i < 4; ++i) {
      CHECK(table.lookup(addresses.at(i)) == 1 + i);
      CHECK(table.lookup(addresses.at(i).filled(length)) == 1 + i);
    }
    CHECK(table.erase(addresses[2], length));
    CHECK(table.lookup(addresses[2]) == 0);
    CHECK(table.lookup(addresses[3]) == 4);
    CHECK(table.size() == 3);
  }
}

// A block's offset is within 512 MiB.
TEMPLATE_TEST_CASE("the last blocks that there is room for answer as the first do", "[.long]", Ipv4,
                   Ipv6) {
  HeldReclaimer reclaimer;
  Trie<TestType> trie{reclaimer};
  Reference<TestType> reference;
  // All of them are in one flat block.
  constexpr std::uint8_t kLength = TestType::kBits == 32 ? 24 : 32;
  std::vector<TestType> addresses;
  for (std::uint32_t i = 0; i < 256; ++i) {
    addresses.push_back(at<TestType>(i << (32 - kLength)));
  }
  Random random{5};
  const auto change_one = [&] {
    const RouteChange<TestType> change{{any_of(random, addresses), kLength},
                                       random_next_hop(random, 6)};
    trie.insert(change.prefix, change.next_hop);
    reference.apply({&change, 1});
  };
  const auto fill = [&] {
    for (unsigned i = 0;; ++i) {
      change_one();
      if (i % 1000 == 0) {
        REQUIRE(first_error<TestType>(trie, reference, addresses) == "");
      }
    }
  };
  CHECK_THROWS_AS(fill(), std::bad_alloc);
  CHECK(trie.memory() > Bytes{511U << 20});
  CHECK(trie.memory() <= Bytes{512U << 20});
}

}  // namespace
}  // namespace ringroad::fib

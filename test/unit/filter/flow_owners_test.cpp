// SPDX-License-Identifier: BSD-3-Clause
// Which worker a flow belongs to, and the connections of several workers.
#include "filter/flow_owners.hpp"

#include <netinet/in.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "filter/nat.hpp"
#include "packets.hpp"

namespace ringroad::filter {
namespace {

constexpr std::uint64_t kSeed = 7;

Tuple tuple(std::uint32_t source, std::uint16_t port) {
  Tuple tuple;
  tuple.source = widened(Ipv4{source});
  tuple.destination = widened(Ipv4{0x0a000001});
  tuple.source_port = port;
  tuple.destination_port = 53;
  tuple.protocol = IPPROTO_UDP;
  return tuple;
}

std::size_t owner_of(const FlowOwners& owners, const Content& content) {
  Packets packets{content.is_ipv6};
  packets.add(content);
  return owners.owner_of(*packets.burst.packets[0], kL2Bytes, content.is_ipv6);
}

TEST_CASE("both directions of a flow have one owner, and so have its fragments and its errors") {
  const FlowOwners owners{5, 1000, kSeed};
  std::set<std::size_t> seen;
  for (std::uint8_t host = 0; host < 200; ++host) {
    Content query;
    query.is_ipv6 = GENERATE(false, true);
    query.source = Ipv4{10, 0, 0, host};
    query.source6 = Ipv6{0x2001'0db8'0000'0000, host};
    const std::size_t owner = owner_of(owners, query);
    seen.insert(owner);
    Content answer = query;
    std::swap(answer.source, answer.destination);
    std::swap(answer.source6, answer.destination6);
    std::swap(answer.source_port, answer.destination_port);
    CHECK(owner_of(owners, answer) == owner);
    Content piece = query;
    piece.has_fragment_header = true;
    piece.fragment = query.is_ipv6 ? 0x100 : 0x20;
    CHECK(owner_of(owners, piece) == owner);
  }
  CHECK(seen.size() == 5);
}

TEST_CASE("who claims a tuple owns it until it is released") {
  FlowOwners owners{4, 1000, kSeed};
  const Tuple one = tuple(1, 1);
  const std::uint64_t hash = hash_of(one, kSeed);
  const std::size_t before = owners.owner_of(one, hash);
  const std::size_t other = (before + 1) % 4;
  CHECK(owners.claim(hash, other));
  CHECK(owners.owner_of(one, hash) == other);
  CHECK_FALSE(owners.claim(hash, before));
  CHECK_FALSE(owners.claim(hash, other));
  owners.release(hash, before);  // it is not this one's
  CHECK(owners.owner_of(one, hash) == other);
  owners.release(hash, other);
  CHECK(owners.owner_of(one, hash) == before);
}

TEST_CASE("as many tuples as there may be connections find a place") {
  constexpr std::uint32_t kMost = 4096;
  FlowOwners owners{2, kMost, kSeed};
  unsigned refused = 0;
  for (std::uint32_t i = 0; i < kMost; ++i) {
    refused += owners.claim(hash_of(tuple(i, 9), kSeed), i % 2) ? 0U : 1U;
  }
  // A bucket of eight, of which two are expected: 0.02 % find it full, and take another port.
  CHECK(refused <= 8);
}

TEST_CASE("of two workers that claim a tuple at the same time at most one gets it") {
  constexpr std::uint32_t kTuples = 20000;
  FlowOwners owners{2, kTuples, kSeed};
  std::array<std::vector<bool>, 2> claimed;
  std::atomic<int> ready{0};
  const auto run = [&](std::size_t worker) {
    std::vector<bool> mine(kTuples);
    ready.fetch_add(1);
    while (ready.load() < 2) {
    }
    for (std::uint32_t i = 0; i < kTuples; ++i) {
      mine[i] = owners.claim(hash_of(tuple(i, 1), kSeed), worker);
    }
    claimed[worker] = std::move(mine);
  };
  std::thread other{run, 1};
  run(0);
  other.join();
  for (std::uint32_t i = 0; i < kTuples; ++i) {
    if (claimed[0][i] && claimed[1][i]) {
      FAIL("both workers got tuple " << i);
    }
  }
}

// Two hosts behind two workers, one address for both.
TEST_CASE("workers never give two connections the same answer, and a closed one is given again") {
  FlowOwners owners{2, 1000, kSeed};
  Connections first{500, kSeed};
  Connections second{500, kSeed};
  first.share(owners, 0);
  second.share(owners, 1);
  Dice dice{1};
  NatRange range;
  range.has_addresses = true;
  range.first = range.last = widened(Ipv4{0xc0000201});
  const auto translate = [&](Connections& table, std::uint32_t source) {
    table.begin({});
    const Tuple original = tuple(source, 1000);
    Connection* const connection = table.create(original, *inverse(original));
    REQUIRE(connection != nullptr);
    REQUIRE(set_up(table, *connection, Manip::kSource, range, dice));
    return connection;
  };
  Connection* const a = translate(first, 1);
  Connection* const b = translate(second, 2);
  const Tuple answer = a->tuple(Direction::kReply);
  CHECK(answer.destination_port == 1000);
  CHECK(b->tuple(Direction::kReply).destination_port != 1000);
  CHECK(owners.owner_of(answer, hash_of(answer, kSeed)) == 0);
  const Tuple other = b->tuple(Direction::kReply);
  CHECK(owners.owner_of(other, hash_of(other, kSeed)) == 1);
  first.remove(*a);
  CHECK(translate(second, 3)->tuple(Direction::kReply).destination_port == 1000);
}

}  // namespace
}  // namespace ringroad::filter

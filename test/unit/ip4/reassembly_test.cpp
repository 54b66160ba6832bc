// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/reassembly.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <stdexcept>

namespace ringroad::ip4 {
namespace {

using namespace std::chrono_literals;
using stats::DropReason;
using stats::IpCounter;

// Move-only, as packets are; the number identifies the packet.
using Packet = std::unique_ptr<int>;

constexpr DatagramKey kKey{{10, 0, 0, 1}, {10, 0, 0, 2}, 7, 17};
constexpr std::uint64_t kSize = 2304;

FragmentInfo piece(std::uint32_t begin, std::uint32_t end, bool more, DatagramKey key = kKey) {
  return {.key = key, .begin = begin, .end = end, .more = more, .size = Bytes{kSize}};
}

// A reassembly and its results.
struct Bench {
  explicit Bench(const ReassemblySettings& settings = {})
      : reassembly{
            settings, counters,
            [this](Packet packet, DropReason reason) { dropped.emplace_back(*packet, reason); },
            [this](Packet& first) { told.push_back(*first); }} {}

  // Returns true if the datagram is complete.
  bool add(const FragmentInfo& fragment) {
    datagram = reassembly.add(fragment, std::make_unique<int>(next++), now);
    if (datagram) {
      joined += datagram->pieces.size();
    }
    // Every fragment is in exactly one place.
    CHECK(static_cast<std::uint64_t>(next) == reassembly.held() + dropped.size() + joined);
    CHECK(reassembly.memory().count == reassembly.held() * kSize);
    return datagram.has_value();
  }
  void advance(Nanoseconds by) {
    now += by;
    reassembly.tick(now);
  }
  [[nodiscard]] const Reassembly<Packet>::Datagram& whole() const {
    if (!datagram) {
      throw std::logic_error{"the last fragment completed no datagram"};
    }
    return *datagram;
  }
  [[nodiscard]] std::size_t drops(DropReason reason) const {
    return static_cast<std::size_t>(
        std::ranges::count(dropped, reason, &std::pair<int, DropReason>::second));
  }

  stats::IpCounters counters;
  std::vector<std::pair<int, DropReason>> dropped;
  std::vector<int> told;
  Reassembly<Packet> reassembly;
  std::optional<Reassembly<Packet>::Datagram> datagram;
  Nanoseconds now{1s};
  int next = 0;
  std::uint64_t joined = 0;
};

}  // namespace

TEST_CASE("four fragments make a datagram in every order, and no three of them do") {
  std::vector<FragmentInfo> fragments{piece(0, 16, true), piece(16, 24, true), piece(24, 64, true),
                                      piece(64, 67, false)};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    Bench bench;
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK_FALSE(bench.add(fragments[order[i]]));
    }
    REQUIRE(bench.add(fragments[order[3]]));
    std::uint32_t at = 0;
    for (const auto& one : bench.whole().pieces) {
      CHECK(one.begin == at);
      at = one.end;
    }
    CHECK(at == 67);
    CHECK(bench.reassembly.datagrams() == 0);
    CHECK(bench.counters.get(IpCounter::kReasmOks) == 1);
    CHECK(bench.counters.get(IpCounter::kReasmReqds) == 4);
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("fragments of different datagrams do not meet") {
  Bench bench;
  CHECK_FALSE(bench.add(piece(0, 8, true)));
  auto other = kKey;
  SECTION("another identification") { other.identification = 8; }
  SECTION("another protocol") { other.protocol = 1; }
  SECTION("another source") { other.source = Ipv4{10, 0, 0, 3}; }
  SECTION("another destination") { other.destination = Ipv4{10, 0, 0, 3}; }
  CHECK_FALSE(bench.add(piece(8, 10, false, other)));
  CHECK(bench.reassembly.datagrams() == 2);
  CHECK(bench.add(piece(8, 10, false)));
}

TEST_CASE("what came before is passed over, exact or a part of it") {
  Bench bench;
  CHECK_FALSE(bench.add(piece(8, 24, true)));
  CHECK_FALSE(bench.add(piece(24, 32, true)));
  CHECK_FALSE(bench.add(piece(8, 24, true)));
  CHECK_FALSE(bench.add(piece(16, 32, true)));  // inside the run of fragments
  CHECK(bench.drops(DropReason::kReassemblyDuplicate) == 2);
  CHECK_FALSE(bench.add(piece(0, 8, true)));
  CHECK(bench.add(piece(32, 40, false)));
  CHECK(bench.counters.get(IpCounter::kReasmFails) == 0);
}

TEST_CASE("an overlap ends the datagram") {
  Bench bench;
  const auto second = GENERATE(piece(8, 24, true), piece(0, 24, true), piece(8, 40, true),
                               piece(24, 40, true), piece(8, 17, false));
  CHECK_FALSE(bench.add(piece(0, 8, true)));
  CHECK_FALSE(bench.add(piece(16, 32, true)));
  const bool last = !second.more;
  CHECK_FALSE(bench.add(second));
  // An end before known data is a contradiction, not an overlap.
  CHECK(bench.drops(last ? DropReason::kReassemblyInvalid : DropReason::kReassemblyOverlap) == 3);
  CHECK(bench.counters.get(IpCounter::kReasmOverlaps) == (last ? 0 : 1));
  CHECK(bench.counters.get(IpCounter::kReasmFails) == 1);
  CHECK(bench.reassembly.datagrams() == 0);
}

TEST_CASE("a fragment that contradicts the end or is empty ends the datagram") {
  Bench bench;
  SECTION("beyond the end") {
    CHECK_FALSE(bench.add(piece(16, 20, false)));
    CHECK_FALSE(bench.add(piece(24, 32, true)));
  }
  SECTION("another end") {
    CHECK_FALSE(bench.add(piece(16, 20, false)));
    CHECK_FALSE(bench.add(piece(16, 24, false)));
  }
  SECTION("an end before what came") {
    CHECK_FALSE(bench.add(piece(16, 24, true)));
    CHECK_FALSE(bench.add(piece(8, 12, false)));
  }
  SECTION("no payload") {
    CHECK_FALSE(bench.add(piece(16, 24, true)));
    CHECK_FALSE(bench.add(piece(0, 0, true)));
  }
  SECTION("nothing left after the trim") {
    CHECK_FALSE(bench.add(piece(16, 24, true)));
    CHECK_FALSE(bench.add(piece(0, 7, true)));
  }
  CHECK(bench.drops(DropReason::kReassemblyInvalid) == 2);
  CHECK(bench.reassembly.held() == 0);
}

TEST_CASE("a fragment with more to come is trimmed to a multiple of eight") {
  Bench bench;
  CHECK_FALSE(bench.add(piece(0, 13, true)));
  CHECK(bench.add(piece(8, 10, false)));
  CHECK(bench.whole().pieces[0].end == 8);
}

TEST_CASE("the largest datagram is whole, one byte more is none") {
  Bench bench;
  const bool fits = GENERATE(true, false);
  const std::uint32_t end = 65535 - 20 + (fits ? 0 : 1);
  for (std::uint32_t at = 0; at < 65512; at += 1480) {
    const bool last = at + 1480 >= 65512;
    CHECK(bench.add(piece(at, last ? end : at + 1480, !last)) == (last && fits));
  }
  CHECK(bench.counters.get(IpCounter::kReasmFails) == (fits ? 0 : 1));
  CHECK(bench.drops(DropReason::kReassemblyInvalid) == (fits ? 0 : 45));
  CHECK(bench.reassembly.held() == 0);
}

TEST_CASE("what is not whole after 30 s is given up, and its sender told if the first came") {
  Bench bench;
  const bool first = GENERATE(true, false);
  CHECK_FALSE(bench.add(piece(16, 24, true)));
  bench.advance(10s);
  CHECK_FALSE(bench.add(first ? piece(0, 8, true) : piece(24, 32, true)));
  bench.advance(20s - 1ns);
  CHECK(bench.reassembly.held() == 2);
  bench.advance(1ns);
  CHECK(bench.reassembly.held() == 0);
  CHECK(bench.drops(DropReason::kReassemblyTimeout) == 2);
  CHECK(bench.told == (first ? std::vector{1} : std::vector<int>{}));
  CHECK(bench.counters.get(IpCounter::kReasmTimeout) == 1);
  CHECK(bench.counters.get(IpCounter::kReasmFails) == 1);
}

TEST_CASE("more than 64 of a sender's fragments in between start the datagram anew") {
  using Case = std::pair<int, bool>;
  const auto [between, restarts] =
      GENERATE(Case{10, false}, Case{63, false}, Case{64, true}, Case{66, true});
  ReassemblySettings settings;
  const bool limited = GENERATE(true, false);
  settings.max_distance = limited ? settings.max_distance : 0;
  Bench bench{settings};
  CHECK_FALSE(bench.add(piece(0, 8, true)));
  for (int i = 0; i < between; ++i) {
    auto other = kKey;
    other.identification = static_cast<std::uint16_t>(100 + i);
    CHECK_FALSE(bench.add(piece(0, 8, true, other)));
    other.source = Ipv4{10, 9, 9, 9};  // those of another sender do not count
    CHECK_FALSE(bench.add(piece(0, 8, true, other)));
  }
  CHECK(bench.add(piece(8, 16, false)) == !(restarts && limited));
  CHECK(bench.drops(DropReason::kReassemblyTooFar) == (restarts && limited ? 1 : 0));
}

TEST_CASE("fragments hold no more than their memory") {
  ReassemblySettings settings;
  settings.memory = Bytes{10 * kSize};
  Bench bench{settings};
  for (std::uint16_t i = 0; i < 100; ++i) {
    auto key = kKey;
    key.identification = i;
    CHECK_FALSE(bench.add(piece(0, 8, true, key)));
  }
  // Linux checks the limit before it adds a fragment, so the limit is exceeded by one.
  CHECK(bench.reassembly.held() == 11);
  CHECK(bench.drops(DropReason::kReassemblyMemory) == 89);
  bench.advance(30s);
  CHECK(bench.reassembly.memory().count == 0);
  CHECK_FALSE(bench.add(piece(0, 8, true)));
  CHECK(bench.add(piece(8, 9, false)));
}

TEST_CASE("beyond its share of the buffers the oldest datagram is given up, as a whole") {
  ReassemblySettings settings;
  settings.buffers = 10;
  Bench bench{settings};
  const auto key_of = [](std::uint16_t number) {
    auto key = kKey;
    key.identification = number;
    return key;
  };
  // Each datagram has two of its three fragments.
  for (std::uint16_t number = 0; number < 5; ++number) {
    CHECK_FALSE(bench.add(piece(0, 8, true, key_of(number))));
    CHECK_FALSE(bench.add(piece(8, 16, true, key_of(number))));
    bench.advance(1ms);
  }
  CHECK(bench.reassembly.buffers() == 10);
  CHECK(bench.dropped.empty());
  CHECK_FALSE(bench.add(piece(0, 8, true, key_of(5))));
  CHECK(bench.dropped == std::vector{std::pair{0, DropReason::kReassemblyMemory},
                                     std::pair{1, DropReason::kReassemblyMemory}});
  CHECK(bench.counters.get(IpCounter::kReasmFails) == 1);
  CHECK(bench.reassembly.buffers() == 9);
  // The other datagrams are complete with their last fragment; the one that was given up is not.
  for (std::uint16_t number = 1; number < 5; ++number) {
    CHECK(bench.add(piece(16, 20, false, key_of(number))));
  }
  CHECK_FALSE(bench.add(piece(16, 20, false, key_of(0))));
  CHECK(bench.reassembly.buffers() == 2);
}

TEST_CASE("a flood of first fragments does not keep others' datagrams from becoming whole") {
  ReassemblySettings settings;
  settings.buffers = 100;
  Bench bench{settings};
  auto flood = kKey;
  flood.source = Ipv4{10, 9, 9, 9};
  for (std::uint16_t i = 0; i < 10'000; ++i) {
    flood.identification = i;
    CHECK_FALSE(bench.add(piece(0, 8, true, flood)));
    auto key = kKey;
    key.identification = i;
    if (i % 10 == 0) {
      CHECK_FALSE(bench.add(piece(0, 8, true, key)));
    } else if (i % 10 == 5) {
      key.identification = static_cast<std::uint16_t>(i - 5);
      CHECK(bench.add(piece(8, 16, false, key)));
    }
    CHECK(bench.reassembly.buffers() <= 100);
  }
}

TEST_CASE("ECN: one mark marks the whole, and who knows of it does not mix with who does not") {
  // Not-ECT, ECT(1), ECT(0), CE: RFC 3168 5.
  for (std::uint8_t a = 0; a < 4; ++a) {
    for (std::uint8_t b = 0; b < 4; ++b) {
      Bench bench;
      auto first = piece(0, 8, true);
      auto last = piece(8, 9, false);
      first.ecn = a;
      last.ecn = b;
      CHECK_FALSE(bench.add(first));
      const bool mixed = (a == 0) != (b == 0);
      REQUIRE(bench.add(last) == !mixed);
      if (!mixed) {
        CHECK(bench.whole().congestion == (a == 3 || b == 3));
      }
    }
  }
}

TEST_CASE("DF stays where the largest fragment had it") {
  Bench bench;
  auto first = piece(0, 16, true);
  auto last = piece(16, 20, false);
  const bool large = GENERATE(true, false);
  (large ? first : last).dont_fragment = true;
  CHECK_FALSE(bench.add(first));
  REQUIRE(bench.add(last));
  CHECK(bench.whole().dont_fragment == large);
}

TEST_CASE("random fragments agree with a reference that keeps a bit for each byte") {
  std::mt19937 random{20261122};
  int whole = 0;
  for (int round = 0; round < 20000; ++round) {
    Bench bench;
    const auto length = static_cast<std::uint32_t>(8 + random() % 120);
    std::vector<bool> have(length);
    bool alive = true;
    while (alive) {
      const auto begin = static_cast<std::uint32_t>(random() % ((length + 7) / 8) * 8);
      const auto end = std::min(length, begin + 8 + static_cast<std::uint32_t>(random() % 4 * 8));
      const auto covered =
          static_cast<std::uint32_t>(std::count(have.begin() + begin, have.begin() + end, true));
      const bool complete = bench.add(piece(begin, end, end < length));
      if (covered == 0) {
        std::fill(have.begin() + begin, have.begin() + end, true);
        const bool all = std::ranges::all_of(have, [](bool bit) { return bit; });
        REQUIRE(complete == all);
        alive = !all;
        whole += all ? 1 : 0;
      } else {
        REQUIRE_FALSE(complete);
        // A duplicate changes nothing; an overlap drops the datagram.
        alive = bench.reassembly.datagrams() == 1;
        REQUIRE((alive || bench.drops(DropReason::kReassemblyOverlap) > 0));
        REQUIRE((alive ? covered == end - begin : true));
      }
    }
  }
  CHECK(whole > 100);
}

}  // namespace ringroad::ip4

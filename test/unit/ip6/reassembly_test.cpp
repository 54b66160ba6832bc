// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/reassembly.hpp"

#include <optional>
#include <random>
#include <utility>

#include "ip6/extension_headers.hpp"
#include "packets.hpp"

namespace ringroad::ip6 {
namespace {

using namespace std::chrono_literals;
using stats::DropReason;
using stats::IpCounter;

constexpr std::uint8_t kFragment = IPPROTO_FRAGMENT;
constexpr std::uint8_t kDest = IPPROTO_DSTOPTS;
constexpr std::uint8_t kUdp = IPPROTO_UDP;

// A part of the datagram that `payload` is.
Octets part(const Octets& payload, std::size_t begin, std::size_t end, bool more,
            std::uint32_t identification = 7) {
  const Octets octets{payload.begin() + static_cast<std::ptrdiff_t>(begin),
                      payload.begin() + static_cast<std::ptrdiff_t>(end)};
  return frame_of(
      kFragment,
      fragment_header(kUdp, static_cast<std::uint16_t>(begin), more, identification) + octets);
}

// A reassembly of packets and its results.
struct Bench {
  Bench()
      : reassembly{reassembly_settings(), counters,
                   [this](OwnedPacket packet, DropReason reason) {
                     dropped.emplace_back(packet->pkt_len, reason);
                   },
                   [this](OwnedPacket& first) { told.push_back(octets_of(*first)); }} {}

  // Returns the datagram, if it is complete.
  std::optional<Octets> add(const Octets& frame, std::size_t segment = 2000,
                            InterfaceId ingress = {}) {
    OwnedPacket packet = packet_of(pool, frame, segment);
    meta(*packet).ingress = ingress;
    const Step step = walk_to_upper(*packet);
    REQUIRE(step.kind == Step::Kind::kFragment);
    const auto fragment = read_fragment(*packet, step.offset);
    REQUIRE(fragment);
    auto datagram = reassembly.add(*fragment, std::move(packet), now);
    if (!datagram) {
      return std::nullopt;
    }
    const OwnedPacket whole = join(std::move(*datagram));
    return octets_of(*whole);
  }
  std::optional<FragmentFault> fault(const Octets& frame) {
    const OwnedPacket packet = packet_of(pool, frame);
    const Step step = walk_to_upper(*packet);
    REQUIRE(step.kind == Step::Kind::kFragment);
    const auto fragment = read_fragment(*packet, step.offset);
    return fragment ? std::nullopt : std::optional{fragment.error()};
  }

  Pool pool;
  stats::IpCounters counters;
  std::vector<std::pair<std::uint32_t, DropReason>> dropped;
  std::vector<Octets> told;
  Reassembly<OwnedPacket> reassembly;
  Nanoseconds now{1s};
};

}  // namespace

TEST_CASE("fragments make their datagram in any order and in any buffers") {
  std::mt19937 random{20261201};
  for (int round = 0; round < 300; ++round) {
    Bench bench;
    const Octets payload = counting(9 + random() % 6000);
    std::vector<Octets> fragments;
    for (std::size_t at = 0; at < payload.size();) {
      const std::size_t end = std::min(payload.size(), at + 8 + random() % 200 * 8);
      fragments.push_back(part(payload, at, end, end < payload.size()));
      at = end;
    }
    if (fragments.size() == 1) {
      continue;
    }
    std::ranges::shuffle(fragments, random);
    for (std::size_t i = 0; i < fragments.size(); ++i) {
      const auto whole = bench.add(fragments[i], 1 + random() % 2000);
      REQUIRE(whole.has_value() == (i + 1 == fragments.size()));
      if (whole) {
        REQUIRE(*whole == frame_of(kUdp, payload));
      }
    }
    CHECK(bench.counters.get(IpCounter::kReasm6Reqds) == fragments.size());
    CHECK(bench.counters.get(IpCounter::kReasm6Oks) == 1);
    CHECK(bench.reassembly.held() == 0);
    CHECK(bench.reassembly.memory().count == 0);
  }
}

TEST_CASE("the datagram has the headers of its first fragment, whatever those of the others are") {
  for (const std::size_t segment : Sizes{2000, 60, 11}) {
    Bench bench;
    const Octets payload = counting(40);
    const Octets front = options_header(kDest, {0x1e, 2, 1, 2});
    const Octets behind = options_header(kUdp, {0x1e, 1, 7});
    Octets first{payload.begin(), payload.begin() + 16};
    const Octets last{payload.begin() + 16, payload.end()};
    CHECK_FALSE(bench.add(
        frame_of(kDest, options_header(kDest, {}) +
                            options_header(kFragment, {0x3e, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9}) +
                            fragment_header(IPPROTO_TCP, 24, false) + last),
        segment));
    const auto whole =
        bench.add(frame_of(IPPROTO_HOPOPTS, front + options_header(kFragment, {}) +
                                                fragment_header(kDest, 0, true) + behind + first),
                  segment);
    REQUIRE(whole);
    CHECK(*whole ==
          frame_of(IPPROTO_HOPOPTS, front + options_header(kDest, {}) + behind + payload));
  }
}

TEST_CASE("a duplicate is passed over and an overlap ends the datagram") {
  const Octets payload = counting(64);
  Bench bench;
  CHECK_FALSE(bench.add(part(payload, 0, 16, true)));
  CHECK_FALSE(bench.add(part(payload, 0, 16, true)));
  CHECK_FALSE(bench.add(part(payload, 8, 16, true)));
  CHECK(bench.dropped.size() == 2);
  CHECK(bench.dropped.back().second == DropReason::kReassemblyDuplicate);
  CHECK_FALSE(bench.add(part(payload, 8, 24, true)));
  CHECK(bench.dropped.size() == 4);
  CHECK(bench.dropped.back().second == DropReason::kReassemblyOverlap);
  CHECK(bench.reassembly.datagrams() == 0);
  CHECK(bench.counters.get(IpCounter::kReasm6Fails) == 1);
  // What is left of the attack makes no datagram.
  CHECK_FALSE(bench.add(part(payload, 24, 64, false)));
}

TEST_CASE("a fragment that contradicts the end or is empty ends the datagram") {
  const Octets payload = counting(64);
  for (const Octets& bad : {part(payload, 32, 40, true), part(payload, 8, 17, false),
                            part(payload, 8, 8, true), part(payload, 16, 24, false)}) {
    Bench bench;
    CHECK_FALSE(bench.add(part(payload, 24, 32, false)));
    CHECK_FALSE(bench.add(bad));
    CHECK(bench.reassembly.datagrams() == 0);
    CHECK(bench.dropped.back().second == DropReason::kReassemblyInvalid);
  }
}

TEST_CASE("fragments meet by their addresses and all 32 bits of the identification") {
  const Octets payload = counting(32);
  Bench bench;
  CHECK_FALSE(bench.add(part(payload, 0, 16, true, 0x10007)));
  CHECK_FALSE(bench.add(part(payload, 16, 32, false, 7)));
  Octets other = part(payload, 16, 32, false, 0x10007);
  other[37] ^= 1;
  CHECK_FALSE(bench.add(other));
  CHECK(bench.reassembly.datagrams() == 3);
  // The next header is no part of the key: that of the first fragment counts.
  Octets last = part(payload, 16, 32, false, 0x10007);
  last[54] = IPPROTO_TCP;
  CHECK(bench.add(last) == frame_of(kUdp, payload));
}

TEST_CASE("fragments to a link-local address meet on one interface only") {
  const Octets payload = counting(32);
  const auto to = [&](Octets frame, Ipv6 destination) {
    destination.write(&frame[38]);
    return frame;
  };
  const Octets first = part(payload, 0, 16, true);
  const Octets last = part(payload, 16, 32, false);
  const Ipv6 link_local = *Ipv6::parse("fe80::fe");
  for (const Ipv6 destination : {link_local, kAllNodes}) {
    Bench bench;
    CHECK_FALSE(bench.add(to(first, destination), 2000, InterfaceId{1}));
    CHECK_FALSE(bench.add(to(last, destination), 2000, InterfaceId{2}));
    CHECK(bench.add(to(last, destination), 2000, InterfaceId{1}));
  }
  Bench bench;
  CHECK_FALSE(bench.add(first, 2000, InterfaceId{1}));
  CHECK(bench.add(last, 2000, InterfaceId{2}));
}

TEST_CASE("what is not whole after a minute is given up, and its sender told if the first came") {
  const Octets payload = counting(32);
  Bench bench;
  const Octets first = part(payload, 0, 16, true);
  CHECK_FALSE(bench.add(first));
  CHECK_FALSE(bench.add(part(payload, 16, 32, false, 8)));
  bench.now += 60s - 1ns;
  bench.reassembly.tick(bench.now);
  CHECK(bench.dropped.empty());
  bench.now += 1ns;
  bench.reassembly.tick(bench.now);
  CHECK(bench.dropped.size() == 2);
  REQUIRE(bench.told.size() == 1);
  CHECK(bench.told.front() == first);
  CHECK(bench.counters.get(IpCounter::kReasm6Timeout) == 2);
  CHECK(bench.counters.get(IpCounter::kReasm6Fails) == 2);
}

TEST_CASE("any number of fragments of the same sender may come in between") {
  const Octets payload = counting(32);
  Bench bench;
  CHECK_FALSE(bench.add(part(payload, 0, 16, true)));
  for (std::uint32_t i = 100; i < 300; ++i) {
    CHECK_FALSE(bench.add(part(payload, 0, 16, true, i)));
  }
  CHECK(bench.add(part(payload, 16, 32, false)));
}

TEST_CASE("a fragment with more to come is of a multiple of eight octets") {
  const Octets payload = counting(64);
  Bench bench;
  CHECK(bench.fault(part(payload, 0, 17, true)) == FragmentFault{kErroneousField, 4});
  CHECK(bench.fault(part(payload, 8, 15, true)) == FragmentFault{kErroneousField, 4});
  CHECK_FALSE(bench.fault(part(payload, 8, 15, false)));
}

TEST_CASE("no fragment ends behind the longest datagram") {
  const auto with = [](std::size_t bytes) {
    Bench bench;
    return bench.fault(frame_of(kDest, options_header(kFragment, {}) +
                                           fragment_header(kUdp, 65528, false) + counting(bytes)));
  };
  CHECK_FALSE(with(7));
  CHECK(with(8) == FragmentFault{kErroneousField, 40 + 8 + 2});
}

TEST_CASE("the longest datagram is whole, and with one header more none") {
  const Octets payload = counting(65535);
  for (const bool has_options : {false, true}) {
    Bench bench;
    std::optional<Octets> whole;
    for (std::size_t at = 0; at < payload.size(); at += 1400) {
      const std::size_t end = std::min(payload.size(), at + 1400);
      Octets frame = part(payload, at, end, end < payload.size());
      if (has_options) {
        frame = frame_of(kDest,
                         options_header(kFragment, {}) + Octets{frame.begin() + 54, frame.end()});
      }
      whole = bench.add(frame);
    }
    CHECK(whole.has_value() == !has_options);
    CHECK(bench.reassembly.held() == 0);
    if (whole) {
      CHECK(*whole == frame_of(kUdp, payload));
    } else {
      CHECK(bench.dropped.back().second == DropReason::kReassemblyInvalid);
    }
  }
}

TEST_CASE("the first fragment holds all headers and the beginning of the upper layer") {
  Bench bench;
  const FragmentFault incomplete{kIncompleteChain, 0};
  const auto first = [&](std::uint8_t protocol, const Octets& octets) {
    return bench.fault(frame_of(kFragment, fragment_header(protocol, 0, true) + octets));
  };
  const auto later = [&](std::uint8_t protocol, const Octets& octets) {
    return bench.fault(frame_of(kFragment, fragment_header(protocol, 8, true) + octets));
  };
  CHECK(first(IPPROTO_TCP, counting(16)) == incomplete);
  CHECK_FALSE(first(IPPROTO_TCP, counting(24)));
  CHECK(first(kUdp, {}) == incomplete);
  CHECK_FALSE(first(kUdp, counting(8)));
  CHECK(first(IPPROTO_ICMPV6, {}) == incomplete);
  CHECK(first(89, {}) == incomplete);
  CHECK_FALSE(first(IPPROTO_NONE, counting(8)));
  CHECK(first(kDest, options_header(kUdp, {})) == incomplete);
  CHECK_FALSE(first(kDest, options_header(kUdp, {}) + counting(8)));
  CHECK(first(kDest, {kUdp, 1, 0, 0, 0, 0, 0, 0}) == incomplete);
  CHECK(first(kDest, {}) == incomplete);
  // This is only asked of the first.
  CHECK_FALSE(later(IPPROTO_TCP, counting(8)));
  CHECK_FALSE(later(kDest, counting(8)));
}

TEST_CASE("a congestion mark on one fragment marks the datagram, and ignorance does not mix") {
  const Octets payload = counting(32);
  for (unsigned a = 0; a < 4; ++a) {
    for (unsigned b = 0; b < 4; ++b) {
      Bench bench;
      Octets first = part(payload, 0, 16, true);
      Octets last = part(payload, 16, 32, false);
      first[15] = static_cast<std::uint8_t>(a << 4U);
      last[15] = static_cast<std::uint8_t>(b << 4U);
      CHECK_FALSE(bench.add(first));
      const auto whole = bench.add(last);
      REQUIRE(whole.has_value() == ((a == 0) == (b == 0)));
      if (whole) {
        const unsigned expected = a == 3 || b == 3 ? 3 : a;
        CHECK((*whole)[15] == expected << 4U);
      }
    }
  }
}

TEST_CASE("a flood of fragments occupies no more than its memory") {
  Bench bench;
  const Octets payload = counting(32);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    CHECK_FALSE(bench.add(part(payload, 0, 16, true, i)));
  }
  CHECK(bench.reassembly.memory().count < bench.reassembly.settings().memory.count + 3000);
  CHECK(bench.dropped.size() + bench.reassembly.held() == 3000);
  CHECK(bench.dropped.front().second == DropReason::kReassemblyMemory);
}

TEST_CASE("random bytes in place of headers neither join nor break anything") {
  std::mt19937 random{6};
  Bench bench;
  int joined = 0;
  for (int round = 0; round < 20'000; ++round) {
    Octets payload = fragment_header(random() % 2 == 0 ? kUdp : kDest,
                                     static_cast<std::uint16_t>(random() % 5 * 8),
                                     random() % 2 == 0, static_cast<std::uint32_t>(random() % 50)) +
                     Octets(8 + random() % 33, static_cast<std::uint8_t>(random() % 3));
    const OwnedPacket packet = packet_of(bench.pool, frame_of(kFragment, payload));
    const Step step = walk_to_upper(*packet);
    if (step.kind != Step::Kind::kFragment) {
      continue;
    }
    if (read_fragment(*packet, step.offset)) {
      const auto whole = bench.add(frame_of(kFragment, payload), 1 + random() % 100);
      joined += whole ? 1 : 0;
      if (whole) {
        REQUIRE((*whole)[18] * 256U + (*whole)[19] == whole->size() - 54);
        REQUIRE((*whole)[20] != kFragment);
      }
    }
  }
  CHECK(joined > 10);
}

}  // namespace ringroad::ip6

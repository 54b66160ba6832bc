// SPDX-License-Identifier: BSD-3-Clause
#include "packet/flow_hash.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include "base/ipv4.hpp"
#include "fib/next_hop_table.hpp"

using namespace ringroad;
using Policy = FlowHash::Policy;

namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint16_t kMoreFragments = 0x2000;

using Octets = std::vector<std::uint8_t>;

void append(Octets& packet, std::uint32_t value, unsigned octets) {
  for (unsigned i = octets; i > 0; --i) {
    packet.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
  }
}

struct Flow {
  Ipv4 source{192, 0, 2, 1};
  Ipv4 destination{198, 51, 100, 7};
  std::uint16_t source_port = 40'000;
  std::uint16_t destination_port = 443;
  std::uint8_t protocol = kUdp;
  std::uint16_t flags_offset = 0;
  unsigned option_words = 0;

  [[nodiscard]] Octets packet() const {
    Octets packet{static_cast<std::uint8_t>(0x45 + option_words), 0, 0, 0, 0, 0};
    append(packet, flags_offset, 2);
    packet.insert(packet.end(), {64, protocol, 0, 0});
    append(packet, source.value(), 4);
    append(packet, destination.value(), 4);
    packet.insert(packet.end(), std::size_t{4} * option_words, 1);
    if ((flags_offset & 0x1fffU) == 0) {
      append(packet, source_port, 2);
      append(packet, destination_port, 2);
    }
    packet.insert(packet.end(), 8, 0x5a);
    return packet;
  }
  [[nodiscard]] Flow back() const {
    Flow flow = *this;
    std::swap(flow.source, flow.destination);
    std::swap(flow.source_port, flow.destination_port);
    return flow;
  }
};

// Returns an ICMP error from a router on the path to the flow's source.
Octets error_about(const Flow& flow, std::uint8_t type = 11) {
  Octets packet =
      Flow{.source = {203, 0, 113, 9}, .destination = flow.source, .protocol = kIcmp}.packet();
  packet.resize(20);
  packet.insert(packet.end(), {type, 0, 0, 0, 0, 0, 0, 0});
  const Octets quoted = flow.packet();
  packet.insert(packet.end(), quoted.begin(), quoted.end());
  return packet;
}

Flow random_flow(std::mt19937& random) {
  return {.source = Ipv4{static_cast<std::uint32_t>(random())},
          .destination = Ipv4{static_cast<std::uint32_t>(random())},
          .source_port = static_cast<std::uint16_t>(random()),
          .destination_port = static_cast<std::uint16_t>(random())};
}

class NoReclaimer final : public Reclaimer {
 public:
  void retire(std::function<void()> /*release*/) override {}
};

NextHopId made(std::optional<NextHopId> id) {
  REQUIRE(id);
  return *id;  // NOLINT(bugprone-unchecked-optional-access): as REQUIRE says
}

// A router with two equal next hops.
class Router {
 public:
  explicit Router(const FlowHash& hash) : hash_{hash} {
    const std::array<fib::NextHopTable::Member, 2> ways{
        {{made(table_.allocate(AdjacencyId{0}))}, {made(table_.allocate(AdjacencyId{1}))}}};
    group_ = made(table_.allocate_group(ways));
  }
  [[nodiscard]] std::uint32_t way(const Octets& packet) const {
    return table_.resolve(group_, [&] { return hash_.of(packet); }).value();
  }

 private:
  FlowHash hash_;
  NoReclaimer reclaimer_;
  fib::NextHopTable table_{16, reclaimer_};
  NextHopId group_;
};

}  // namespace

TEST_CASE("both directions of a flow have one hash") {
  const FlowHash hash{GENERATE(Policy::kL3, Policy::kL4), 5};
  std::mt19937 random{1};
  for (int i = 0; i < 100; ++i) {
    const Flow flow = random_flow(random);
    CHECK(hash.of(flow.packet()) == hash.of(flow.back().packet()));
  }
}

TEST_CASE("a flow of IPv6 has one hash in both directions, another with another end") {
  const FlowHash hash{Policy::kL4, 5};
  std::mt19937_64 random{1};
  for (int i = 0; i < 100; ++i) {
    const FlowKey6 flow{.source = {random(), random()},
                        .destination = {random(), random()},
                        .protocol = kTcp,
                        .source_port = be16{40'000},
                        .destination_port = be16{443}};
    CHECK(hash.of(flow) == hash.of(flow.reversed()));
    FlowKey6 other = flow;
    other.source_port = be16{40'001};
    CHECK(hash.of(other) != hash.of(flow));
    other = flow;
    other.protocol = kUdp;
    CHECK(hash.of(other) != hash.of(flow));
    other = flow;
    other.destination = flow.destination.next();
    CHECK(hash.of(other) != hash.of(flow));
    CHECK(FlowHash{Policy::kL4, 6}.of(flow) != hash.of(flow));
  }
}

TEST_CASE("a packet has the hash of its key") {
  const Flow flow;
  const FlowKey4 addresses{.source = flow.source, .destination = flow.destination};
  FlowKey4 all = addresses;
  all.protocol = flow.protocol;
  all.source_port = be16{flow.source_port};
  all.destination_port = be16{flow.destination_port};
  const FlowHash l3{Policy::kL3, 5};
  const FlowHash l4{Policy::kL4, 5};
  CHECK(l3.of(flow.packet()) == l3.of(addresses));
  CHECK(l4.of(flow.packet()) == l4.of(all));
  CHECK(l3.of(addresses) == 0x505f632f);
  CHECK(l4.of(all) == 0x71aef805);
}

TEST_CASE("ports and protocol make a flow of their own with l4 only") {
  const Flow flow;
  Flow other_port = flow;
  other_port.source_port = 40'001;
  Flow other_protocol = flow;
  other_protocol.protocol = kTcp;
  Flow other_host = flow;
  other_host.source = {192, 0, 2, 2};
  const FlowHash l3{Policy::kL3, 5};
  const FlowHash l4{Policy::kL4, 5};
  for (const Flow& other : {other_port, other_protocol}) {
    CHECK(l3.of(other.packet()) == l3.of(flow.packet()));
    CHECK(l4.of(other.packet()) != l4.of(flow.packet()));
  }
  for (const FlowHash& hash : {l3, l4}) {
    CHECK(hash.of(other_host.packet()) != hash.of(flow.packet()));
  }
  SECTION("and are found behind options") {
    Flow with_options = flow;
    with_options.option_words = 2;
    CHECK(l4.of(with_options.packet()) == l4.of(flow.packet()));
  }
  SECTION("and may be missing") {
    Octets cut = flow.packet();
    cut.resize(22);
    static_cast<void>(l4.of(cut));
  }
}

TEST_CASE("all fragments of a datagram have one hash, that of the addresses") {
  const FlowHash l4{Policy::kL4, 5};
  Flow first;
  first.flags_offset = kMoreFragments;
  Flow middle;
  middle.flags_offset = kMoreFragments | 100;
  Flow last;
  last.flags_offset = 200;
  CHECK(l4.of(first.packet()) == l4.of(middle.packet()));
  CHECK(l4.of(first.packet()) == l4.of(last.packet()));
  CHECK(l4.of(first.packet()) == FlowHash{Policy::kL3, 5}.of(first.packet()));
}

TEST_CASE("an ICMP error has the hash of the flow that it tells of") {
  const FlowHash hash{GENERATE(Policy::kL3, Policy::kL4), 5};
  const Flow flow;
  for (const std::uint8_t type : std::array<std::uint8_t, 5>{3, 4, 5, 11, 12}) {
    CHECK(hash.of(error_about(flow, type)) == hash.of(flow.packet()));
    CHECK(hash.of(error_about(flow, type)) == hash.of(flow.back().packet()));
  }
  // An echo request that looks like an error.
  CHECK(hash.of(error_about(flow, 8)) != hash.of(flow.packet()));

  SECTION("but not where it does not show it") {
    const Octets whole = error_about(flow);
    Octets outer = whole;
    outer.resize(28);
    for (const std::size_t bytes : {20U, 24U, 28U, 40U, 47U}) {
      Octets cut = whole;
      cut.resize(bytes);
      CHECK(hash.of(cut) == hash.of(outer));
    }
    Octets version6 = whole;
    version6[28] = 0x60;
    CHECK(hash.of(version6) == hash.of(outer));
    Octets fragment = whole;
    fragment[7] = 10;
    CHECK(hash.of(fragment) != hash.of(flow.packet()));
  }
}

TEST_CASE("each bit of a flow changes each bit of its hash half the time") {
  const FlowHash hash{Policy::kL4, 5};
  std::mt19937 random{2};
  constexpr int kRounds = 2000;
  // Octets 12 to 23 hold both addresses and ports.
  for (std::size_t bit = 96; bit < 192; ++bit) {
    std::array<int, 32> changed{};
    for (int round = 0; round < kRounds; ++round) {
      Octets packet = random_flow(random).packet();
      const std::uint32_t before = hash.of(packet);
      packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ 1U << bit % 8);
      const std::uint32_t difference = before ^ hash.of(packet);
      for (unsigned i = 0; i < 32; ++i) {
        changed.at(i) += static_cast<int>(difference >> i & 1U);
      }
    }
    for (const int times : changed) {
      // The limit is six standard deviations of a fair coin.
      REQUIRE(std::abs(times - kRounds / 2) < 134);
    }
  }
}

TEST_CASE("addresses in a row spread evenly") {
  const FlowHash hash{Policy::kL3, GENERATE(0U, 1U, 2U, 12345U)};
  std::array<int, 64> buckets{};
  for (std::uint8_t source = 0; source < 100; ++source) {
    for (std::uint8_t destination = 0; destination < 200; ++destination) {
      ++buckets.at(
          hash.of(
              Flow{.source = {10, 0, 0, source}, .destination = {10, 1, 0, destination}}.packet()) %
          64);
    }
  }
  double chi_square = 0;
  for (const int flows : buckets) {
    chi_square += (flows - 312.5) * (flows - 312.5) / 312.5;
  }
  // With 63 degrees of freedom, one in 50,000 values is above 117.
  CHECK(chi_square < 117);
}

TEST_CASE("routers in a row with seeds of their own use all their ways") {
  std::mt19937 random{3};
  const auto second_way_share = [&](std::uint64_t first_seed, std::uint64_t second_seed) {
    const Router first{FlowHash{Policy::kL3, first_seed}};
    const Router second{FlowHash{Policy::kL3, second_seed}};
    int arrived = 0;
    int second_way = 0;
    for (int i = 0; i < 20'000; ++i) {
      const Octets packet = random_flow(random).packet();
      if (first.way(packet) == 0) {
        ++arrived;
        second_way += static_cast<int>(second.way(packet));
      }
    }
    return static_cast<double>(second_way) / arrived;
  };
  CHECK(second_way_share(1, 2) == Approx(0.5).margin(0.03));
  CHECK(second_way_share(0, 1ULL << 31) == Approx(0.5).margin(0.03));
  // With equal seeds, only one of the next hops would be used; the seed prevents this.
  CHECK(second_way_share(1, 1) == 0);
}

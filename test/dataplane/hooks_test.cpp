// SPDX-License-Identifier: BSD-3-Clause
// Each packet passes each hook on its path once, whichever thread carries it and whatever is done
// with it.
#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <map>

#include "hooked.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

constexpr std::array kPoints{HookPoint::kPreRouting, HookPoint::kInput, HookPoint::kForward,
                             HookPoint::kOutput, HookPoint::kPostRouting};
constexpr std::uint16_t kMore = 0x2000;
constexpr std::uint16_t kDontFragment = 0x4000;

// How often each hook point saw a packet: prerouting, input, forward, output, postrouting.
using Seen = std::array<unsigned, kHookPoints>;
constexpr Seen kForwarded{1, 0, 1, 0, 1};
constexpr Seen kReceived{1, 1, 0, 0, 0};
constexpr Seen kRefused{1, 0, 0, 0, 0};
constexpr Seen kOwn{0, 0, 0, 1, 1};

// Counts the packets of a test by identification, and the router's own packets together.
class Counting {
 public:
  explicit Counting(Testbed& bed) {
    for (const HookPoint point : kPoints) {
      at_[static_cast<std::size_t>(point)] = {this, static_cast<std::size_t>(point)};
      hooked_.emplace_back(bed, point, count, &at_[static_cast<std::size_t>(point)]);
    }
  }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;
  ~Counting() = default;

  [[nodiscard]] Seen of(std::uint16_t id) const {
    const auto found = seen_.find(id);
    return found == seen_.end() ? Seen{} : found->second;
  }
  [[nodiscard]] Seen own() const { return own_; }

 private:
  struct At {
    Counting* all;
    std::size_t point;
  };

  static void count(void* state, StageContext& /*context*/, const Burst& burst,
                    HookVerdicts& /*verdicts*/) {
    const At& at = *static_cast<At*>(state);
    for (std::size_t i = 0; i < burst.count; ++i) {
      const rte_ipv4_hdr& header = ipv4(*burst.packets[i]);
      const Ipv4 source{be32::from_wire(header.src_addr)};
      const bool is_own = source == kRouterA || source == kRouterB;
      Seen& seen = is_own ? at.all->own_ : at.all->seen_[rte_be_to_cpu_16(header.packet_id)];
      ++seen.at(at.point);
      // The TTL that Linux's hooks see.
      const bool is_lowered = at.point == static_cast<std::size_t>(HookPoint::kForward) ||
                              at.point == static_cast<std::size_t>(HookPoint::kPostRouting);
      if (!is_own && header.time_to_live > 60) {
        CHECK(header.time_to_live == (is_lowered ? 63 : 64));
        // The checksum of a header whose options the router wrote is updated only when the packet
        // leaves.
        CHECK((header.version_ihl != kVersion4NoOptions || rte_ipv4_cksum(&header) == 0));
      }
      CHECK(burst.destinations[i] == rte_be_to_cpu_32(header.dst_addr));
      CHECK(burst.frames[i] == frame(*burst.packets[i]));
      if (is_lowered) {
        CHECK(burst.adjacencies[i] != nullptr);
      }
    }
  }

  std::array<At, kHookPoints> at_{};
  std::deque<Hooked> hooked_;
  std::map<std::uint16_t, Seen> seen_;
  Seen own_{};
};

Seen times(unsigned count, const Seen& each) {
  Seen all = each;
  for (unsigned& one : all) {
    one *= count;
  }
  return all;
}

config::Config with_gateway() {
  auto config = Testbed::basic_config();
  const Ipv4 gateway{192, 168, 1, 254};
  config.routes.push_back({.to = Prefix4{Ipv4{10, 0, 0, 0}, 8}, .next_hops = {{gateway, 1}}});
  config.routes.push_back({.to = Prefix4{Ipv4{20, 0, 0, 0}, 8}, .next_hops = {{kHostB, 1}}});
  config.routes.back().next_hops.push_back({.via = Ipv4{192, 168, 2, 3}, .weight = 1});
  config.neighbors = {
      {.address = {192, 168, 1, 254}, .port = "a", .mac = Mac{{0x02, 0, 0, 0, 0, 0xfe}}}};
  return config;
}

}  // namespace

TEST_CASE("hooks see plain packets and odd ones among them once") {
  Testbed bed;
  bed.resolve_hosts();
  const Counting counting{bed};
  for (std::uint16_t id = 1; id <= 64; ++id) {
    Ipv4Fields fields = marked(bed, id);
    if (id > 32 && id % 8 == 0) {
      fields.options = {1, 1, 1, 0};
    }
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  CHECK(bed.sent(kPortB).size() == 64);
  for (std::uint16_t id = 1; id <= 64; ++id) {
    CHECK(counting.of(id) == kForwarded);
  }
}

TEST_CASE("hooks see packets once that wait for a neighbor, come meanwhile or find no room") {
  Testbed bed;
  const Counting counting{bed};
  constexpr std::uint16_t kPackets = 600;
  for (std::uint16_t id = 1; id <= kPackets; ++id) {
    Ipv4Fields fields = marked(bed, id);
    fields.payload.resize(1400);
    bed.receive(kPortA, make_ipv4(fields));
    if (id % 50 == 0) {
      bed.run();
    }
  }
  CHECK(bed.drops(DropReason::kNeighborQueueFull) > 0);
  bed.receive(kPortB, bed.reply_from_b());
  bed.run();
  CHECK(bed.sent(kPortB).size() > 10);
  for (std::uint16_t id = 1; id <= kPackets; ++id) {
    CHECK(counting.of(id) == kForwarded);
  }
}

TEST_CASE("hooks see packets once whose neighbor never answers, and the error about each") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  bed.run();
  const Counting counting{bed};
  bed.receive(kPortA, make_ipv4(marked(bed, 1)));
  bed.receive(kPortA, make_ipv4(marked(bed, 2)));
  bed.run();
  bed.advance_in_steps(5s);
  CHECK(bed.drops(DropReason::kHostUnreachable) == 2);
  CHECK(counting.of(1) == kForwarded);
  CHECK(counting.of(2) == kForwarded);
  CHECK(counting.own() == times(2, kOwn));
}

TEST_CASE("hooks see a packet that is cut once, and none of its pieces") {
  auto config = Testbed::basic_config();
  config.ports[1].mtu = 576;
  const bool resolved = GENERATE(true, false);
  const bool options = GENERATE(true, false);
  Testbed bed{{.config = config}};
  if (resolved) {
    bed.resolve_hosts();
  }
  const Counting counting{bed};
  Ipv4Fields fields = marked(bed, 7);
  fields.payload.resize(1400);
  if (options) {
    fields.options = {1, 1, 1, 0};
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  bed.receive(kPortB, bed.reply_from_b());
  bed.run();
  CHECK(bed.sent(kPortB).size() >= 3);
  CHECK(counting.of(7) == kForwarded);
}

TEST_CASE("hooks see packets with options once, known neighbor or not") {
  const bool resolved = GENERATE(true, false);
  Testbed bed;
  if (resolved) {
    bed.resolve_hosts();
  }
  const Counting counting{bed};
  Ipv4Fields fields = marked(bed, 3);
  fields.options = {7, 7, 4, 0, 0, 0, 0, 0};  // record route
  bed.receive(kPortA, make_ipv4(fields));
  fields.id = 4;
  fields.destination = kRouterA;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(counting.of(3) == kForwarded);
  CHECK(counting.of(4) == kReceived);
}

TEST_CASE("hooks see packets once that leave by the port they came by, and the redirects") {
  Testbed bed{{.config = with_gateway()}};
  bed.resolve_hosts();
  const bool options = GENERATE(true, false);
  const Counting counting{bed};
  for (std::uint16_t id = 1; id <= 3; ++id) {
    Ipv4Fields fields = marked(bed, id);
    fields.destination = {10, 0, 0, 1};
    if (options) {
      fields.options = {1, 1, 1, 0};
    }
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  CHECK(bed.sent(kPortA).size() == 4);
  for (std::uint16_t id = 1; id <= 3; ++id) {
    CHECK(counting.of(id) == kForwarded);
  }
  CHECK(counting.own() == kOwn);
}

TEST_CASE("hooks see packets once that go by a group of next hops") {
  Testbed bed{{.config = with_gateway()}};
  bed.resolve_hosts();
  const Counting counting{bed};
  for (std::uint16_t id = 1; id <= 50; ++id) {
    Ipv4Fields fields = marked(bed, id);
    fields.destination = Ipv4{20, 0, 0, static_cast<std::uint8_t>(id)};
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  for (std::uint16_t id = 1; id <= 50; ++id) {
    CHECK(counting.of(id) == kForwarded);
  }
}

TEST_CASE("hooks see packets of a sub-interface once, both ways") {
  Testbed::Options options;
  options.config.ports.push_back(sub_interface("b.5", "b", 5, {Ipv4{10, 5, 0, 1}, 24}));
  Testbed bed{std::move(options)};
  bed.resolve_hosts();
  constexpr Ipv4 kHost{10, 5, 0, 2};
  bed.receive(kPortB,
              tagged(make_arp(1, kMacB, kHost, {}, {10, 5, 0, 1}, kBroadcastMac), {{0x8100, 5}}));
  bed.run();
  const Counting counting{bed};
  Ipv4Fields fields = marked(bed, 1);
  fields.destination = kHost;
  bed.receive(kPortA, make_ipv4(fields));
  fields = marked(bed, 2);
  fields.source = kHost;
  fields.destination = kHostA;
  fields.destination_mac = bed.mac(kPortB);
  bed.receive(kPortB, tagged(make_ipv4(fields), {{0x8100, 5}}));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(counting.of(1) == kForwarded);
  CHECK(counting.of(2) == kForwarded);
}

TEST_CASE("hooks see what is for the router as input, and its answer as output") {
  Testbed bed;
  bed.resolve_hosts();
  const Counting counting{bed};
  Ipv4Fields fields = bed.ping(kRouterA);
  fields.id = 1;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(counting.of(1) == kReceived);
  CHECK(counting.own() == kOwn);
}

TEST_CASE("hooks see each fragment before the routing, and the whole as input") {
  Testbed bed;
  bed.resolve_hosts();
  const Counting counting{bed};
  Ipv4Fields fields = marked(bed, 1);
  fields.destination = kRouterA;
  fields.payload.resize(16);
  fields.flags_offset = kMore;
  bed.receive(kPortA, make_ipv4(fields));
  fields.flags_offset = 2;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(counting.of(1) == Seen{2, 1, 0, 0, 0});
}

TEST_CASE("hooks see what is refused before the routing, and the error as output") {
  auto config = Testbed::basic_config();
  config.ports[1].mtu = 576;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  const Counting counting{bed};
  Ipv4Fields fields = marked(bed, 1);
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  fields = marked(bed, 2);
  fields.destination = {99, 0, 0, 1};  // no route
  bed.receive(kPortA, make_ipv4(fields));
  fields = marked(bed, 3);
  fields.payload.resize(1000);
  fields.flags_offset = kDontFragment;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 3);
  CHECK(counting.of(1) == kRefused);
  CHECK(counting.of(2) == kRefused);
  CHECK(counting.of(3) == kRefused);
  CHECK(counting.own() == times(3, kOwn));
}

// SPDX-License-Identifier: BSD-3-Clause
// Many neighbors, more than the table has room for, and storms of ARP messages, which must not
// affect known neighbors.

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "testbed.hpp"
#include "worker/arp_sender.hpp"

using namespace ringroad;
using namespace ringroad::test;
using neigh::State;
using stats::DropReason;

namespace {

// Port b is 10.0.0.1/8. Its hosts are 10.x.y.z by number, each with its own MAC address.
constexpr Ipv4 kRouterWide{10, 0, 0, 1};
Ipv4 host_at(std::uint32_t number) { return Ipv4{(10U << 24U) + 256 + number}; }
Mac mac_of(std::uint32_t number) {
  return {{0x02, 1, static_cast<std::uint8_t>(number >> 24U),
           static_cast<std::uint8_t>(number >> 16U), static_cast<std::uint8_t>(number >> 8U),
           static_cast<std::uint8_t>(number)}};
}

config::Config wide_config(std::uint32_t neighbors_max = 1024) {
  config::Config config = Testbed::basic_config();
  config.ports[1].addresses = {{kRouterWide, 8}};
  config.arp.gc_thresh = {neighbors_max / 8, neighbors_max / 2, neighbors_max};
  return config;
}

class Bed {
 public:
  explicit Bed(std::uint32_t neighbors_max = 1024)
      : bed{{.config = wide_config(neighbors_max), .tx_ring = 8192}} {}

  void ask_router(std::uint32_t number) {
    bed.receive(kPortB,
                make_arp(1, mac_of(number), host_at(number), {}, kRouterWide, kBroadcastMac));
  }
  void send_to(Ipv4 destination) {
    Ipv4Fields fields = bed.from_a_to_b();
    fields.destination = destination;
    bed.receive(kPortA, make_ipv4(fields));
  }
  // Acts as hosts 0..count-1: answers ARP requests, and counts the packets to them.
  std::uint64_t hosts_live(std::uint32_t count, bool answer = true) {
    std::uint64_t arrived = 0;
    for (const Frame& frame : bed.sent(kPortB)) {
      const bool arp = ether_type(frame) == 0x0806;
      const Ipv4 meant = arp ? address(frame, kArpTarget) : ip_destination(frame);
      const std::uint32_t number = meant.value() - host_at(0).value();
      if (number >= count) {
        continue;
      }
      if (!arp) {
        CHECK(destination_mac(frame) == mac_of(number));
        ++arrived;
      } else if (answer && word(frame, kArpOperation) == 1) {
        bed.receive(kPortB, make_arp(2, mac_of(number), meant, bed.mac(kPortB), kRouterWide,
                                     bed.mac(kPortB)));
      }
    }
    return arrived;
  }
  [[nodiscard]] std::size_t in_state(State state) const {
    std::size_t count = 0;
    bed.router->neighbors().table().for_each(
        [&](NeighborId, const neigh::Entry4& entry) { count += entry.state == state ? 1U : 0U; });
    return count;
  }

  Testbed bed;
};

}  // namespace

TEST_CASE("65,536 neighbors are learnt, forwarded to, and seen in use") {
  constexpr std::uint32_t kHosts = 65'536;
  constexpr std::uint32_t kBatch = 4096;
  Bed bed{kHosts};
  for (std::uint32_t first = 0; first < kHosts; first += kBatch) {
    for (std::uint32_t i = first; i < first + kBatch; ++i) {
      bed.ask_router(i);
    }
    bed.bed.run();
    CHECK(bed.bed.discard(kPortB) == kBatch);
  }
  REQUIRE(bed.in_state(State::kStale) == kHosts);
  CHECK(bed.bed.all_drops() == 0);

  std::uint64_t arrived = 0;
  for (std::uint32_t first = 0; first < kHosts; first += kBatch) {
    for (std::uint32_t i = first; i < first + kBatch; ++i) {
      bed.send_to(host_at(i));
    }
    bed.bed.run();
    arrived += bed.hosts_live(kHosts);
  }
  CHECK(arrived == kHosts);
  bed.bed.advance(100ms);
  CHECK(bed.in_state(State::kDelay) == kHosts);
  CHECK(bed.bed.all_drops() == 0);
}

TEST_CASE("100 known hosts lose nothing while 10,000 unknown ones are asked for and ask") {
  constexpr std::uint32_t kKnown = 100;
  constexpr std::uint32_t kUnknown = 10'000;
  Bed bed;
  for (std::uint32_t i = 0; i < kKnown; ++i) {
    bed.ask_router(i);
  }
  bed.bed.run();
  bed.hosts_live(kKnown);
  std::uint64_t sent = 0;
  std::uint64_t arrived = 0;
  // 100 s, longer than every timer of the known hosts: 15 to 45 s, 5 s, 3 x 1 s, and the garbage
  // collector's 30 s and 60 s.
  for (std::uint32_t step = 0; step < 500; ++step) {
    for (std::uint32_t i = 0; i < kKnown; ++i) {
      bed.send_to(host_at(i));
      ++sent;
    }
    for (std::uint32_t i = 0; i < kUnknown / 50; ++i) {
      const std::uint32_t stranger = kKnown + (step * (kUnknown / 50) + i) % kUnknown;
      // Half are absent hosts that are scanned for, half solicit the router.
      if (i % 2 == 0) {
        bed.send_to(host_at(stranger));
      } else {
        bed.ask_router(stranger);
      }
    }
    bed.bed.advance(200ms);
    arrived += bed.hosts_live(kKnown);
    REQUIRE(bed.bed.router->neighbors().table().size() <= 1024);
  }
  bed.bed.run();
  arrived += bed.hosts_live(kKnown);
  CHECK(arrived == sent);
  CHECK(bed.bed.drops(DropReason::kNeighborTableFull) > 0);
  CHECK(bed.bed.router->neighbors().table().counters().table_fulls > 0);
}

TEST_CASE("of more ARP than the router can read, that of known neighbors is read") {
  Bed bed;
  bed.ask_router(0);
  bed.bed.run();
  bed.bed.discard(kPortB);
  // The control thread does not run: a storm from strangers arrives, then a neighbor changes its
  // MAC address.
  const auto poll = [&] {
    for (int i = 0; i < 100; ++i) {
      bed.bed.router->workers().front()->poll_once();
    }
  };
  for (std::uint32_t i = 1; i <= 5000; ++i) {
    bed.bed.receive(kPortB, make_arp(1, mac_of(i), host_at(i), {}, host_at(i + 1), kBroadcastMac));
  }
  poll();
  const std::uint64_t refused = bed.bed.drops(DropReason::kPuntQueueFull);
  CHECK(refused >= 4000);
  SECTION("where they are silent enough") {
    // Some strangers send to the router by unicast.
    for (std::uint32_t i = 1; i <= 1000; ++i) {
      bed.bed.receive(kPortB, make_arp(2, mac_of(i), host_at(i), bed.bed.mac(kPortB), kRouterWide,
                                       bed.bed.mac(kPortB)));
    }
    poll();
    const std::uint64_t more = bed.bed.drops(DropReason::kPuntQueueFull) - refused;
    CHECK(more > 0);
    CHECK(more < 1000);
  }
  bed.bed.receive(kPortB, make_arp(1, mac_of(77), host_at(0), {}, host_at(0), kBroadcastMac));
  poll();
  bed.bed.run();
  const auto& table = bed.bed.router->neighbors().table();
  const auto id = table.find({interface_of(kPortB), host_at(0)});
  REQUIRE(id);
  CHECK(table.entry(*id).mac == mac_of(77));
}

TEST_CASE("a worker tells neighbors from those who speak to the router, and from strangers") {
  Bed bed;
  bed.ask_router(0);
  bed.bed.run();
  const auto pool = port::make_pool("arp-sender", 1023, 1500);
  REQUIRE(pool);
  const auto sender_of = [&](const Frame& frame, L2Class l2_class, PortId port = kPortB) {
    OwnedPacket packet{rte_pktmbuf_alloc(pool->get())};
    REQUIRE(packet);
    std::ranges::copy(frame,
                      rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(frame.size())));
    meta(*packet) = {};
    meta(*packet).ingress = interface_of(port);
    meta(*packet).l2_class = l2_class;
    return worker::arp_sender(bed.bed.router->world().tables(), *packet);
  };
  using worker::ArpSender;
  const Frame known = make_arp(1, mac_of(0), host_at(0), {}, host_at(9), kBroadcastMac);
  const Frame stranger = make_arp(1, mac_of(5), host_at(5), {}, host_at(9), kBroadcastMac);
  CHECK(sender_of(known, L2Class::kBroadcast) == ArpSender::kNeighbor);
  CHECK(sender_of(known, L2Class::kBroadcast, kPortA) == ArpSender::kStranger);
  CHECK(sender_of(stranger, L2Class::kBroadcast) == ArpSender::kStranger);
  CHECK(sender_of(stranger, L2Class::kHost) == ArpSender::kSpeaksToUs);
  const Frame cut{known.begin(), known.begin() + 30};
  CHECK(sender_of(cut, L2Class::kBroadcast) == ArpSender::kStranger);
}

TEST_CASE("a neighbor that changes its MAC under traffic loses nothing") {
  Bed bed;
  bed.ask_router(0);
  bed.bed.run();
  bed.bed.discard(kPortB);
  std::vector<Frame> out;
  constexpr std::uint32_t kMoves = 100;
  constexpr std::uint32_t kPackets = 20;
  for (std::uint32_t move = 1; move <= kMoves; ++move) {
    for (std::uint32_t i = 0; i < kPackets; ++i) {
      bed.send_to(host_at(0));
    }
    // The message arrives while packets are in the rings.
    bed.bed.receive(kPortB, make_arp(1, mac_of(move), host_at(0), {}, host_at(0), kBroadcastMac));
    bed.bed.run();
    bed.send_to(host_at(0));
    bed.bed.run();
    const auto frames = bed.bed.sent(kPortB);
    CHECK(frames.size() == kPackets + 1);
    CHECK(destination_mac(frames.back()) == mac_of(move));
    CHECK(std::ranges::all_of(frames, [&](const Frame& frame) {
      return ether_type(frame) == 0x0800 &&
             (destination_mac(frame) == mac_of(move) || destination_mac(frame) == mac_of(move - 1));
    }));
    bed.bed.advance(10ms);
    bed.bed.discard(kPortB);
  }
  CHECK(bed.bed.all_drops() == 0);
}

// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <random>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;

namespace {

std::vector<Frame> seeds(const Testbed& bed) {
  auto plain = bed.from_a_to_b();
  auto options = plain;
  options.options = {7, 7, 4, 0, 0, 0, 0, 0};
  auto local = plain;
  local.destination = kRouterA;
  local.protocol = 1;
  local.payload = echo_request(1);
  auto large = plain;
  large.payload.assign(1480, 3);
  auto dying = plain;
  dying.ttl = 1;
  auto first = local;
  first.flags_offset = 0x2000;
  auto last = local;
  last.flags_offset = 8;
  auto hairpin = plain;
  hairpin.destination = Ipv4{192, 168, 1, 2};
  auto segment = plain;
  segment.destination = kRouterA;
  segment.protocol = 6;
  auto stamped = local;
  stamped.options = {68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0};
  return {make_ipv4(plain),
          make_ipv4(options),
          make_ipv4(local),
          make_ipv4(large),
          make_ipv4(dying),
          make_ipv4(first),
          make_ipv4(last),
          make_ipv4(hairpin),
          make_ipv4(segment),
          make_ipv4(stamped),
          make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac),
          make_arp(2, kMacA, kHostA, bed.mac(kPortA), kRouterA, bed.mac(kPortA))};
}

}  // namespace

TEST_CASE("no frame, however mangled, upsets the router or its books") {
  auto config = Testbed::basic_config();
  config.ports[1].mtu = 600;
  config.routes = {{.to = Prefix4{}, .next_hops = {{kHostB, 1}}}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  const std::vector<Frame> originals = seeds(bed);
  std::mt19937 random{20261121};
  constexpr int kFrames = 60000;
  for (int i = 0; i < kFrames; ++i) {
    Frame frame = originals[random() % originals.size()];
    for (auto flips = random() % 4; flips > 0; --flips) {
      // Most changes are in the headers, where they matter.
      const std::size_t reach = std::min<std::size_t>(frame.size(), random() % 8 == 0 ? 1500 : 42);
      frame[6 + random() % (reach - 6)] = static_cast<std::uint8_t>(random());
    }
    if (random() % 4 == 0) {
      frame.resize(random() % (frame.size() + 40));
    }
    // Later checks are reached only with a right checksum.
    if (random() % 2 == 0 && frame.size() > kIp) {
      mend_checksum(frame);
    }
    bed.receive(PortId{static_cast<std::uint16_t>(random() % 2)}, frame);
    if (i % 50 == 49) {
      bed.advance(7ms);
      bed.discard(kPortA);
      bed.discard(kPortB);
      REQUIRE(bed.router->ledger().balanced());
    }
  }
  // The router still forwards.
  bed.resolve_hosts();
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  CHECK(bed.discard(kPortB) == 1);
}

TEST_CASE("an empty buffer pool drops and recovers") {
  auto config = Testbed::basic_config();
  config.engine.memory.buffers = 1024;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  // The router needs buffers for its own packets: none is left for ICMP errors and ARP.
  std::vector<rte_mbuf*> taken;
  rte_mempool* const pool = rte_mempool_lookup("packets");
  REQUIRE(pool != nullptr);
  while (rte_mbuf* const packet = rte_pktmbuf_alloc(pool)) {
    taken.push_back(packet);
  }
  auto dying = bed.from_a_to_b();
  dying.ttl = 1;
  bed.receive(kPortA, make_ipv4(dying));
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.sent(kPortB).size() == 1);
  rte_pktmbuf_free_bulk(taken.data(), static_cast<unsigned>(taken.size()));
  bed.advance(1s);
  bed.receive(kPortA, make_ipv4(dying));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("a worker without a TX queue of its own sends through another, in order") {
  auto config = Testbed::basic_config();
  config.engine.workers = {0, 0};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  REQUIRE(bed.router->workers()[1]->tx(kPortA) == nullptr);
  for (std::uint16_t i = 0; i < 1000; ++i) {
    auto there = bed.from_a_to_b();
    there.id = i;
    bed.receive(kPortA, make_ipv4(there));
    auto back = there;
    std::swap(back.source, back.destination);
    back.destination_mac = bed.mac(kPortB);
    bed.receive(kPortB, make_ipv4(back));
  }
  bed.run();
  for (const PortId port : {kPortA, kPortB}) {
    const auto out = bed.sent(port);
    REQUIRE(out.size() == 1000);
    for (std::uint16_t i = 0; i < 1000; ++i) {
      CHECK(word(out[i], kIpId) == i);
    }
  }
  CHECK(bed.router->workers()[0]->counters().packets.get() > 900);
  CHECK(bed.router->workers()[1]->counters().packets.get() > 900);
}

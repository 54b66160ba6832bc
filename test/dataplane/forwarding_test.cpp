// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

TEST_CASE("a packet crosses the router with its TTL lowered and its MACs rewritten") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.tos = 0xb9;
  const Frame in = make_ipv4(fields);
  bed.receive(kPortA, in);
  bed.run();

  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(destination_mac(out[0]) == kMacB);
  CHECK(source_mac(out[0]) == bed.mac(kPortB));
  CHECK(out[0][kTtl] == 63);
  CHECK(ip_checksum_right(out[0]));
  // Everything else is unchanged: TOS with its ECN bits, addresses, payload.
  Frame expected = in;
  std::copy_n(out[0].begin(), kIp, expected.begin());
  expected[kTtl] = 63;
  expected[kIp + 10] = out[0][kIp + 10];
  expected[kIp + 11] = out[0][kIp + 11];
  CHECK(out[0] == expected);
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.all_drops() == 0);
}

TEST_CASE("Ethernet padding is trimmed from what is forwarded") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.payload.assign(8, 1);
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(out[0].size() == kIp + 20 + 8);
}

TEST_CASE("one burst in 128 is timed") {
  Testbed bed;
  bed.resolve_hosts();
  const stats::StageTimes& times = bed.router->workers().front()->times();
  const std::uint64_t before = times.packets();
  for (int i = 0; i < 4 * 128; ++i) {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    bed.run();
  }
  CHECK(times.packets() - before == 4);
  CHECK(bed.sent(kPortB).size() == 4 * 128);
}

TEST_CASE("a burst keeps its order") {
  Testbed bed;
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 1000; ++i) {
    auto fields = bed.from_a_to_b();
    fields.id = i;
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1000);
  for (std::uint16_t i = 0; i < 1000; ++i) {
    CHECK(word(out[i], kIpId) == i);
  }
}

TEST_CASE("time to live runs out at the router and the sender is told from the ingress address") {
  Testbed bed;
  bed.resolve_hosts();
  for (const std::uint8_t ttl : {std::uint8_t{0}, std::uint8_t{1}}) {
    auto fields = bed.from_a_to_b();
    fields.ttl = ttl;
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  CHECK(bed.sent(kPortB).empty());
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 2);
  CHECK(ip_source(out[0]) == kRouterA);
  CHECK(ip_destination(out[0]) == kHostA);
  CHECK(out[0][kIcmp] == 11);
  CHECK(out[0][kIcmp + 1] == 0);
  CHECK(out[0][kIp + 1] == 0xc0);
  CHECK(ip_checksum_right(out[0]));
  CHECK(sum(std::span{out[0]}.subspan(kIcmp)) == 0);
  CHECK(bed.drops(DropReason::kTtlExceeded) == 2);
  CHECK(bed.all_drops() == 2);
}

TEST_CASE("an error quotes what fits in 576 bytes") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.ttl = 1;
  fields.tos = 0x10;
  fields.payload.assign(1200, 0x77);
  const Frame in = make_ipv4(fields);
  bed.receive(kPortA, in);
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(out[0].size() == kIp + 576);
  CHECK(out[0][kIp + 1] == 0xd0);
  CHECK(std::equal(out[0].begin() + kIcmp + 8, out[0].end(), in.begin() + kIp));
}

TEST_CASE("what is larger than the egress MTU is cut, or refused where it must not be") {
  auto config = Testbed::basic_config();
  config.ports[1].mtu = 1400;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.payload.assign(1480, 0);
  for (std::size_t i = 0; i < fields.payload.size(); ++i) {
    fields.payload[i] = static_cast<std::uint8_t>(i * 7);
  }

  SECTION("DF: the sender hears the MTU") {
    fields.flags_offset = 0x4000;
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    CHECK(bed.sent(kPortB).empty());
    const auto out = bed.sent(kPortA);
    REQUIRE(out.size() == 1);
    CHECK(out[0][kIcmp] == 3);
    CHECK(out[0][kIcmp + 1] == 4);
    CHECK(word(out[0], kIcmp + 6) == 1400);
    CHECK(out[0][kIcmp + 8 + 8] == 64);  // the quote has the TTL with which the packet came
    CHECK(bed.drops(DropReason::kFragmentationNeeded) == 1);
  }
  SECTION("no DF: fragments carry it") {
    fields.id = 4711;
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 2);
    std::vector<std::uint8_t> payload;
    for (const Frame& piece : out) {
      CHECK(piece.size() <= kIp + 1400);
      CHECK(ip_checksum_right(piece));
      CHECK(word(piece, kIpId) == 4711);
      CHECK(piece[kTtl] == 63);
      CHECK((word(piece, kIp + 6) & 0x1fffU) * 8 == payload.size());
      payload.insert(payload.end(), piece.begin() + kIp + 20, piece.end());
    }
    CHECK((word(out[0], kIp + 6) & 0x2000U) != 0);
    CHECK((word(out[1], kIp + 6) & 0x2000U) == 0);
    CHECK(payload == fields.payload);
    CHECK(bed.all_drops() == 0);
  }
  SECTION("exactly the MTU passes") {
    fields.flags_offset = 0x4000;
    fields.payload.resize(1380);
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    CHECK(bed.sent(kPortB).size() == 1);
  }
}

TEST_CASE("routes decide: gateway, blackhole, unreachable, prohibit, none") {
  auto config = Testbed::basic_config();
  using Type = RouteType;
  config.routes = {
      {.to = *Prefix4::parse("10.1.0.0/16"), .next_hops = {{kHostB, 1}}},
      {.to = *Prefix4::parse("10.2.0.0/16"), .type = Type::kBlackhole, .next_hops = {}},
      {.to = *Prefix4::parse("10.3.0.0/16"), .type = Type::kUnreachable, .next_hops = {}},
      {.to = *Prefix4::parse("10.4.0.0/16"), .type = Type::kProhibit, .next_hops = {}}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  struct Case {
    Ipv4 destination;
    int type;  // of the ICMP error; -1 silence; -2 forwarded
    int code;
    std::optional<DropReason> reason;
  };
  const auto wanted = GENERATE(Case{{10, 1, 2, 3}, -2, 0, std::nullopt},
                               Case{{10, 2, 0, 1}, -1, 0, DropReason::kBlackhole},
                               Case{{10, 3, 0, 1}, 3, 1, DropReason::kUnreachable},
                               Case{{10, 4, 0, 1}, 3, 13, DropReason::kProhibited},
                               Case{{10, 5, 0, 1}, 3, 0, DropReason::kNoRoute});
  auto fields = bed.from_a_to_b();
  fields.destination = wanted.destination;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto forwarded = bed.sent(kPortB);
  const auto errors = bed.sent(kPortA);
  CHECK(forwarded.size() == (wanted.type == -2 ? 1U : 0U));
  REQUIRE(errors.size() == (wanted.type >= 0 ? 1U : 0U));
  if (wanted.type >= 0) {
    CHECK(errors[0][kIcmp] == wanted.type);
    CHECK(errors[0][kIcmp + 1] == wanted.code);
  }
  if (wanted.reason) {
    CHECK(bed.drops(*wanted.reason) == 1);
  }
  CHECK(bed.all_drops() == (wanted.reason ? 1U : 0U));
}

TEST_CASE("no route with TTL 1 is net unreachable: the lookup comes first") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.destination = Ipv4{10, 0, 0, 1};
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(out[0][kIcmp] == 3);
  CHECK(out[0][kIcmp + 1] == 0);
}

TEST_CASE("a route that comes and goes moves only its own packets") {
  Testbed bed;
  bed.resolve_hosts();
  const config::Route route{.to = *Prefix4::parse("10.0.0.0/8"), .next_hops = {{kHostB, 1}}};
  auto far = bed.from_a_to_b();
  far.destination = Ipv4{10, 9, 8, 7};
  for (int round = 0; round < 50; ++round) {
    REQUIRE(bed.router->configuration().add_route(route));
    CHECK_FALSE(bed.router->configuration().add_route(route));
    bed.receive(kPortA, make_ipv4(far));
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    bed.run();
    CHECK(bed.sent(kPortB).size() == 2);
    REQUIRE(bed.router->configuration().erase_route(fib::RouteSelector4{
        .prefix = route.to, .table = {}, .metric = {}, .via = {}, .protocol = {}}));
    bed.receive(kPortA, make_ipv4(far));
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    bed.run();
    CHECK(bed.sent(kPortB).size() == 1);
  }
  CHECK(bed.drops(DropReason::kNoRoute) == 50);
}

TEST_CASE("weighted next hops share the flows and keep each on its path") {
  auto config = Testbed::basic_config();
  const Ipv4 second{192, 168, 2, 3};
  config.routes = {{.to = *Prefix4::parse("10.0.0.0/8"), .next_hops = {{kHostB, 3}, {second, 1}}}};
  const Mac second_mac{{0x02, 0, 0, 0, 0, 0x0c}};
  config.neighbors = {{.address = kHostB, .port = "b", .mac = kMacB},
                      {.address = second, .port = "b", .mac = second_mac}};
  Testbed bed{{.config = config}};
  int to_first = 0;
  for (std::uint32_t flow = 0; flow < 1000; ++flow) {
    auto fields = bed.from_a_to_b();
    fields.destination = Ipv4{(10U << 24U) + flow * 2654435761U % (1U << 24U)};
    bed.receive(kPortA, make_ipv4(fields));
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 2);
    CHECK(destination_mac(out[0]) == destination_mac(out[1]));
    to_first += destination_mac(out[0]) == kMacB ? 1 : 0;
  }
  CHECK(to_first > 680);
  CHECK(to_first < 820);
}

TEST_CASE("ten million packets leave every buffer where it was") {
  Testbed bed;
  bed.resolve_hosts();
  constexpr int kBurst = 500;
  std::vector<Frame> frames;
  for (int i = 0; i < kBurst; ++i) {
    auto fields = bed.from_a_to_b();
    fields.id = static_cast<std::uint16_t>(i);
    frames.push_back(make_ipv4(fields));
  }
  // The sanitizers' build sends a tenth; the full count is tested in the release build.
#ifdef RINGROAD_SANITIZED
  constexpr std::uint64_t kPackets = 1'000'000;
#else
  constexpr std::uint64_t kPackets = 10'000'000;
#endif
  std::uint64_t sent = 0;
  for (std::uint64_t done = 0; done < kPackets; done += kBurst) {
    for (const Frame& frame : frames) {
      bed.receive(kPortA, frame);
    }
    for (int poll = 0; poll < kBurst / 64 + 2; ++poll) {
      bed.router->workers()[0]->poll_once();
    }
    sent += bed.discard(kPortB);
  }
  CHECK(sent == kPackets);
  CHECK(bed.router->pools().free() == bed.router->pools().size());
}

TEST_CASE("odd frames of any kind and number change nothing for the plain ones among them") {
  Testbed bed;
  bed.resolve_hosts();
  std::minstd_rand random{11};
  const auto& in = bed.router->workers()[0]->interface(interface_of(kPortA));
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t packets_before = in.rx_packets.get();
    const std::uint64_t bytes_before = in.rx_bytes.get();
    const auto odd_in = 1 + random() % 16;
    const auto count = static_cast<std::uint16_t>(1 + random() % 64);
    std::vector<std::uint16_t> expected;
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < count; ++i) {
      Ipv4Fields fields = bed.from_a_to_b();
      fields.id = i;
      fields.tos = static_cast<std::uint8_t>(random() % 256);
      fields.payload.resize(random() % 80);
      Frame frame;
      bool is_whole = true;
      if (random() % odd_in != 0) {
        frame = make_ipv4(fields);
        expected.push_back(i);
      } else {
        switch (random() % 8) {
          case 0:
            frame = tagged(make_ipv4(fields), {{0x8100, 77}});
            break;
          case 1:
            frame = make_arp(1, kMacA, kHostA, {}, kHostB, kBroadcastMac);
            break;
          case 2:
            fields.destination_mac = kMacB;
            frame = make_ipv4(fields);
            break;
          case 3:
            frame = make_ipv4(fields);
            frame[12] = 0x86;  // IPv6
            frame[13] = 0xdd;
            break;
          case 4:
            fields.bad_checksum = true;
            frame = make_ipv4(fields);
            break;
          case 5:
            fields.source = Ipv4{127, 0, 0, 1};
            frame = make_ipv4(fields);
            break;
          case 6:
            frame = make_ipv4(fields);
            frame.resize(1 + random() % (kIp + 20 + fields.payload.size() - 1));
            is_whole = false;
            break;
          default:
            fields.destination_mac = kBroadcastMac;
            frame = make_ipv4(fields);
        }
      }
      if (is_whole && frame.size() < 60 && random() % 2 == 0) {
        frame.resize(60);  // padding
      }
      bytes += frame.size();
      bed.receive(kPortA, frame);
    }
    bed.run();
    std::vector<std::uint16_t> ids;
    for (const Frame& frame : bed.sent(kPortB)) {
      if (ether_type(frame) == RTE_ETHER_TYPE_IPV4) {
        ids.push_back(word(frame, kIpId));
        REQUIRE(frame[kTtl] == 63);
        REQUIRE(ip_checksum_right(frame));
        REQUIRE(frame.size() == kIp + word(frame, kIp + 2));
      }
    }
    std::ranges::sort(ids);  // packets are reordered by the priority of their TOS
    REQUIRE(ids == expected);
    REQUIRE(in.rx_packets.get() - packets_before == count);
    REQUIRE(in.rx_bytes.get() - bytes_before == bytes);
  }
}

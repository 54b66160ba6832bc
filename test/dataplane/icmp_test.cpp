// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <chrono>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;
using stats::IpCounter;

namespace {

using Octets = std::vector<std::uint8_t>;

void put16(Octets& bytes, std::size_t at, std::uint16_t value) {
  bytes.at(at) = static_cast<std::uint8_t>(value >> 8U);
  bytes.at(at + 1) = static_cast<std::uint8_t>(value & 0xffU);
}
void put32(Octets& bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, static_cast<std::uint16_t>(value >> 16U));
  put16(bytes, at + 2, static_cast<std::uint16_t>(value & 0xffffU));
}
std::uint32_t long_word(const Frame& frame, std::size_t at) {
  return std::uint32_t{word(frame, at)} << 16U | word(frame, at + 2);
}

// Corrects the message's checksum, which is at offset `at`.
void mend(Octets& message, std::size_t at) {
  put16(message, at, 0);
  put16(message, at, sum(message));
}
// Returns the checksum of TCP or UDP, with the pseudo-header.
std::uint16_t transport_sum(Ipv4 source, Ipv4 destination, std::uint8_t protocol,
                            const Octets& segment) {
  Octets all(12);
  put32(all, 0, source.value());
  put32(all, 4, destination.value());
  all[9] = protocol;
  put16(all, 10, static_cast<std::uint16_t>(segment.size()));
  all.insert(all.end(), segment.begin(), segment.end());
  return sum(all);
}

constexpr std::uint8_t kFin = 1;
constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kRst = 4;
constexpr std::uint8_t kAck = 16;

Ipv4Fields to_router(const Testbed& bed, std::uint8_t protocol, Octets payload) {
  auto fields = bed.from_a_to_b();
  fields.destination = kRouterA;
  fields.protocol = protocol;
  fields.payload = std::move(payload);
  return fields;
}

Ipv4Fields segment(const Testbed& bed, std::uint8_t flags, std::size_t data = 0) {
  Octets tcp(20 + data, 0x33);
  put16(tcp, 0, 40000);
  put16(tcp, 2, 22);
  put32(tcp, 4, 1000);
  put32(tcp, 8, 77777);
  tcp[12] = 0x50;
  tcp[13] = flags;
  put16(tcp, 16, 0);
  put16(tcp, 16, transport_sum(kHostA, kRouterA, 6, tcp));
  return to_router(bed, 6, tcp);
}

Ipv4Fields datagram(const Testbed& bed, std::size_t data) {
  Octets udp(8 + data, 0x44);
  put16(udp, 0, 40000);
  put16(udp, 2, 53);
  put16(udp, 4, static_cast<std::uint16_t>(udp.size()));
  put16(udp, 6, 0);
  put16(udp, 6, transport_sum(kHostA, kRouterA, 17, udp));
  return to_router(bed, 17, udp);
}

}  // namespace

TEST_CASE("a segment to a closed port is answered with the reset that RFC 9293 3.5.2 asks for") {
  Testbed bed;
  bed.resolve_hosts();
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint8_t flags = kRst | kAck;
  Ipv4Fields fields;
  SECTION("SYN") {
    fields = segment(bed, kSyn);
    acknowledged = 1001;
  }
  SECTION("SYN with data") {
    fields = segment(bed, kSyn, 33);
    acknowledged = 1034;
  }
  SECTION("FIN") {
    fields = segment(bed, kFin, 7);
    acknowledged = 1008;
  }
  SECTION("ACK") {
    fields = segment(bed, kAck, 100);
    sequence = 77777;
    flags = kRst;
  }
  SECTION("nothing set") {
    fields = segment(bed, 0);
    acknowledged = 1000;
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  const std::size_t tcp = kIcmp;
  REQUIRE(out[0].size() == tcp + 20);
  CHECK(ip_source(out[0]) == kRouterA);
  CHECK(ip_destination(out[0]) == kHostA);
  CHECK(ip_checksum_right(out[0]));
  CHECK(word(out[0], kIp + 6) == 0x4000);
  CHECK(word(out[0], kIpId) == 0);
  CHECK(word(out[0], tcp) == 22);
  CHECK(word(out[0], tcp + 2) == 40000);
  CHECK(long_word(out[0], tcp + 4) == sequence);
  CHECK(long_word(out[0], tcp + 8) == acknowledged);
  CHECK(out[0][tcp + 13] == flags);
  CHECK(word(out[0], tcp + 14) == 0);
  CHECK(transport_sum(kRouterA, kHostA, 6, {out[0].begin() + kIcmp, out[0].end()}) == 0);
  CHECK(bed.drops(DropReason::kPortClosed) == 1);
  CHECK(bed.router->ip_counter(IpCounter::kTcpOutRsts) == 1);
}

TEST_CASE("no reset answers a reset, a broken segment, or one to all stations") {
  Testbed bed;
  bed.resolve_hosts();
  DropReason reason = DropReason::kTcpBad;
  Ipv4Fields fields = segment(bed, kSyn);
  SECTION("a reset") {
    fields = segment(bed, kRst | kAck);
    reason = DropReason::kPortClosed;
  }
  SECTION("a wrong checksum") { fields.payload[17] ^= 1; }
  SECTION("a data offset below the header") {
    fields.payload[12] = 0x40;
    put16(fields.payload, 16, 0);
    put16(fields.payload, 16, transport_sum(kHostA, kRouterA, 6, fields.payload));
  }
  SECTION("a header beyond the packet") {
    fields.payload[12] = 0xf0;
    put16(fields.payload, 16, 0);
    put16(fields.payload, 16, transport_sum(kHostA, kRouterA, 6, fields.payload));
  }
  SECTION("too short for a header") { fields.payload.resize(19); }
  SECTION("to all stations") {
    fields.destination_mac = kBroadcastMac;
    reason = DropReason::kPortClosed;
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.drops(reason) == 1);
}

TEST_CASE("port unreachable answers UDP whose length and checksum are right, or that has none") {
  Testbed bed;
  bed.resolve_hosts();
  Ipv4Fields fields = datagram(bed, 20);
  bool answered = false;
  SECTION("right") { answered = true; }
  SECTION("without a checksum") {
    put16(fields.payload, 6, 0);
    answered = true;
  }
  SECTION("shorter than the packet") {
    fields.payload.insert(fields.payload.end(), 10, 0x99);
    answered = true;
  }
  SECTION("a wrong checksum") { fields.payload[20] ^= 1; }
  SECTION("a length below its header") { put16(fields.payload, 4, 7); }
  SECTION("a length beyond the packet") { put16(fields.payload, 4, 29); }
  SECTION("too short for a header") { fields.payload.resize(7); }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == (answered ? 1 : 0));
  if (answered) {
    CHECK(out[0][kIcmp] == 3);
    CHECK(out[0][kIcmp + 1] == 3);
    CHECK(out[0].size() == kIcmp + 8 + 20 + 28);
  }
  CHECK(bed.drops(answered ? DropReason::kPortClosed : DropReason::kUdpBad) == 1);
}

TEST_CASE("an echo request is answered with its code, also where it came to all stations") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = to_router(bed, 1, echo_request(5));
  SECTION("a code") {
    fields.payload[1] = 3;
    mend(fields.payload, 2);
  }
  SECTION("to all stations") { fields.destination_mac = kBroadcastMac; }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(out[0][kIcmp] == 0);
  CHECK(out[0][kIcmp + 1] == fields.payload[1]);
  CHECK(sum(std::span{out[0]}.subspan(kIcmp)) == 0);
}

TEST_CASE("a timestamp request is answered with the milliseconds of the day") {
  Testbed bed;
  bed.resolve_hosts();
  Octets message(20);
  message[0] = 13;
  put32(message, 4, 0x12345678);
  put32(message, 8, 4711);
  const bool enough = GENERATE(true, false);
  message.resize(enough ? 20 : 11);
  mend(message, 2);
  bed.receive(kPortA, make_ipv4(to_router(bed, 1, message)));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == (enough ? 1 : 0));
  if (!enough) {
    return;
  }
  CHECK(out[0][kIcmp] == 14);
  CHECK(long_word(out[0], kIcmp + 4) == 0x12345678);
  CHECK(long_word(out[0], kIcmp + 8) == 4711);
  CHECK(long_word(out[0], kIcmp + 12) == long_word(out[0], kIcmp + 16));
  CHECK(sum(std::span{out[0]}.subspan(kIcmp, 20)) == 0);
  const auto day = std::chrono::milliseconds{std::chrono::days{1}};
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch()) %
                   day;
  const auto told = std::chrono::milliseconds{long_word(out[0], kIcmp + 12)};
  CHECK((now - told + day) % day < std::chrono::minutes{1});
}

TEST_CASE("no error answers an ICMP type that Linux does not know or takes for an error") {
  Testbed bed;
  bed.resolve_hosts();
  const auto [type, answered] =
      GENERATE(std::make_pair(0, true), std::make_pair(8, true), std::make_pair(13, true),
               std::make_pair(18, true), std::make_pair(1, false), std::make_pair(5, false),
               std::make_pair(9, false), std::make_pair(12, false), std::make_pair(19, false),
               std::make_pair(40, false), std::make_pair(255, false));
  auto fields = bed.from_a_to_b();
  fields.protocol = 1;
  fields.payload.assign(36, 0);
  fields.payload[0] = static_cast<std::uint8_t>(type);
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == (answered ? 1 : 0));
}

TEST_CASE("an error is no larger than its way") {
  auto config = Testbed::basic_config();
  config.ports[0].mtu = 296;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.ttl = 1;
  fields.payload.assign(260, 1);
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(out[0].size() == kIp + 296);
}

TEST_CASE("what a router on the way says of its MTU cuts the router's own packets to size") {
  Testbed bed;
  bed.resolve_hosts();
  const auto ask = [&] {
    bed.receive(kPortA, make_ipv4(to_router(bed, 1, echo_request(1, 1400))));
    bed.run();
    std::vector<std::size_t> sizes;
    for (const Frame& frame : bed.sent(kPortA)) {
      sizes.push_back(frame.size() - kIp);
    }
    return sizes;
  };
  using Sizes = std::vector<std::size_t>;
  REQUIRE(ask() == Sizes{1428});
  // "Fragmentation needed" (3/4) that quotes an echo reply of the router.
  const auto tell = [&](std::uint16_t mtu, Ipv4 source, std::uint8_t quoted_type) {
    Octets message(8 + 20 + 8);
    message[0] = 3;
    message[1] = 4;
    put16(message, 6, mtu);
    message[8] = 0x45;
    message[8 + 9] = 1;
    put32(message, 8 + 12, source.value());
    put32(message, 8 + 16, kHostA.value());
    message[28] = quoted_type;
    mend(message, 2);
    bed.receive(kPortA, make_ipv4(to_router(bed, 1, message)));
    bed.run();
  };
  SECTION("a smaller one, for ten minutes") {
    tell(1000, kRouterA, 0);
    CHECK(ask() == Sizes{996, 452});
    bed.advance(10min - 1s);
    bed.resolve_hosts();
    CHECK(ask() == Sizes{996, 452});
    bed.advance(1s);
    bed.resolve_hosts();
    CHECK(ask() == Sizes{1428});
  }
  SECTION("never below 552, whatever is said") {
    tell(static_cast<std::uint16_t>(GENERATE(0, 68, 551)), kRouterA, 0);
    CHECK(ask() == Sizes{548, 548, 372});
  }
  SECTION("not a larger one") {
    tell(1000, kRouterA, 0);
    tell(1300, kRouterA, 0);
    CHECK(ask() == Sizes{996, 452});
  }
  SECTION("not about what the router did not send") {
    tell(1000, kHostB, 0);
    tell(1000, kRouterA, 8);
    CHECK(ask() == Sizes{1428});
    CHECK(bed.drops(DropReason::kIcmpIgnored) == 2);
  }
}

TEST_CASE("identifications of different ways tell nothing of each other") {
  Testbed bed;
  bed.resolve_hosts();
  const auto ask = [&](PortId port, Ipv4 from, Ipv4 to, Mac mac) {
    auto fields = to_router(bed, 1, echo_request(1));
    fields.source = from;
    fields.destination = to;
    fields.destination_mac = bed.mac(port);
    fields.source_mac = mac;
    bed.receive(port, make_ipv4(fields));
    bed.run();
    return word(bed.sent(port).at(0), kIpId);
  };
  const std::uint16_t first = ask(kPortA, kHostA, kRouterA, kMacA);
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(ask(kPortB, kHostB, kRouterB, kMacB));
  }
  // With one in 2048 seeds, both are in one group.
  const auto gone = static_cast<std::uint16_t>(ask(kPortA, kHostA, kRouterA, kMacA) - first);
  CHECK((gone == 1 || gone == 101));
}

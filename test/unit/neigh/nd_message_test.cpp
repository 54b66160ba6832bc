// SPDX-License-Identifier: BSD-3-Clause
// RFC 4861: which messages are valid neighbor discovery, and how they look on the wire.
#include "neigh/nd_message.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <numeric>
#include <random>
#include <vector>

#include "octets.hpp"

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Packet = std::vector<std::uint8_t>;

constexpr Mac kRouterMac{{2, 0, 0, 0, 0, 1}};
constexpr Mac kHostMac{{2, 0, 0, 0, 0, 2}};
constexpr Ipv6 kRouter{0xfe80'0000'0000'0000, 1};
constexpr Ipv6 kRouterGlobal{0x2001'0db8'0000'0000, 1};
constexpr Ipv6 kHost{0x2001'0db8'0000'0000, 2};
constexpr Nonce kNonce{0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6};

const NeighborSolicitation kSolicitation{.source = kRouter,
                                         .destination = kHost.solicited_node(),
                                         .target = kHost,
                                         .source_mac = kRouterMac,
                                         .nonce = kNonce};
const NeighborAdvertisement kAdvertisement{.source = kRouterGlobal,
                                           .destination = kHost,
                                           .target = kRouterGlobal,
                                           .router = true,
                                           .solicited = true,
                                           .override_ = true,
                                           .target_mac = kRouterMac};
const RouterSolicitation kRouterSolicitation{.source = kRouter, .source_mac = kRouterMac};
const Redirect kRedirect{.source = kRouter,
                         .destination = kHost,
                         .target = {0xfe80'0000'0000'0000, 3},
                         .about = {0x2001'0db8'0009'0000, 9},
                         .target_mac = Mac{{2, 0, 0, 0, 0, 3}}};

RouterAdvertisement router_advertisement() {
  return {.source = kRouter,
          .hop_limit = 64,
          .managed = true,
          .other = true,
          .preference = Preference::kHigh,
          .lifetime = seconds{1800},
          .reachable = seconds{30},
          .retransmit = seconds{1},
          .source_mac = kRouterMac,
          .mtu = 1500,
          .prefixes = {{.prefix = {{0x2001'0db8'0001'0000, 0}, 64},
                        .valid = seconds{2592000},
                        .preferred = seconds{604800},
                        .on_link = true,
                        .autonomous = true}},
          .routes = {{.prefix = {{0x2001'0db8'0002'0000, 0}, 48},
                      .lifetime = seconds{1800},
                      .preference = Preference::kLow}}};
}

NeighborSolicitation probe() {
  NeighborSolicitation message = kSolicitation;
  message.source = {};
  message.source_mac.reset();
  return message;
}

template <class Message>
Packet packet(const Message& message) {
  return packet_of(frame(message, kHostMac, kRouterMac));
}
Packet packet(const Redirect& message) {
  return packet_of(frame(message, Packet(16), kHostMac, kRouterMac));
}

bool is_accepted(const Packet& packet) { return parse_nd(packet).has_value(); }

// Writes the right length and checksum into a packet that was changed.
Packet corrected(Packet packet) {
  const std::size_t length = packet.size() - kIpv6Header;
  packet[4] = static_cast<std::uint8_t>(length >> 8);
  packet[5] = static_cast<std::uint8_t>(length);
  packet[42] = packet[43] = 0;
  const std::uint16_t sum = icmp6_checksum(Ipv6::read(&packet[8]), Ipv6::read(&packet[24]),
                                           std::span{packet}.subspan(kIpv6Header));
  packet[42] = static_cast<std::uint8_t>(sum >> 8);
  packet[43] = static_cast<std::uint8_t>(sum);
  return packet;
}

Packet with(Packet packet, std::size_t at, std::uint8_t value) {
  packet[at] = value;
  return corrected(packet);
}

Packet with_option(Packet packet, const Packet& option) {
  packet.insert(packet.end(), option.begin(), option.end());
  return corrected(packet);
}

template <class Message>
void check_round_trip(const Message& message) {
  const auto read = parse_nd(packet(message));
  REQUIRE(read.has_value());
  REQUIRE(std::holds_alternative<Message>(*read));
  CHECK(std::get<Message>(*read) == message);
}

std::vector<Packet> one_of_each() {
  return {packet(kSolicitation), packet(kAdvertisement), packet(kRouterSolicitation),
          packet(router_advertisement()), packet(kRedirect)};
}

}  // namespace

TEST_CASE("a group's MAC has the group's last four octets") {
  CHECK(multicast_mac(kAllNodes) == Mac{{0x33, 0x33, 0, 0, 0, 1}});
  CHECK(multicast_mac(Ipv6{0x2001, 0x1234'5678'9abc'def0}.solicited_node()) ==
        Mac{{0x33, 0x33, 0xff, 0xbc, 0xde, 0xf0}});
}

TEST_CASE("a neighbor solicitation has the octets of RFC 4861 4.3") {
  CHECK(frame(kSolicitation, multicast_mac(kSolicitation.destination), kRouterMac) ==
        octets("3333ff000002 020000000001 86dd 60000000 0028 3a ff"
               "fe80 0000 0000 0000 0000 0000 0000 0001"
               "ff02 0000 0000 0000 0000 0001 ff00 0002"
               "87 00 5268 00000000 20010db8 00000000 00000000 00000002"
               "01 01 020000000001 0e 01 a1a2a3a4a5a6"));
}

TEST_CASE("a neighbor advertisement has the octets of RFC 4861 4.4") {
  CHECK(frame(kAdvertisement, kHostMac, kRouterMac) ==
        octets("020000000002 020000000001 86dd 60000000 0020 3a ff"
               "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
               "88 00 0a73 e0000000 20010db8 00000000 00000000 00000001"
               "02 01 020000000001"));
}

TEST_CASE("a router solicitation has the octets of RFC 4861 4.1") {
  CHECK(frame(kRouterSolicitation, multicast_mac(kAllRouters), kRouterMac) ==
        octets("333300000002 020000000001 86dd 60000000 0010 3a ff"
               "fe800000 00000000 00000000 00000001 ff020000 00000000 00000000 00000002"
               "85 00 7a2c 00000000 01 01 020000000001"));
}

TEST_CASE("a router advertisement has the octets of RFCs 4861 4.2, 4191, 8106 and 8781") {
  RouterAdvertisement message = router_advertisement();
  message.dns = {{0x2001'0db8'0000'0000, 0x53}};
  message.search = {"example.com"};
  message.dns_lifetime = seconds{1200};
  message.pref64 = Prefix6{{0x0064'ff9b'0000'0000, 0}, 96};
  message.pref64_lifetime = seconds{1200};
  CHECK(frame(message, multicast_mac(kAllNodes), kRouterMac) ==
        octets("333300000001 020000000001 86dd 60000000 0098 3a ff"
               "fe800000 00000000 00000000 00000001 ff020000 00000000 00000000 00000001"
               "86 00 9040 40 c8 0708 00007530 000003e8 01 01 020000000001"
               "05 01 0000 000005dc 26 02 04b0 0064ff9b 00000000 00000000"
               "03 04 40 c0 00278d00 00093a80 00000000 20010db8 00010000 00000000 00000000"
               "18 03 30 18 00000708 20010db8 00020000 00000000 00000000"
               "19 03 0000 000004b0 20010db8 00000000 00000000 00000053"
               "1f 03 0000 000004b0 07 6578616d706c65 03 636f6d 00 000000"));
}

TEST_CASE("a redirect has the octets of RFC 4861 4.5") {
  Packet about(16);
  std::iota(about.begin(), about.end(), std::uint8_t{0});
  about.push_back(16);  // does not fill a unit of 8 octets
  CHECK(frame(kRedirect, about, kHostMac, kRouterMac) ==
        octets("020000000002 020000000001 86dd 60000000 0048 3a ff"
               "fe800000 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
               "89 00 dda9 00000000 fe800000 00000000 00000000 00000003"
               "20010db8 00090000 00000000 00000009 02 01 020000000003"
               "04 03 0000 00000000 00010203 04050607 08090a0b 0c0d0e0f"));
}

TEST_CASE("a redirect contains as much of a packet as the least MTU allows") {
  const auto packet = packet_of(frame(kRedirect, Packet(1500), kHostMac, kRouterMac));
  CHECK(packet.size() == kIpv6MinMtu);
  CHECK(is_accepted(packet));
}

TEST_CASE("what neighbor discovery wrote is read back") {
  check_round_trip(kSolicitation);
  check_round_trip(probe());
  check_round_trip(kAdvertisement);
  check_round_trip(kRouterSolicitation);
  check_round_trip(RouterSolicitation{});
  check_round_trip(router_advertisement());
  check_round_trip(kRedirect);
}

TEST_CASE("a lifetime beyond its field is the longest one") {
  RouterAdvertisement message = router_advertisement();
  message.lifetime = std::chrono::hours{24};
  message.prefixes[0].valid = Nanoseconds::max();
  const auto read = std::get<RouterAdvertisement>(*parse_nd(packet(message)));
  CHECK(read.lifetime == seconds{65535});
  CHECK(read.prefixes[0].valid == kInfiniteLifetime);
}

TEST_CASE("a router advertisement keeps within the least MTU") {
  RouterAdvertisement message = router_advertisement();
  message.prefixes.resize(60, message.prefixes[0]);
  message.routes.resize(60, message.routes[0]);
  message.dns.resize(200, kHost);
  message.search.resize(100, "example.com");
  const auto bytes = packet(message);
  CHECK(bytes.size() <= kIpv6MinMtu);
  const auto read = parse_nd(bytes);
  REQUIRE(read.has_value());
  CHECK(std::get<RouterAdvertisement>(*read).prefixes.size() > 30);
}

TEST_CASE("a message from another link, with a code, or cut off is not accepted") {
  for (const Packet& good : one_of_each()) {
    REQUIRE(is_accepted(good));
    CHECK_FALSE(is_accepted(with(good, 7, 254)));
    CHECK_FALSE(is_accepted(with(good, 41, 1)));
    Packet damaged = good;
    damaged.back() ^= 1;
    CHECK_FALSE(is_accepted(damaged));
    for (std::size_t length = 0; length < good.size(); ++length) {
      const Packet cut{good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)};
      CHECK_FALSE(is_accepted(cut));
    }
    Packet padded = good;
    padded.resize(good.size() + 6);
    CHECK(is_accepted(padded));
  }
}

TEST_CASE("a message is not accepted with an option of length 0, or one that is cut off") {
  for (const Packet& good : one_of_each()) {
    CHECK(is_accepted(with_option(good, octets("fd01 000000000000"))));
    CHECK_FALSE(is_accepted(with_option(good, octets("fd00 000000000000"))));
    CHECK_FALSE(is_accepted(with_option(good, octets("fd02 000000000000"))));
    CHECK_FALSE(is_accepted(with_option(good, octets("fd01 0000"))));
    CHECK_FALSE(is_accepted(with_option(good, octets("fd"))));
  }
}

TEST_CASE("a link-layer address is one of Ethernet, and one station's") {
  const Packet good = packet(RouterSolicitation{.source = kRouter});
  CHECK(is_accepted(with_option(good, octets("0101 020000000009"))));
  CHECK_FALSE(is_accepted(with_option(good, octets("0101 330000000009"))));
  CHECK_FALSE(is_accepted(with_option(good, octets("0102 020000000009 0000000000000000"))));
}

TEST_CASE("a link-layer address that the message does not use may be anything") {
  const Packet good = packet(RouterSolicitation{.source = kRouter});
  CHECK(is_accepted(with_option(good, octets("0202 020000000009 0000000000000000"))));
  CHECK(is_accepted(with_option(good, octets("0201 330000000009"))));
  CHECK(is_accepted(with_option(packet(kAdvertisement), octets("0101 330000000009"))));
}

TEST_CASE("of a link-layer address that is said twice the first counts") {
  const auto read =
      parse_nd(with_option(packet(kSolicitation), octets("0102 020000000009 0000000000000000")));
  REQUIRE(read.has_value());
  CHECK(std::get<NeighborSolicitation>(*read).source_mac == kRouterMac);
}

TEST_CASE("a solicitation is valid as RFC 4861 7.1.1 says") {
  NeighborSolicitation message = kSolicitation;
  SECTION("a group as target") { message.target = kAllNodes; }
  SECTION("a probe with a link-layer address") { message.source = {}; }
  SECTION("a probe sent to all nodes") {
    message = probe();
    message.destination = kAllNodes;
  }
  SECTION("a probe sent to one node") {
    message = probe();
    message.destination = kHost;
  }
  SECTION("a group as source") { message.source = kAllNodes; }
  CHECK_FALSE(is_accepted(packet(message)));
}

TEST_CASE("an advertisement is valid as RFC 4861 7.1.2 says") {
  NeighborAdvertisement message = kAdvertisement;
  message.destination = kAllNodes;
  CHECK_FALSE(is_accepted(packet(message)));
  message.solicited = false;
  CHECK(is_accepted(packet(message)));
  message.target = kAllRouters;
  CHECK_FALSE(is_accepted(packet(message)));
}

TEST_CASE("a router solicitation without a source has no link-layer address") {
  RouterSolicitation message = kRouterSolicitation;
  message.source = {};
  CHECK_FALSE(is_accepted(packet(message)));
}

TEST_CASE("router advertisements and redirects come from link-local addresses") {
  RouterAdvertisement advertisement = router_advertisement();
  advertisement.source = kRouterGlobal;
  CHECK_FALSE(is_accepted(packet(advertisement)));
  Redirect message = kRedirect;
  message.source = kRouterGlobal;
  CHECK_FALSE(is_accepted(packet(message)));
}

TEST_CASE("a redirect leads to a router by its link-local address, or to the destination itself") {
  Redirect message = kRedirect;
  message.target = kHost;
  CHECK_FALSE(is_accepted(packet(message)));
  message.about = kHost;
  CHECK(is_accepted(packet(message)));
  message.target = message.about = kAllNodes;
  CHECK_FALSE(is_accepted(packet(message)));
}

TEST_CASE("impossible prefixes and routes are skipped") {
  RouterAdvertisement message = router_advertisement();
  message.prefixes.clear();
  message.routes.clear();
  const auto read = [&](const char* option) {
    return std::get<RouterAdvertisement>(*parse_nd(with_option(packet(message), octets(option))));
  };
  const std::string zeros(64, '0');
  CHECK(read(("03044000 00000001" + zeros.substr(0, 48)).c_str()).prefixes.size() == 1);
  CHECK(read(("03048100 00000001" + zeros.substr(0, 48)).c_str()).prefixes.empty());
  CHECK(read("03014000 00000001").prefixes.empty());
  CHECK(read("18010000 00000001").routes.size() == 1);
  CHECK(read("18010100 00000001").routes.empty());
  CHECK(read("18010010 00000001").routes.empty());
  CHECK(read("18024000 00000001 2001000000000000").routes.size() == 1);
  CHECK(read("18024100 00000001 2001000000000000").routes.empty());
  CHECK(read(("18038100 00000001" + zeros.substr(0, 32)).c_str()).routes.empty());
  CHECK(read(("18044000 00000001" + zeros.substr(0, 48)).c_str()).routes.empty());
}

TEST_CASE("the reserved preference of a router is medium, and none of its own is too") {
  const auto preference_in = [](const Packet& packet) {
    return std::get<RouterAdvertisement>(*parse_nd(packet)).preference;
  };
  const Packet good = packet(router_advertisement());
  CHECK(preference_in(good) == Preference::kHigh);
  CHECK(preference_in(with(good, 45, 0x10)) == Preference::kMedium);
  CHECK(preference_in(with(good, 45, 0x18)) == Preference::kLow);
  RouterAdvertisement none = router_advertisement();
  none.lifetime = {};
  CHECK(preference_in(with(packet(none), 45, 0x18)) == Preference::kMedium);
}

TEST_CASE("other protocols and other ICMPv6 messages are no neighbor discovery") {
  const Packet good = packet(kAdvertisement);
  CHECK_FALSE(is_accepted(with(good, 6, 17)));
  CHECK_FALSE(is_accepted(with(good, 6, 44)));
  for (const int type : {1, 128, 129, 130, 132, 138, 255}) {
    CHECK_FALSE(is_accepted(with(good, 40, static_cast<std::uint8_t>(type))));
  }
  CHECK_FALSE(is_accepted({}));
}

TEST_CASE("random octets in place of any part of a message do no harm") {
  std::mt19937 random{1};
  for (int round = 0; round < 20'000; ++round) {
    auto packets = one_of_each();
    Packet& changed = packets[random() % packets.size()];
    for (unsigned i = random() % 16; i > 0; --i) {
      changed[40 + random() % (changed.size() - 40)] = static_cast<std::uint8_t>(random());
    }
    changed.resize(44 + random() % (changed.size() - 43));
    static_cast<void>(parse_nd(corrected(changed)));
  }
}

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <random>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/byte_order.hpp"
#include "base/clock.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"

namespace ringroad {
namespace {

using namespace std::chrono_literals;

template <class T>
void check_refused(const std::vector<std::string_view>& texts) {
  for (const std::string_view text : texts) {
    INFO('"' << text << '"');
    CHECK_FALSE(T::parse(text));
  }
}

TEST_CASE("an integer in network byte order lies in memory as on the wire") {
  const be32 address{0x0a010203U};
  const unsigned char wire32[] = {10, 1, 2, 3};
  CHECK(std::memcmp(&address, wire32, sizeof wire32) == 0);
  CHECK(address.host() == 0x0a010203U);
  CHECK(be32::from_wire(address.wire()) == address);
  const be16 ethertype{0x0800};
  const unsigned char wire16[] = {8, 0};
  CHECK(std::memcmp(&ethertype, wire16, sizeof wire16) == 0);
  CHECK(ethertype.host() == 0x0800);
  STATIC_REQUIRE(be16{0x1234}.host() == 0x1234);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::uint32_t, be32>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<be32, std::uint32_t>);
}

TEST_CASE("an IPv4 address is a dotted quad and nothing else") {
  CHECK(Ipv4::parse("10.1.2.3") == Ipv4{10, 1, 2, 3});
  CHECK(Ipv4::parse("0.0.0.0") == Ipv4{});
  CHECK(Ipv4::parse("255.255.255.255") == kLimitedBroadcast);
  check_refused<Ipv4>({"",           "10",
                       "10.1",       "10.1.2",
                       "10.1.2.",    "10.1.2.3.",
                       "10.1.2.3.4", ".10.1.2.3",
                       "10..2.3",    "10.1.2.256",
                       "10.0.0.300", "10.1.2.03",
                       "010.1.2.3",  "10.1.2.00",
                       "10.1.2.-3",  "10.1.2.+3",
                       "10.1.2.0x3", " 10.1.2.3",
                       "10.1.2.3 ",  "10.1.2.3/32",
                       "10.1.2.a",   "10.1.2.4294967299",
                       "::1"});
}

TEST_CASE("an IPv4 address prints as it parses and keeps its value on the wire") {
  std::mt19937 random{1};
  for (int i = 0; i < 1000; ++i) {
    const Ipv4 address{static_cast<std::uint32_t>(random())};
    REQUIRE(Ipv4::parse(address.to_string()) == address);
    REQUIRE(Ipv4{address.wire()} == address);
  }
  CHECK(Ipv4{192, 168, 0, 1}.to_string() == "192.168.0.1");
  CHECK(Ipv4{192, 168, 0, 1}.value() == 0xc0a80001U);
  CHECK(Ipv4{9, 255, 255, 255} < Ipv4{10, 0, 0, 0});
}

TEST_CASE("IPv4 addresses know their class at its edges") {
  CHECK(Ipv4{224, 0, 0, 0}.is_multicast());
  CHECK(Ipv4{239, 255, 255, 255}.is_multicast());
  CHECK_FALSE(Ipv4{223, 255, 255, 255}.is_multicast());
  CHECK_FALSE(Ipv4{240, 0, 0, 0}.is_multicast());
  CHECK(Ipv4{240, 0, 0, 0}.is_reserved());
  CHECK(kLimitedBroadcast.is_reserved());
  CHECK(Ipv4{127, 0, 0, 0}.is_loopback());
  CHECK(Ipv4{127, 255, 255, 255}.is_loopback());
  CHECK(Ipv4{0, 0, 0, 0}.is_this_network());
  CHECK(Ipv4{0, 255, 255, 255}.is_this_network());
  for (const Ipv4 host :
       {Ipv4{1, 0, 0, 0}, Ipv4{126, 255, 255, 255}, Ipv4{128, 0, 0, 0}, Ipv4{223, 255, 255, 255}}) {
    CHECK(host.is_unicast());
  }
  for (const Ipv4 other : {Ipv4{0, 0, 0, 1}, Ipv4{127, 0, 0, 1}, Ipv4{224, 0, 0, 1},
                           Ipv4{240, 0, 0, 1}, kLimitedBroadcast}) {
    CHECK_FALSE(other.is_unicast());
  }
}

TEST_CASE("a prefix is written as ip route writes it") {
  CHECK(Prefix4::parse("10.0.0.0/8") == Prefix4{Ipv4{10, 0, 0, 0}, 8});
  CHECK(Prefix4::parse("10.0.0.1") == Prefix4{Ipv4{10, 0, 0, 1}, 32});
  CHECK(Prefix4::parse("10.0.0.1/32") == Prefix4{Ipv4{10, 0, 0, 1}, 32});
  CHECK(Prefix4::parse("default") == Prefix4{});
  CHECK(Prefix4::parse("0.0.0.0/0") == Prefix4{});
  check_refused<Prefix4>({"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08",
                          "10.0.0.0/8 ", "10.0.0.0/8/8", "10/8", "10.0.0.1/8", "0.0.0.1/0",
                          "10.0.0.0/255.0.0.0", "Default"});
  for (const std::string_view text : {"default", "10.0.0.0/8", "10.0.0.1", "128.0.0.0/1"}) {
    CHECK(Prefix4::parse(text)->to_string() == text);
  }
}

TEST_CASE("a prefix clears its host bits and spans its addresses") {
  CHECK(Prefix4{Ipv4{192, 168, 2, 100}, 24} == Prefix4{Ipv4{192, 168, 2, 0}, 24});
  CHECK(Prefix4{kLimitedBroadcast, 0} == Prefix4{});
  CHECK(Prefix4{Ipv4{10, 173, 32, 47}, 21}.last() == Ipv4{10, 173, 39, 255});
  CHECK(Prefix4{}.last() == kLimitedBroadcast);
  CHECK(Prefix4{Ipv4{10, 0, 0, 1}, 32}.last() == Ipv4{10, 0, 0, 1});
  CHECK(prefix_mask(0) == 0);
  CHECK(prefix_mask(1) == 0x80000000U);
  CHECK(prefix_mask(32) == 0xffffffffU);
}

TEST_CASE("a prefix contains what its first bits say") {
  const Prefix4 prefix{Ipv4{192, 168, 2, 0}, 23};
  CHECK(prefix.contains(Ipv4{192, 168, 2, 0}));
  CHECK(prefix.contains(Ipv4{192, 168, 3, 255}));
  CHECK_FALSE(prefix.contains(Ipv4{192, 168, 1, 255}));
  CHECK_FALSE(prefix.contains(Ipv4{192, 168, 4, 0}));
  CHECK(prefix.contains(prefix));
  CHECK(prefix.contains(Prefix4{Ipv4{192, 168, 3, 0}, 24}));
  CHECK_FALSE(prefix.contains(Prefix4{Ipv4{192, 168, 2, 0}, 22}));
  CHECK(Prefix4{}.contains(kLimitedBroadcast));
}

TEST_CASE("prefixes that differ in address or length hash apart") {
  std::unordered_set<std::size_t> hashes;
  std::size_t prefixes = 0;
  for (std::uint8_t length = 8; length <= 32; ++length) {
    for (std::uint8_t octet = 0; octet < 100; ++octet) {
      hashes.insert(std::hash<Prefix4>{}({Ipv4{octet, 0, 0, 0}, length}));
      ++prefixes;
    }
  }
  CHECK(hashes.size() == prefixes);
}

TEST_CASE("an interface address keeps its host bits and knows its subnet") {
  const auto address = InterfaceAddress4::parse("192.168.1.1/24");
  REQUIRE(address);
  CHECK(address->address == Ipv4{192, 168, 1, 1});
  CHECK(address->subnet() == Prefix4{Ipv4{192, 168, 1, 0}, 24});
  CHECK(address->to_string() == "192.168.1.1/24");
  CHECK(InterfaceAddress4::parse("10.0.0.1/32")->to_string() == "10.0.0.1/32");
  check_refused<InterfaceAddress4>({"192.168.1.1", "192.168.1.1/33", "192.168.1/24", "/24", ""});
}

TEST_CASE("an interface address of IPv6 is the same with longer bits, and has no broadcast") {
  const auto address = InterfaceAddress6::parse("2001:db8::1/64");
  REQUIRE(address);
  CHECK(address->address == Ipv6{0x20010db800000000, 1});
  CHECK(address->subnet() == Prefix6{Ipv6{0x20010db800000000, 0}, 64});
  CHECK(address->to_string() == "2001:db8::1/64");
  const auto peer = InterfaceAddress6::parse("2001:db8::1 peer 2001:db8:1::/64");
  REQUIRE(peer);
  CHECK(peer->subnet() == Prefix6{Ipv6{0x20010db800010000, 0}, 64});
  CHECK(peer->to_string() == "2001:db8::1 peer 2001:db8:1::/64");
  check_refused<InterfaceAddress6>({"2001:db8::1", "2001:db8::1/129", "192.168.1.1/24", "/64"});
  CHECK_FALSE(address->has_broadcast());
  CHECK(InterfaceAddress4::parse("10.0.0.1/30")->has_broadcast());
  CHECK_FALSE(InterfaceAddress4::parse("10.0.0.1/31")->has_broadcast());
}

TEST_CASE("a MAC address is six pairs of hexadecimal digits") {
  const auto mac = Mac::parse("02:00:5e:Ab:cD:09");
  REQUIRE(mac);
  CHECK(*mac == Mac{{0x02, 0x00, 0x5e, 0xab, 0xcd, 0x09}});
  CHECK(mac->to_string() == "02:00:5e:ab:cd:09");
  check_refused<Mac>({"", "02:00:00:00:00", "02:00:00:00:00:09:01", "02-00-00-00-00-09",
                      "2:00:00:00:00:009", "02:00:00:00:00:0g", "02:00:00:00:00:0",
                      "0x:00:00:00:00:09", "-2:00:00:00:00:09", " 2:00:00:00:00:09",
                      "02:00:00:00:00:09 "});
}

TEST_CASE("an IPv6 address is read and printed as RFC 5952 has it") {
  CHECK(Ipv6::parse("2001:DB8:0:0:0:0:0:1") == Ipv6{0x20010db800000000, 1});
  CHECK(Ipv6{0x20010db800000000, 1}.to_string() == "2001:db8::1");
  CHECK(Ipv6{}.to_string() == "::");
  check_refused<Ipv6>({"", ":", "1", "1::2::3", "::1%lo", "12345::", "1:2:3:4:5:6:7:8:9",
                       "10.0.0.1", std::string_view{"::1\0x", 5}});
}

TEST_CASE("IPv6 addresses know their class at its edges") {
  const auto address = [](const char* text) { return Ipv6::parse(text).value(); };
  CHECK(address("ff00::").is_multicast());
  CHECK_FALSE(address("feff:ffff::").is_multicast());
  CHECK(address("::1").is_loopback());
  CHECK_FALSE(address("::2").is_loopback());
  CHECK(address("::").is_unspecified());
  CHECK_FALSE(address("0:0:0:1::").is_unspecified());
  for (const char* const text : {"::2", "2001:db8::1", "fe80::1", "fd00::1"}) {
    CHECK(address(text).is_unicast());
  }
  for (const char* const text : {"::", "::1", "ff02::1"}) {
    CHECK_FALSE(address(text).is_unicast());
  }
  for (const char* const text : {"::/0", "::/96", "2001:db8::/32", "fe80::/64"}) {
    CHECK(is_routable(Prefix6::parse(text).value()));
  }
  for (const char* const text : {"::", "::1", "ff00::/8", "ff02::1"}) {
    CHECK_FALSE(is_routable(Prefix6::parse(text).value()));
  }
}

TEST_CASE("the address after one carries into all of its bits") {
  CHECK(Ipv4{10, 0, 255, 255}.next() == Ipv4{10, 1, 0, 0});
  CHECK(Ipv6{1, 7}.next() == Ipv6{1, 8});
  CHECK(Ipv6{1, ~std::uint64_t{0}}.next() == Ipv6{2, 0});
  CHECK(Prefix4{}.last().next() == Ipv4{});
  CHECK(Prefix6{}.last().next() == Ipv6{});
}

TEST_CASE("an IPv6 address prints as RFC 5952 has it and parses as it prints") {
  // RFC 5952 4.2: the longest run of zeros is shortened, the first of equals, never a single one.
  for (const auto& [text, printed] : std::vector<std::pair<const char*, const char*>>{
           {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
           {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
           {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
           {"2001:DB8::000A", "2001:db8::a"},
           {"::ffff:192.0.2.1", "::ffff:192.0.2.1"}}) {
    CHECK(Ipv6::parse(text)->to_string() == printed);
  }
  std::mt19937_64 random{1};
  for (int i = 0; i < 1000; ++i) {
    // Some groups are zero.
    const Ipv6 address{random() & random() & 0xffff0000ffff0000, random() & 0xffffffff0000ffff};
    REQUIRE(Ipv6::parse(address.to_string()) == address);
  }
}

TEST_CASE("an IPv6 prefix holds the addresses that share its bits") {
  const auto prefix = Prefix6::parse("2001:db8:8000::/33");
  REQUIRE(prefix);
  CHECK(prefix->to_string() == "2001:db8:8000::/33");
  CHECK(prefix->contains(Ipv6{0x20010db8ffffffff, 7}));
  CHECK_FALSE(prefix->contains(Ipv6{0x20010db87fffffff, ~std::uint64_t{0}}));
  CHECK(prefix->last() == Ipv6{0x20010db8ffffffff, ~std::uint64_t{0}});
  CHECK(Prefix6::parse("::/0")->contains(Ipv6{1, 1}));
  CHECK(Prefix6{Ipv6{1, 0xff}, 124}.address() == Ipv6{1, 0xf0});
  CHECK(Prefix6{Ipv6{1, 0xff}, 128}.last() == Ipv6{1, 0xff});
  CHECK(Prefix6{Ipv6{1, 0xff}, 64}.last() == Ipv6{1, ~std::uint64_t{0}});
  CHECK(Prefix6::parse("::1")->length() == 128);
  check_refused<Prefix6>({"::1/64", "::/129", "::/", "::/0x", "::/01", "10.0.0.0/8"});
}

TEST_CASE("a station's MAC address is neither a group's nor zero") {
  CHECK(Mac{{0x02, 0, 0, 0, 0, 9}}.is_station());
  CHECK_FALSE(kBroadcastMac.is_station());
  CHECK(kBroadcastMac.is_multicast());
  CHECK_FALSE(Mac{{0x01, 0, 0x5e, 0, 0, 1}}.is_station());
  CHECK_FALSE(Mac{}.is_station());
  CHECK(Mac{}.is_zero());
  CHECK_FALSE(Mac{}.is_multicast());
}

TEST_CASE("a manual clock stands still until it is advanced") {
  Clock clock{Clock::Manual{}, 5s};
  CHECK(clock.now() == 5s);
  CHECK(clock.now() == 5s);
  clock.advance(250ms);
  CHECK(clock.now() == 5250ms);
  // The time is never zero by default, because a time stamp of zero may mean "never".
  CHECK(Clock{Clock::Manual{}}.now() > 0ns);
}

TEST_CASE("the machine's clock does not go back") {
  const Clock clock;
  const auto before = clock.now();
  CHECK(clock.now() >= before);
}

}  // namespace
}  // namespace ringroad

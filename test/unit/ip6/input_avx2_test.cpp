// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/input_avx2.hpp"

#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "packet/tos.hpp"

namespace ringroad::ip6 {
namespace {

constexpr std::uint64_t kMac = 0x0a0000000002;  // 02:00:00:00:00:0a

// A packet in its own memory, as a port's driver delivers it.
struct Frame {
  std::unique_ptr<Packet> owned = std::make_unique<Packet>();
  Packet& packet = *owned;
  alignas(64) std::array<std::uint8_t, 128> bytes{};

  Frame(Ipv6 destination, Ipv6 source) {
    packet.buf_addr = bytes.data();
    packet.nb_segs = 1;
    packet.pkt_len = packet.data_len = 80;
    std::memcpy(bytes.data(), &kMac, 6);
    bytes[12] = 0x86;
    bytes[13] = 0xdd;
    rte_ipv6_hdr& header = ipv6(packet);
    header.vtc_flow = rte_cpu_to_be_32(6U << 28);
    header.payload_len = rte_cpu_to_be_16(26);
    header.proto = IPPROTO_UDP;
    header.hop_limits = 64;
    source.write(header.src_addr);
    destination.write(header.dst_addr);
  }
};

struct Eight {
  std::vector<std::unique_ptr<Frame>> frames;
  Burst burst;
  std::uint32_t bytes = 0;
  std::uint32_t plain_bytes = 0;
  std::uint32_t longest = 0;

  explicit Eight(std::mt19937_64& random, std::size_t from = 0) {
    for (std::size_t i = 0; i < Avx2Input::kPackets; ++i) {
      // Addresses in 2000::/3, which are all plain.
      const auto address = [&] {
        return Ipv6{(random() & 0x1fff'ffff'ffff'ffff) | 0x2000'0000'0000'0000, random()};
      };
      const Ipv6 destination = address();
      frames.push_back(std::make_unique<Frame>(destination, address()));
      burst.packets.at(from + i) = &frames.back()->packet;
      burst.l2_classes.at(from + i) = L2Class::kHost;
    }
  }
  Frame& operator[](std::size_t i) { return *frames.at(i); }
  template <Link kLink = Link::kRaw>
  bool taken(std::size_t from = 0, std::size_t at = 0) {
    Avx2Input eight{kMac};
    const bool all = eight.validate<kLink>(burst, from, at);
    bytes = eight.bytes();
    plain_bytes = eight.plain_bytes();
    longest = eight.longest();
    return all;
  }
};

struct Oddity {
  const char* what;
  void (*apply)(Frame& frame, rte_ipv6_hdr& header);
};
// Oddities of the link header. Link::kChecked says that somebody else looked for them.
const std::array kOfTheLink{
    Oddity{"another's MAC", [](Frame& f, rte_ipv6_hdr&) { f.bytes[5] ^= 1; }},
    Oddity{"a group's MAC", [](Frame& f, rte_ipv6_hdr&) { f.bytes[0] |= 1; }},
    Oddity{"another EtherType", [](Frame& f, rte_ipv6_hdr&) { f.bytes[12] = 0x08; }},
};
const std::array kOddities{
    Oddity{"a tag taken off",
           [](Frame& f, rte_ipv6_hdr&) { f.packet.ol_flags = RTE_MBUF_F_RX_VLAN_STRIPPED; }},
    Oddity{"two segments", [](Frame& f, rte_ipv6_hdr&) { f.packet.nb_segs = 2; }},
    Oddity{"version 4", [](Frame&, rte_ipv6_hdr& h) { h.vtc_flow ^= RTE_BE32(2U << 28); }},
    Oddity{"version 7", [](Frame&, rte_ipv6_hdr& h) { h.vtc_flow ^= RTE_BE32(1U << 28); }},
    Oddity{"longer than its frame", [](Frame&, rte_ipv6_hdr& h) { h.payload_len = RTE_BE16(27); }},
    Oddity{"the longest there is",
           [](Frame&, rte_ipv6_hdr& h) { h.payload_len = RTE_BE16(0xffff); }},
    Oddity{"an empty frame",
           [](Frame& f, rte_ipv6_hdr&) { f.packet.pkt_len = f.packet.data_len = 0; }},
    Oddity{"a frame without the whole header",
           [](Frame& f, rte_ipv6_hdr& h) {
             f.packet.pkt_len = f.packet.data_len = 53;
             h.payload_len = 0;
           }},
    Oddity{"hop-by-hop options", [](Frame&, rte_ipv6_hdr& h) { h.proto = IPPROTO_HOPOPTS; }},
    Oddity{"hop limit 1", [](Frame&, rte_ipv6_hdr& h) { h.hop_limits = 1; }},
    Oddity{"hop limit 0", [](Frame&, rte_ipv6_hdr& h) { h.hop_limits = 0; }},
    Oddity{"from ::", [](Frame&, rte_ipv6_hdr& h) { Ipv6{}.write(h.src_addr); }},
    Oddity{"to ::1", [](Frame&, rte_ipv6_hdr& h) { Ipv6{0, 1}.write(h.dst_addr); }},
    Oddity{"from a group",
           [](Frame&, rte_ipv6_hdr& h) { Ipv6{0xff0e'0000'0000'0000, 1}.write(h.src_addr); }},
    Oddity{"to a group",
           [](Frame&, rte_ipv6_hdr& h) { Ipv6{0xff02'0000'0000'0000, 1}.write(h.dst_addr); }},
    Oddity{"from a link-local address",
           [](Frame&, rte_ipv6_hdr& h) { Ipv6{0xfe80'0000'0000'0000, 1}.write(h.src_addr); }},
    Oddity{"to a link-local address",
           [](Frame&, rte_ipv6_hdr& h) { Ipv6{0xfebf'0000'0000'0000, 1}.write(h.dst_addr); }},
    Oddity{"from an IPv4-mapped address",
           [](Frame&, rte_ipv6_hdr& h) { Ipv6{0, 0xffff'0a00'0001}.write(h.src_addr); }},
};

}  // namespace

TEST_CASE("eight plain IPv6 packets are taken with what the checks one by one find") {
  std::mt19937_64 random{1};
  for (int round = 0; round < 2000; ++round) {
    // A group moves to the front where packets before it were dropped.
    const std::size_t from = random() % 2 * 8;
    const std::size_t at = from == 0 ? 0 : random() % 9;
    Eight some{random, from};
    std::uint32_t longest = 0;
    std::uint32_t plain_bytes = 0;
    for (std::size_t i = 0; i < Avx2Input::kPackets; ++i) {
      rte_ipv6_hdr& header = ipv6(some[i].packet);
      header.vtc_flow = rte_cpu_to_be_32(6U << 28 | static_cast<std::uint32_t>(random() >> 36));
      header.hop_limits = static_cast<std::uint8_t>(2 + random() % 254);
      header.proto = static_cast<std::uint8_t>(1 + random() % 255);
      const auto payload = static_cast<std::uint16_t>(random() % 27);
      header.payload_len = rte_cpu_to_be_16(payload);
      longest = std::max<std::uint32_t>(longest, kFixedHeader + payload);
      plain_bytes += kFixedHeaderEnd + payload;
    }
    REQUIRE((random() % 2 == 0 ? some.taken<Link::kRaw>(from, at)
                               : some.taken<Link::kChecked>(from, at)));
    CHECK(some.bytes == 8 * 80);
    CHECK(some.plain_bytes == plain_bytes);
    CHECK(some.longest == longest);
    for (std::size_t i = 0; i < Avx2Input::kPackets; ++i) {
      Packet& packet = some[i].packet;
      const rte_ipv6_hdr& header = ipv6(packet);
      const std::uint32_t total =
          std::uint32_t{rte_be_to_cpu_16(header.payload_len)} + kFixedHeader;
      CHECK(packet.pkt_len == total + kL2Bytes);
      CHECK(packet.data_len == total + kL2Bytes);
      CHECK(some.burst.packets.at(at + i) == &packet);
      CHECK(some.burst.frames.at(at + i) == some[i].bytes.data());
      CHECK(some.burst.destinations6.at(at + i) == destination6_of(packet));
      CHECK(some.burst.priorities.at(at + i) == priority_of_tos(traffic_class(header)));
      CHECK(some.burst.l2_classes.at(at + i) == L2Class::kHost);
    }
  }
}

TEST_CASE("one IPv6 packet of eight that is odd in any way is seen") {
  std::mt19937_64 random{2};
  for (const Oddity& oddity : kOddities) {
    INFO(oddity.what);
    for (std::size_t i = 0; i < Avx2Input::kPackets; ++i) {
      Eight some{random};
      REQUIRE(some.taken());
      oddity.apply(some[i], ipv6(some[i].packet));
      CHECK_FALSE(some.taken<Link::kRaw>());
      CHECK_FALSE(some.taken<Link::kChecked>());
    }
  }
  for (const Oddity& oddity : kOfTheLink) {
    INFO(oddity.what);
    for (std::size_t i = 0; i < Avx2Input::kPackets; ++i) {
      Eight some{random};
      oddity.apply(some[i], ipv6(some[i].packet));
      CHECK_FALSE(some.taken<Link::kRaw>());
      CHECK(some.taken<Link::kChecked>());
    }
  }
  Eight some{random};
  some.burst.l2_classes.at(5) = L2Class::kMulticast;
  CHECK_FALSE(some.taken<Link::kChecked>());
}

TEST_CASE("addresses next to those that stay on their link are plain") {
  std::mt19937_64 random{3};
  for (const std::uint64_t high : {0x0001'0000'0000'0000U, 0x0064'ff9b'0000'0000U,
                                   0xfe7f'ffff'ffff'ffffU, 0xfc00'0000'0000'0000U}) {
    Eight some{random};
    Ipv6{high, 1}.write(ipv6(some[3].packet).src_addr);
    Ipv6{high, 2}.write(ipv6(some[4].packet).dst_addr);
    CHECK(some.taken());
  }
}

}  // namespace ringroad::ip6

// SPDX-License-Identifier: BSD-3-Clause
// What rules read behind the fixed headers: options, extension headers, raw payload.
#include <catch2/catch.hpp>

#include "rules.hpp"

namespace ringroad::filter {
namespace {

const std::string kTcp = "meta l4proto tcp ";

// A TCP segment with these options, padded to words, and its checksum.
Octets segment(Octets options, bool is_ipv6 = false) {
  while (options.size() % 4 != 0) {
    options.push_back(0);
  }
  Content content{.is_ipv6 = is_ipv6, .protocol = IPPROTO_TCP};
  content.transport_octets = static_cast<std::uint16_t>(20 + options.size() + 3);
  Octets octets = content.frame();
  const std::size_t tcp = is_ipv6 ? 54 : 34;
  octets[tcp + 12] = static_cast<std::uint8_t>((20 + options.size()) * 4);
  std::ranges::copy(options, octets.begin() + static_cast<std::ptrdiff_t>(tcp) + 20);
  return octets;
}

std::uint16_t tcp_sum(const Octets& octets, bool is_ipv6) {
  const std::ptrdiff_t tcp = is_ipv6 ? 54 : 34;
  Octets pseudo{octets.begin() + (is_ipv6 ? 22 : 26), octets.begin() + tcp};
  append(pseudo, IPPROTO_TCP, 2);
  append(pseudo, octets.size() - static_cast<std::size_t>(tcp), 2);
  pseudo.insert(pseudo.end(), octets.begin() + tcp, octets.end());
  return checksum(pseudo);
}

Octets with_checksum(Octets octets, bool is_ipv6) {
  const std::uint16_t sum = tcp_sum(octets, is_ipv6);
  std::memcpy(&octets[(is_ipv6 ? 54U : 34U) + 16], &sum, sizeof sum);
  return octets;
}

bool accepts(Rules& rules, const Octets& octets, bool is_ipv6 = false, std::size_t first = 0) {
  Packets packets{is_ipv6};
  packets.add(octets, InterfaceId{1}, first);
  return rules.run(packets) == 0;
}
bool accepts(const std::string& rule, const Octets& octets, bool is_ipv6 = false) {
  Rules rules{Rules::chain(rule + " accept")};
  return accepts(rules, octets, is_ipv6);
}

const Octets kSyn{1, 2, 4, 0x05, 0xb4, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 4, 2};

}  // namespace

TEST_CASE("TCP options are found behind others") {
  const bool is_ipv6 = GENERATE(false, true);
  const Octets syn = segment(kSyn, is_ipv6);
  CHECK(accepts("tcp option maxseg size 1460", syn, is_ipv6));
  CHECK(accepts("tcp option maxseg size > 1400", syn, is_ipv6));
  CHECK_FALSE(accepts("tcp option maxseg size 1461", syn, is_ipv6));
  CHECK(accepts("tcp option maxseg length 4", syn, is_ipv6));
  CHECK(accepts("tcp option timestamp tsval 7", syn, is_ipv6));
  CHECK(accepts("tcp option timestamp tsecr 9", syn, is_ipv6));
  CHECK(accepts("tcp option nop exists", syn, is_ipv6));
  CHECK(accepts("tcp option sack-perm exists", syn, is_ipv6));
  CHECK(accepts("tcp option eol exists", syn, is_ipv6));
  CHECK(accepts("tcp option window missing", syn, is_ipv6));
  CHECK(accepts("tcp option @8,16,32 7", syn, is_ipv6));
  CHECK(accepts("tcp option maxseg size . tcp dport { 1460 . 53 }", syn, is_ipv6));
  // A packet without the option has no value of it.
  CHECK_FALSE(accepts("tcp option window count != 3", syn, is_ipv6));
  CHECK_FALSE(accepts("tcp option sack left != 3", syn, is_ipv6));
}

TEST_CASE("packets that are no TCP have no TCP options") {
  const Content datagram{};
  CHECK(accepts("tcp option maxseg missing", datagram.frame()));
  CHECK_FALSE(accepts("tcp option maxseg size != 1", datagram.frame()));
  Content fragment{.protocol = IPPROTO_TCP, .fragment = 100};
  CHECK(accepts("tcp option nop missing", fragment.frame()));
}

TEST_CASE("an option that is cut off is not there") {
  // The second option says that it is longer than the header.
  CHECK(accepts("tcp option maxseg missing", segment({1, 1, 1, 1, 2, 9, 5, 5})));
  CHECK_FALSE(accepts("tcp option maxseg size != 1", segment({1, 1, 1, 1, 2, 9, 5, 5})));
  // It is too short for the field, but there.
  CHECK(accepts("tcp option maxseg exists", segment({2, 3, 5, 1})));
  CHECK_FALSE(accepts("tcp option maxseg size != 1", segment({2, 3, 5, 1})));
  // A length of zero counts as one octet.
  CHECK(accepts("tcp option maxseg exists", segment({2, 0, 5, 5})));
  // The header is longer than the packet.
  Octets octets = segment(kSyn);
  octets.resize(60);
  CHECK(accepts("tcp option maxseg missing", octets));
  octets[34 + 12] = 0x40;  // or shorter than a TCP header
  CHECK(accepts("tcp option maxseg missing", octets));
}

TEST_CASE("options lie in any buffer") {
  Rules rules{Rules::chain("tcp option timestamp tsecr 9 accept")};
  const Octets syn = segment(kSyn);
  for (std::size_t first = 34; first < syn.size(); ++first) {
    CHECK(accepts(rules, syn, false, first));
  }
}

TEST_CASE("a maximum segment size is only lowered, and the checksum follows") {
  const bool is_ipv6 = GENERATE(false, true);
  const std::size_t at = (is_ipv6 ? 54U : 34U) + 20;
  // At an odd and at an even place.
  const auto [options, place] = GENERATE(table<Octets, std::size_t>(
      {{Octets{1, 2, 4, 0x05, 0xb4}, 3}, {Octets{2, 4, 0x05, 0xb4}, 2}}));
  const Octets syn = with_checksum(segment(options, is_ipv6), is_ipv6);
  REQUIRE(tcp_sum(syn, is_ipv6) == 0);
  const auto size_after = [&](const std::string& statement) {
    Rules rules{Rules::chain(kTcp + statement + " accept")};
    Packets packets{is_ipv6};
    packets.add(syn);
    CHECK(rules.run(packets) == 0);
    const Octets after = packets.octets(0);
    CHECK(tcp_sum(after, is_ipv6) == 0);
    return after[at + place] << 8 | after[at + place + 1];
  };
  CHECK(size_after("tcp option maxseg size set 1360") == 1360);
  CHECK(size_after("tcp option maxseg size set 9000") == 1460);
  CHECK(size_after("tcp option maxseg size set 1460") == 1460);
  // The route's MTU is that of the adjacency, 0 here: Linux's default.
  CHECK(size_after("tcp option maxseg size set rt mtu") == 536);
  CHECK(size_after("tcp option timestamp tsval set 5") == 1460);
  CHECK(size_after("tcp option maxseg size set 1360 tcp option maxseg size 1360") == 1360);
}

TEST_CASE("a timestamp can grow") {
  const Octets syn = with_checksum(segment(kSyn), false);
  Rules rules{Rules::chain("tcp option timestamp tsval set 0x12345678 accept")};
  Packets packets;
  packets.add(syn);
  CHECK(rules.run(packets) == 0);
  const Octets after = packets.octets(0);
  CHECK(tcp_sum(after, false) == 0);
  CHECK(Octets{after.begin() + 61, after.begin() + 65} == Octets{0x12, 0x34, 0x56, 0x78});
}

TEST_CASE("the rule ends where an option cannot be written") {
  CHECK_FALSE(accepts("tcp option maxseg size set 5", Content{}.frame()));
  CHECK_FALSE(accepts("tcp option maxseg size set 5", segment({2, 3, 5, 1})));
  CHECK_FALSE(accepts("tcp option maxseg size set 5", segment({1, 1, 1, 1, 2, 9, 5, 5})));
  CHECK(accepts("tcp option maxseg size set 5", segment({1, 1, 1, 1})));
}

TEST_CASE("options of IPv4 are there if they are right") {
  const auto with_options = [](const Octets& options) {
    Octets octets = Content{.options = 3}.frame();
    std::ranges::copy(options, octets.begin() + 34);
    return octets;
  };
  const Octets record{7, 7, 4, 0, 0, 0, 0};
  const Octets loose{1, 131, 7, 4, 0, 0, 0, 0};
  const Octets strict{137, 7, 4, 0, 0, 0, 0};
  const Octets alert{148, 4, 0, 0};
  CHECK(accepts("ip option rr exists", with_options(record)));
  CHECK(accepts("ip option lsrr exists", with_options(loose)));
  CHECK(accepts("ip option ssrr missing", with_options(loose)));
  CHECK(accepts("ip option ssrr exists", with_options(strict)));
  CHECK(accepts("ip option ra exists", with_options(alert)));
  CHECK(accepts("ip option ra missing", with_options({148, 4, 0, 1})));
  CHECK(accepts("ip option rr missing", with_options({0, 7, 7, 4})));   // behind the end
  CHECK(accepts("ip option rr missing", with_options({7, 20, 4, 0})));  // too long
  CHECK(accepts("ip option rr missing", with_options({7, 1, 4, 0})));
  CHECK(accepts("ip option rr missing", with_options({7, 7, 3, 0})));
  CHECK(accepts("ip option rr missing", Content{}.frame()));
  // No packet of IPv6 has one.
  CHECK_FALSE(accepts("ip option rr missing", Content{.is_ipv6 = true}.frame(), true));
}

TEST_CASE("extension headers are found in their order") {
  Content content{.is_ipv6 = true, .fragment = 1, .has_fragment_header = true, .options = 2};
  const Octets octets = content.frame();
  CHECK(accepts("exthdr dst exists", octets, true));
  CHECK(accepts("exthdr frag exists", octets, true));
  CHECK(accepts("exthdr hbh missing", octets, true));
  CHECK(accepts("dst nexthdr 60", octets, true));  // the first one
  CHECK(accepts("dst hdrlength 0", octets, true));
  CHECK(accepts("frag nexthdr udp", octets, true));
  CHECK(accepts("frag more-fragments 1", octets, true));
  CHECK(accepts("frag frag-off 0", octets, true));
  CHECK(accepts("frag id 0x1234", octets, true));
  CHECK_FALSE(accepts("rt type != 0", octets, true));
  CHECK_FALSE(accepts("exthdr dst missing", Content{}.frame()));  // IPv4
  // Of a later fragment, what is in front of the data is known.
  content.fragment = 800;
  CHECK(accepts("frag frag-off 100", content.frame(), true));
  CHECK(accepts("exthdr mh missing", content.frame(), true));
}

TEST_CASE("extension headers that are cut off are not there") {
  const Octets octets = Content{.is_ipv6 = true, .has_fragment_header = true, .options = 1}.frame();
  Rules there{Rules::chain("exthdr frag exists accept")};
  Rules field{Rules::chain("frag id != 99 accept")};
  for (std::size_t size = 54; size < octets.size(); ++size) {
    const Octets cut{octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)};
    CHECK(accepts(there, cut, true) == (size >= 66));
    CHECK(accepts(field, cut, true) == (size >= 70));
    for (std::size_t first = 54; first < size; ++first) {
      CHECK(accepts(there, cut, true, first) == (size >= 66));
    }
  }
}

TEST_CASE("raw payload is read within the packet") {
  const Octets octets = Content{}.frame();  // 14 of Ethernet, 20 of IPv4, 32 of UDP
  CHECK(accepts("@th,16,16 53", octets));
  CHECK(accepts("@nh,96,32 0x0a000001", octets));
  CHECK(accepts("@nh,0,4 4", octets));
  CHECK(accepts("@nh,4,4 5", octets));
  CHECK(accepts("@nh,176,16 53", octets));  // behind the header
  CHECK(accepts("@ll,96,32 0x08004500", octets));
  CHECK(accepts("@ll,0,48 0x0a", octets));
  CHECK(accepts("@ll,272,16 40000", octets));
  CHECK(accepts("@ih,0,8 0", octets));
  CHECK(accepts("@th,248,8 0", octets));
  CHECK_FALSE(accepts("@th,256,8 != 1", octets));
  CHECK_FALSE(accepts("@nh,416,8 != 1", octets));
  CHECK_FALSE(accepts("@ll,528,8 != 1", octets));
  CHECK_FALSE(accepts("@ih,192,8 != 1", octets));
  CHECK(accepts("@ih,184,8 0", octets));
  const Content six{.is_ipv6 = true};
  CHECK(accepts("@nh,64,128 0x20010db8000000000000000000000001", six.frame(), true));
  CHECK(accepts("@nh,336,16 53", six.frame(), true));
}

TEST_CASE("the data of TCP begin behind its options") {
  Octets octets = segment(kSyn);
  octets[34 + 40] = 0xab;
  CHECK(accepts("@ih,0,8 0xab", octets));
  CHECK_FALSE(accepts("@ih,24,8 != 1", octets));
}

TEST_CASE("no packet has a VLAN tag once its sub-interface is known") {
  CHECK_FALSE(accepts("vlan id 5", Content{}.frame()));
  CHECK_FALSE(accepts("vlan id != 5", Content{}.frame()));
  CHECK(accepts("ether type ip", Content{}.frame()));
  CHECK(accepts("ether type != 8021q", Content{}.frame()));
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
// The fields, in the order of nft(8).
#include <algorithm>
#include <array>

#include "nft/field.hpp"

namespace ringroad::nft {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIgmp = 2;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kDccp = 33;
constexpr std::uint8_t kEsp = 50;
constexpr std::uint8_t kAh = 51;
constexpr std::uint8_t kIcmp6 = 58;
constexpr std::uint8_t kComp = 108;
constexpr std::uint8_t kSctp = 132;
constexpr std::uint8_t kUdplite = 136;

constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kDestination = 60;
constexpr std::uint8_t kMobility = 135;

constexpr Field meta(std::string_view name, Type type, Meta what, std::uint16_t width) {
  return {name, type, Source::kMeta, static_cast<std::uint16_t>(what), width};
}
constexpr Field link(std::string_view name, Type type, std::uint16_t offset, std::uint16_t width) {
  return {name, type, Source::kLink, offset, width};
}
constexpr Field ip(std::string_view name, Type type, std::uint16_t offset, std::uint16_t width) {
  return {name, type, Source::kNetwork, offset, width, FamilyNeed::kIp};
}
constexpr Field ip6(std::string_view name, Type type, std::uint16_t offset, std::uint16_t width) {
  return {name, type, Source::kNetwork, offset, width, FamilyNeed::kIp6};
}
constexpr Field icmp(std::string_view name, Type type, std::uint16_t offset, std::uint16_t width) {
  return {name, type, Source::kTransport, offset, width, FamilyNeed::kIp, kIcmp};
}
constexpr Field icmp6(std::string_view name, Type type, std::uint16_t offset, std::uint16_t width) {
  return {name, type, Source::kTransport, offset, width, FamilyNeed::kIp6, kIcmp6};
}
constexpr Field transport(std::string_view name, Type type, std::uint16_t offset,
                          std::uint16_t width, std::uint8_t protocol) {
  return {name, type, Source::kTransport, offset, width, FamilyNeed::kNone, protocol};
}

constexpr Field ct(std::string_view name, Type type, Ct what, std::uint16_t width,
                   FamilyNeed family = FamilyNeed::kNone) {
  return {name, type, Source::kCt, static_cast<std::uint16_t>(what), width, family};
}

constexpr Field tcp_option(std::string_view name, std::uint8_t kind, std::uint16_t offset,
                           std::uint16_t width) {
  return {name, Type::kInteger, Source::kTcpOption, offset, width, FamilyNeed::kNone, {}, kind};
}
// The header of this number is there, an option or an extension header.
constexpr Field presence(std::string_view name, Source source, std::uint8_t number,
                         FamilyNeed family = FamilyNeed::kNone) {
  return {name, Type::kBoolean, source, 0, 8, family, {}, number, true};
}
constexpr Field extension(std::string_view name, Type type, std::uint8_t header,
                          std::uint16_t offset, std::uint16_t width) {
  return {name, type, Source::kExtension, offset, width, FamilyNeed::kIp6, {}, header};
}

constexpr std::array kFields{
    meta("meta length", Type::kInteger, Meta::kLength, 32),
    meta("meta protocol", Type::kEtherType, Meta::kProtocol, 16),
    meta("meta nfproto", Type::kFamily, Meta::kNfProto, 8),
    meta("meta l4proto", Type::kProtocol, Meta::kL4Proto, 8),
    meta("meta mark", Type::kMark, Meta::kMark, 32),
    meta("meta priority", Type::kPriority, Meta::kPriority, 32),
    meta("meta iif", Type::kInterface, Meta::kIif, 128),
    meta("meta oif", Type::kInterface, Meta::kOif, 128),
    meta("meta iifname", Type::kName, Meta::kIifName, 128),
    meta("meta oifname", Type::kName, Meta::kOifName, 128),
    meta("meta pkttype", Type::kPacketType, Meta::kPacketType, 8),
    meta("meta nftrace", Type::kInteger, Meta::kNfTrace, 1),

    ct("ct state", Type::kCtState, Ct::kState, 32),
    ct("ct direction", Type::kCtDirection, Ct::kDirection, 8),
    ct("ct status", Type::kCtStatus, Ct::kStatus, 32),
    ct("ct mark", Type::kMark, Ct::kMark, 32),
    ct("ct expiration", Type::kTime, Ct::kExpiration, 32),
    ct("ct l3proto", Type::kFamily, Ct::kL3Protocol, 8),
    ct("ct protocol", Type::kProtocol, Ct::kProtocol, 8),
    ct("ct id", Type::kInteger, Ct::kId, 32),
    ct("ct packets", Type::kInteger, Ct::kPackets, 64),
    ct("ct bytes", Type::kInteger, Ct::kBytes, 64),
    ct("ct avgpkt", Type::kInteger, Ct::kAveragePacket, 64),
    ct("ct original packets", Type::kInteger, Ct::kOriginalPackets, 64),
    ct("ct original bytes", Type::kInteger, Ct::kOriginalBytes, 64),
    ct("ct original ip saddr", Type::kIpv4, Ct::kOriginalSource, 32, FamilyNeed::kIp),
    ct("ct original ip6 saddr", Type::kIpv6, Ct::kOriginalSource, 128, FamilyNeed::kIp6),
    ct("ct original ip daddr", Type::kIpv4, Ct::kOriginalDestination, 32, FamilyNeed::kIp),
    ct("ct original ip6 daddr", Type::kIpv6, Ct::kOriginalDestination, 128, FamilyNeed::kIp6),
    ct("ct original proto-src", Type::kPort, Ct::kOriginalSourcePort, 16),
    ct("ct original proto-dst", Type::kPort, Ct::kOriginalDestinationPort, 16),
    ct("ct original l3proto", Type::kFamily, Ct::kOriginalL3Protocol, 8),
    ct("ct original protocol", Type::kProtocol, Ct::kOriginalProtocol, 8),
    ct("ct reply packets", Type::kInteger, Ct::kReplyPackets, 64),
    ct("ct reply bytes", Type::kInteger, Ct::kReplyBytes, 64),
    ct("ct reply ip saddr", Type::kIpv4, Ct::kReplySource, 32, FamilyNeed::kIp),
    ct("ct reply ip6 saddr", Type::kIpv6, Ct::kReplySource, 128, FamilyNeed::kIp6),
    ct("ct reply ip daddr", Type::kIpv4, Ct::kReplyDestination, 32, FamilyNeed::kIp),
    ct("ct reply ip6 daddr", Type::kIpv6, Ct::kReplyDestination, 128, FamilyNeed::kIp6),
    ct("ct reply proto-src", Type::kPort, Ct::kReplySourcePort, 16),
    ct("ct reply proto-dst", Type::kPort, Ct::kReplyDestinationPort, 16),
    ct("ct reply l3proto", Type::kFamily, Ct::kReplyL3Protocol, 8),
    ct("ct reply protocol", Type::kProtocol, Ct::kReplyProtocol, 8),

    link("ether daddr", Type::kMac, 0, 48),
    link("ether saddr", Type::kMac, 48, 48),
    link("ether type", Type::kEtherType, 96, 16),
    link("vlan pcp", Type::kInteger, 112, 3),
    link("vlan dei", Type::kInteger, 115, 1),
    link("vlan id", Type::kInteger, 116, 12),
    link("vlan type", Type::kEtherType, 128, 16),

    ip("ip version", Type::kInteger, 0, 4),
    ip("ip hdrlength", Type::kInteger, 4, 4),
    ip("ip dscp", Type::kDscp, 8, 6),
    ip("ip ecn", Type::kEcn, 14, 2),
    ip("ip length", Type::kInteger, 16, 16),
    ip("ip id", Type::kInteger, 32, 16),
    ip("ip frag-off", Type::kInteger, 48, 16),
    ip("ip ttl", Type::kInteger, 64, 8),
    ip("ip protocol", Type::kProtocol, 72, 8),
    ip("ip checksum", Type::kInteger, 80, 16),
    ip("ip saddr", Type::kIpv4, 96, 32),
    ip("ip daddr", Type::kIpv4, 128, 32),

    ip6("ip6 version", Type::kInteger, 0, 4),
    ip6("ip6 dscp", Type::kDscp, 4, 6),
    ip6("ip6 ecn", Type::kEcn, 10, 2),
    ip6("ip6 flowlabel", Type::kInteger, 12, 20),
    ip6("ip6 length", Type::kInteger, 32, 16),
    ip6("ip6 nexthdr", Type::kProtocol, 48, 8),
    ip6("ip6 hoplimit", Type::kInteger, 56, 8),
    ip6("ip6 saddr", Type::kIpv6, 64, 128),
    ip6("ip6 daddr", Type::kIpv6, 192, 128),

    icmp("icmp type", Type::kIcmpType, 0, 8),
    icmp("icmp code", Type::kIcmpCode, 8, 8),
    icmp("icmp checksum", Type::kInteger, 16, 16),
    icmp("icmp id", Type::kInteger, 32, 16),
    icmp("icmp sequence", Type::kInteger, 48, 16),
    icmp("icmp mtu", Type::kInteger, 48, 16),
    icmp("icmp gateway", Type::kIpv4, 32, 32),

    icmp6("icmpv6 type", Type::kIcmp6Type, 0, 8),
    icmp6("icmpv6 code", Type::kIcmp6Code, 8, 8),
    icmp6("icmpv6 checksum", Type::kInteger, 16, 16),
    icmp6("icmpv6 parameter-problem", Type::kInteger, 32, 32),
    icmp6("icmpv6 mtu", Type::kInteger, 32, 32),
    icmp6("icmpv6 id", Type::kInteger, 32, 16),
    icmp6("icmpv6 sequence", Type::kInteger, 48, 16),
    icmp6("icmpv6 max-delay", Type::kInteger, 32, 16),

    transport("igmp type", Type::kInteger, 0, 8, kIgmp),
    transport("igmp mrt", Type::kInteger, 8, 8, kIgmp),
    transport("igmp checksum", Type::kInteger, 16, 16, kIgmp),
    transport("igmp group", Type::kIpv4, 32, 32, kIgmp),

    transport("tcp sport", Type::kPort, 0, 16, kTcp),
    transport("tcp dport", Type::kPort, 16, 16, kTcp),
    transport("tcp sequence", Type::kInteger, 32, 32, kTcp),
    transport("tcp ackseq", Type::kInteger, 64, 32, kTcp),
    transport("tcp doff", Type::kInteger, 96, 4, kTcp),
    transport("tcp reserved", Type::kInteger, 100, 4, kTcp),
    transport("tcp flags", Type::kTcpFlags, 104, 8, kTcp),
    transport("tcp window", Type::kInteger, 112, 16, kTcp),
    transport("tcp checksum", Type::kInteger, 128, 16, kTcp),
    transport("tcp urgptr", Type::kInteger, 144, 16, kTcp),

    transport("udp sport", Type::kPort, 0, 16, kUdp),
    transport("udp dport", Type::kPort, 16, 16, kUdp),
    transport("udp length", Type::kInteger, 32, 16, kUdp),
    transport("udp checksum", Type::kInteger, 48, 16, kUdp),
    transport("udplite sport", Type::kPort, 0, 16, kUdplite),
    transport("udplite dport", Type::kPort, 16, 16, kUdplite),
    transport("udplite csumcov", Type::kInteger, 32, 16, kUdplite),
    transport("udplite checksum", Type::kInteger, 48, 16, kUdplite),
    transport("sctp sport", Type::kPort, 0, 16, kSctp),
    transport("sctp dport", Type::kPort, 16, 16, kSctp),
    transport("sctp vtag", Type::kInteger, 32, 32, kSctp),
    transport("sctp checksum", Type::kInteger, 64, 32, kSctp),
    transport("dccp sport", Type::kPort, 0, 16, kDccp),
    transport("dccp dport", Type::kPort, 16, 16, kDccp),
    transport("ah nexthdr", Type::kProtocol, 0, 8, kAh),
    transport("ah hdrlength", Type::kInteger, 8, 8, kAh),
    transport("ah spi", Type::kInteger, 32, 32, kAh),
    transport("ah sequence", Type::kInteger, 64, 32, kAh),
    transport("esp spi", Type::kInteger, 0, 32, kEsp),
    transport("esp sequence", Type::kInteger, 32, 32, kEsp),
    transport("comp nexthdr", Type::kProtocol, 0, 8, kComp),
    transport("comp flags", Type::kInteger, 8, 8, kComp),
    transport("comp cpi", Type::kInteger, 16, 16, kComp),

    presence("tcp option eol", Source::kTcpOption, 0),
    presence("tcp option nop", Source::kTcpOption, 1),
    presence("tcp option maxseg", Source::kTcpOption, 2),
    tcp_option("tcp option maxseg length", 2, 8, 8),
    tcp_option("tcp option maxseg size", 2, 16, 16),
    presence("tcp option window", Source::kTcpOption, 3),
    tcp_option("tcp option window length", 3, 8, 8),
    tcp_option("tcp option window count", 3, 16, 8),
    presence("tcp option sack-perm", Source::kTcpOption, 4),
    tcp_option("tcp option sack-perm length", 4, 8, 8),
    presence("tcp option sack", Source::kTcpOption, 5),
    tcp_option("tcp option sack length", 5, 8, 8),
    tcp_option("tcp option sack left", 5, 16, 32),
    tcp_option("tcp option sack right", 5, 48, 32),
    tcp_option("tcp option sack1 left", 5, 80, 32),
    tcp_option("tcp option sack1 right", 5, 112, 32),
    tcp_option("tcp option sack2 left", 5, 144, 32),
    tcp_option("tcp option sack2 right", 5, 176, 32),
    tcp_option("tcp option sack3 left", 5, 208, 32),
    tcp_option("tcp option sack3 right", 5, 240, 32),
    presence("tcp option timestamp", Source::kTcpOption, 8),
    tcp_option("tcp option timestamp length", 8, 8, 8),
    tcp_option("tcp option timestamp tsval", 8, 16, 32),
    tcp_option("tcp option timestamp tsecr", 8, 48, 32),
    presence("tcp option md5sig", Source::kTcpOption, 19),
    tcp_option("tcp option md5sig length", 19, 8, 8),
    presence("tcp option mptcp", Source::kTcpOption, 30),
    tcp_option("tcp option mptcp length", 30, 8, 8),
    tcp_option("tcp option mptcp subtype", 30, 16, 4),
    presence("tcp option fastopen", Source::kTcpOption, 34),
    tcp_option("tcp option fastopen length", 34, 8, 8),

    presence("ip option rr", Source::kIpOption, 7, FamilyNeed::kIp),
    presence("ip option lsrr", Source::kIpOption, 131, FamilyNeed::kIp),
    presence("ip option ssrr", Source::kIpOption, 137, FamilyNeed::kIp),
    presence("ip option ra", Source::kIpOption, 148, FamilyNeed::kIp),

    presence("exthdr hbh", Source::kExtension, kHopByHop, FamilyNeed::kIp6),
    presence("exthdr rt", Source::kExtension, kRouting, FamilyNeed::kIp6),
    presence("exthdr frag", Source::kExtension, kFragment, FamilyNeed::kIp6),
    presence("exthdr dst", Source::kExtension, kDestination, FamilyNeed::kIp6),
    presence("exthdr mh", Source::kExtension, kMobility, FamilyNeed::kIp6),
    extension("hbh nexthdr", Type::kProtocol, kHopByHop, 0, 8),
    extension("hbh hdrlength", Type::kInteger, kHopByHop, 8, 8),
    extension("rt nexthdr", Type::kProtocol, kRouting, 0, 8),
    extension("rt hdrlength", Type::kInteger, kRouting, 8, 8),
    extension("rt type", Type::kInteger, kRouting, 16, 8),
    extension("rt seg-left", Type::kInteger, kRouting, 24, 8),
    extension("srh last-entry", Type::kInteger, kRouting, 32, 8),
    extension("srh flags", Type::kInteger, kRouting, 40, 8),
    extension("srh tag", Type::kInteger, kRouting, 48, 16),
    extension("srh sid[1]", Type::kIpv6, kRouting, 64, 128),
    extension("frag nexthdr", Type::kProtocol, kFragment, 0, 8),
    extension("frag reserved", Type::kInteger, kFragment, 8, 8),
    extension("frag frag-off", Type::kInteger, kFragment, 16, 13),
    extension("frag reserved2", Type::kInteger, kFragment, 29, 2),
    extension("frag more-fragments", Type::kInteger, kFragment, 31, 1),
    extension("frag id", Type::kInteger, kFragment, 32, 32),
    extension("dst nexthdr", Type::kProtocol, kDestination, 0, 8),
    extension("dst hdrlength", Type::kInteger, kDestination, 8, 8),
    extension("mh nexthdr", Type::kProtocol, kMobility, 0, 8),
    extension("mh hdrlength", Type::kInteger, kMobility, 8, 8),
    extension("mh type", Type::kMhType, kMobility, 16, 8),
    extension("mh reserved", Type::kInteger, kMobility, 24, 8),
    extension("mh checksum", Type::kInteger, kMobility, 32, 16),

    Field{"rt mtu", Type::kInteger, Source::kRouteMtu, 0, 16},
    Field{"th sport", Type::kPort, Source::kTransport, 0, 16},
    Field{"th dport", Type::kPort, Source::kTransport, 16, 16},
};

}  // namespace

std::span<const Field> all_fields() { return kFields; }

const Field* find_field(std::string_view protocol, std::string_view name) {
  const auto is_it = [&](const Field& field) {
    return field.name.size() == protocol.size() + 1 + name.size() &&
           field.name.starts_with(protocol) && field.name[protocol.size()] == ' ' &&
           field.name.ends_with(name);
  };
  const auto* const found = std::ranges::find_if(kFields, is_it);
  return found == kFields.end() ? nullptr : found;
}

bool is_protocol(std::string_view word) {
  return word != "meta" && std::ranges::any_of(kFields, [&](const Field& field) {
           return field.name.size() > word.size() && field.name.starts_with(word) &&
                  field.name[word.size()] == ' ';
         });
}

}  // namespace ringroad::nft

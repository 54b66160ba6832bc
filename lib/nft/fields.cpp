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

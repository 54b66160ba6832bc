// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/icmp.hpp"

#include <netinet/in.h>
#include <rte_mempool.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "ip6/extension_headers.hpp"
#include "packet/checksum.hpp"
#include "packet/edit.hpp"
#include "packet/mark.hpp"
#include "packet/read.hpp"

namespace ringroad::ip6 {
namespace {

constexpr std::uint32_t kChecksumAt = 2;  // in a message

// Linux's opt_unrec: the option says itself that it is reported although it was sent to many.
bool is_reported_to_many(const Packet& offender, const IcmpError& error) {
  if (error.type == Icmp6Type::kPacketTooBig) {
    return true;
  }
  constexpr unsigned kAction = 0xc0;
  constexpr unsigned kAlways = 0x80;
  const auto option = read_at<std::uint8_t>(offender, kL2Bytes + error.rest);
  return error.type == Icmp6Type::kParameterProblem && error.code == kUnknownOption && option &&
         (*option & kAction) == kAlways;
}

// Whether a header that is not complete says that an ICMPv6 message follows. Linux's
// ipv6_skip_exthdr reads two octets of it, and does not go past a fragment header that is a real
// fragment's.
bool names_icmp(const Packet& offender, const Chain& chain) {
  if (chain.protocol == IPPROTO_FRAGMENT &&
      read_at<std::uint16_t>(offender, chain.offset + 2) != std::uint16_t{0}) {
    return false;
  }
  return offender.pkt_len >= chain.offset + 2 &&
         read_at<std::uint8_t>(offender, chain.offset) == std::uint8_t{IPPROTO_ICMPV6};
}

// Whether the packet is an ICMPv6 error or a redirect, or may be one (Linux's is_ineligible). Where
// that cannot be read because it is in another fragment or behind a header that is not complete, an
// error is sent.
bool is_about_error(const Packet& offender) {
  const Chain chain = walk(offender);
  if (chain.end == Chain::End::kBad && !chain.more) {
    return names_icmp(offender, chain);
  }
  if (chain.end != Chain::End::kUpper) {
    return chain.end == Chain::End::kTooLong;
  }
  if (chain.protocol != IPPROTO_ICMPV6) {
    return false;
  }
  const auto type = read_at<std::uint8_t>(offender, chain.offset);
  if (!type) {
    return !chain.more;
  }
  return is_error(*type) || static_cast<Icmp6Type>(*type) == Icmp6Type::kRedirect;
}

}  // namespace

Silence silence_about(Packet& offender, const IcmpError& error) {
  const bool to_many =
      destination6_of(offender).is_multicast() || meta(offender).l2_class != L2Class::kHost;
  if (to_many && !is_reported_to_many(offender, error)) {
    return Silence::kSentToMany;
  }
  const Ipv6 source = source6_of(offender);
  if (source.is_unspecified() || source.is_multicast()) {
    return Silence::kSender;
  }
  return is_about_error(offender) ? Silence::kIcmpError : Silence::kNone;
}

OwnedPacket make_error(rte_mempool& pool, Packet& offender, IcmpError error, OwnHeader envelope) {
  constexpr std::uint32_t kRoom = kMtuMin - kFixedHeader - kIcmp6Header;
  envelope.protocol = IPPROTO_ICMPV6;
  const std::uint32_t quoted = std::min(offender.pkt_len - kL2Bytes, kRoom);
  OwnedPacket packet =
      make_packet(pool, envelope, static_cast<std::uint16_t>(kIcmp6Header + quoted));
  if (!packet) {
    return nullptr;
  }
  std::uint8_t* const message = payload(*packet);
  message[0] = static_cast<std::uint8_t>(error.type);
  message[1] = error.code;
  const std::uint32_t rest = rte_cpu_to_be_32(error.rest);
  std::memcpy(message + 4, &rest, sizeof rest);
  if (!read_bytes(offender, kL2Bytes, {message + kIcmp6Header, quoted})) {
    return nullptr;
  }
  write_icmp_checksum(*packet, kFixedHeaderEnd);
  return packet;
}

void write_icmp_checksum(Packet& packet, std::uint32_t offset) {
  write_bytes(packet, offset + kChecksumAt, std::array<std::uint8_t, 2>{});
  const std::uint16_t sum = payload_checksum(packet, offset, IPPROTO_ICMPV6);
  std::array<std::uint8_t, sizeof sum> octets{};
  std::memcpy(octets.data(), &sum, sizeof sum);
  write_bytes(packet, offset + kChecksumAt, octets);
}

IcmpCheck check_icmp(Packet& packet, std::uint32_t offset) {
  if (packet.pkt_len < offset + kIcmp6Header) {
    return IcmpCheck::kTooShort;
  }
  return payload_checksum(packet, offset, IPPROTO_ICMPV6) == 0 ? IcmpCheck::kGood
                                                               : IcmpCheck::kBadChecksum;
}

void make_echo_reply(Packet& packet, std::uint32_t offset, OwnHeader header) {
  header.protocol = IPPROTO_ICMPV6;
  header.traffic_class = traffic_class(ipv6(packet));
  const std::uint64_t before = address_sum(ipv6(packet));
  Mark::clear(packet);
  if (offset > kFixedHeaderEnd) {
    cut(packet, kFixedHeaderEnd, offset - kFixedHeaderEnd);
  }
  write_header(packet, header);
  const std::uint64_t after = address_sum(ipv6(packet));
  // RFC 1624 eqn. 3: the type, which is the first octet of its word in memory, and the addresses
  // have changed.
  constexpr auto kRequest = static_cast<std::uint16_t>(Icmp6Type::kEchoRequest);
  constexpr auto kReply = static_cast<std::uint16_t>(Icmp6Type::kEchoReply);
  const auto old = read_at<std::uint16_t>(packet, kFixedHeaderEnd + kChecksumAt);
  const auto sum = static_cast<std::uint16_t>(
      ~fold(std::uint64_t{static_cast<std::uint16_t>(~old.value_or(0))} +
            static_cast<std::uint16_t>(~fold(before + kRequest)) + fold(after + kReply)));
  std::array<std::uint8_t, sizeof sum> octets{};
  std::memcpy(octets.data(), &sum, sizeof sum);
  write_bytes(packet, kFixedHeaderEnd + kChecksumAt, octets);
  write_bytes(packet, kFixedHeaderEnd,
              std::array{static_cast<std::uint8_t>(Icmp6Type::kEchoReply)});
}

}  // namespace ringroad::ip6

// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/icmp.hpp"

#include <netinet/in.h>
#include <rte_icmp.h>
#include <rte_mempool.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "packet/checksum.hpp"
#include "packet/mark.hpp"
#include "packet/read.hpp"

namespace ringroad::ip4 {
namespace {

constexpr std::uint32_t kErrorMax = 576;  // of the whole IPv4 packet
constexpr std::uint32_t kHeader = sizeof(rte_icmp_hdr);
constexpr std::uint8_t kInternetworkControl = 0xc0;
constexpr std::uint8_t kTosBits = 0x1e;
constexpr std::size_t kTimestampBytes = 12;

void write_checksum(std::uint8_t* message, std::size_t bytes) {
  const std::uint16_t sum = checksum({message, bytes});
  std::memcpy(message + 2, &sum, sizeof sum);
}

}  // namespace

Silence silence_about(Packet& offender) {
  const rte_ipv4_hdr& header = ipv4(offender);
  if (meta(offender).l2_class != L2Class::kHost) {
    return Silence::kSentToMany;
  }
  if ((header.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_OFFSET_MASK)) != 0) {
    return Silence::kLaterFragment;
  }
  if (!Ipv4{be32::from_wire(header.src_addr)}.is_unicast()) {
    return Silence::kSender;
  }
  if (header.next_proto_id != IPPROTO_ICMP) {
    return Silence::kNone;
  }
  // No error is sent about a message that is too short to contain its type (Linux icmp_send).
  const std::uint32_t offset = std::uint32_t{kL2Bytes} + header_bytes(header);
  return offender.data_len > offset && may_be_reported(frame(offender)[offset])
             ? Silence::kNone
             : Silence::kIcmpError;
}

OwnedPacket make_error(rte_mempool& pool, Packet& offender, IcmpError error,
                       ErrorEnvelope envelope) {
  const rte_ipv4_hdr& about = ipv4(offender);
  envelope.header.protocol = IPPROTO_ICMP;
  // RFC 1812 4.3.2.5: precedence 6; the other TOS bits are those of the offender.
  envelope.header.tos =
      static_cast<std::uint8_t>((about.type_of_service & kTosBits) | kInternetworkControl);
  const std::uint32_t headers = envelope.header.bytes() + kHeader;
  const std::uint32_t room = std::min<std::uint32_t>(envelope.mtu, kErrorMax);
  if (room < headers + sizeof about) {
    return nullptr;
  }
  const std::uint32_t quoted = std::min(offender.pkt_len - kL2Bytes, room - headers);
  const auto bytes = static_cast<std::uint16_t>(kHeader + quoted);
  OwnedPacket packet = make_packet(pool, envelope.header, bytes);
  if (!packet) {
    return nullptr;
  }
  std::uint8_t* const message = payload(*packet);
  message[0] = static_cast<std::uint8_t>(error.type);
  message[1] = error.code;
  const std::uint32_t rest = rte_cpu_to_be_32(error.rest);
  std::memcpy(message + 4, &rest, sizeof rest);
  if (!read_bytes(offender, kL2Bytes, {message + kHeader, quoted})) {
    return nullptr;
  }
  write_checksum(message, bytes);
  return packet;
}

IcmpCheck check_icmp(Packet& packet) {
  // Linux's icmp_rcv checks the checksum first.
  if (payload_checksum(packet) != 0) {
    return IcmpCheck::kBadChecksum;
  }
  const std::uint32_t needed = kL2Bytes + header_bytes(ipv4(packet)) + kHeader;
  return packet.data_len < needed ? IcmpCheck::kTooShort : IcmpCheck::kGood;
}

void make_echo_reply(Packet& packet, OwnHeader header) {
  const rte_ipv4_hdr request = ipv4(packet);
  header.protocol = IPPROTO_ICMP;
  header.tos = request.type_of_service;
  Mark::clear(packet);
  rte_pktmbuf_adj(&packet, static_cast<std::uint16_t>(header_bytes(request) - header.bytes()));
  write_header(packet, header);
  std::uint8_t* const message = payload(packet);
  message[0] = static_cast<std::uint8_t>(IcmpType::kEchoReply);
  // RFC 1624: the type, which is the first octet of its word in memory, changed from 8 to 0.
  std::uint16_t sum = 0;
  std::memcpy(&sum, message + 2, sizeof sum);
  constexpr auto kRequestWord = static_cast<std::uint16_t>(IcmpType::kEchoRequest);
  sum = static_cast<std::uint16_t>(~fold(std::uint64_t{static_cast<std::uint16_t>(~sum)} +
                                         static_cast<std::uint16_t>(~kRequestWord)));
  std::memcpy(message + 2, &sum, sizeof sum);
}

OwnedPacket make_timestamp_reply(rte_mempool& pool, Packet& request, OwnHeader header,
                                 std::uint32_t time) {
  const std::uint32_t offset = kL2Bytes + header_bytes(ipv4(request));
  constexpr std::uint16_t kBytes = kHeader + kTimestampBytes;
  constexpr std::uint32_t kAsked = kHeader + sizeof time;  // includes the sender's time
  std::array<std::uint8_t, kAsked> asked{};
  if (!read_bytes(request, offset, asked)) {
    return nullptr;
  }
  header.protocol = IPPROTO_ICMP;
  header.tos = ipv4(request).type_of_service;
  OwnedPacket packet = make_packet(pool, header, kBytes);
  if (!packet) {
    return nullptr;
  }
  std::uint8_t* const message = payload(*packet);
  std::memcpy(message, asked.data(), kAsked);
  message[0] = static_cast<std::uint8_t>(IcmpType::kTimestampReply);
  message[1] = 0;
  message[2] = message[3] = 0;
  const std::uint32_t wire = rte_cpu_to_be_32(time);
  std::memcpy(message + kAsked, &wire, sizeof wire);                // received
  std::memcpy(message + kAsked + sizeof wire, &wire, sizeof wire);  // sent
  write_checksum(message, kBytes);
  return packet;
}

}  // namespace ringroad::ip4

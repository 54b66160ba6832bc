#include "ip/icmp.hpp"

#include <rte_icmp.h>
#include <rte_mempool.h>

#include <algorithm>
#include <cstring>

#include "ip/checksum.hpp"
#include "ip/tos.hpp"

namespace ringroad::ip {
namespace {

constexpr std::uint32_t kErrorMax = 576;  // of the whole IPv4 packet
constexpr std::uint8_t kTtl = 64;         // Linux's ip_default_ttl
constexpr std::uint8_t kInternetworkControl = 0xc0;
constexpr std::uint8_t kTosBits = 0x1e;

struct Header {
  std::uint8_t tos;
  std::uint8_t protocol;
  std::uint32_t source;  // both as on the wire
  std::uint32_t destination;
};

void write_ipv4(rte_ipv4_hdr& header, const Header& fields, std::uint32_t total,
                std::uint16_t identification) {
  header = {};
  header.version_ihl = RTE_IPV4_VHL_DEF;
  header.type_of_service = fields.tos;
  header.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(total));
  header.packet_id = rte_cpu_to_be_16(identification);
  header.time_to_live = kTtl;
  header.next_proto_id = fields.protocol;
  header.src_addr = fields.source;
  header.dst_addr = fields.destination;
  header.hdr_checksum = rte_ipv4_cksum(&header);
}

// Over all segments; 0 where the message's checksum is right.
std::uint16_t message_checksum(const Packet& packet, std::uint32_t offset) {
  std::uint16_t sum = 0;
  rte_raw_cksum_mbuf(&packet, offset, packet.pkt_len - offset, &sum);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

bool may_answer_with_error(Packet& offender) {
  const rte_ipv4_hdr& header = ipv4(offender);
  if (meta(offender).l2_class != L2Class::kHost ||
      (header.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_OFFSET_MASK)) != 0 ||
      !Ipv4{be32::from_wire(header.src_addr)}.is_unicast()) {
    return false;
  }
  if (header.next_proto_id != IPPROTO_ICMP) {
    return true;
  }
  // A message too short to show its type is not worth an answer (Linux icmp_send).
  const std::uint32_t offset = std::uint32_t{kL2Bytes} + header_bytes(header);
  return offender.data_len > offset && !is_icmp_error(frame(offender)[offset]);
}

OwnedPacket make_error(rte_mempool& pool, Packet& offender, IcmpError error, Ipv4 source,
                       std::uint16_t identification) {
  OwnedPacket packet{rte_pktmbuf_alloc(&pool)};
  if (!packet) {
    return nullptr;
  }
  const rte_ipv4_hdr& about = ipv4(offender);
  constexpr std::uint32_t kHeaders = sizeof(rte_ipv4_hdr) + sizeof(rte_icmp_hdr);
  const std::uint32_t quoted = std::min(offender.pkt_len - kL2Bytes, kErrorMax - kHeaders);
  const auto length = static_cast<std::uint16_t>(kL2Bytes + kHeaders + quoted);
  char* const room = rte_pktmbuf_append(packet.get(), length);
  if (room == nullptr) {
    return nullptr;
  }
  auto* const start = reinterpret_cast<std::uint8_t*>(room);
  std::memset(start, 0, kL2Bytes + kHeaders);

  std::uint8_t* const message = start + kL2Bytes + sizeof(rte_ipv4_hdr);
  message[0] = static_cast<std::uint8_t>(error.type);
  message[1] = error.code;
  const std::uint16_t mtu = rte_cpu_to_be_16(error.mtu);
  std::memcpy(message + 6, &mtu, sizeof mtu);
  std::uint8_t* const quote = message + sizeof(rte_icmp_hdr);
  const void* const original = rte_pktmbuf_read(&offender, kL2Bytes, quoted, quote);
  if (original != quote) {
    std::memcpy(quote, original, quoted);
  }
  const std::uint16_t sum = checksum({message, sizeof(rte_icmp_hdr) + quoted});
  std::memcpy(message + 2, &sum, sizeof sum);

  // RFC 1812 4.3.2.5: precedence 6, the other TOS bits as the offender had them.
  const auto tos =
      static_cast<std::uint8_t>((about.type_of_service & kTosBits) | kInternetworkControl);
  write_ipv4(ipv4(*packet), {tos, IPPROTO_ICMP, source.wire().wire(), about.src_addr},
             kHeaders + quoted, identification);
  return packet;
}

IcmpInput classify_icmp(Packet& packet) {
  const std::uint32_t offset = std::uint32_t{kL2Bytes} + header_bytes(ipv4(packet));
  if (packet.pkt_len < offset + sizeof(rte_icmp_hdr) || packet.data_len < offset + 1U ||
      message_checksum(packet, offset) != 0) {
    return IcmpInput::kBad;
  }
  const bool echo = frame(packet)[offset] == static_cast<std::uint8_t>(IcmpType::kEchoRequest) &&
                    frame(packet)[offset + 1] == 0;
  return echo ? IcmpInput::kEchoRequest : IcmpInput::kOther;
}

void make_echo_reply(Packet& packet, std::uint16_t identification) {
  const rte_ipv4_hdr request = ipv4(packet);
  rte_pktmbuf_adj(&packet, static_cast<std::uint16_t>(header_bytes(request) - sizeof request));
  std::uint8_t* const message = frame(packet) + kL2Bytes + sizeof(rte_ipv4_hdr);
  message[0] = static_cast<std::uint8_t>(IcmpType::kEchoReply);
  // RFC 1624: the type's word went from 8 to 0, whatever the byte order.
  std::uint16_t sum = 0;
  std::memcpy(&sum, message + 2, sizeof sum);
  constexpr std::uint16_t kRequestWord = static_cast<std::uint16_t>(IcmpType::kEchoRequest);
  sum = static_cast<std::uint16_t>(~fold(std::uint64_t{static_cast<std::uint16_t>(~sum)} +
                                         static_cast<std::uint16_t>(~kRequestWord)));
  std::memcpy(message + 2, &sum, sizeof sum);
  write_ipv4(ipv4(packet),
             {request.type_of_service, IPPROTO_ICMP, request.dst_addr, request.src_addr},
             packet.pkt_len - kL2Bytes, identification);
}

}  // namespace ringroad::ip

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/translate.hpp"

#include <netinet/in.h>

#include <array>
#include <cstring>
#include <optional>

#include "filter/plain_packet.hpp"
#include "packet/checksum.hpp"
#include "packet/edit.hpp"
#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

// What the octets that were changed add to a sum of ones' complement.
class Difference {
 public:
  // Both begin at an even offset, and are of an even number of octets.
  void replace(std::span<const std::uint8_t> before, std::span<const std::uint8_t> after) {
    sum_ += checksum(before);  // ~sum
    sum_ += static_cast<std::uint16_t>(~checksum(after));
  }
  // RFC 1624 eqn. 3.
  [[nodiscard]] std::uint16_t applied(std::uint16_t old) const {
    return static_cast<std::uint16_t>(~fold(sum_ + static_cast<std::uint16_t>(~old)));
  }

 private:
  std::uint64_t sum_ = 0;
};

void overwrite(Packet& packet, std::uint32_t offset, std::span<const std::uint8_t> after,
               Difference& difference) {
  std::array<std::uint8_t, 16> before{};
  const std::span old = std::span{before}.first(after.size());
  if (read_bytes(packet, offset, old)) {
    difference.replace(old, after);
    write_bytes(packet, offset, after);
  }
}

void correct(Packet& packet, std::uint32_t offset, const Difference& difference, bool is_udp) {
  const auto old = read_at<std::uint16_t>(packet, offset);
  if (!old || (is_udp && *old == 0)) {  // no checksum, or it was not quoted
    return;
  }
  std::uint16_t fresh = difference.applied(*old);
  if (is_udp && fresh == 0) {
    fresh = 0xffff;
  }
  write_bytes(packet, offset, {reinterpret_cast<const std::uint8_t*>(&fresh), sizeof fresh});
}

struct Ports {
  std::uint32_t offset;  // of the field, from the transport header's start
  std::uint16_t value;
};

// The field that identifies this end of the flow; none of protocols without ports.
std::optional<Ports> port_of(const Packet& packet, std::uint32_t transport, Manip manip,
                             const Tuple& to) {
  switch (to.protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_SCTP:
    case IPPROTO_DCCP:
      return manip == Manip::kSource ? Ports{0, to.source_port} : Ports{2, to.destination_port};
    default:
      break;
  }
  if (!is_icmp(to)) {
    return std::nullopt;
  }
  // Only queries and answers have an identifier. The tuple of a connection has it at either end.
  const auto type = read_at<std::uint8_t>(packet, transport);
  return type && icmp_pair(*type, to.is_ipv6) ? std::optional{Ports{4, to.source_port}}
                                              : std::nullopt;
}

struct Sum {
  std::uint32_t offset;  // from the transport header's start
  bool has_pseudo_header;
};

std::optional<Sum> sum_of(const Tuple& to) {
  switch (to.protocol) {
    case IPPROTO_TCP:
      return Sum{16, true};
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_DCCP:
      return Sum{6, true};
    default:
      return is_icmp(to) ? std::optional{Sum{2, to.is_ipv6}} : std::nullopt;
  }
}

template <class Header>
std::uint32_t address_offset(Manip manip) {
  return manip == Manip::kSource ? offsetof(Header, src_addr) : offsetof(Header, dst_addr);
}

std::array<std::uint8_t, 2> octets_of(std::uint16_t number) {
  return {static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
}

// CRC32c (RFC 9260, appendix A), bit by bit: SCTP has few packets that are translated.
std::uint32_t crc32c(const Packet& packet, std::uint32_t offset) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const Packet* segment = &packet; segment != nullptr; segment = segment->next) {
    const std::uint32_t skipped = std::min<std::uint32_t>(offset, segment->data_len);
    offset -= skipped;
    const auto* octets = rte_pktmbuf_mtod_offset(segment, const std::uint8_t*, skipped);
    for (std::uint32_t i = 0; i < segment->data_len - skipped; ++i) {
      crc = __builtin_ia32_crc32qi(crc, octets[i]);
    }
  }
  return ~crc;
}

void correct_sctp(Packet& packet, std::uint32_t transport) {
  constexpr std::uint32_t kChecksum = 8;
  constexpr std::array<std::uint8_t, 4> kZero{};
  if (packet.pkt_len < transport + kChecksum + kZero.size()) {
    return;
  }
  write_bytes(packet, transport + kChecksum, kZero);
  const std::uint32_t crc = crc32c(packet, transport);
  write_bytes(packet, transport + kChecksum,
              {reinterpret_cast<const std::uint8_t*>(&crc), sizeof crc});
}

template <class Word>
Word load(const std::uint8_t* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Writes a word, and returns what that adds to a sum of ones' complement.
template <class Word>
std::uint64_t replace(std::uint8_t* at, Word fresh) {
  const Word old = load<Word>(at);
  std::memcpy(at, &fresh, sizeof fresh);
  return std::uint64_t{static_cast<Word>(~old)} + fresh;
}

void correct(std::uint8_t* at, std::uint64_t difference) {
  const auto old = load<std::uint16_t>(at);
  const auto fresh =
      static_cast<std::uint16_t>(~fold(difference + static_cast<std::uint16_t>(~old)));
  std::memcpy(at, &fresh, sizeof fresh);
}

}  // namespace

void translate_plain(std::uint8_t* frame, Manip manip, const Tuple& other) {
  const bool is_source = manip == Manip::kSource;
  const Ipv6& address = is_source ? other.destination : other.source;
  const std::uint16_t port = is_source ? other.destination_port : other.source_port;
  std::uint8_t* const network = frame + kL2Bytes;
  std::uint8_t* const transport = frame + (other.is_ipv6 ? kPlainTransport6 : kPlainTransport4);
  std::uint64_t difference = 0;
  if (other.is_ipv6) {
    std::array<std::uint8_t, 16> octets;
    address.write(octets.data());
    std::uint8_t* const at = network + address_offset<rte_ipv6_hdr>(manip);
    for (std::size_t i = 0; i < octets.size(); i += sizeof(std::uint32_t)) {
      difference += replace(at + i, load<std::uint32_t>(octets.data() + i));
    }
  } else {
    difference = replace(network + address_offset<rte_ipv4_hdr>(manip),
                         __builtin_bswap32(narrowed(address).value()));
    correct(network + offsetof(rte_ipv4_hdr, hdr_checksum), difference);
  }
  difference += replace(transport + (is_source ? 0 : sizeof port), __builtin_bswap16(port));
  if (other.protocol == IPPROTO_TCP) {
    correct(transport + offsetof(rte_tcp_hdr, cksum), difference);
    return;
  }
  std::uint8_t* const sum = transport + offsetof(rte_udp_hdr, dgram_cksum);
  if (load<std::uint16_t>(sum) != 0) {
    correct(sum, difference);
    // RFC 768: 0 would be none.
    if (load<std::uint16_t>(sum) == 0) {
      constexpr std::uint16_t kZero = 0xffff;
      std::memcpy(sum, &kZero, sizeof kZero);
    }
  }
}

void translate(Packet& packet, const HeaderPlaces& places, Manip manip, const Tuple& to) {
  const Ipv6 address = manip == Manip::kSource ? to.source : to.destination;
  Difference addresses;
  if (to.is_ipv6) {
    std::array<std::uint8_t, 16> octets{};
    address.write(octets.data());
    overwrite(packet, places.network + address_offset<rte_ipv6_hdr>(manip), octets, addresses);
  } else {
    const std::uint32_t word = __builtin_bswap32(narrowed(address).value());
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &word, sizeof word);
    overwrite(packet, places.network + address_offset<rte_ipv4_hdr>(manip), octets, addresses);
    correct(packet, places.network + offsetof(rte_ipv4_hdr, hdr_checksum), addresses, false);
  }
  if (!places.has_transport) {
    return;
  }
  const auto sum = sum_of(to);
  Difference all = sum && sum->has_pseudo_header ? addresses : Difference{};
  const auto port = port_of(packet, places.transport, manip, to);
  if (port) {
    overwrite(packet, places.transport + port->offset, octets_of(port->value), all);
  }
  if (sum) {
    correct(packet, places.transport + sum->offset, all, to.protocol == IPPROTO_UDP);
  } else if (to.protocol == IPPROTO_SCTP && places.network == kL2Bytes) {
    correct_sctp(packet, places.transport);
  }
}

void translate_error(Packet& packet, const HeaderPlaces& places, Manip manip, const Quoted& inner,
                     const Tuple& other) {
  constexpr std::uint32_t kChecksum = 2;
  constexpr std::array<std::uint8_t, 2> kZero{};
  translate(packet, {.network = inner.network, .transport = inner.transport}, opposite(manip),
            other);
  const auto back = inverse(other);
  if (!back) {
    return;
  }
  Tuple outer = *back;
  outer.protocol = icmp_of(outer.is_ipv6);
  translate(packet,
            {.network = places.network, .transport = places.transport, .has_transport = false},
            manip, outer);
  // What is quoted has changed in several places, and it is short.
  write_bytes(packet, places.transport + kChecksum, kZero);
  std::uint64_t sum = sum_from(packet, places.transport);
  if (outer.is_ipv6) {
    const auto* const header = rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, kL2Bytes);
    sum += static_cast<std::uint16_t>(~checksum({header + offsetof(rte_ipv6_hdr, src_addr), 32}));
    sum += rte_cpu_to_be_16(IPPROTO_ICMPV6);
    sum += rte_cpu_to_be_16(static_cast<std::uint16_t>(packet.pkt_len - places.transport));
  }
  const auto fresh = static_cast<std::uint16_t>(~fold(sum));
  write_bytes(packet, places.transport + kChecksum,
              {reinterpret_cast<const std::uint8_t*>(&fresh), sizeof fresh});
}

}  // namespace ringroad::filter

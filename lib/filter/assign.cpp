// SPDX-License-Identifier: BSD-3-Clause
#include "filter/assign.hpp"

#include <netinet/in.h>

#include <array>
#include <cstring>
#include <optional>
#include <span>

#include "packet/checksum.hpp"
#include "packet/edit.hpp"
#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

// The field's octets, from an even offset of its header on.
struct Region {
  static constexpr std::size_t kMost = 20;

  std::uint32_t offset = 0;  // from the frame's start
  std::size_t size = 0;
  std::array<std::uint8_t, kMost> octets{};

  [[nodiscard]] std::span<std::uint8_t> bytes() { return std::span{octets}.first(size); }
  [[nodiscard]] std::uint16_t sum() { return static_cast<std::uint16_t>(~checksum(bytes())); }
};

// Puts `value` at this bit of the region.
void put(Region& region, unsigned first_bit, unsigned width, const nft::Value& value) {
  for (unsigned i = 0; i < width; ++i) {
    const unsigned bit = first_bit + i;
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    const bool is_set = (value.shifted_right(width - 1 - i).low & 1U) != 0;
    std::uint8_t& octet = region.octets[bit / 8];
    octet = static_cast<std::uint8_t>(is_set ? octet | mask : octet & ~mask);
  }
}

// RFC 1624 eqn. 3 for the checksum at this offset. Zero in UDP means that there is none.
void update(Packet& packet, std::uint32_t offset, std::uint16_t before, std::uint16_t after,
            bool is_udp) {
  const auto old = read_at<std::uint16_t>(packet, offset);
  if (!old || (is_udp && *old == 0)) {
    return;
  }
  const std::uint64_t sum = std::uint64_t{static_cast<std::uint16_t>(~*old)} +
                            static_cast<std::uint16_t>(~before) + after;
  auto fresh = static_cast<std::uint16_t>(~fold(sum));
  if (is_udp && fresh == 0) {
    fresh = 0xffff;
  }
  write_bytes(packet, offset, {reinterpret_cast<const std::uint8_t*>(&fresh), sizeof fresh});
}

// Where the checksum of a transport protocol is in its header.
std::optional<std::uint32_t> checksum_of(std::uint8_t protocol, bool with_pseudo_header) {
  switch (protocol) {
    case IPPROTO_TCP:
      return 16;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return 6;
    case IPPROTO_ICMPV6:
      return 2;
    case IPPROTO_ICMP:
    case IPPROTO_IGMP:
      return with_pseudo_header ? std::nullopt : std::optional<std::uint32_t>{2};
    default:
      return std::nullopt;
  }
}

bool is_address(const nft::Field& field) {
  return field.source == nft::Source::kNetwork &&
         (field.type == nft::Type::kIpv4 || field.type == nft::Type::kIpv6);
}

}  // namespace

bool write_field(Packet& packet, bool is_ipv6, const Transport& transport, const nft::Field& field,
                 const nft::Value& value) {
  const bool is_transport = field.source == nft::Source::kTransport;
  if (is_transport && !transport.has_header) {
    return false;
  }
  const std::uint32_t header = is_transport ? transport.offset : std::uint32_t{kL2Bytes};
  const unsigned first = field.offset / 16 * 2;
  const unsigned end = (unsigned{field.offset} + field.width + 7) / 8;
  if (header + end > packet.pkt_len) {
    return false;
  }
  // A last octet without a second one counts as if a zero followed.
  const bool has_pair = end % 2 == 0 || header + end < packet.pkt_len;
  Region region{.offset = header + first,
                .size = std::size_t{end} - first + (end % 2 != 0 && has_pair ? 1U : 0U)};
  if (!read_bytes(packet, region.offset, region.bytes())) {
    return false;
  }
  const std::uint16_t before = region.sum();
  put(region, field.offset - first * 8, field.width, value);
  const std::uint16_t after = region.sum();
  write_bytes(packet, region.offset, region.bytes());
  constexpr unsigned kIpv4Checksum = offsetof(rte_ipv4_hdr, hdr_checksum);
  if (!is_ipv6 && !is_transport && field.offset != kIpv4Checksum * 8) {
    update(packet, kL2Bytes + kIpv4Checksum, before, after, false);
  }
  if ((is_transport || is_address(field)) && transport.has_header) {
    const auto at = checksum_of(transport.protocol, !is_transport);
    if (at && (!is_transport || field.offset != *at * 8)) {
      update(packet, transport.offset + *at, before, after, transport.protocol == IPPROTO_UDP);
    }
  }
  return true;
}

}  // namespace ringroad::filter

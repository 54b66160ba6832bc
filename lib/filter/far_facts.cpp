// SPDX-License-Identifier: BSD-3-Clause
// Columns of what packets may not have: raw payload, options and extension headers.
#include <array>

#include "filter/facts.hpp"
#include "filter/options.hpp"
#include "packet/read.hpp"
#include "packet/vlan.hpp"

namespace ringroad::filter {
namespace {

using Kind = Column::Kind;

// Up to four octets.
std::optional<std::uint32_t> load_octets(const Packet& packet, std::uint32_t offset,
                                         std::size_t count) {
  std::array<std::uint8_t, 4> octets{};
  if (count > octets.size() || !read_bytes(packet, offset, std::span{octets}.last(count))) {
    return std::nullopt;
  }
  return std::uint32_t{octets[0]} << 24U | std::uint32_t{octets[1]} << 16U |
         std::uint32_t{octets[2]} << 8U | std::uint32_t{octets[3]};
}

}  // namespace

// Four octets of the Ethernet header as it came, with the tag that lies aside at the ingress
// (Linux's nft_payload_copy_vlan). Nothing if the frame is too short.
std::optional<std::uint32_t> Facts::load_link(std::size_t index, std::uint32_t start) const {
  const Packet& packet = *burst_->packets[index];
  if (point_ != HookPoint::kIngress || !AsideTag::is_in(packet)) {
    return load_octets(packet, start, 4);
  }
  const AsideTag tag = AsideTag::of(packet);
  const std::array<std::uint8_t, neigh::kTagBytes> wire{
      static_cast<std::uint8_t>(tag.protocol >> 8U), static_cast<std::uint8_t>(tag.protocol),
      static_cast<std::uint8_t>(tag.tci >> 8U), static_cast<std::uint8_t>(tag.tci)};
  constexpr auto kBegin = std::uint32_t{kMacBytes};
  constexpr auto kEnd = std::uint32_t{kMacBytes + neigh::kTagBytes};
  std::uint32_t word = 0;
  for (std::uint32_t at = start; at < start + 4; ++at) {
    const auto octet = at < kBegin  ? read_at<std::uint8_t>(packet, at)
                       : at >= kEnd ? read_at<std::uint8_t>(packet, at - (kEnd - kBegin))
                                    : std::optional{wire[at - kBegin]};
    if (!octet) {
      return std::nullopt;
    }
    word = word << 8U | *octet;
  }
  return word;
}

std::optional<std::uint32_t> Facts::load_option(const Column& column, std::size_t index) {
  const Packet& packet = *burst_->packets[index];
  const bool asks_presence = column.find == Column::Find::kPresence;
  const auto start = static_cast<std::uint32_t>(column.start);
  if (column.kind == Kind::kIpOption) {
    return !burst_->is_ipv6 && has_ip_option(packet, column.header) ? 1 : 0;
  }
  if (column.kind == Kind::kExtension) {
    const auto found = find_extension(packet, column.header);
    if (asks_presence) {
      return found ? 1 : 0;
    }
    return found ? load_octets(packet, *found + start, column.end - start) : std::nullopt;
  }
  const auto found = find_tcp_option(packet, transport(index), column.header);
  if (asks_presence) {
    return found ? 1 : 0;
  }
  return found && column.end <= found->length
             ? load_octets(packet, found->offset + start, column.end - start)
             : std::nullopt;
}

void Facts::load_far(ColumnIndex index) {
  const Column column = columns_[index];
  // Of these, as of other headers, four octets are loaded that end with the field.
  constexpr std::uint32_t kOctets = 4;
  switch (column.kind) {
    case Kind::kFarLink:
      load_some(index, [&](std::size_t i) {
        return is_own() ? std::nullopt : load_link(i, column.end - kOctets);
      });
      return;
    case Kind::kFarNetwork:
      load_some(index, [&](std::size_t i) {
        return load_octets(*burst_->packets[i], kL2Bytes + column.end - kOctets, kOctets);
      });
      return;
    case Kind::kInner:
      load_some(index, [&](std::size_t i) -> std::optional<std::uint32_t> {
        const Packet& packet = *burst_->packets[i];
        const auto inner = find_inner(packet, transport(i));
        return inner ? load_octets(packet, *inner + column.end - kOctets, kOctets) : std::nullopt;
      });
      return;
    default:
      load_some(index, [&](std::size_t i) { return load_option(column, i); });
      return;
  }
}

}  // namespace ringroad::filter

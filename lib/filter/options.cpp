// SPDX-License-Identifier: BSD-3-Clause
#include "filter/options.hpp"

#include <netinet/in.h>

#include <array>
#include <span>

#include "filter/assign.hpp"
#include "filter/flow_packet.hpp"
#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

constexpr std::uint32_t kTcpHeader = 20;
constexpr std::uint32_t kUdpHeader = 8;
constexpr std::uint32_t kIpHeader = 20;

// Linux's nft_tcp_header_pointer.
std::optional<TcpHeader> tcp_header(const Packet& packet, const Transport& transport) {
  if (!transport.has_protocol || !transport.has_header || transport.protocol != IPPROTO_TCP) {
    return std::nullopt;
  }
  TcpHeader header;
  return read_tcp(packet, transport.offset, header) ? std::optional{header} : std::nullopt;
}

// Where the option is in the header, and how long it says to be.
std::optional<OptionPlace> find_kind(const TcpHeader& header, std::uint8_t kind) {
  const std::span octets = std::span{header.octets}.first(header.length());
  constexpr std::uint8_t kNoOperation = 1;
  for (std::uint32_t i = kTcpHeader; i + 1 < octets.size();) {
    const bool is_single = octets[i] <= kNoOperation || octets[i + 1] == 0;
    const std::uint32_t length = is_single ? 1 : octets[i + 1];
    if (octets[i] == kind) {
      return OptionPlace{i, length};
    }
    i += length;
  }
  return std::nullopt;
}

// What Linux's __ip_options_compile refuses of routes that are recorded or given.
bool is_valid(std::uint8_t type, std::span<const std::uint8_t> option) {
  constexpr std::uint8_t kRecord = 7;
  constexpr std::uint8_t kAlert = 148;
  constexpr std::size_t kFirst = 4;  // the pointer to the first address
  const std::size_t length = option.size();
  if (type == kAlert) {
    return length >= 4;
  }
  if (length < 3 || option[2] < kFirst) {
    return false;
  }
  if (type == kRecord) {
    return option[2] > length || option[2] + 3U <= length;
  }
  return option[2] == kFirst && length >= 7 && (length - 3) % 4 == 0;
}

}  // namespace

std::optional<OptionPlace> find_tcp_option(const Packet& packet, const Transport& transport,
                                           std::uint8_t kind) {
  const auto header = tcp_header(packet, transport);
  const auto found = header ? find_kind(*header, kind) : std::nullopt;
  if (!found || found->offset + found->length > header->length()) {
    return std::nullopt;
  }
  return OptionPlace{transport.offset + found->offset, found->length};
}

bool has_ip_option(const Packet& packet, std::uint8_t type) {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kNoOperation = 1;
  constexpr std::uint8_t kRecord = 7;
  constexpr std::uint8_t kLoose = 131;
  constexpr std::uint8_t kStrict = 137;
  constexpr std::uint8_t kAlert = 148;
  constexpr std::size_t kOptionsMost = 40;
  const auto first = read_at<std::uint8_t>(packet, kL2Bytes);
  const std::uint32_t header = first ? (*first & 0xfU) * 4U : 0;
  std::array<std::uint8_t, kOptionsMost> octets;
  if (header <= kIpHeader ||
      !read_bytes(packet, kL2Bytes + kIpHeader, std::span{octets}.first(header - kIpHeader))) {
    return false;
  }
  std::span<const std::uint8_t> left = std::span{octets}.first(header - kIpHeader);
  bool found = false;
  while (!left.empty() && left[0] != kEnd) {
    if (left[0] == kNoOperation) {
      left = left.subspan(1);
      continue;
    }
    if (left.size() < 2 || left[1] < 2 || left[1] > left.size()) {
      return false;
    }
    const auto option = left.first(left[1]);
    const std::uint8_t each = option[0];
    const bool is_known = each == kRecord || each == kLoose || each == kStrict || each == kAlert;
    if (is_known && !is_valid(each, option)) {
      return false;
    }
    // A router alert of another value than 0 is none.
    found |= each == type && (each != kAlert || (option[2] == 0 && option[3] == 0));
    left = left.subspan(option.size());
  }
  return found;
}

std::optional<std::uint32_t> find_extension(const Packet& packet, std::uint8_t number) {
  const auto first = read_at<std::uint8_t>(
      packet, std::uint32_t{kL2Bytes} + std::uint32_t{offsetof(rte_ipv6_hdr, proto)});
  std::uint32_t at = std::uint32_t{kL2Bytes} + std::uint32_t{sizeof(rte_ipv6_hdr)};
  if (!first) {
    return std::nullopt;
  }
  for (std::uint8_t each = *first;;) {
    const bool is_extension = each == IPPROTO_HOPOPTS || each == IPPROTO_ROUTING ||
                              each == IPPROTO_FRAGMENT || each == IPPROTO_AH ||
                              each == IPPROTO_DSTOPTS;
    if (!is_extension) {
      return each == number ? std::optional{at} : std::nullopt;
    }
    // Of a routing or fragment header Linux reads four octets.
    const bool is_fragment = each == IPPROTO_FRAGMENT;
    const std::size_t needed = is_fragment || each == IPPROTO_ROUTING ? 4 : 2;
    std::array<std::uint8_t, 4> header{};
    if (!read_bytes(packet, at, std::span{header}.first(needed))) {
      return std::nullopt;
    }
    if (each == number) {
      return at;
    }
    if (is_fragment && (header[2] != 0 || (header[3] & 0xf8U) != 0)) {
      return std::nullopt;
    }
    at += is_fragment ? 8U : each == IPPROTO_AH ? (header[1] + 2U) * 4U : (header[1] + 1U) * 8U;
    each = header[0];
  }
}

std::optional<std::uint32_t> find_inner(const Packet& packet, const Transport& transport) {
  constexpr std::uint32_t kGreHeader = 4;
  if (!transport.has_protocol || !transport.has_header) {
    return std::nullopt;
  }
  switch (transport.protocol) {
    case IPPROTO_UDP:
      return transport.offset + kUdpHeader;
    case IPPROTO_IPIP:
      return transport.offset;
    case IPPROTO_TCP: {
      const auto header = read_at<std::array<std::uint8_t, kTcpHeader>>(packet, transport.offset);
      return header ? std::optional{transport.offset + std::uint32_t{(*header)[12]} / 16 * 4}
                    : std::nullopt;
    }
    case IPPROTO_GRE: {
      const auto flags = read_at<std::array<std::uint8_t, kGreHeader>>(packet, transport.offset);
      if (!flags || ((*flags)[1] & 7U) != 0) {  // RFC 2784: version 0
        return std::nullopt;
      }
      std::uint32_t offset = transport.offset + kGreHeader;
      for (const unsigned flag : {0x80U, 0x20U, 0x10U}) {  // a checksum, a key, a number
        offset += ((*flags)[0] & flag) != 0 ? 4U : 0U;
      }
      return offset;
    }
    default:
      return std::nullopt;
  }
}

bool write_tcp_option(Packet& packet, bool is_ipv6, const Transport& transport,
                      const nft::Field& field, const nft::Value& value) {
  constexpr std::uint8_t kMaximumSegmentSize = 2;
  const auto header = tcp_header(packet, transport);
  if (!header) {
    return false;
  }
  const auto found = find_kind(*header, field.header);
  if (!found) {
    return true;
  }
  const std::uint32_t first = field.offset / 8;
  const std::uint32_t octets = field.width / 8;
  if (found->offset + found->length > header->length() || first + octets > found->length) {
    return false;
  }
  std::uint64_t old = 0;
  for (std::uint32_t i = 0; i < octets; ++i) {
    old = old << 8U | header->octets[found->offset + first + i];
  }
  if (old == value.low || (field.header == kMaximumSegmentSize && octets == 2 && old < value.low)) {
    return true;
  }
  const nft::Field place{{},
                         nft::Type::kInteger,
                         nft::Source::kTransport,
                         static_cast<std::uint16_t>((found->offset + first) * 8),
                         field.width};
  return write_field(packet, is_ipv6, transport, place, value);
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/column.hpp"

#include <algorithm>

namespace ringroad::filter {
namespace {

using Kind = Column::Kind;

constexpr std::uint32_t kAfInet = 2;
constexpr std::uint32_t kAfInet6 = 10;

Column meta_column(nft::Meta meta, PacketFamily family) {
  const bool is_ipv6 = family == PacketFamily::kIpv6;
  switch (meta) {
    case nft::Meta::kLength:
      return {.kind = Kind::kLength};
    case nft::Meta::kProtocol:
      return family == PacketFamily::kOther
                 ? Column{.kind = Kind::kEtherType}
                 : Column{.kind = Kind::kConstant, .flips = is_ipv6 ? 0x86ddU : 0x0800U};
    case nft::Meta::kNfProto:
      return {.kind = Kind::kConstant, .flips = is_ipv6 ? kAfInet6 : kAfInet};
    case nft::Meta::kL4Proto:
      return {.kind = Kind::kL4Protocol};
    case nft::Meta::kMark:
      return {.kind = Kind::kMark};
    case nft::Meta::kPriority:
      return {.kind = Kind::kPriority};
    case nft::Meta::kIif:
    case nft::Meta::kIifName:
      return {.kind = Kind::kIngress};
    case nft::Meta::kOif:
    case nft::Meta::kOifName:
      return {.kind = Kind::kEgress};
    case nft::Meta::kPacketType:
      return {.kind = Kind::kPacketType};
    case nft::Meta::kNfTrace:
      break;
  }
  return {};
}

Column connection_column(const nft::Field& field, unsigned bits_below) {
  return {.kind = Kind::kConnection,
          .start = static_cast<std::int16_t>(field.offset),
          .end = static_cast<std::uint16_t>(bits_below / 32)};
}

// Octets of options and extension headers; and the answers about routes.
Column special_column(const nft::Field& field, unsigned first_bit, unsigned width) {
  using Find = Column::Find;
  Column column{.header = field.header};
  column.find = field.presence             ? Find::kPresence
                : is_interface(field.type) ? Find::kInterface
                                           : Find::kValue;
  switch (field.source) {
    case nft::Source::kTcpOption:
      column.kind = Kind::kTcpOption;
      break;
    case nft::Source::kIpOption:
      column.kind = Kind::kIpOption;
      break;
    case nft::Source::kExtension:
      column.kind = Kind::kExtension;
      break;
    case nft::Source::kFib:
      column.kind = Kind::kFib;
      column.start = static_cast<std::int16_t>(field.offset & ~nft::FibKey::kMark);
      return column;
    default:
      column.kind = Kind::kRouteMtu;
      return column;
  }
  if (!field.presence) {
    const unsigned end = (first_bit + width + 7) / 8;
    column.start = static_cast<std::int16_t>(first_bit / 8);
    column.end = static_cast<std::uint16_t>(end);
    column.shift = static_cast<std::uint8_t>(end * 8 - first_bit - width);
    column.mask = static_cast<std::uint32_t>(nft::Value::ones(width).low);
  }
  return column;
}

// Up to 32 bits of a header. Four octets are loaded that end with the field, because the headers in
// front of it are there; those of the Ethernet header begin with it.
Column header_column(Kind kind, unsigned offset, unsigned width, PacketFamily family) {
  constexpr unsigned kLinkBytes = 14;
  const unsigned network_octets = family == PacketFamily::kOther  ? 0
                                  : family == PacketFamily::kIpv6 ? 40
                                                                  : 20;
  const unsigned first = offset / 8;
  const unsigned end = (offset + width + 7) / 8;
  Column column{.kind = kind, .end = static_cast<std::uint16_t>(end)};
  const unsigned behind = end * 8 - offset - width;
  if (kind == Kind::kLink && end <= kLinkBytes) {
    column.start = static_cast<std::int16_t>(first);
    column.shift = static_cast<std::uint8_t>(32 - (offset + width - first * 8));
  } else {
    column.start = static_cast<std::int16_t>(static_cast<int>(end) - 4);
    column.shift = static_cast<std::uint8_t>(behind);
    column.kind = kind == Kind::kLink                              ? Kind::kFarLink
                  : kind == Kind::kNetwork && end > network_octets ? Kind::kFarNetwork
                                                                   : kind;
  }
  column.mask = static_cast<std::uint32_t>(nft::Value::ones(width).low);
  return column;
}

Kind kind_of(nft::Source source) {
  return source == nft::Source::kLink      ? Kind::kLink
         : source == nft::Source::kNetwork ? Kind::kNetwork
         : source == nft::Source::kInner   ? Kind::kInner
                                           : Kind::kTransport;
}

bool is_special(nft::Source source) {
  return source >= nft::Source::kTcpOption && source <= nft::Source::kRouteMtu;
}

}  // namespace

std::vector<Column> columns_of(const nft::Expression& expression, PacketFamily family) {
  const nft::Field& field = *expression.field;
  const unsigned words = words_of(field.type, field.width);
  std::vector<Column> columns;
  for (unsigned i = 0; i < words; ++i) {
    const unsigned above = (words - 1 - i) * 32;  // bits of the field below this word
    const unsigned width = i == 0 ? (is_interface(field.type) ? 32U : field.width - above) : 32U;
    Column column =
        field.source == nft::Source::kMeta
            ? meta_column(static_cast<nft::Meta>(field.offset), family)
        : field.source == nft::Source::kConstant ? Column{}
        : field.source == nft::Source::kGenerated
            ? Column{.kind = Kind::kGenerated, .start = static_cast<std::int16_t>(field.offset)}
        : field.source == nft::Source::kCt ? connection_column(field, above)
        : is_special(field.source)
            ? special_column(field, field.offset + field.width - above - width, width)
            : header_column(kind_of(field.source), field.offset + field.width - above - width,
                            width, family);
    if (!is_interface(field.type)) {
      const auto bits = static_cast<std::uint32_t>(expression.mask.shifted_right(above).low);
      column.flips = (column.flips & bits) ^
                     static_cast<std::uint32_t>(expression.flips.shifted_right(above).low);
      column.mask &= bits;
    }
    columns.push_back(column);
  }
  return columns;
}

bool depends_on(const Column& column, const nft::Field& target) {
  if (target.source == nft::Source::kMeta) {
    const auto meta = static_cast<nft::Meta>(target.offset);
    return (meta == nft::Meta::kMark && column.kind == Kind::kMark) ||
           (meta == nft::Meta::kPriority && column.kind == Kind::kPriority);
  }
  if (target.source == nft::Source::kCt) {
    return column.kind == Kind::kConnection;
  }
  // A header's checksum changes with its other fields, and the protocol says where a header is.
  return column.kind == Kind::kLink || column.kind == Kind::kNetwork ||
         column.kind == Kind::kTransport || column.kind == Kind::kL4Protocol ||
         column.kind >= Kind::kFarLink;
}

ColumnIndex ColumnTable::index_of(const Column& column) {
  const auto found = std::ranges::find(columns_, column);
  if (found != columns_.end()) {
    return static_cast<ColumnIndex>(found - columns_.begin());
  }
  columns_.push_back(column);
  return static_cast<ColumnIndex>(columns_.size() - 1);
}

}  // namespace ringroad::filter

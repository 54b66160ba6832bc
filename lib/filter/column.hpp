// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A fact about each packet of a burst: a number of up to 32 bits in host order. Wider fields are
// several columns.
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "nft/model.hpp"
#include "packet/burst.hpp"

namespace ringroad::filter {

using ColumnIndex = std::uint16_t;

struct Column {
  enum class Kind : std::uint8_t {
    kLink,       // octets of the Ethernet header, which are there
    kNetwork,    // of the IP header
    kTransport,  // of the header behind it and its extension headers
    kLength,     // of the IP packet
    kL4Protocol,
    kMark,
    kPriority,
    kPacketType,
    kEtherType,  // behind the tag
    kIngress,    // the interface's number plus 1; 0: none
    kEgress,
    kConnection,  // `start`: an nft::Ct; `end`: which of its words, the lowest is 0
    kConstant,    // flips
    kGenerated,   // number `start`, which a rule has made: see generate.hpp
    // What packets may be too short for: octets of the frame, of the IP packet, and of what the
    // transport header carries.
    kFarLink,
    kFarNetwork,
    kInner,
    // Octets of the option or extension header `header`, or whether it is there.
    kTcpOption,
    kIpOption,
    kExtension,
    kFib,       // `start`: an nft::FibKey
    kRouteMtu,  // the TCP MSS of the routes
  };
  // What kFib and the kinds before it find.
  enum class Find : std::uint8_t { kValue, kPresence, kInterface };
  Kind kind = Kind::kConstant;
  Find find = Find::kValue;
  std::uint8_t header = 0;
  // (four octets >> shift & mask) ^ flips. They begin at this offset from the header. Of an option
  // or an extension header, the octets from `start` to `end` are loaded.
  std::int16_t start = 0;
  std::uint16_t end = 0;  // the octet behind the field
  std::uint8_t shift = 0;
  std::uint32_t mask = ~std::uint32_t{0};
  std::uint32_t flips = 0;

  [[nodiscard]] constexpr std::uint32_t number(std::uint32_t loaded) const {
    return (loaded >> shift & mask) ^ flips;
  }
  friend auto operator<=>(const Column&, const Column&) = default;
};

// The number of columns of a field. Interfaces are compared by number.
[[nodiscard]] inline unsigned words_of(nft::Type type, unsigned width) {
  return is_interface(type) ? 1 : (width + 31) / 32;
}

// The columns of a field's expression, the most significant first, in packets of one family.
[[nodiscard]] std::vector<Column> columns_of(const nft::Expression& expression,
                                             PacketFamily family);
// Whether the column costs more than to load a few octets.
[[nodiscard]] inline bool is_slow(const Column& column) {
  return column.kind >= Column::Kind::kInner || column.kind == Column::Kind::kGenerated;
}
// Whether writing to the field changes the column.
[[nodiscard]] bool depends_on(const Column& column, const nft::Field& target);

// The columns of a program; equal ones are shared.
class ColumnTable {
 public:
  [[nodiscard]] ColumnIndex index_of(const Column& column);
  [[nodiscard]] std::span<const Column> all() const { return columns_; }
  [[nodiscard]] const Column& operator[](ColumnIndex index) const { return columns_[index]; }

 private:
  std::vector<Column> columns_;
};

}  // namespace ringroad::filter

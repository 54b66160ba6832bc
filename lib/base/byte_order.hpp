// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Integers in network byte order have their own types: there is no implicit conversion either way.
#include <bit>
#include <cstdint>

namespace ringroad {

template <class Rep>
class BigEndian {
 public:
  constexpr BigEndian() = default;
  constexpr explicit BigEndian(Rep host) : wire_{swap(host)} {}

  [[nodiscard]] static constexpr BigEndian from_wire(Rep wire) {
    BigEndian result;
    result.wire_ = wire;
    return result;
  }
  [[nodiscard]] constexpr Rep host() const { return swap(wire_); }
  [[nodiscard]] constexpr Rep wire() const { return wire_; }

  friend constexpr bool operator==(BigEndian, BigEndian) = default;

 private:
  static constexpr Rep swap(Rep value) {
    if constexpr (std::endian::native == std::endian::big) {
      return value;
    } else if constexpr (sizeof(Rep) == 2) {
      return __builtin_bswap16(value);
    } else {
      return __builtin_bswap32(value);
    }
  }

  Rep wire_{};
};

using be16 = BigEndian<std::uint16_t>;
using be32 = BigEndian<std::uint32_t>;

static_assert(sizeof(be16) == 2 && sizeof(be32) == 4);

}  // namespace ringroad

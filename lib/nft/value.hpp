// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A value of a field: up to 128 bits, as a number. Fields of a header are numbers in network byte
// order, so a prefix, a range and a mask mean the same for all of them.
#include <compare>
#include <cstdint>

namespace ringroad::nft {

struct Value {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  constexpr Value() = default;
  constexpr explicit(false) Value(std::uint64_t number) : low{number} {}
  constexpr Value(std::uint64_t upper, std::uint64_t lower) : high{upper}, low{lower} {}

  // The `bits` lowest bits set.
  [[nodiscard]] static constexpr Value ones(unsigned bits) {
    if (bits >= 128) {
      return {~std::uint64_t{0}, ~std::uint64_t{0}};
    }
    if (bits > 64) {
      return {(std::uint64_t{1} << (bits - 64)) - 1, ~std::uint64_t{0}};
    }
    return bits == 64 ? Value{~std::uint64_t{0}} : Value{(std::uint64_t{1} << bits) - 1};
  }
  // The first `length` of `width` bits set.
  [[nodiscard]] static constexpr Value prefix_mask(unsigned length, unsigned width) {
    return ones(width) & ~ones(width - length);
  }

  [[nodiscard]] constexpr bool is_zero() const { return high == 0 && low == 0; }
  [[nodiscard]] constexpr Value shifted_left(unsigned bits) const {
    if (bits == 0) {
      return *this;
    }
    if (bits >= 64) {
      return {bits >= 128 ? 0 : low << (bits - 64), 0};
    }
    return {high << bits | low >> (64 - bits), low << bits};
  }
  [[nodiscard]] constexpr Value shifted_right(unsigned bits) const {
    if (bits == 0) {
      return *this;
    }
    if (bits >= 64) {
      return {0, bits >= 128 ? 0 : high >> (bits - 64)};
    }
    return {high >> bits, low >> bits | high << (64 - bits)};
  }
  // The value one above; 0 after the greatest.
  [[nodiscard]] constexpr Value next() const { return {high + (low + 1 == 0 ? 1 : 0), low + 1}; }
  [[nodiscard]] constexpr Value previous() const { return {high - (low == 0 ? 1 : 0), low - 1}; }

  friend constexpr Value operator&(Value a, Value b) { return {a.high & b.high, a.low & b.low}; }
  friend constexpr Value operator|(Value a, Value b) { return {a.high | b.high, a.low | b.low}; }
  friend constexpr Value operator^(Value a, Value b) { return {a.high ^ b.high, a.low ^ b.low}; }
  friend constexpr Value operator~(Value a) { return {~a.high, ~a.low}; }
  friend constexpr auto operator<=>(const Value&, const Value&) = default;
};

// From `first` to `last`, both included.
struct Interval {
  Value first;
  Value last;

  [[nodiscard]] constexpr bool is_single() const { return first == last; }
  [[nodiscard]] constexpr bool contains(Value value) const {
    return first <= value && value <= last;
  }
  friend constexpr auto operator<=>(const Interval&, const Interval&) = default;
};

}  // namespace ringroad::nft

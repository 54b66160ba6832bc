// SPDX-License-Identifier: BSD-3-Clause
#include "base/sha256.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ringroad {
namespace {

using Words = std::array<std::uint32_t, 8>;

constexpr std::size_t kBlock = 64;
constexpr std::size_t kRounds = 64;

// The first 32 bits of the fractional part of a root.
std::uint32_t fraction_of(long double root) {
  return static_cast<std::uint32_t>((root - std::floor(root)) * 4294967296.0L);
}

// FIPS 180-4 4.2.2 and 5.3.3 derive all constants from the first primes. A long double of x86 has
// 64 bits of mantissa, which is enough for the 32 bits that are needed.
struct Constants {
  std::array<std::uint32_t, kRounds> rounds{};  // of the cube roots
  Words begin{};                                // of the square roots

  Constants() {
    unsigned candidate = 2;
    for (std::size_t i = 0; i < kRounds; ++candidate) {
      bool prime = true;
      for (unsigned divisor = 2; divisor * divisor <= candidate; ++divisor) {
        prime = prime && candidate % divisor != 0;
      }
      if (prime) {
        if (i < begin.size()) {
          begin[i] = fraction_of(std::sqrt(static_cast<long double>(candidate)));
        }
        rounds[i++] = fraction_of(std::cbrt(static_cast<long double>(candidate)));
      }
    }
  }
};

void add_block(Words& hash, const std::uint8_t* block, const Constants& constants) {
  std::array<std::uint32_t, kRounds> w{};
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t byte = 0; byte < 4; ++byte) {
      w[i] = w[i] << 8U | block[4 * i + byte];
    }
  }
  for (std::size_t i = 16; i < kRounds; ++i) {
    const std::uint32_t a = w[i - 15];
    const std::uint32_t b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3U) +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10U);
  }
  auto [a, b, c, d, e, f, g, h] = hash;
  for (std::size_t i = 0; i < kRounds; ++i) {
    const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                ((e & f) ^ (~e & g)) + constants.rounds[i] + w[i];
    const std::uint32_t second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const Words added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] += added[i];
  }
}

}  // namespace

std::string sha256(std::string_view text) {
  static const Constants constants;
  // The text, a bit that is set, zeros, and the length in bits, in whole blocks.
  std::string padded{text};
  padded += '\x80';
  padded.resize((padded.size() + 8 + kBlock - 1) / kBlock * kBlock);
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) {
    padded[padded.size() - 1 - i] = static_cast<char>(bits >> (8 * i));
  }
  Words hash = constants.begin;
  for (std::size_t at = 0; at < padded.size(); at += kBlock) {
    add_block(hash, reinterpret_cast<const std::uint8_t*>(padded.data()) + at, constants);
  }
  std::string digits;
  for (const std::uint32_t word : hash) {
    digits += fmt::format("{:08x}", word);
  }
  return digits;
}

}  // namespace ringroad

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The source addresses of one family that no packet may have: the router's own and, for IPv4, the
// broadcast addresses of its subnets (Linux fib_validate_source). Every packet is checked, and one
// bit of a filter nearly always gives the answer.
//
// An object does not change once it is published: the control thread publishes a new one after a
// change.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"

namespace ringroad {

template <class Address>
class OwnAddresses {
 public:
  OwnAddresses() = default;
  explicit OwnAddresses(std::vector<Address> addresses) : addresses_{std::move(addresses)} {
    std::ranges::sort(addresses_);
    for (const Address address : addresses_) {
      const std::uint32_t hash = hash_of(address);
      filter_[(hash >> 21) / 64] |= std::uint64_t{1} << (hash >> 21) % 64;
      first_[hash >> 29] |= 1U << (hash >> 24) % 32;
      second_[(hash >> 21) % 8] |= 1U << (hash >> 16) % 32;
    }
  }

  // ~2 cycles and one cache line of a 256-byte filter.
  [[nodiscard]] bool contains(Address address) const {
    const std::uint32_t bit = hash_of(address) >> 21;
    const bool maybe = (filter_[bit / 64] >> bit % 64 & 1U) != 0;
    return maybe && std::ranges::binary_search(addresses_, address);
  }

  // IPv4 addresses in bulk are numbers in host order, as a burst holds them.
  [[nodiscard]] bool contains(std::uint32_t address) const
    requires std::same_as<Address, Ipv4>
  {
    return contains(Ipv4{address});
  }

  // Whether any of the addresses whose bit in `lanes` is set is in the set.
  [[nodiscard]] bool contains_any(std::span<const std::uint32_t> addresses, unsigned lanes) const
    requires std::same_as<Address, Ipv4>
  {
    for (; lanes != 0; lanes &= lanes - 1) {
      if (contains(addresses[static_cast<std::size_t>(std::countr_zero(lanes))])) {
        return true;
      }
    }
    return false;
  }

  // Sets the top bit of each of the eight lanes whose address may be in the set. It uses two
  // filters of 256 bits, each in a register. The bit is wrongly set for one address in a thousand
  // if the set has 8 addresses, for one in six if it has 100. ~13 instructions.
  [[nodiscard]] __m256i may_contain(__m256i eight) const
    requires std::same_as<Address, Ipv4>
  {
    const __m256i hash = _mm256_mullo_epi32(eight, _mm256_set1_epi32(static_cast<int>(kGolden)));
    // The permutation uses only the low three bits of an index.
    const __m256i first =
        _mm256_srlv_epi32(_mm256_permutevar8x32_epi32(load(first_), _mm256_srli_epi32(hash, 29)),
                          _mm256_and_si256(_mm256_srli_epi32(hash, 24), _mm256_set1_epi32(31)));
    const __m256i second =
        _mm256_srlv_epi32(_mm256_permutevar8x32_epi32(load(second_), _mm256_srli_epi32(hash, 21)),
                          _mm256_and_si256(_mm256_srli_epi32(hash, 16), _mm256_set1_epi32(31)));
    return _mm256_slli_epi32(_mm256_and_si256(first, second), 31);
  }

  // The same for sixteen addresses; returns a bit for each.
  [[nodiscard, gnu::target("avx512f")]] __mmask16 may_contain(__m512i sixteen) const
    requires std::same_as<Address, Ipv4>
  {
    const __m512i hash = _mm512_mullo_epi32(sixteen, _mm512_set1_epi32(static_cast<int>(kGolden)));
    // The register holds each table twice. A rotation uses only the low five bits of its count.
    const __m512i first =
        _mm512_rorv_epi32(_mm512_permutexvar_epi32(_mm512_srli_epi32(hash, 29), twice(first_)),
                          _mm512_srli_epi32(hash, 24));
    const __m512i second =
        _mm512_rorv_epi32(_mm512_permutexvar_epi32(_mm512_srli_epi32(hash, 21), twice(second_)),
                          _mm512_srli_epi32(hash, 16));
    return _mm512_test_epi32_mask(_mm512_and_si512(first, second), _mm512_set1_epi32(1));
  }

 private:
  static constexpr std::uint32_t kGolden = 0x9e3779b1U;
  using Words = std::array<std::uint32_t, 8>;

  // may_contain() computes the same hash for IPv4 in vectors.
  static constexpr std::uint32_t hash_of(Ipv4 address) { return address.value() * kGolden; }
  static constexpr std::uint32_t hash_of(Ipv6 address) {
    const std::uint64_t mixed = address.high() * 0x9e3779b97f4a7c15U ^ address.low();
    return static_cast<std::uint32_t>(mixed * 0xbf58476d1ce4e5b9U >> 32);
  }
  static __m256i load(const Words& words) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(words.data()));
  }

  [[gnu::target("avx512f")]] static __m512i twice(const Words& words) {
    return _mm512_broadcast_i64x4(load(words));
  }

  alignas(64) std::array<std::uint64_t, 32> filter_{};
  // The filters that may_contain() reads.
  alignas(32) Words first_{};
  alignas(32) Words second_{};
  std::vector<Address> addresses_;
};

using OwnAddresses4 = OwnAddresses<Ipv4>;
using OwnAddresses6 = OwnAddresses<Ipv6>;

}  // namespace ringroad

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Validates the IPv6 headers of eight packets at a time with AVX2. It says whether all of them are
// plain; where one is not, each is validated alone (input.cpp), with the same result.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>

#include "ip6/header.hpp"
#include "packet/stage.hpp"

namespace ringroad::ip6 {

// What Avx2Input checks of the frames.
enum class Link : std::uint8_t {
  kChecked,  // nothing: they are IPv6 without a tag
  kRaw,      // that they are for this station, untagged, and IPv6
};

// Validates the packets of one burst. ~15 instructions a packet.
class Avx2Input {
 public:
  static constexpr std::size_t kPackets = 8;

  // `mac`: the port's MAC address, in the form of Interface::mac; unused if the link is checked.
  explicit Avx2Input(std::uint64_t mac)
      : l2_{_mm_set_epi64x(
            std::int64_t{kVersion6} << 48 | std::int64_t{RTE_BE16(RTE_ETHER_TYPE_IPV6)} << 32,
            static_cast<std::int64_t>(mac))} {}

  // Returns whether the packets of the burst from index `from` on are plain: sent to this station,
  // in one segment, valid, without hop-by-hop options, from and to addresses that may leave their
  // link, with a hop limit above 1. If so, moves them to index `at`, cuts their Ethernet padding
  // and fills the burst's arrays for them. `at` is at most `from`.
  template <Link kLink>
  [[nodiscard, gnu::always_inline]] bool validate(Burst& burst, std::size_t from, std::size_t at);

  // The bytes of the plain packets' frames: as received, and without their padding.
  [[nodiscard]] std::uint32_t bytes() const { return sum_of(bytes_); }
  [[nodiscard]] std::uint32_t plain_bytes() const { return sum_of(plain_bytes_); }
  // The largest length of the plain packets.
  [[nodiscard]] std::uint32_t longest() const {
    Words words;
    store(words, 0, longest_);
    return std::ranges::max(words);
  }

 private:
  using Words = std::array<std::uint32_t, kPackets>;
  // The first and the second words of eight headers, in wire order: version, traffic class and flow
  // label; payload length, next header and hop limit.
  struct Starts {
    __m256i first;
    __m256i second;
  };

  // The version, in the upper half of the first octet.
  static constexpr std::uint8_t kVersion6 = 0x60;

  // The bits that matter of a frame's first 16 octets: destination, EtherType and version.
  static __m128i l2_mask() { return _mm_set_epi64x(0x00f0ffff00000000, 0x0000ffffffffffff); }
  // The bits that matter of the 16 octets of an mbuf from rearm_data on: the number of segments,
  // and whether the device took a tag off.
  static __m128i about_mask() {
    static_assert(offsetof(Packet, ol_flags) == offsetof(Packet, rearm_data) + 8);
    static_assert(offsetof(Packet, nb_segs) == offsetof(Packet, rearm_data) + 4);
    return _mm_set_epi64x(RTE_MBUF_F_RX_VLAN_STRIPPED, std::int64_t{0xffff} << 32);
  }
  static __m128i one_segment() { return _mm_set_epi64x(0, std::int64_t{1} << 32); }
  static __m128i load16(const void* from) {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
  }
  static __m256i all(std::uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }
  template <class Array>
  static void store(Array& array, std::size_t at, __m256i words) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(array.data() + at), words);
  }
  static std::uint32_t sum_of(__m256i lanes) {
    Words words;
    store(words, 0, lanes);
    return std::accumulate(words.begin(), words.end(), 0U);
  }
  static Starts starts_of(const std::uint8_t* const* frames);
  static __m256i lengths_of(const Packet* const* packets);
  static __m256i addresses_of(const std::uint8_t* frame);
  static bool any_special(__m256i highest);
  static std::uint64_t priorities(__m256i first_words);

  __m128i l2_;
  __m256i bytes_ = _mm256_setzero_si256();
  __m256i plain_bytes_ = _mm256_setzero_si256();
  __m256i longest_ = _mm256_setzero_si256();
};

inline Avx2Input::Starts Avx2Input::starts_of(const std::uint8_t* const* frames) {
  const auto two = [&](std::size_t i) {
    const auto start = [](const std::uint8_t* frame) {
      return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(frame + kL2Bytes));
    };
    return _mm_unpacklo_epi64(start(frames[i]), start(frames[i + 1]));
  };
  const auto four = [&](std::size_t i) {
    return _mm256_castsi256_ps(
        _mm256_inserti128_si256(_mm256_castsi128_si256(two(i)), two(i + 4), 1));
  };
  const __m256 low = four(0);
  const __m256 high = four(2);
  return {.first = _mm256_castps_si256(_mm256_shuffle_ps(low, high, 0x88)),
          .second = _mm256_castps_si256(_mm256_shuffle_ps(low, high, 0xdd))};
}

inline __m256i Avx2Input::lengths_of(const Packet* const* packets) {
  const auto length = [&](std::size_t i) { return static_cast<int>(packets[i]->pkt_len); };
  return _mm256_setr_epi32(length(0), length(1), length(2), length(3), length(4), length(5),
                           length(6), length(7));
}

// Source and destination, as Ipv6 stores them.
inline __m256i Avx2Input::addresses_of(const std::uint8_t* frame) {
  constexpr std::size_t kSource = kL2Bytes + offsetof(rte_ipv6_hdr, src_addr);
  static_assert(offsetof(rte_ipv6_hdr, dst_addr) == offsetof(rte_ipv6_hdr, src_addr) + 16);
  const __m256i octets = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(frame + kSource));
  return _mm256_shuffle_epi8(octets, _mm256_broadcastsi128_si256(_mm_setr_epi8(
                                         7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8)));
}

// is_special() of input.cpp. Modulo 2^16, fe80 to ffff and 0 are one range of first 16 bits.
// `highest`: the greatest of these bits less 1, in word 3 of each half.
inline bool Avx2Input::any_special(__m256i highest) {
  constexpr auto kTop = static_cast<std::int64_t>(0xffff'0000'0000'0000);
  const __m256i beyond = _mm256_subs_epu16(highest, _mm256_set1_epi16(static_cast<short>(0xfe7e)));
  return _mm256_testz_si256(beyond, _mm256_setr_epi64x(kTop, 0, kTop, 0)) == 0;
}

// priority_of_tos() for eight words: its table is four octets, of which a shift by bits of the
// traffic class selects one. In wire order, these are the lowest bit of the first octet and the
// highest of the second.
inline std::uint64_t Avx2Input::priorities(__m256i first_words) {
  const __m256i shift =
      _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi32(first_words, 4), all(0x10)),
                      _mm256_and_si256(_mm256_srli_epi32(first_words, 12), all(0x08)));
  const __m256i octets = _mm256_and_si256(_mm256_srlv_epi32(all(0x04060200), shift), all(0xff));
  const __m128i words =
      _mm_packus_epi32(_mm256_castsi256_si128(octets), _mm256_extracti128_si256(octets, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(words, words)));
}

template <Link kLink>
inline bool Avx2Input::validate(Burst& burst, std::size_t from, std::size_t at) {
  Packet* const* const packets = burst.packets.data() + from;
  std::array<std::uint8_t*, kPackets> frames;
  __m128i about = _mm_setzero_si128();
  // NOLINTNEXTLINE(misc-const-correctness): written if the link is raw
  __m128i l2_differs = _mm_setzero_si128();
  __m256i highest = _mm256_setzero_si256();
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kPackets; ++i) {
    frames[i] = frame(*packets[i]);
    about = _mm_or_si128(about, load16(&packets[i]->rearm_data));
    if constexpr (kLink == Link::kRaw) {
      l2_differs = _mm_or_si128(l2_differs, _mm_xor_si128(load16(frames[i]), l2_));
    }
    const __m256i addresses = addresses_of(frames[i]);
    highest = _mm256_max_epu16(highest, _mm256_sub_epi16(addresses, _mm256_set1_epi16(1)));
    // Overwritten later if the packets are not plain.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(&burst.destinations6[at + i]),
                     _mm256_extracti128_si256(addresses, 1));
  }
  const auto [first, second] = starts_of(frames.data());
  const __m256i payload =
      _mm256_shuffle_epi8(second, _mm256_broadcastsi128_si256(_mm_setr_epi8(
                                      1, 0, -1, -1, 5, 4, -1, -1, 9, 8, -1, -1, 13, 12, -1, -1)));
  const __m256i total = _mm256_add_epi32(payload, all(kFixedHeader));
  const __m256i frame_bytes = _mm256_add_epi32(total, all(kL2Bytes));
  const __m256i lengths = lengths_of(packets);
  const __m256i padding = _mm256_sub_epi32(lengths, frame_bytes);
  // The top bit of a lane is set where the packet is not plain: a difference that must not be
  // negative is, or a comparison set all bits. A hop limit of 0 or 1 is a second word below 2^25.
  const __m256i version = _mm256_cmpeq_epi32(_mm256_and_si256(first, all(0xf0)), all(kVersion6));
  const __m256i options =
      _mm256_cmpeq_epi32(_mm256_and_si256(second, all(0x00ff0000)), _mm256_setzero_si256());
  const __m256i expiring =
      _mm256_cmpeq_epi32(_mm256_srli_epi32(second, 25), _mm256_setzero_si256());
  const __m256i odd = _mm256_or_si256(_mm256_or_si256(padding, options), expiring);
  const auto right = static_cast<unsigned>(
      _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_andnot_si256(odd, version))));
  std::uint64_t classes = 0;
  static_assert(static_cast<int>(L2Class::kHost) == 0);
  std::memcpy(&classes, &burst.l2_classes[from], sizeof classes);
  if (right != 0xff || any_special(highest) || classes != 0 ||
      _mm_testz_si128(l2_differs, l2_mask()) == 0 ||
      _mm_testz_si128(_mm_xor_si128(about, one_segment()), about_mask()) == 0) [[unlikely]] {
    return false;
  }
  if (_mm256_testz_si256(padding, padding) == 0) {
    Words totals;
    store(totals, 0, total);
    trim(packets, totals);
  }
  bytes_ = _mm256_add_epi32(bytes_, lengths);
  plain_bytes_ = _mm256_add_epi32(plain_bytes_, frame_bytes);
  longest_ = _mm256_max_epu32(longest_, total);
  if (at != from) [[unlikely]] {
    std::copy_n(packets, kPackets, burst.packets.begin() + static_cast<std::ptrdiff_t>(at));
    std::memset(&burst.l2_classes[at], 0, kPackets);
  }
  std::ranges::copy(frames, burst.frames.begin() + static_cast<std::ptrdiff_t>(at));
  const std::uint64_t eight_priorities = priorities(first);
  std::memcpy(&burst.priorities[at], &eight_priorities, sizeof eight_priorities);
  return true;
}

}  // namespace ringroad::ip6

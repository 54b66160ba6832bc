// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Validates sixteen frames at a time with AVX-512, with half the instructions a packet. It does the
// same as Avx2Input, in the same order; the comments there hold here too.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "packet/packet.hpp"
#include "packet/stage.hpp"

// This follows all includes, so that functions which they define are compiled for any processor.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq")
// g++ 12 warns about the "undefined" vectors of its own headers.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace ringroad::ip4 {

// Validates the frames of one burst. ~12 instructions a packet.
class Avx512Input {
 public:
  static constexpr std::size_t kFrames = 16;

  [[gnu::always_inline]] Avx512Input(std::uint64_t mac, const OwnAddresses4& own)
      : own_{own},
        l2_{_mm_set_epi64x(std::int64_t{kVersion4NoOptions} << 48 |
                               std::int64_t{RTE_BE16(RTE_ETHER_TYPE_IPV4)} << 32,
                           static_cast<std::int64_t>(mac))} {}

  [[nodiscard, gnu::always_inline]] bool validate(Packet* const* packets, Burst& burst,
                                                  std::size_t at);

  // The bytes of the plain frames: as received, and without their padding.
  [[nodiscard]] std::uint32_t bytes() const { return sum_of(bytes_); }
  [[nodiscard]] std::uint32_t plain_bytes() const { return sum_of(plain_bytes_); }
  // The largest total length of the plain frames.
  [[nodiscard]] std::uint32_t longest() const { return _mm512_reduce_max_epu32(longest_); }

 private:
  using Words = std::array<std::uint32_t, kFrames>;
  // Two rows of 32 octets in each register, of packets 0 and 4, 1 and 5, ..., 8 and 12, ...
  struct Rows {
    __m512i pairs[kFrames / 2];  // NOLINT(modernize-avoid-c-arrays): its vectors are no type of std
  };

  static std::uint32_t sum_of(__m512i lanes) {
    return static_cast<std::uint32_t>(_mm512_reduce_add_epi32(lanes));
  }
  static __m512i add(__m512i x, __m512i y) { return _mm512_add_epi32(x, y); }
  static __m512i high(__m512i words) { return _mm512_srli_epi32(words, 16); }
  static __m512i all(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }
  static __m512i row_pair(const void* first, const void* second) {
    return _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_loadu_si256(static_cast<const __m256i*>(first))),
        _mm256_loadu_si256(static_cast<const __m256i*>(second)), 1);
  }
  // Four registers of rows, transposed: each quarter is one word of four packets. low_columns()
  // returns words 0 and 4 in `lower`, 1 and 5 in `upper`; high_columns() returns words 2 and 6, 3
  // and 7.
  struct Columns {
    __m512i lower;
    __m512i upper;
  };
  [[gnu::always_inline]] static Columns low_columns(const __m512i* rows) {
    const __m512i a = _mm512_unpacklo_epi32(rows[0], rows[1]);
    const __m512i b = _mm512_unpacklo_epi32(rows[2], rows[3]);
    return {_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)};
  }
  [[gnu::always_inline]] static Columns high_columns(const __m512i* rows) {
    const __m512i a = _mm512_unpackhi_epi32(rows[0], rows[1]);
    const __m512i b = _mm512_unpackhi_epi32(rows[2], rows[3]);
    return {_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b)};
  }
  // From the columns of words w and w + 4, near_half() returns those of w, far_half() those of w +
  // 4.
  static __m512i near_half(__m512i first, __m512i second) {
    return _mm512_shuffle_i32x4(first, second, 0x88);
  }
  static __m512i far_half(__m512i first, __m512i second) {
    return _mm512_shuffle_i32x4(first, second, 0xdd);
  }
  // Converts words from wire order.
  static __m512i host_order(__m512i words) {
    return _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(_mm_setr_epi8(
                                          3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
  }
  // Returns the lower halves of words in host order, from words in wire order.
  static __m512i low_half_in_host_order(__m512i words) {
    return _mm512_shuffle_epi8(
        words, _mm512_broadcast_i32x4(
                   _mm_setr_epi8(3, 2, -1, -1, 7, 6, -1, -1, 11, 10, -1, -1, 15, 14, -1, -1)));
  }
  static __mmask16 right_checksum(__m512i a, __m512i b, __m512i c, __m512i d, __m512i e);
  [[nodiscard]] bool is_own(__m512i sources, __mmask16 maybe) const;

  const OwnAddresses4& own_;
  __m128i l2_;
  __m512i bytes_ = _mm512_setzero_si512();
  __m512i plain_bytes_ = _mm512_setzero_si512();
  __m512i longest_ = _mm512_setzero_si512();
};

// RFC 1071; see input_avx2.hpp.
inline __mmask16 Avx512Input::right_checksum(__m512i a, __m512i b, __m512i c, __m512i d,
                                             __m512i e) {
  const __m512i highs = add(add(add(high(a), high(b)), add(high(c), high(d))), high(e));
  const __m512i words = add(add(add(a, b), add(c, d)), e);
  const __m512i sum = add(_mm512_sub_epi32(words, _mm512_slli_epi32(highs, 16)), highs);
  return _mm512_cmpeq_epi32_mask(add(_mm512_and_si512(sum, all(0xffff)), high(sum)), all(0xffff));
}

inline bool Avx512Input::is_own(__m512i sources, __mmask16 maybe) const {
  Words words;
  _mm512_storeu_si512(words.data(), sources);
  return own_.contains_any(words, maybe);
}

inline bool Avx512Input::validate(Packet* const* packets, Burst& burst, std::size_t at) {
  // The 32 octets of an mbuf from rearm_data on: the number of segments, the device's flags, the
  // packet type and the length.
  static_assert(offsetof(Packet, nb_segs) == offsetof(Packet, rearm_data) + 4);
  static_assert(offsetof(Packet, ol_flags) == offsetof(Packet, rearm_data) + 8);
  static_assert(offsetof(Packet, pkt_len) == offsetof(Packet, rearm_data) + 20);
  const __m512i about_segments =
      _mm512_set_epi64(0, 0, 0, std::int64_t{0xffff} << 32, 0, 0, 0, std::int64_t{0xffff} << 32);
  const __m512i one_segment =
      _mm512_set_epi64(0, 0, 0, std::int64_t{1} << 32, 0, 0, 0, std::int64_t{1} << 32);
  constexpr std::int64_t kFlags = RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_IP_CKSUM_BAD;
  const __m512i about_flags = _mm512_set_epi64(0, 0, kFlags, 0, 0, 0, kFlags, 0);
  // The bits that matter of a frame's first 16 octets: destination, EtherType, version and header
  // length.
  const __m128i l2_mask = _mm_set_epi64x(0x00ffffff00000000, 0x0000ffffffffffff);
  constexpr std::size_t kRow = kL2Bytes + sizeof(rte_ipv4_hdr) - 32;  // the header at its end

  std::array<std::uint8_t*, kFrames> frames;
  __m128i l2_differs = _mm_setzero_si128();
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kFrames; ++i) {
    frames[i] = frame(*packets[i]);
    l2_differs = _mm_or_si128(
        l2_differs,
        _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(frames[i])), l2_));
  }
  Rows mbufs;
  Rows headers;
  __m512i about = _mm512_setzero_si512();
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kFrames / 2; ++i) {
    const std::size_t j = i + i / 4 * 4;
    mbufs.pairs[i] = row_pair(&packets[j]->rearm_data, &packets[j + 4]->rearm_data);
    headers.pairs[i] = row_pair(frames[j] + kRow, frames[j + 4] + kRow);
    about = _mm512_or_si512(about, mbufs.pairs[i]);
  }
  const __m512i frame_length =
      far_half(low_columns(mbufs.pairs).upper, low_columns(mbufs.pairs + 4).upper);
  const Columns near = low_columns(headers.pairs);
  const Columns near8 = low_columns(headers.pairs + 4);
  const Columns far = high_columns(headers.pairs);
  const Columns far8 = high_columns(headers.pairs + 4);
  const __m512i first = near_half(far.upper, far8.upper);
  const __m512i second = far_half(near.lower, near8.lower);
  const __m512i third = far_half(near.upper, near8.upper);
  const __m512i source = far_half(far.lower, far8.lower);
  const __m512i destination = far_half(far.upper, far8.upper);

  const __m512i total = low_half_in_host_order(first);
  const __m512i padding = _mm512_sub_epi32(_mm512_sub_epi32(frame_length, all(kL2Bytes)), total);
  const __m512i sources = host_order(source);
  // The top bit of a lane is set if the frame is not plain: a difference that must not be negative
  // is.
  const __m512i odd =
      _mm512_or_si512(_mm512_or_si512(padding, _mm512_sub_epi32(total, all(sizeof(rte_ipv4_hdr)))),
                      _mm512_sub_epi32(_mm512_and_si512(third, all(0xff)), all(2)));
  // Modulo 2^32, 224/4 and above and 0/8 are one range.
  const __mmask16 martian =
      _mm512_cmpge_epu32_mask(_mm512_sub_epi32(sources, all(1U << 24)), all(0xdf000000U)) |
      _mm512_cmpeq_epi32_mask(_mm512_srli_epi32(sources, 24), all(127));
  const __mmask16 right = right_checksum(first, second, third, source, destination);
  const __mmask16 wrong = _mm512_movepi32_mask(odd) | martian | static_cast<__mmask16>(~right);
  const __mmask8 differs =
      _mm512_test_epi64_mask(about, about_flags) |
      _mm512_test_epi64_mask(_mm512_xor_si512(about, one_segment), about_segments);
  if (_mm_testz_si128(l2_differs, l2_mask) == 0 || (wrong | differs) != 0) [[unlikely]] {
    return false;
  }
  if (const __mmask16 maybe = own_.may_contain(sources); maybe != 0) [[unlikely]] {
    if (is_own(sources, maybe)) {
      return false;
    }
  }
  bytes_ = add(bytes_, frame_length);
  plain_bytes_ = add(plain_bytes_, _mm512_sub_epi32(frame_length, padding));
  longest_ = _mm512_max_epu32(longest_, total);
  _mm512_storeu_si512(burst.destinations.data() + at, host_order(destination));
  // ttl_word_decremented(): 0xfffe and 0xffff have an end-around carry.
  const __mmask16 carries = _mm512_cmpge_epu32_mask(third, all(0xfffe0000U));
  const __m512i lowered = add(third, all(0xffff));
  _mm512_storeu_si512(burst.ttl_words.data() + at,
                      _mm512_mask_add_epi32(lowered, carries, lowered, all(0x10000)));
  // priority_of_tos(): its table is four octets, of which a shift by bits of the TOS selects one.
  const __m512i shift = _mm512_and_si512(_mm512_srli_epi32(first, 8), all(0x18));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(burst.priorities.data() + at),
                   _mm512_cvtepi32_epi8(_mm512_srlv_epi32(all(0x04060200), shift)));
  if (_mm512_test_epi32_mask(padding, padding) != 0) [[unlikely]] {
    Words totals;
    _mm512_storeu_si512(totals.data(), total);
    trim(packets, totals);
  }
  std::ranges::copy(frames, burst.frames.begin() + static_cast<std::ptrdiff_t>(at));
  const __m512i pointers = _mm512_loadu_si512(static_cast<const void*>(packets));
  const __m512i pointers8 = _mm512_loadu_si512(static_cast<const void*>(packets + 8));
  _mm512_storeu_si512(static_cast<void*>(burst.packets.data() + at), pointers);
  _mm512_storeu_si512(static_cast<void*>(burst.packets.data() + at + 8), pointers8);
  return true;
}

}  // namespace ringroad::ip4

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC diagnostic pop
#pragma GCC pop_options
#endif

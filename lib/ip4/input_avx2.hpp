// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Validates layer 2 and IPv4 headers of eight frames at a time with AVX2. It says which frames are
// plain; any other frame is validated alone (ethernet/input.cpp, input.cpp), and does not slow down
// the plain ones beside it. The result is the same as that of input().
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "packet/checksum.hpp"
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// A word, repeated in eight lanes.
struct alignas(32) EightLanes {
  constexpr explicit EightLanes(std::uint32_t word) { words.fill(word); }
  operator __m256i() const {  // NOLINT(google-explicit-constructor): all that it is for
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(words.data()));
  }
  std::array<std::uint32_t, 8> words{};
};

struct EightConstants {
  EightLanes ether_header{kL2Bytes};
  EightLanes ip_header{sizeof(rte_ipv4_hdr)};
  EightLanes low_half{0xffff};
  EightLanes low_octet{0xff};
  EightLanes two{2};
  EightLanes one_net{1U << 24};
  EightLanes last_nets{0xdf000000U};
  EightLanes loopback{127};
  EightLanes carrying{0xfffe0000U};
  EightLanes carry{0x10000};
  EightLanes tos_bits{0x18};
  EightLanes priorities{0x04060200};
};
inline constexpr EightConstants kEightConstants{};

// Validates the frames of one burst. ~25 instructions a packet.
class Avx2Input {
 public:
  static constexpr std::size_t kFrames = 8;

  // `mac`: the port's MAC address, in the form of Interface::mac.
  Avx2Input(std::uint64_t mac, const OwnAddresses4& own)
      : own_{own},
        l2_{_mm_set_epi64x(std::int64_t{kVersion4NoOptions} << 48 |
                               std::int64_t{RTE_BE16(RTE_ETHER_TYPE_IPV4)} << 32,
                           static_cast<std::int64_t>(mac))} {}

  static constexpr unsigned kAll = 0xff;

  // Returns a bit for each plain frame: sent to this station, untagged, in one segment, valid IPv4
  // without options, from a valid source, with a TTL above 1. Cuts the Ethernet padding of the
  // plain frames and fills the burst's arrays for them from index `at` on, in their order. For
  // other frames only burst.packets holds afterwards. `at` is at most the index of packets[0] in
  // the burst.
  [[nodiscard, gnu::always_inline]] unsigned validate(Packet* const* packets, Burst& burst,
                                                      std::size_t at);

  // The bytes of all frames so far, plain or not.
  [[nodiscard]] std::uint32_t bytes() const { return sum_of(bytes_); }
  // The bytes of the plain frames, without their padding.
  [[nodiscard]] std::uint32_t plain_bytes() const { return sum_of(plain_bytes_); }
  // The largest total length of the plain frames.
  [[nodiscard]] std::uint32_t longest() const;

 private:
  using Words = std::array<std::uint32_t, kFrames>;

  // What is known about eight frames of which not all are plain. Words are in host order.
  struct Lanes {
    __m256i sources;
    __m256i maybe_own;  // OwnAddresses::may_contain(sources)
    __m256i frame_length;
    __m256i total;
    __m256i padding;
    unsigned right;    // a bit for each frame with a valid header
    bool l2_is_right;  // of all
    bool mbufs_are_right;
  };
  // The result where not all eight frames are plain, and what the plain ones add to the sums.
  struct Some {
    unsigned plain;
    __m256i longest;
    __m256i plain_bytes;
  };
  // `packets` and `frames` are those of the eight frames in the burst.
  [[nodiscard]] static Some validate_some(Packet* const* packets, std::uint8_t* const* frames,
                                          const OwnAddresses4& own, const __m128i& l2,
                                          const Lanes& lanes);
  [[gnu::always_inline]] void store_words(Burst& burst, std::size_t at, __m256i first,
                                          __m256i third, __m256i destinations) const;
  static void store_packets(Packet* const* packets, Burst& burst, std::size_t at);

  // The 16 octets of an mbuf from rearm_data on: the first half has the number of segments, the
  // second half the device's flags.
  static __m128i one_segment() { return _mm_set_epi64x(0, std::int64_t{1} << 32); }
  static __m128i about_mask() {
    static_assert(offsetof(Packet, ol_flags) == offsetof(Packet, rearm_data) + 8);
    static_assert(offsetof(Packet, nb_segs) == offsetof(Packet, rearm_data) + 4);
    return _mm_set_epi64x(RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_IP_CKSUM_BAD,
                          std::int64_t{0xffff} << 32);
  }
  // The bits that matter of a frame's first 16 octets: destination, EtherType, version and header
  // length.
  static __m128i l2_mask() { return _mm_set_epi64x(0x00ffffff00000000, 0x0000ffffffffffff); }

  using Constants = EightConstants;
  static const Constants* hidden(const Constants* constants) {
    asm("" : "+r"(constants));
    return constants;
  }

  static __m128i load16(const void* from) {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
  }
  static __m256i load32(const void* from) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
  }
  static int word_at(const void* from) {
    int word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  template <class Array>
  static void store(Array& array, std::size_t at, __m256i words) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(array.data() + at), words);
  }
  // Converts words from wire order.
  static __m256i host_order(__m256i words) {
    return _mm256_shuffle_epi8(words, _mm256_broadcastsi128_si256(_mm_setr_epi8(
                                          3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
  }
  // Sets all bits of the lanes that are `least` or more, unsigned.
  static __m256i at_least(__m256i words, __m256i least) {
    return _mm256_cmpeq_epi32(_mm256_max_epu32(words, least), words);
  }

  [[nodiscard]] __m256i martian_net(__m256i sources) const;
  [[nodiscard]] bool is_own(__m256i sources, __m256i maybe) const;
  [[nodiscard]] __m256i right_checksum(__m256i a, __m256i b, __m256i c, __m256i d, __m256i e) const;
  [[nodiscard]] __m256i with_ttl_decremented(__m256i words) const;
  [[nodiscard]] std::uint64_t priorities(__m256i first_words) const;
  [[nodiscard]] static std::uint32_t sum_of(__m256i lanes);

  const OwnAddresses4& own_;
  __m128i l2_;
  __m256i bytes_ = _mm256_setzero_si256();
  __m256i plain_bytes_ = _mm256_setzero_si256();
  __m256i longest_ = _mm256_setzero_si256();

  // Hides the values of the constants from the compiler, which would otherwise build each of them
  // with three instructions instead of one memory operand.
  const Constants* constants_ = hidden(&kEightConstants);
};

// Sets the top bits where the source is martian by its first octet: martian_source() in input.cpp.
inline __m256i Avx2Input::martian_net(__m256i sources) const {
  // Modulo 2^32, 224/4 and above and 0/8 are one range.
  const __m256i ends =
      at_least(_mm256_sub_epi32(sources, constants_->one_net), constants_->last_nets);
  return _mm256_or_si256(ends,
                         _mm256_cmpeq_epi32(_mm256_srli_epi32(sources, 24), constants_->loopback));
}

inline bool Avx2Input::is_own(__m256i sources, __m256i maybe) const {
  Words words;
  store(words, 0, sources);
  return own_.contains_any(words,
                           static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(maybe))));
}

// Computes the RFC 1071 checksum of the five words of each header. Sets all bits where it is right.
inline __m256i Avx2Input::right_checksum(__m256i a, __m256i b, __m256i c, __m256i d,
                                         __m256i e) const {
  const auto add = [](__m256i x, __m256i y) { return _mm256_add_epi32(x, y); };
  const auto high = [](__m256i x) { return _mm256_srli_epi32(x, 16); };
  const __m256i highs = add(add(add(high(a), high(b)), add(high(c), high(d))), high(e));
  // The sum of the words modulo 2^32, less that of their high halves, is the sum of their low
  // halves.
  const __m256i words = add(add(add(a, b), add(c, d)), e);
  const __m256i sum = add(_mm256_sub_epi32(words, _mm256_slli_epi32(highs, 16)), highs);
  // The ten halves are not all zero, so the checksum is right if one folding gives 0xffff.
  return _mm256_cmpeq_epi32(add(_mm256_and_si256(sum, constants_->low_half), high(sum)),
                            constants_->low_half);
}

// ttl_word_decremented() for eight words: the checksum, in the upper half, grows by one, and 0xfffe
// and 0xffff have an end-around carry. The TTL shrinks by one and is not 0.
inline __m256i Avx2Input::with_ttl_decremented(__m256i words) const {
  const __m256i carries =
      _mm256_and_si256(at_least(words, constants_->carrying), constants_->carry);
  return _mm256_add_epi32(_mm256_add_epi32(words, constants_->low_half), carries);
}

// priority_of_tos() for eight words: its table is four octets, of which a shift by bits of the TOS
// selects one.
inline std::uint64_t Avx2Input::priorities(__m256i first_words) const {
  const __m256i shift = _mm256_and_si256(_mm256_srli_epi32(first_words, 8), constants_->tos_bits);
  const __m256i octets =
      _mm256_and_si256(_mm256_srlv_epi32(constants_->priorities, shift), constants_->low_octet);
  const __m128i words =
      _mm_packus_epi32(_mm256_castsi256_si128(octets), _mm256_extracti128_si256(octets, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(words, words)));
}

inline unsigned Avx2Input::validate(Packet* const* packets, Burst& burst, std::size_t at) {
  constexpr std::size_t kSecondWord = kL2Bytes + 4;

  std::array<std::uint8_t*, kFrames> frames;
  __m128i about = _mm_setzero_si128();
  __m128i l2_differs = _mm_setzero_si128();
  const auto look_at = [&](std::size_t i) {
    Packet* const packet = packets[i];
    frames[i] = frame(*packet);
    about = _mm_or_si128(about, load16(&packet->rearm_data));
    l2_differs = _mm_or_si128(l2_differs, _mm_xor_si128(load16(frames[i]), l2_));
    return static_cast<int>(packet->pkt_len);
  };
  __m128i lengths = _mm_cvtsi32_si128(look_at(0));
  lengths = _mm_insert_epi32(lengths, look_at(1), 1);
  lengths = _mm_insert_epi32(lengths, look_at(2), 2);
  lengths = _mm_insert_epi32(lengths, look_at(3), 3);
  __m128i lengths4 = _mm_cvtsi32_si128(look_at(4));
  lengths4 = _mm_insert_epi32(lengths4, look_at(5), 1);
  lengths4 = _mm_insert_epi32(lengths4, look_at(6), 2);
  lengths4 = _mm_insert_epi32(lengths4, look_at(7), 3);
  const __m256i frame_length =
      _mm256_inserti128_si256(_mm256_castsi128_si256(lengths), lengths4, 1);
  bytes_ = _mm256_add_epi32(bytes_, frame_length);

  // Transposes the words of eight headers: the first word of each, the second word of each, ...
  const auto rows = [&](std::size_t i) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load16(frames[i] + kSecondWord)),
                                   load16(frames[i + 4] + kSecondWord), 1);
  };
  const auto first_word = [&](std::size_t i) { return word_at(frames[i] + kL2Bytes); };
  const __m256i row0 = rows(0);
  const __m256i row1 = rows(1);
  const __m256i row2 = rows(2);
  const __m256i row3 = rows(3);
  const __m256i low01 = _mm256_unpacklo_epi32(row0, row1);
  const __m256i low23 = _mm256_unpacklo_epi32(row2, row3);
  const __m256i high01 = _mm256_unpackhi_epi32(row0, row1);
  const __m256i high23 = _mm256_unpackhi_epi32(row2, row3);
  const __m256i first =
      _mm256_setr_epi32(first_word(0), first_word(1), first_word(2), first_word(3), first_word(4),
                        first_word(5), first_word(6), first_word(7));
  const __m256i second = _mm256_unpacklo_epi64(low01, low23);
  const __m256i third = _mm256_unpackhi_epi64(low01, low23);
  const __m256i source = _mm256_unpacklo_epi64(high01, high23);
  const __m256i destination = _mm256_unpackhi_epi64(high01, high23);

  // In host order the total length is the lower half of the first word.
  const __m256i total = _mm256_and_si256(host_order(first), constants_->low_half);
  const __m256i padding =
      _mm256_sub_epi32(_mm256_sub_epi32(frame_length, constants_->ether_header), total);
  const __m256i sources = host_order(source);
  // The top bit of a lane is set where the header is wrong: a difference that must not be negative
  // is, or a comparison set all bits.
  const __m256i too_short =
      _mm256_or_si256(padding, _mm256_sub_epi32(total, constants_->ip_header));
  const __m256i expiring =
      _mm256_sub_epi32(_mm256_and_si256(third, constants_->low_octet), constants_->two);
  const __m256i odd = _mm256_or_si256(_mm256_or_si256(too_short, expiring), martian_net(sources));
  const __m256i right = right_checksum(first, second, third, source, destination);
  const auto right_ones = static_cast<unsigned>(
      _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_andnot_si256(odd, right))));
  const __m256i maybe_own = own_.may_contain(sources);
  // What is written for frames that are not plain is overwritten later. The packets may overlap
  // those in the burst, so only the burst's are right from here on.
  store_words(burst, at, first, third, host_order(destination));
  std::ranges::copy(frames, burst.frames.begin() + static_cast<std::ptrdiff_t>(at));
  store_packets(packets, burst, at);
  Packet* const* const stored = burst.packets.data() + at;
  // Out of line, so that the vectors stay in registers where all frames are plain.
  const auto some = [&] {
    const Lanes lanes{
        .sources = sources,
        .maybe_own = maybe_own,
        .frame_length = frame_length,
        .total = total,
        .padding = padding,
        .right = right_ones,
        .l2_is_right = _mm_testz_si128(l2_differs, l2_mask()) != 0,
        .mbufs_are_right = _mm_testz_si128(_mm_xor_si128(about, one_segment()), about_mask()) != 0};
    const __m128i l2 = l2_;  // a copy, so that the members of *this stay in registers
    const Some found = validate_some(stored, burst.frames.data() + at, own_, l2, lanes);
    longest_ = _mm256_max_epu32(longest_, found.longest);
    plain_bytes_ = _mm256_add_epi32(plain_bytes_, found.plain_bytes);
    return found.plain;
  };
  if (_mm_testz_si128(l2_differs, l2_mask()) == 0 ||
      _mm_testz_si128(_mm_xor_si128(about, one_segment()), about_mask()) == 0 || right_ones != kAll)
      [[unlikely]] {
    return some();
  }
  if (_mm256_testz_si256(maybe_own, maybe_own) == 0) [[unlikely]] {
    if (is_own(sources, maybe_own)) {
      return some();
    }
  }
  longest_ = _mm256_max_epu32(longest_, total);
  plain_bytes_ = _mm256_add_epi32(plain_bytes_, _mm256_sub_epi32(frame_length, padding));
  if (_mm256_testz_si256(padding, padding) == 0) {
    Words totals;
    store(totals, 0, total);
    trim(stored, totals);
  }
  return kAll;
}

inline void Avx2Input::store_words(Burst& burst, std::size_t at, __m256i first, __m256i third,
                                   __m256i destinations) const {
  store(burst.destinations, at, destinations);
  store(burst.ttl_words, at, with_ttl_decremented(third));
  const std::uint64_t eight_priorities = priorities(first);
  std::memcpy(burst.priorities.data() + at, &eight_priorities, sizeof eight_priorities);
}

inline void Avx2Input::store_packets(Packet* const* packets, Burst& burst, std::size_t at) {
  const __m256i pointers = load32(static_cast<const void*>(packets));
  const __m256i pointers4 = load32(static_cast<const void*>(packets + 4));
  store(burst.packets, at, pointers);
  store(burst.packets, at + 4, pointers4);
}

inline std::uint32_t Avx2Input::sum_of(__m256i lanes) {
  Words words;
  store(words, 0, lanes);
  std::uint32_t sum = 0;
  for (const std::uint32_t word : words) {
    sum += word;
  }
  return sum;
}

inline std::uint32_t Avx2Input::longest() const {
  Words words;
  store(words, 0, longest_);
  return std::ranges::max(words);
}

}  // namespace ringroad::ip4

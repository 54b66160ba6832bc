// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/input_avx2.hpp"

namespace ringroad::ip4 {

Avx2Input::Some Avx2Input::validate_some(Packet* const* packets, std::uint8_t* const* frames,
                                         const OwnAddresses4& own, const __m128i& l2,
                                         const Lanes& lanes) {
  // Compares each frame separately, as validate() compared all eight together. Returns a word for
  // each frame, which is nonzero if the frame differs in bits that matter. Saturation keeps a
  // nonzero value nonzero.
  const auto differs = [&](const auto& octets_of, __m128i wanted, __m128i matters) {
    const auto difference = [&](std::size_t i) {
      return _mm_and_si128(_mm_xor_si128(load16(octets_of(i)), wanted), matters);
    };
    const auto four = [&](std::size_t i) {
      return _mm_packs_epi16(_mm_packs_epi32(difference(i), difference(i + 1)),
                             _mm_packs_epi32(difference(i + 2), difference(i + 3)));
    };
    return _mm256_inserti128_si256(_mm256_castsi128_si256(four(0)), four(4), 1);
  };
  __m256i odd = _mm256_setzero_si256();
  if (!lanes.l2_is_right) {
    odd = differs([&](std::size_t i) { return frames[i]; }, l2, l2_mask());
  }
  if (!lanes.mbufs_are_right) {
    const auto about = [&](std::size_t i) {
      return reinterpret_cast<const std::uint8_t*>(&packets[i]->rearm_data);
    };
    odd = _mm256_or_si256(odd, differs(about, one_segment(), about_mask()));
  }
  unsigned plain = lanes.right & static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(
                                     _mm256_cmpeq_epi32(odd, _mm256_setzero_si256()))));
  if (_mm256_testz_si256(lanes.maybe_own, lanes.maybe_own) == 0) {
    Words sources;
    store(sources, 0, lanes.sources);
    for (std::size_t i = 0; i < kFrames; ++i) {
      plain &= ~(std::uint32_t{own.contains(sources[i])} << i);
    }
  }
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i kept =
      _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(plain)), bits), bits);
  if (_mm256_testz_si256(lanes.padding, kept) == 0) {
    Words totals;
    store(totals, 0, lanes.total);
    for (unsigned left = plain; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      set_length(*packets[i], totals[i] + kL2Bytes);
    }
  }
  return {
      .plain = plain,
      .longest = _mm256_and_si256(lanes.total, kept),
      .plain_bytes = _mm256_and_si256(_mm256_sub_epi32(lanes.frame_length, lanes.padding), kept)};
}

}  // namespace ringroad::ip4

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Determines the band of a packet from Linux's priority, or from its DSCP where the configuration
// maps it.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "packet/ecn.hpp"
#include "sched/discipline.hpp"

namespace ringroad::sched {

class Classifier {
 public:
  explicit Classifier(const Discipline& discipline) : priomap_{discipline.priomap} {
    for (std::size_t dscp = 0; dscp < kDscps; ++dscp) {
      dscp_[dscp] = discipline.dscp[dscp].value_or(kByPriority);
      by_dscp_ = by_dscp_ || dscp_[dscp] != kByPriority;
    }
  }

  // Writes the band of each packet. Returns whether all are in one band.
  bool classify(rte_mbuf* const* packets, std::span<const std::uint8_t> priorities,
                std::uint8_t* bands) const {
    std::size_t i = 0;
    const std::uint8_t first = priomap_[priorities[0] % kPriorities];
    __m128i differ = _mm_setzero_si128();
    const __m128i all_first = _mm_set1_epi8(static_cast<char>(first));
    const __m128i map = _mm_loadu_si128(reinterpret_cast<const __m128i*>(priomap_.data()));
    const __m128i low = _mm_set1_epi8(kPriorities - 1);
    for (; i + kPriorities <= priorities.size(); i += kPriorities) {
      const __m128i sixteen =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(priorities.data() + i));
      const __m128i sixteen_bands = _mm_shuffle_epi8(map, _mm_and_si128(sixteen, low));
      differ = _mm_or_si128(differ, _mm_xor_si128(sixteen_bands, all_first));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(bands + i), sixteen_bands);
    }
    bool one = _mm_testz_si128(differ, differ) != 0;
    for (; i < priorities.size(); ++i) {
      bands[i] = priomap_[priorities[i] % kPriorities];
      one = one && bands[i] == first;
    }
    if (by_dscp_) [[unlikely]] {
      look_inside(packets, {bands, priorities.size()});
      one = std::all_of(bands, bands + priorities.size(),
                        [bands](std::uint8_t band) { return band == bands[0]; });
    }
    return one;
  }

 private:
  static constexpr std::uint8_t kByPriority = 0xff;

  void look_inside(rte_mbuf* const* packets, std::span<std::uint8_t> bands) const {
    for (std::size_t i = 0; i < bands.size(); ++i) {
      if (const auto place = find_ip(*packets[i])) {
        const std::uint8_t band = dscp_[traffic_class_at(*packets[i], *place) >> 2U];
        bands[i] = band != kByPriority ? band : bands[i];
      }
    }
  }

  std::array<std::uint8_t, kPriorities> priomap_;
  std::array<std::uint8_t, kDscps> dscp_{};
  bool by_dscp_ = false;
};

}  // namespace ringroad::sched

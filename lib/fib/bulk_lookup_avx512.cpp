// SPDX-License-Identifier: BSD-3-Clause
#include <immintrin.h>

#include "fib/bulk_lookup_detail.hpp"

// This follows every #include, so that functions of the headers are compiled for any processor: the
// linker may keep this file's copy of them.
#ifdef __clang__
#pragma clang attribute push(                                                      \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq"))), \
    apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq")
// g++ 12 warns about the "undefined" vectors of its own headers.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#ifndef __OPTIMIZE__
// Without optimization the gathers are macros, and g++ reports conversions inside them at the
// caller.
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif
#endif

namespace ringroad::fib::bulk {
namespace {

// Returns the low 32 bits of sixteen lanes.
__m512i narrowed(__m512i low_lanes, __m512i high_lanes) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(low_lanes)),
                            _mm512_cvtepi64_epi32(high_lanes), 1);
}

__m512i octets(__m512i low_lanes, __m512i high_lanes, unsigned shift) {
  return narrowed(_mm512_srli_epi64(low_lanes, shift), _mm512_srli_epi64(high_lanes, shift));
}

// node_of() for sixteen lanes, as offsets.
__m512i nodes(__m512i words, __m512i octet) {
  const __m512i quarter = _mm512_and_si512(_mm512_srli_epi32(octet, 6), _mm512_set1_epi32(3));
  const __m512i shift = _mm512_and_si512(words, _mm512_set1_epi32(kShiftMask));
  const __m512i block = _mm512_and_si512(words, _mm512_set1_epi32(kOffsetMask));
  return _mm512_add_epi32(block, _mm512_sllv_epi32(quarter, shift));
}

// leaf_index() for eight lanes; lanes outside the mask return an arbitrary small value.
__m512i leaf_indices(__mmask8 mask, const std::byte* arena, __m256i nodes, __m256i values) {
  const __m512i boundaries =
      _mm512_mask_i32gather_epi64(_mm512_setzero_si512(), mask, nodes, arena, 1);
  return _mm512_popcnt_epi64(_mm512_srlv_epi64(boundaries, _mm512_cvtepu32_epi64(values)));
}

__m512i high_halves(const Ipv6* keys) {
  const __m512i every_second = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
  return _mm512_permutex2var_epi64(_mm512_loadu_si512(keys), every_second,
                                   _mm512_loadu_si512(keys + 4));
}

// Handles sixteen lanes at a time, except for the prefetches.
void avx512_block(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
                  std::uint32_t* answers) {
  alignas(64) std::uint32_t offsets[kBlock];
  __m512i words = _mm512_setzero_si512();
  for (unsigned i = 0; i < kBlock; i += 16) {
    const __m512i key = _mm512_loadu_si512(keys + i);
    const __m512i word = _mm512_i32gather_epi32(_mm512_srli_epi32(key, 16), arena, 4);
    words = _mm512_or_si512(words, word);
    _mm512_store_si512(offsets + i, nodes(word, _mm512_srli_epi32(key, 8)));
#pragma GCC unroll 16
    for (unsigned j = i; j < i + 16; ++j) {
      _mm_prefetch(arena + offsets[j], _MM_HINT_T0);
    }
  }
  __mmask8 escapes = 0;
  for (unsigned i = 0; i < kBlock; i += 8) {
    const __m256i node = _mm256_load_si256(reinterpret_cast<const __m256i*>(offsets + i));
    const __m256i key = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys + i));
    const __m256i value = _mm256_and_si256(_mm256_srli_epi32(key, 8), _mm256_set1_epi32(63));
    const __m256i index = _mm512_cvtepi64_epi32(leaf_indices(0xff, arena, node, value));
    const __m256i place = _mm256_add_epi32(node, index);
    const __m256i four =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(arena + kLeavesOffset), place, 1);
    const __m256i leaf = _mm256_and_si256(four, _mm256_set1_epi32(255));
    escapes |= _mm256_cmpeq_epi32_mask(leaf, _mm256_set1_epi32(kEscape));
    const __m256i otherwise = _mm256_set1_epi32(static_cast<int>(default_route));
    _mm256_storeu_si256(
        reinterpret_cast<__m256i*>(answers + i),
        _mm256_mask_blend_epi32(_mm256_testn_epi32_mask(leaf, leaf), leaf, otherwise));
  }
  const bool wide = _mm512_test_epi32_mask(words, _mm512_set1_epi32(kWideBit)) != 0;
  if (wide || escapes != 0) [[unlikely]] {
    finish(arena, default_route, keys, wide, answers);
  }
}

// Handles sixteen lanes at a time down to 64 bits; few prefixes are longer. Lanes that have their
// answer are masked out.
template <unsigned kLanes>
void avx512_block6(const std::byte* arena, std::uint32_t default_route, const Trunk& trunk,
                   const Ipv6* keys, std::uint32_t* answers) {
  constexpr unsigned kGroups = kLanes / 16;
  constexpr unsigned kDepths = kTrunkDepthMax + 1;
  struct Group {
    __m512i low_lanes;  // upper halves of the addresses in lanes 0..7
    __m512i high_lanes;
    __m512i words;
  };
  Group groups[kGroups];
  const __m512i mask = _mm512_set1_epi64(static_cast<std::int64_t>(trunk.mask));
  const __m512i prefix = _mm512_set1_epi64(static_cast<std::int64_t>(trunk.prefix));
  __mmask8 outside = 0;
  for (std::size_t i = 0; i < kGroups; ++i) {
    Group& group = groups[i];
    group.low_lanes = high_halves(keys + i * 16);
    group.high_lanes = high_halves(keys + i * 16 + 8);
    for (const __m512i halves : {group.low_lanes, group.high_lanes}) {
      outside |= _mm512_cmpneq_epi64_mask(_mm512_and_si512(halves, mask), prefix);
    }
  }
  unsigned depth = kFirstDepth<Ipv6>;
  if (outside == 0) {
    depth = trunk.depth;
    const auto word = static_cast<int>(trunk.word.load(std::memory_order_acquire));
    for (Group& group : groups) {
      group.words = _mm512_set1_epi32(word);
    }
  } else {
    for (Group& group : groups) {
      const __m512i roots =
          _mm512_i32gather_epi32(octets(group.low_lanes, group.high_lanes, 48), arena, 4);
      const __m512i octet =
          _mm512_and_si512(octets(group.low_lanes, group.high_lanes, 40), _mm512_set1_epi32(255));
      const __m512i flat = _mm512_add_epi32(_mm512_and_si512(roots, _mm512_set1_epi32(kOffsetMask)),
                                            _mm512_slli_epi32(octet, 2));
      group.words = _mm512_i32gather_epi32(flat, arena, 1);
    }
  }
  unsigned going_on = 1;
  for (; depth < kDepths && going_on != 0; ++depth) {
    going_on = 0;
    for (Group& group : groups) {
      const __m512i octet = octets(group.low_lanes, group.high_lanes, 40 - 8 * depth);
      const __mmask16 active = _mm512_movepi32_mask(group.words);
      const __m512i node = nodes(group.words, octet);
      const __m512i value = _mm512_and_si512(octet, _mm512_set1_epi32(63));
      const __m512i index = narrowed(
          leaf_indices(static_cast<__mmask8>(active), arena, _mm512_castsi512_si256(node),
                       _mm512_castsi512_si256(value)),
          leaf_indices(static_cast<__mmask8>(active >> 8), arena,
                       _mm512_extracti64x4_epi64(node, 1), _mm512_extracti64x4_epi64(value, 1)));
      const __mmask16 wide = _mm512_test_epi32_mask(group.words, _mm512_set1_epi32(kWideBit));
      const __m512i place = _mm512_add_epi32(node, _mm512_mask_slli_epi32(index, wide, index, 2));
      const __m512i leaf =
          _mm512_mask_i32gather_epi32(group.words, active, place, arena + kLeavesOffset, 1);
      group.words = _mm512_mask_and_epi32(leaf, static_cast<__mmask16>(active & ~wide), leaf,
                                          _mm512_set1_epi32(255));
      going_on |= _mm512_movepi32_mask(group.words);
    }
  }
  for (std::size_t i = 0; i < kGroups; ++i) {
    const __m512i word = groups[i].words;
    const __m512i otherwise = _mm512_set1_epi32(static_cast<int>(default_route));
    _mm512_storeu_si512(
        answers + i * 16,
        _mm512_mask_blend_epi32(_mm512_testn_epi32_mask(word, word), word, otherwise));
  }
  if (going_on != 0) [[unlikely]] {
    finish(arena, default_route, keys, kLanes, kDepths, answers);
  }
}

// Looks up at most kLanes keys: the lanes without a key look up the last one.
template <unsigned kLanes>
void avx512_rest6(const std::byte* arena, const DefaultRoute& default_route,
                  const TrunkPointer& trunk, const Ipv6* keys, std::size_t count,
                  std::uint32_t* answers) {
  Ipv6 filled[kLanes];
  std::uint32_t found[kLanes];
  for (unsigned i = 0; i < kLanes; ++i) {
    filled[i] = keys[i < count ? i : count - 1];
  }
  default_route.with([&](std::uint32_t otherwise) {
    avx512_block6<kLanes>(arena, otherwise, *trunk.load(std::memory_order_acquire), filled, found);
  });
  for (std::size_t i = 0; i < count; ++i) {
    answers[i] = found[i];
  }
}

}  // namespace

// Looks up blocks of kBlock keys; the remaining keys are looked up by scalar code.
void avx512_ipv4(const std::byte* arena, const DefaultRoute& default_route,
                 std::span<const std::uint32_t> keys, NextHopId* next_hops) {
  auto* const answers = reinterpret_cast<std::uint32_t*>(next_hops);
  std::size_t done = 0;
  for (; done + kBlock <= keys.size(); done += kBlock) {
    default_route.with([&](std::uint32_t otherwise) {
      avx512_block(arena, otherwise, keys.data() + done, answers + done);
    });
  }
  scalar_rest(arena, default_route, keys.data() + done, keys.size() - done, answers + done);
}

// The same, but a large rest is filled up to a block: half of a burst of both families at random is
// nearly always less than a block.
void avx512_ipv6(const std::byte* arena, const DefaultRoute& default_route,
                 const TrunkPointer& trunk, std::span<const Ipv6> keys, NextHopId* next_hops) {
  constexpr std::size_t kLittle = 4;
  auto* const answers = reinterpret_cast<std::uint32_t*>(next_hops);
  std::size_t done = 0;
  for (; done + kBlock <= keys.size(); done += kBlock) {
    default_route.with([&](std::uint32_t otherwise) {
      avx512_block6<kBlock>(arena, otherwise, *trunk.load(std::memory_order_acquire),
                            keys.data() + done, answers + done);
    });
  }
  const std::size_t left = keys.size() - done;
  if (left <= kLittle) {
    scalar_rest(arena, default_route, keys.data() + done, left, answers + done);
  } else if (left <= kBlock / 2) {
    avx512_rest6<kBlock / 2>(arena, default_route, trunk, keys.data() + done, left, answers + done);
  } else {
    avx512_rest6<kBlock>(arena, default_route, trunk, keys.data() + done, left, answers + done);
  }
}

}  // namespace ringroad::fib::bulk

#ifdef __clang__
#pragma clang attribute pop
#endif

// SPDX-License-Identifier: BSD-3-Clause
#include "fib/bulk_lookup.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "fib/bulk_lookup_detail.hpp"

namespace ringroad::fib {

static_assert(sizeof(NextHopId) == sizeof(std::uint32_t));

namespace {

using bulk::kBlock;
// The block size for the last lookups of a burst.
constexpr unsigned kSmallBlock = 8;

void prefetch(const std::byte* address) { _mm_prefetch(address, _MM_HINT_T0); }

template <unsigned kLanes>
std::array<std::uint8_t, kLanes> all_lanes() {
  std::array<std::uint8_t, kLanes> lanes;
  std::iota(lanes.begin(), lanes.end(), std::uint8_t{0});
  return lanes;
}

// Descends from the words of the lanes in `active`, level by level, until each lane has its answer
// in `answers`.
template <class Key>
void descend(const std::byte* arena, std::uint32_t default_route, const Key* keys, unsigned depth,
             std::uint32_t* words, std::uint8_t* active, unsigned count, std::uint32_t* answers) {
  for (; count != 0; ++depth) {
    unsigned going_on = 0;
    for (unsigned i = 0; i < count; ++i) {
      const unsigned lane = active[i];
      const std::uint32_t word = step<!kDeep<Key>>(arena, words[lane], octet_at(keys[lane], depth));
      words[lane] = word;
      answers[lane] = word != 0 ? word : default_route;
      active[going_on] = static_cast<std::uint8_t>(lane);
      going_on += word >> 31;
      // If the word is an answer, this prefetches some line of the root, which does no harm.
      prefetch(node_of(arena, word & (kOffsetMask | 15), octet_at(keys[lane], depth + 1)));
    }
    count = going_on;
  }
}

// The same for these lanes, starting at the root.
template <unsigned kLanes, class Key>
void from_root(const std::byte* arena, std::uint32_t default_route, const Key* keys,
               std::uint8_t* active, unsigned count, std::uint32_t* answers) {
  std::array<std::uint32_t, kLanes> words;
  unsigned going_on = 0;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned lane = active[i];
    const std::uint32_t word = first_word(arena, keys[lane]);
    words[lane] = word;
    answers[lane] = word != 0 ? word : default_route;
    active[going_on] = static_cast<std::uint8_t>(lane);
    going_on += word >> 31;
    prefetch(node_of(arena, word & (kOffsetMask | 15), octet_at(keys[lane], kFirstDepth<Key>)));
  }
  descend(arena, default_route, keys, kFirstDepth<Key>, words.data(), active, going_on, answers);
}

template <unsigned kLanes, class Key>
[[gnu::noinline]] void all_from_root(const std::byte* arena, std::uint32_t default_route,
                                     const Key* keys, std::uint32_t* answers) {
  auto active = all_lanes<kLanes>();
  from_root<kLanes>(arena, default_route, keys, active.data(), kLanes, answers);
}

template <unsigned kLanes>
[[gnu::noinline]] void finish_lanes(const std::byte* arena, std::uint32_t default_route,
                                    const std::uint32_t* keys, bool wide, std::uint32_t* answers) {
  if (wide) {
    all_from_root<kLanes>(arena, default_route, keys, answers);
    return;
  }
  std::array<std::uint8_t, kLanes> active{};
  unsigned count = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    active[count] = static_cast<std::uint8_t>(i);
    count += answers[i] == kEscape ? 1U : 0U;
  }
  from_root<kLanes>(arena, default_route, keys, active.data(), count, answers);
}

// As root_word(), but the compiler can use the load as an operand, which an atomic load does not
// allow. x86-64 loads a word whole and in order, and the next address read depends on it.
// ThreadSanitizer does not know that, so it gets the atomic load.
[[nodiscard]] inline int plain_root_word(const std::byte* arena, std::uint32_t index) {
#ifdef __SANITIZE_THREAD__
  return static_cast<int>(root_word(arena, index));
#else
  return reinterpret_cast<const int*>(arena)[index];
#endif
}

// node_of() for eight words and keys, as offsets.
__m256i node_offsets(__m256i words, __m256i keys) {
  const __m256i quarter = _mm256_and_si256(_mm256_srli_epi32(keys, 14), _mm256_set1_epi32(3));
  const __m256i shift = _mm256_and_si256(words, _mm256_set1_epi32(kShiftMask));
  const __m256i block = _mm256_and_si256(words, _mm256_set1_epi32(kOffsetMask));
  return _mm256_add_epi32(block, _mm256_sllv_epi32(quarter, shift));
}

// Proceeds level by level, so that the cache misses of all lanes overlap: loads are made lane by
// lane, and computations eight lanes at a time. The second level is read as if every block were
// narrow and no leaf an escape, as nearly all are; one test finds the exceptions.
template <unsigned kLanes>
void scalar_block(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
                  std::uint32_t* answers) {
  constexpr unsigned kEight = 8;
  using Words = std::array<std::uint32_t, kLanes>;
  // The compiler must insert each element into a register: a vector load from narrow stores would
  // wait for the stores.
  using EightWords [[gnu::vector_size(32)]] = int;
  using Octets [[gnu::vector_size(16)]] = unsigned char;
  alignas(32) Words indices;
  alignas(32) Words offsets;
  alignas(32) Words octets;
  // The compiler must assume that the stored words are read elsewhere: otherwise it would extract
  // them lane by lane from registers, at twice the cost of a load.
  const auto store = [](Words& to, unsigned at, __m256i words) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to.data() + at), words);
    asm("" : "+m"(to));
  };
  __m256i words = _mm256_setzero_si256();
#pragma GCC unroll 4
  for (unsigned i = 0; i < kLanes; i += kEight) {
    const __m256i key = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys + i));
    store(indices, i, _mm256_srli_epi32(key, 16));
    store(octets, i, _mm256_srli_epi32(key, 8));
    EightWords roots;
#pragma GCC unroll 8
    for (unsigned j = 0; j < kEight; ++j) {
      roots[j] = plain_root_word(arena, indices[i + j]);
    }
    const auto word = reinterpret_cast<__m256i>(roots);
    words = _mm256_or_si256(words, word);
    store(offsets, i, node_offsets(word, key));
#pragma GCC unroll 8
    for (unsigned j = i; j < i + kEight; ++j) {
      prefetch(arena + offsets[j]);
    }
  }
  asm("" : "+m"(offsets));
  __m256i escapes = _mm256_setzero_si256();
#pragma GCC unroll 4
  for (unsigned i = 0; i < kLanes; i += kEight) {
    Octets leaves{};
#pragma GCC unroll 8
    for (unsigned j = 0; j < kEight; ++j) {
      const std::byte* const node = arena + offsets[i + j];
      leaves[j] = static_cast<unsigned char>(narrow_leaf(node, leaf_index(node, octets[i + j])));
    }
    const __m256i leaf = _mm256_cvtepu8_epi32(reinterpret_cast<__m128i>(leaves));
    escapes = _mm256_or_si256(escapes, _mm256_cmpeq_epi32(leaf, _mm256_set1_epi32(kEscape)));
    const __m256i none = _mm256_cmpeq_epi32(leaf, _mm256_setzero_si256());
    _mm256_storeu_si256(
        reinterpret_cast<__m256i*>(answers + i),
        _mm256_blendv_epi8(leaf, _mm256_set1_epi32(static_cast<int>(default_route)), none));
  }
  const bool wide = _mm256_testz_si256(words, _mm256_set1_epi32(kWideBit)) == 0;
  if (wide || _mm256_testz_si256(escapes, escapes) == 0) [[unlikely]] {
    finish_lanes<kLanes>(arena, default_route, keys, wide, answers);
  }
}

template <unsigned kLanes>
void scalar_block(const std::byte* arena, std::uint32_t default_route, const Ipv6* keys,
                  std::uint32_t* answers) {
  all_from_root<kLanes>(arena, default_route, keys, answers);
}

// Root words and node addresses are computed eight at a time; AVX2 has no population count.
void avx2_block(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
                std::uint32_t* answers) {
  alignas(32) std::array<std::uint32_t, kBlock> offsets;
  __m256i words = _mm256_setzero_si256();
  std::uint32_t escapes = 0;
  for (unsigned i = 0; i < kBlock; i += 8) {
    const __m256i key = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys + i));
    const __m256i word =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(arena), _mm256_srli_epi32(key, 16), 4);
    const __m256i offset = node_offsets(word, key);
    _mm256_store_si256(reinterpret_cast<__m256i*>(offsets.data() + i), offset);
    words = _mm256_or_si256(words, word);
    for (unsigned j = i; j < i + 8; ++j) {
      prefetch(arena + offsets[j]);
    }
  }
#pragma GCC unroll 32
  for (unsigned i = 0; i < kBlock; ++i) {
    const std::byte* const node = arena + offsets[i];
    const std::uint32_t leaf = narrow_leaf(node, leaf_index(node, octet_at(keys[i], 0)));
    escapes |= leaf + 1;
    answers[i] = leaf != 0 ? leaf : default_route;
  }
  const bool wide = _mm256_testz_si256(words, _mm256_set1_epi32(kWideBit)) == 0;
  if (wide || escapes > kEscape) [[unlikely]] {
    bulk::finish(arena, default_route, keys, wide, answers);
  }
}

// Looks up fewer than kBlock keys.
template <class Key>
void rest(const std::byte* arena, const DefaultRoute& default_route, const Key* keys,
          std::size_t count, std::uint32_t* answers) {
  std::size_t done = 0;
  for (; done + kSmallBlock <= count; done += kSmallBlock) {
    default_route.with([&](std::uint32_t otherwise) {
      scalar_block<kSmallBlock>(arena, otherwise, keys + done, answers + done);
    });
  }
  for (; done < count; ++done) {
    default_route.with([&](std::uint32_t otherwise) {
      const std::uint32_t answer = walk(arena, keys[done]);
      answers[done] = answer != 0 ? answer : otherwise;
    });
  }
}

// `whole` looks up kBlock keys; the remaining keys are looked up by scalar code.
template <class Key>
void in_blocks(const auto& whole, const std::byte* arena, const DefaultRoute& default_route,
               std::span<const Key> keys, NextHopId* next_hops) {
  auto* const answers = reinterpret_cast<std::uint32_t*>(next_hops);
  std::size_t done = 0;
  for (; done + kBlock <= keys.size(); done += kBlock) {
    default_route.with(
        [&](std::uint32_t otherwise) { whole(arena, otherwise, &keys[done], answers + done); });
  }
  rest(arena, default_route, keys.data() + done, keys.size() - done, answers + done);
}

// With the chosen instruction set.
template <auto whole>
void ipv4_in_blocks(const std::byte* arena, const DefaultRoute& default_route,
                    std::span<const std::uint32_t> keys, NextHopId* next_hops) {
  in_blocks(whole, arena, default_route, keys, next_hops);
}

// Begins behind the trunk if all keys are under it.
void scalar_block6(const Trunk& trunk, const std::byte* arena, std::uint32_t default_route,
                   const Ipv6* keys, std::uint32_t* answers) {
  const std::uint32_t word = trunk.word.load(std::memory_order_acquire);
  if (!is_block(word) ||
      !std::all_of(keys, keys + kBlock, [&](Ipv6 key) { return trunk.covers(key); })) {
    all_from_root<kBlock>(arena, default_route, keys, answers);
    return;
  }
  std::array<std::uint32_t, kBlock> words;
  words.fill(word);
  auto active = all_lanes<kBlock>();
  descend(arena, default_route, keys, trunk.depth, words.data(), active.data(), kBlock, answers);
}

void scalar_ipv6(const std::byte* arena, const DefaultRoute& default_route,
                 const TrunkPointer& trunk, std::span<const Ipv6> keys, NextHopId* next_hops) {
  const auto whole = [&](auto... to) {
    scalar_block6(*trunk.load(std::memory_order_acquire), to...);
  };
  in_blocks(whole, arena, default_route, keys, next_hops);
}

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vpopcntdq");
}

}  // namespace

namespace bulk {

void finish(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
            bool wide, std::uint32_t* answers) {
  finish_lanes<kBlock>(arena, default_route, keys, wide, answers);
}

void finish(const std::byte* arena, std::uint32_t default_route, const Ipv6* keys, unsigned lanes,
            unsigned depth, std::uint32_t* answers) {
  std::array<std::uint32_t, kBlock> words;
  std::array<std::uint8_t, kBlock> active{};
  unsigned count = 0;
  for (unsigned i = 0; i < lanes; ++i) {
    words[i] = answers[i];
    active[count] = static_cast<std::uint8_t>(i);
    count += answers[i] >> 31;
  }
  descend(arena, default_route, keys, depth, words.data(), active.data(), count, answers);
}

void scalar_rest(const std::byte* arena, const DefaultRoute& default_route,
                 const std::uint32_t* keys, std::size_t count, std::uint32_t* answers) {
  rest(arena, default_route, keys, count, answers);
}

void scalar_rest(const std::byte* arena, const DefaultRoute& default_route, const Ipv6* keys,
                 std::size_t count, std::uint32_t* answers) {
  rest(arena, default_route, keys, count, answers);
}

}  // namespace bulk

std::string_view to_string(LookupWay way) {
  switch (way) {
    case LookupWay::kScalar:
      return "scalar";
    case LookupWay::kAvx2:
      return "avx2";
    case LookupWay::kAvx512:
      return "avx512";
  }
  return "?";
}

std::span<const LookupWay> lookup_ways() {
  static constexpr std::array kAll{LookupWay::kScalar, LookupWay::kAvx2, LookupWay::kAvx512};
  return std::span{kAll}.first(has_avx512() ? 3 : 2);
}

// An IPv4 lookup has two levels, and gathers cost more than the loads that they replace (Zen 5, Zen
// 4). An IPv6 lookup has five or six levels, and the depth differs between lanes: branches cannot
// be predicted, but lanes can be masked.
template <>
LookupWay preferred_way<Ipv4>() {
  return LookupWay::kScalar;
}
template <>
LookupWay preferred_way<Ipv6>() {
  return lookup_ways().back();
}

template <>
BulkLookup<Ipv4>* bulk_lookup<Ipv4>(LookupWay way) {
  switch (way) {
    case LookupWay::kScalar:
      return ipv4_in_blocks<[](auto... to) { scalar_block<kBlock>(to...); }>;
    case LookupWay::kAvx2:
      return ipv4_in_blocks<avx2_block>;
    case LookupWay::kAvx512:
      return bulk::avx512_ipv4;
  }
  return nullptr;
}

template <>
BulkLookup<Ipv6>* bulk_lookup<Ipv6>(LookupWay way) {
  if (way == LookupWay::kAvx512) {
    return bulk::avx512_ipv6;
  }
  return scalar_ipv6;
}

}  // namespace ringroad::fib

#include "fib/bulk_lookup.hpp"

// g++ 12 takes the "undefined" vectors of its own AVX-512 headers for a mistake of ours.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <array>
#include <numeric>

namespace ringroad::fib {
namespace {

// As many misses as a core keeps in flight, and more.
constexpr unsigned kBlock = 32;
// For what is left of a burst.
constexpr unsigned kSmallBlock = 8;

#define RINGROAD_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vpopcntdq")))

void prefetch(const std::byte* address) { _mm_prefetch(address, _MM_HINT_T0); }

// Takes the lanes named in `active` down from their words, level by level, until each has its
// answer in `answers`.
template <class Key>
void descend(const std::byte* arena, std::uint32_t default_route, const Key* keys, unsigned depth,
             std::uint32_t* words, std::uint8_t* active, unsigned count, std::uint32_t* answers) {
  for (; count != 0; ++depth) {
    unsigned going_on = 0;
    for (unsigned i = 0; i < count; ++i) {
      const unsigned lane = active[i];
      const std::uint32_t word = step(arena, words[lane], octet_at(keys[lane], depth));
      words[lane] = word;
      answers[lane] = word != 0 ? word : default_route;
      active[going_on] = static_cast<std::uint8_t>(lane);
      going_on += word >> 31;
      // Of an answer, this is some line of the root.
      prefetch(node_of(arena, word & (kOffsetMask | 15), octet_at(keys[lane], depth + 1)));
    }
    count = going_on;
  }
}

// All lanes from the root.
template <unsigned kLanes, class Key>
void from_root(const std::byte* arena, std::uint32_t default_route, const Key* keys,
               std::uint8_t* active, unsigned count, std::uint32_t* answers) {
  std::array<std::uint32_t, kLanes> words;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned lane = active[i];
    words[lane] = root_word(arena, root_index(keys[lane]));
    prefetch(node_of(arena, words[lane], octet_at(keys[lane], 0)));
  }
  descend(arena, default_route, keys, 0, words.data(), active, count, answers);
}

template <unsigned kLanes, class Key>
[[gnu::noinline]] void all_from_root(const std::byte* arena, std::uint32_t default_route,
                                     const Key* keys, std::uint32_t* answers) {
  std::array<std::uint8_t, kLanes> active;
  std::iota(active.begin(), active.end(), std::uint8_t{0});
  from_root<kLanes>(arena, default_route, keys, active.data(), kLanes, answers);
}

// What two levels could not answer as narrow blocks without an escape. Nothing of what they read is
// used: blocks may have changed since. An answer that looks like the escape may be the default
// route's, which is no harm.
template <unsigned kLanes>
[[gnu::noinline]] void finish(const std::byte* arena, std::uint32_t default_route,
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

// Level by level, each lane's miss behind those before it. The second level is read as if every
// block were narrow and no leaf an escape, as nearly all are; what is not is seen in one test.
template <unsigned kLanes>
void scalar_block(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
                  std::uint32_t* answers) {
  std::array<const std::byte*, kLanes> nodes;
  std::uint32_t words = 0;
  std::uint32_t escapes = 0;
#pragma GCC unroll 32
  for (unsigned i = 0; i < kLanes; ++i) {
    const std::uint32_t word = root_word(arena, root_index(keys[i]));
    words |= word;
    nodes[i] = node_of(arena, word, octet_at(keys[i], 0));
    prefetch(nodes[i]);
  }
#pragma GCC unroll 32
  for (unsigned i = 0; i < kLanes; ++i) {
    const std::uint32_t leaf = narrow_leaf(nodes[i], leaf_index(nodes[i], octet_at(keys[i], 0)));
    escapes |= leaf + 1;
    answers[i] = leaf != 0 ? leaf : default_route;
  }
  const bool wide = (words & kWideBit) != 0;
  if (wide || escapes > kEscape) [[unlikely]] {
    finish<kLanes>(arena, default_route, keys, wide, answers);
  }
}

template <unsigned kLanes>
void scalar_block(const std::byte* arena, std::uint32_t default_route, const Ipv6* keys,
                  std::uint32_t* answers) {
  all_from_root<kLanes>(arena, default_route, keys, answers);
}

// Root words and node addresses eight at a time; AVX2 has no population count.
void avx2_block(const std::byte* arena, std::uint32_t default_route, const std::uint32_t* keys,
                std::uint32_t* answers) {
  alignas(32) std::array<std::uint32_t, kBlock> offsets;
  __m256i words = _mm256_setzero_si256();
  std::uint32_t escapes = 0;
  for (unsigned i = 0; i < kBlock; i += 8) {
    const __m256i key = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys + i));
    const __m256i word =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(arena), _mm256_srli_epi32(key, 16), 4);
    const __m256i quarter = _mm256_and_si256(_mm256_srli_epi32(key, 14), _mm256_set1_epi32(3));
    const __m256i shift = _mm256_and_si256(word, _mm256_set1_epi32(kShiftMask));
    const __m256i block = _mm256_and_si256(word, _mm256_set1_epi32(kOffsetMask));
    const __m256i offset = _mm256_add_epi32(block, _mm256_sllv_epi32(quarter, shift));
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
    finish<kBlock>(arena, default_route, keys, wide, answers);
  }
}

// All of it sixteen at a time.
RINGROAD_AVX512 void avx512_block(const std::byte* arena, std::uint32_t default_route,
                                  const std::uint32_t* keys, std::uint32_t* answers) {
  alignas(64) std::array<std::uint32_t, kBlock> offsets;
  __m512i words = _mm512_setzero_si512();
  __mmask8 escapes = 0;
  for (unsigned i = 0; i < kBlock; i += 16) {
    const __m512i key = _mm512_loadu_si512(keys + i);
    const __m512i word = _mm512_i32gather_epi32(_mm512_srli_epi32(key, 16), arena, 4);
    const __m512i quarter = _mm512_and_si512(_mm512_srli_epi32(key, 14), _mm512_set1_epi32(3));
    const __m512i shift = _mm512_and_si512(word, _mm512_set1_epi32(kShiftMask));
    const __m512i block = _mm512_and_si512(word, _mm512_set1_epi32(kOffsetMask));
    const __m512i offset = _mm512_add_epi32(block, _mm512_sllv_epi32(quarter, shift));
    _mm512_store_si512(offsets.data() + i, offset);
    words = _mm512_or_si512(words, word);
#pragma GCC unroll 16
    for (unsigned j = i; j < i + 16; ++j) {
      prefetch(arena + offsets[j]);
    }
  }
  for (unsigned i = 0; i < kBlock; i += 8) {
    const __m256i offset = _mm256_load_si256(reinterpret_cast<const __m256i*>(offsets.data() + i));
    const __m256i key = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(keys + i));
    const __m512i boundaries = _mm512_i32gather_epi64(offset, arena, 1);
    const __m512i value =
        _mm512_and_si512(_mm512_cvtepu32_epi64(_mm256_srli_epi32(key, 8)), _mm512_set1_epi64(63));
    const __m512i index = _mm512_popcnt_epi64(_mm512_srlv_epi64(boundaries, value));
    const __m256i place = _mm256_add_epi32(offset, _mm512_cvtepi64_epi32(index));
    const __m256i four =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(arena + kLeavesOffset), place, 1);
    const __m256i leaf = _mm256_and_si256(four, _mm256_set1_epi32(255));
    escapes |= _mm256_cmpeq_epi32_mask(leaf, _mm256_set1_epi32(kEscape));
    const __m256i answer =
        _mm256_mask_blend_epi32(_mm256_testn_epi32_mask(leaf, leaf), leaf,
                                _mm256_set1_epi32(static_cast<int>(default_route)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(answers + i), answer);
  }
  const bool wide = _mm512_test_epi32_mask(words, _mm512_set1_epi32(kWideBit)) != 0;
  if (wide || escapes != 0) [[unlikely]] {
    finish<kBlock>(arena, default_route, keys, wide, answers);
  }
}

// `whole` is the way's function over kBlock keys; what is left over is scalar.
template <auto whole, class Key>
void in_blocks(const std::byte* arena, const DefaultRoute& default_route, std::span<const Key> keys,
               NextHopId* next_hops) {
  static_assert(sizeof(NextHopId) == sizeof(std::uint32_t));
  auto* const answers = reinterpret_cast<std::uint32_t*>(next_hops);
  const std::size_t count = keys.size();
  std::size_t done = 0;
  for (; done + kBlock <= count; done += kBlock) {
    default_route.with(
        [&](std::uint32_t otherwise) { whole(arena, otherwise, &keys[done], answers + done); });
  }
  for (; done + kSmallBlock <= count; done += kSmallBlock) {
    default_route.with([&](std::uint32_t otherwise) {
      scalar_block<kSmallBlock>(arena, otherwise, &keys[done], answers + done);
    });
  }
  for (; done < count; ++done) {
    default_route.with([&](std::uint32_t otherwise) {
      const std::uint32_t answer = walk(arena, keys[done]);
      answers[done] = answer != 0 ? answer : otherwise;
    });
  }
}

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vpopcntdq");
}

}  // namespace

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

LookupWay preferred_way() { return LookupWay::kScalar; }

template <>
BulkLookup<Ipv4>* bulk_lookup<Ipv4>(LookupWay way) {
  switch (way) {
    case LookupWay::kScalar:
      return in_blocks<[](auto... to) { scalar_block<kBlock>(to...); }, std::uint32_t>;
    case LookupWay::kAvx2:
      return in_blocks<avx2_block, std::uint32_t>;
    case LookupWay::kAvx512:
      return in_blocks<avx512_block, std::uint32_t>;
  }
  return nullptr;
}

template <>
BulkLookup<Ipv6>* bulk_lookup<Ipv6>(LookupWay /*way*/) {
  return in_blocks<[](auto... to) { scalar_block<kBlock>(to...); }, Ipv6>;
}

}  // namespace ringroad::fib

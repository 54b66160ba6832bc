// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The format in which readers see a trie: blocks, each of which answers for the 256 values of one
// octet of the address (a stride of 8). All blocks lie in one array, the arena.
//
// A block is four nodes of equal size, one for each quarter of the octet's values, so the node of
// a quarter is found from the block's word alone. A node is 8 bytes of boundaries, then its leaves:
// one leaf for each run of values with the same answer, from the last run to the first. Bit j of
// the boundaries is set if values j and j + 1 have different answers. The index of value j's leaf
// is therefore the number of boundaries at or after j: one shift and one population count. A node
// of up to 64 bytes never crosses a cache line.
//
// The leaves of a narrow block are bytes: a NextHopId below 255, or the escape. The value behind an
// escape is in the block's long leaves, which follow its four nodes: one word for each leaf that
// the nodes have room for. If a block has many escapes, it is wide: its leaves are those words. A
// word is a NextHopId or, if the top bit is set, names the block for the next octet. References:
// Degermark et al., "Small forwarding tables for fast routing lookups" (1997), for runs of equal
// answers; Asai and Ohara, "Poptrie" (2015), for the population count.
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ringroad::fib {

// The layout of a word that names a block: bit 31 is set; bit 30 is set for a wide block; bit 29 is
// set if the block has long leaves; bits 6..28 are the block's offset in units of 64 bytes; bits
// 0..5 are the base-2 logarithm of its node size. A NextHopId is below 2^31.
inline constexpr std::uint32_t kBlockBit = 1U << 31;
inline constexpr std::uint32_t kWideBit = 1U << 30;
inline constexpr std::uint32_t kLongBit = 1U << 29;
inline constexpr std::uint32_t kOffsetMask = kLongBit - 64;
inline constexpr std::uint32_t kShiftMask = 63;

inline constexpr unsigned kQuarters = 4;
inline constexpr unsigned kQuarterValues = 64;
inline constexpr std::uint32_t kEscape = 255;
inline constexpr std::size_t kLeavesOffset = sizeof(std::uint64_t);

// The arena begins with the root: one word for each value of the first 16 bits. Each word names a
// block; values below which all answers are the same share a uniform block. In a deep trie (IPv6)
// the blocks below the root are flat: one word for each of the 256 values and no boundaries,
// because the Internet's table has few such blocks and they are full.
inline constexpr unsigned kRootBits = 16;
inline constexpr std::uint32_t kFlatShift = 8;  // the size of four nodes of 64 words
inline constexpr std::size_t kRootEntries = std::size_t{1} << kRootBits;

// Returns the word of this octet in a flat block.
[[nodiscard]] inline const std::byte* flat_word_of(const std::byte* arena, std::uint32_t word,
                                                   std::uint32_t octet) {
  return arena + (word & kOffsetMask) + (octet & 255) * sizeof(std::uint32_t);
}

[[nodiscard]] inline bool is_block(std::uint32_t word) { return (word & kBlockBit) != 0; }

// The writer publishes words and narrow leaves with release stores.
[[nodiscard]] inline std::uint32_t load_word(const std::byte* word) {
  return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(word), __ATOMIC_ACQUIRE);
}
[[nodiscard]] inline std::uint32_t root_word(const std::byte* arena, std::uint32_t index) {
  return load_word(arena + index * sizeof(std::uint32_t));
}

// `octet` may have bits set above the lowest eight.
[[nodiscard]] inline const std::byte* node_of(const std::byte* arena, std::uint32_t word,
                                              std::uint32_t octet) {
  const std::uint64_t quarter = octet >> 6 & 3;
  return arena + (word & kOffsetMask) + (quarter << (word & kShiftMask));
}
// Returns the index of this value's leaf in the node.
[[nodiscard]] inline unsigned leaf_index(const std::byte* node, std::uint32_t octet) {
  std::uint64_t boundaries = 0;
  std::memcpy(&boundaries, node, sizeof boundaries);
  return static_cast<unsigned>(std::popcount(boundaries >> (octet & 63)));
}
// The writer may change a leaf in place, and lookups read it even from a wide block before they
// know the width; they discard the value in that case. x86-64 loads a byte whole, so no atomic load
// is needed; g++ 12 would widen an atomic load twice, which costs 8% of a lookup.
[[nodiscard, gnu::no_sanitize_thread]] inline std::uint32_t narrow_leaf(const std::byte* node,
                                                                        unsigned index) {
  return static_cast<std::uint32_t>(node[kLeavesOffset + index]);
}
[[nodiscard]] inline std::uint32_t wide_leaf(const std::byte* node, unsigned index) {
  return load_word(node + kLeavesOffset + index * sizeof(std::uint32_t));
}
// For a narrow block, if the leaf is the escape.
[[nodiscard]] inline const std::byte* long_leaf_of(const std::byte* arena, std::uint32_t word,
                                                   std::uint32_t octet, unsigned index) {
  const std::size_t node_bytes = std::size_t{1} << (word & kShiftMask);
  const std::size_t quarter = octet >> 6 & 3;
  return arena + (word & kOffsetMask) + kQuarters * node_bytes +
         (quarter * (node_bytes - kLeavesOffset) + index) * sizeof(std::uint32_t);
}
// Descends one level: returns an answer or the word of the next block. Without long leaves, both
// widths are read and one is selected, because a branch on the width cannot be predicted.
template <bool kLongLeaves>
[[nodiscard]] std::uint32_t step(const std::byte* arena, std::uint32_t word, std::uint32_t octet) {
  const std::byte* const node = node_of(arena, word, octet);
  const unsigned index = leaf_index(node, octet);
  const bool wide = (word & kWideBit) != 0;
  const std::uint32_t narrow = narrow_leaf(node, index);
  if constexpr (!kLongLeaves) {
    const std::uint32_t as_wide = wide_leaf(node, wide ? index : 0);
    return wide ? as_wide : narrow;
  }
  if (wide) {
    return wide_leaf(node, index);
  }
  return narrow != kEscape ? narrow : load_word(long_leaf_of(arena, word, octet, index));
}

}  // namespace ringroad::fib

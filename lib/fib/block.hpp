// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The form in which a trie is read: blocks, each of which answers for the 256 values of one octet
// of the address (a stride of 8), all in one array, the arena.
//
// A block is four nodes of equal size, one for each quarter of the octet's values, so that the
// quarter's node is found from the block's word alone. A node is 8 bytes of boundaries, then its
// leaves: one for each run of values with the same answer, in the order from the last run to the
// first. Bit j of the boundaries is set where value j + 1 answers otherwise than value j; the leaf
// of value j is that with as many boundaries at or after j before it: one shift and one popcount.
// A node up to 64 bytes never crosses a cache line.
//
// A narrow block's leaves are bytes: a NextHopId below 255, or the escape. What an escape stands
// for is in the block's long leaves, which follow its four nodes: a word for each leaf there is
// room for. Where escapes are many the block is wide: its leaves are those words themselves. A word
// is a NextHopId or, with the top bit, says which block the next octet is looked up in. References:
// Degermark et al., "Small forwarding tables for fast routing lookups" (1997), for runs of equal
// answers; Asai and Ohara, "Poptrie" (2015), for the population count.
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ringroad::fib {

// A word that is no NextHopId: bit 31 set, bit 30 for a wide block, bit 29 for long leaves,
// bits 6..28 the offset of its block in 64 bytes, bits 0..5 the logarithm of the size of its nodes.
// An id is below 2^31.
inline constexpr std::uint32_t kBlockBit = 1U << 31;
inline constexpr std::uint32_t kWideBit = 1U << 30;
inline constexpr std::uint32_t kLongBit = 1U << 29;
inline constexpr std::uint32_t kOffsetMask = kLongBit - 64;
inline constexpr std::uint32_t kShiftMask = 63;

inline constexpr unsigned kQuarters = 4;
inline constexpr unsigned kQuarterValues = 64;
inline constexpr std::uint32_t kEscape = 255;
inline constexpr std::size_t kLeavesOffset = sizeof(std::uint64_t);

// The arena begins with the root: a word for each value of the first 16 bits. It is always a
// block's; one whose answers are all the same, where there is nothing to tell apart. In a deep trie
// (IPv6) those blocks are flat: a word for each of the 256 values and no boundaries, as the
// Internet has few of them and each is full.
inline constexpr unsigned kRootBits = 16;
inline constexpr std::uint32_t kFlatShift = 8;  // as four nodes of 64 words
inline constexpr std::size_t kRootEntries = std::size_t{1} << kRootBits;

// The octet's word in a flat block.
[[nodiscard]] inline const std::byte* flat_word_of(const std::byte* arena, std::uint32_t word,
                                                   std::uint32_t octet) {
  return arena + (word & kOffsetMask) + (octet & 255) * sizeof(std::uint32_t);
}

[[nodiscard]] inline bool is_block(std::uint32_t word) { return (word & kBlockBit) != 0; }

// Words and narrow leaves are published by a release store of the writer.
[[nodiscard]] inline std::uint32_t load_word(const std::byte* word) {
  return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(word), __ATOMIC_ACQUIRE);
}
[[nodiscard]] inline std::uint32_t root_word(const std::byte* arena, std::uint32_t index) {
  return load_word(arena + index * sizeof(std::uint32_t));
}

// `octet` may have other bits above its eight.
[[nodiscard]] inline const std::byte* node_of(const std::byte* arena, std::uint32_t word,
                                              std::uint32_t octet) {
  const std::uint64_t quarter = octet >> 6 & 3;
  return arena + (word & kOffsetMask) + (quarter << (word & kShiftMask));
}
// Which of the node's leaves is the value's.
[[nodiscard]] inline unsigned leaf_index(const std::byte* node, std::uint32_t octet) {
  std::uint64_t boundaries = 0;
  std::memcpy(&boundaries, node, sizeof boundaries);
  return static_cast<unsigned>(std::popcount(boundaries >> (octet & 63)));
}
// The writer may change one in its place, and lookups read it of wide blocks too before they know;
// what they get there they do not use. x86-64 loads a byte whole, without an atomic load, for which
// g++ 12 widens it twice: 8% of a lookup.
[[nodiscard, gnu::no_sanitize_thread]] inline std::uint32_t narrow_leaf(const std::byte* node,
                                                                        unsigned index) {
  return static_cast<std::uint32_t>(node[kLeavesOffset + index]);
}
[[nodiscard]] inline std::uint32_t wide_leaf(const std::byte* node, unsigned index) {
  return load_word(node + kLeavesOffset + index * sizeof(std::uint32_t));
}
// Of a narrow block, where the leaf is the escape.
[[nodiscard]] inline const std::byte* long_leaf_of(const std::byte* arena, std::uint32_t word,
                                                   std::uint32_t octet, unsigned index) {
  const std::size_t node_bytes = std::size_t{1} << (word & kShiftMask);
  const std::size_t quarter = octet >> 6 & 3;
  return arena + (word & kOffsetMask) + kQuarters * node_bytes +
         (quarter * (node_bytes - kLeavesOffset) + index) * sizeof(std::uint32_t);
}
// One step down: an answer, or the word of the next block. Without long leaves both widths are read
// and one is taken, since which it is cannot be foretold.
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

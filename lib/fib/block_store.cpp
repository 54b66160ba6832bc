// SPDX-License-Identifier: BSD-3-Clause
#include "fib/block_store.hpp"

#include <immintrin.h>

#include <algorithm>
#include <new>
#include <utility>

namespace ringroad::fib {
namespace {

constexpr std::size_t kRootBytes = kRootEntries * sizeof(std::uint32_t);
constexpr std::size_t kUniformBytes = 64;
constexpr std::size_t kArenaMax = std::size_t{kOffsetMask} + 64;
// The vector lookups read four bytes where they need one.
constexpr std::size_t kSlack = 64;
// A block is wide if more than one in this many of its leaves is an escape. Below that, the memory
// that narrow leaves save is worth more than the additional cache line of an escape.
constexpr unsigned kWideFrom = 4;

void write_words(std::byte* to, const Quarter& quarter) {
  std::memcpy(to, quarter.leaves.data(), quarter.count * sizeof(std::uint32_t));
}

// Returns the logarithm of the smallest node size that holds this many bytes.
unsigned node_shift(std::size_t bytes) {
  constexpr unsigned kLeast = 4;  // 16 bytes: 8 narrow leaves
  return std::max(kLeast, static_cast<unsigned>(std::bit_width(bytes - 1)));
}

}  // namespace

void Quarter::encode(Words& words, Quarter& quarter) {
  words[kQuarterValues] = words[kQuarterValues - 1];
  std::uint64_t equal = 0;
  for (unsigned i = 0; i < kQuarterValues; i += 8) {
    const auto at = [&](unsigned first) {
      return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words.data() + first));
    };
    const __m256i same = _mm256_cmpeq_epi32(at(i), at(i + 1));
    const auto mask = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(same)));
    equal |= std::uint64_t{mask} << i;
  }
  quarter.boundaries = ~equal;
  quarter.leaves[0] = words[kQuarterValues - 1];
  quarter.count = 1;
  for (std::uint64_t left = quarter.boundaries; left != 0;) {
    const auto last = static_cast<unsigned>(63 - std::countl_zero(left));
    quarter.leaves[quarter.count++] = words[last];
    left &= ~(std::uint64_t{1} << last);
  }
}

BlockStore::BlockStore(Reclaimer& reclaimer, bool deep)
    : reclaimer_{reclaimer},
      deep_{deep},
      memory_{kArenaMax + kSlack},
      end_{kRootBytes + (kEscape)*kUniformBytes},
      free_{std::make_shared<FreeLists>()} {
  memory_.grow(end_ + kSlack);
  for (std::uint32_t answer = 0; answer < kEscape; ++answer) {
    std::byte* const block = memory_.data() + kRootBytes + answer * kUniformBytes;
    for (std::size_t i = 0; i < kQuarters; ++i) {
      block[i * 16 + kLeavesOffset] = static_cast<std::byte>(answer);
    }
  }
  const std::uint32_t nothing = uniform(0);
  for (std::uint32_t i = 0; i < kRootEntries; ++i) {
    link_root(i, nothing);
  }
}

std::size_t BlockStore::units_of(std::uint32_t word) {
  const std::size_t node_bytes = std::size_t{1} << (word & kShiftMask);
  const std::size_t long_words = (word & kLongBit) != 0 ? node_bytes - kLeavesOffset : 0;
  return kQuarters * (node_bytes + long_words * sizeof(std::uint32_t)) / kUnitBytes;
}

std::uint32_t BlockStore::allocate(std::size_t units) {
  auto& free = (*free_)[units];
  if (!free.empty()) {
    const std::uint32_t offset = free.back();
    free.pop_back();
    return offset;
  }
  const std::size_t bytes = units * kUnitBytes;
  if (end_ + bytes > kArenaMax) {
    throw std::bad_alloc{};
  }
  memory_.grow(end_ + bytes + kSlack);
  return static_cast<std::uint32_t>(std::exchange(end_, end_ + bytes));
}

std::uint32_t BlockStore::make(Quarters& quarters, std::uint8_t changed, std::uint32_t before) {
  // Narrow nodes without escapes, as nearly all nodes are, are copied unchanged.
  const bool copy = (before & (kWideBit | kLongBit)) == 0;
  bool escapes = false;
  unsigned most = 0;
  for (unsigned i = 0; i < kQuarters; ++i) {
    Quarter& quarter = quarters[i];
    if ((changed >> i & 1) == 0) {
      if (!copy) {
        read(before, i, quarter);
      } else {
        const std::byte* const node = node_of(arena(), before, i * kQuarterValues);
        quarter.count = leaf_index(node, 0) + 1;
        quarter.leaves[0] = narrow_leaf(node, 0);
      }
    } else {
      escapes |= std::any_of(quarter.leaves.begin(), quarter.leaves.begin() + quarter.count,
                             [](std::uint32_t leaf) { return leaf >= kEscape; });
    }
    most = std::max(most, quarter.count);
  }
  const std::uint32_t first = quarters[0].leaves[0];
  if (most == 1 && !is_block(first) &&
      std::ranges::all_of(quarters, [&](const Quarter& each) { return each.leaves[0] == first; })) {
    return first;
  }
  if (escapes || !copy) {
    for (unsigned i = 0; copy && i < kQuarters; ++i) {
      if ((changed >> i & 1) == 0) {
        read(before, i, quarters[i]);
      }
    }
    return make(quarters);
  }
  const unsigned shift = node_shift(kLeavesOffset + most);
  const std::uint32_t word = kBlockBit | shift | allocate(units_of(shift));
  const std::size_t common = std::size_t{1} << std::min(shift, before & kShiftMask);
  for (unsigned i = 0; i < kQuarters; ++i) {
    std::byte* const node = writable(node_of(arena(), word, i * kQuarterValues));
    if ((changed >> i & 1) == 0) {
      const std::byte* const from = node_of(arena(), before, i * kQuarterValues);
      for (std::size_t at = 0; at < common; at += 16) {
        std::memcpy(node + at, from + at, 16);
      }
      continue;
    }
    const Quarter& quarter = quarters[i];
    std::memcpy(node, &quarter.boundaries, sizeof quarter.boundaries);
    for (unsigned j = 0; j < quarter.count; ++j) {
      node[kLeavesOffset + j] = static_cast<std::byte>(quarter.leaves[j]);
    }
  }
  return word;
}

// Chooses the block format that suits the leaves.
std::uint32_t BlockStore::make(const Quarters& quarters) {
  unsigned leaves = 0;
  unsigned most = 0;
  unsigned escapes = 0;
  for (const Quarter& quarter : quarters) {
    leaves += quarter.count;
    most = std::max(most, quarter.count);
    for (unsigned i = 0; i < quarter.count; ++i) {
      escapes += quarter.leaves[i] >= kEscape ? 1U : 0U;
    }
  }
  const bool wide = escapes > (deep_ ? 0 : leaves / kWideFrom);
  const unsigned shift =
      node_shift(kLeavesOffset + most * (wide ? sizeof(std::uint32_t) : std::size_t{1}));
  std::uint32_t word = kBlockBit | shift | (wide ? kWideBit : escapes != 0 ? kLongBit : 0);
  word |= allocate(units_of(word));
  for (unsigned i = 0; i < kQuarters; ++i) {
    const std::uint32_t first = i * kQuarterValues;
    const Quarter& quarter = quarters[i];
    std::byte* const node = writable(node_of(arena(), word, first));
    std::memcpy(node, &quarter.boundaries, sizeof quarter.boundaries);
    if (wide) {
      write_words(node + kLeavesOffset, quarter);
      continue;
    }
    for (unsigned j = 0; j < quarter.count; ++j) {
      node[kLeavesOffset + j] = static_cast<std::byte>(std::min(quarter.leaves[j], kEscape));
    }
    if (escapes != 0) {
      write_words(writable(long_leaf_of(arena(), word, first, 0)), quarter);
    }
  }
  return word;
}

std::uint32_t BlockStore::make_flat() {
  const std::uint32_t word = kBlockBit | kWideBit | kFlatShift;
  return word | allocate(units_of(word));
}

void BlockStore::set_flat(std::uint32_t word, std::uint32_t octet, std::uint32_t to) {
  auto* const place =
      reinterpret_cast<std::uint32_t*>(writable(flat_word_of(arena(), word, octet)));
  __atomic_store_n(place, to, __ATOMIC_RELEASE);
}

std::uint32_t BlockStore::uniform(std::uint32_t answer) {
  if (answer < kEscape && !deep_) {
    return kBlockBit | static_cast<std::uint32_t>(kRootBytes + answer * kUniformBytes) |
           node_shift(kLeavesOffset + 1);
  }
  const auto [known, fresh] = uniform_.try_emplace(answer, 0);
  if (fresh && deep_) {
    known->second = make_flat();
    for (std::uint32_t octet = 0; octet < 256; ++octet) {
      set_flat(known->second, octet, answer);
    }
  } else if (fresh) {
    Quarters quarters;
    for (Quarter& quarter : quarters) {
      quarter.count = 1;
      quarter.leaves[0] = answer;
    }
    known->second = make(quarters);
  }
  return known->second;
}

void BlockStore::read(std::uint32_t word, unsigned quarter, Quarter& into) const {
  const std::uint32_t first = quarter * kQuarterValues;
  const std::byte* const node = node_of(arena(), word, first);
  std::memcpy(&into.boundaries, node, sizeof into.boundaries);
  into.count = static_cast<unsigned>(std::popcount(into.boundaries)) + 1;
  if ((word & (kWideBit | kLongBit)) == 0) {
    for (unsigned i = 0; i < into.count; ++i) {
      into.leaves[i] = narrow_leaf(node, i);
    }
    return;
  }
  const std::byte* const words =
      (word & kWideBit) != 0 ? node + kLeavesOffset : long_leaf_of(arena(), word, first, 0);
  std::memcpy(into.leaves.data(), words, into.count * sizeof(std::uint32_t));
}

void BlockStore::link_root(std::uint32_t index, std::uint32_t word) {
  auto* const entries = reinterpret_cast<std::uint32_t*>(memory_.data());
  std::atomic_ref{entries[index]}.store(word, std::memory_order_release);
}

bool BlockStore::relink(std::uint32_t parent, std::uint32_t octet, std::uint32_t word) {
  if ((parent & (kWideBit | kLongBit)) == 0) {
    return false;
  }
  const std::byte* const node = node_of(arena(), parent, octet);
  const unsigned index = leaf_index(node, octet);
  const std::byte* const place = (parent & kWideBit) != 0
                                     ? node + kLeavesOffset + index * sizeof(std::uint32_t)
                                     : long_leaf_of(arena(), parent, octet, index);
  if (!is_block(load_word(place))) {
    return false;
  }
  __atomic_store_n(reinterpret_cast<std::uint32_t*>(writable(place)), word, __ATOMIC_RELEASE);
  return true;
}

bool BlockStore::change_leaf(std::uint32_t word, std::uint32_t octet, std::uint32_t to) {
  if ((word & (kWideBit | kLongBit)) != 0 || to >= kEscape) {
    return false;
  }
  const std::byte* const node = node_of(arena(), word, octet);
  const unsigned value = octet % kQuarterValues;
  const unsigned index = leaf_index(node, value);
  // Leaves are stored from the last run to the first, so the run of the next value is the leaf
  // before.
  const bool first = value == 0;
  const bool last = value == kQuarterValues - 1;
  const unsigned before = first ? 0 : leaf_index(node, value - 1);
  const unsigned after = last ? 0 : leaf_index(node, value + 1);
  if ((!first && (before == index || narrow_leaf(node, before) == to)) ||
      (!last && (after == index || narrow_leaf(node, after) == to))) {
    return false;
  }
  auto* const leaf = reinterpret_cast<std::uint8_t*>(writable(node)) + kLeavesOffset + index;
  __atomic_store_n(leaf, static_cast<std::uint8_t>(to), __ATOMIC_RELEASE);
  return true;
}

void BlockStore::retire(std::uint32_t word) {
  retired_.push_back(word);
  if (retired_.size() >= kRetiredMax) {
    flush();
  }
}

void BlockStore::flush() {
  if (retired_.empty()) {
    return;
  }
  reclaimer_.retire([free = free_, words = std::exchange(retired_, {})] {
    for (const std::uint32_t word : words) {
      (*free)[units_of(word)].push_back(word & kOffsetMask);
    }
  });
}

}  // namespace ringroad::fib

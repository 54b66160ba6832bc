// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The arena of a trie: memory for its root and blocks. Only the writer uses it, except for arena(),
// which readers index. See block.hpp for the layout.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/reclaim.hpp"
#include "fib/block.hpp"
#include "fib/reserved_array.hpp"

namespace ringroad::fib {

// One quarter of a block, decoded.
struct Quarter {
  std::uint64_t boundaries = 0;
  unsigned count = 0;  // number of leaves
  std::array<std::uint32_t, kQuarterValues> leaves;

  // Encodes the answers of the quarter's 64 values. The array has room for one more element, which
  // is not an answer.
  using Words = std::array<std::uint32_t, kQuarterValues + 8>;
  static void encode(Words& words, Quarter& quarter);
};
using Quarters = std::array<Quarter, kQuarters>;
inline constexpr std::uint8_t kAllQuarters = 15;

class BlockStore {
 public:
  // Every root entry answers 0. Throws std::bad_alloc, as make() and uniform() do.
  BlockStore(Reclaimer& reclaimer, bool deep);
  ~BlockStore() { flush(); }
  BlockStore(const BlockStore&) = delete;
  BlockStore& operator=(const BlockStore&) = delete;

  [[nodiscard]] const std::byte* arena() const { return memory_.data(); }

  // Returns the word of a new block, which no reader sees before it is linked, or the answer if the
  // whole block has only one. The quarters whose bit in `changed` is clear are copied from the
  // block `before`.
  [[nodiscard]] std::uint32_t make(Quarters& quarters, std::uint8_t changed, std::uint32_t before);
  // The same for a flat block, whose words must be set before it is linked and may be set
  // afterwards.
  [[nodiscard]] std::uint32_t make_flat();
  void set_flat(std::uint32_t word, std::uint32_t octet, std::uint32_t to);
  // Returns the word of a block whose answers all equal this one; the block is flat in a deep trie,
  // as the root requires. The block lives as long as the store.
  [[nodiscard]] std::uint32_t uniform(std::uint32_t answer);
  // Prefetches a block that will be read soon.
  void prefetch(std::uint32_t word) const {
    for (unsigned i = 0; i < kQuarters; ++i) {
      __builtin_prefetch(node_of(arena(), word, i * kQuarterValues));
    }
  }
  void link_root(std::uint32_t index, std::uint32_t word);
  // Replaces one block's word by another's without making a new parent. Returns false if that
  // octet's answer is currently not a block.
  bool relink(std::uint32_t parent, std::uint32_t octet, std::uint32_t word);
  // Changes the answer of one value in place. Returns false if the value shares its run with
  // another value, or would do so after the change, or if the block or the new answer needs more
  // than one byte a leaf.
  bool change_leaf(std::uint32_t word, std::uint32_t octet, std::uint32_t to);
  // The block was unlinked. Its memory is used again after a quiescent state.
  void retire(std::uint32_t word);
  // Hands retired blocks to the reclaimer; otherwise this is done whenever enough of them have
  // collected.
  void flush();

  // The memory that lookups read: root and blocks, including blocks that wait for readers or for
  // reuse.
  [[nodiscard]] std::size_t bytes() const { return end_; }

 private:
  static constexpr std::size_t kUnitBytes = 64;
  static constexpr std::size_t kUnitsMax = 38;  // 128-byte nodes with their long leaves
  static constexpr std::size_t kRetiredMax = 64;
  // Offsets of free blocks, by size. The reclaimer may run after the store is gone.
  using FreeLists = std::array<std::vector<std::uint32_t>, kUnitsMax + 1>;

  void read(std::uint32_t word, unsigned quarter, Quarter& into) const;
  [[nodiscard]] std::uint32_t make(const Quarters& quarters);
  [[nodiscard]] static std::size_t units_of(std::uint32_t word);
  [[nodiscard]] std::uint32_t allocate(std::size_t units);
  [[nodiscard]] std::byte* writable(const std::byte* address) {
    return memory_.data() + (address - memory_.data());
  }

  Reclaimer& reclaimer_;
  bool deep_;
  ReservedArray<std::byte> memory_;
  std::size_t end_;
  std::shared_ptr<FreeLists> free_;
  std::vector<std::uint32_t> retired_;
  std::unordered_map<std::uint32_t, std::uint32_t> uniform_;  // except narrow ones, by answer
};

}  // namespace ringroad::fib

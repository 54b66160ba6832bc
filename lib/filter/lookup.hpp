// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Finds the keys of a burst's packets in a set: each packet's answer, an index of the element's
// data. What kind of structure it is depends on the keys.
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "base/own_lines.hpp"
#include "base/reclaim.hpp"
#include "fib/trie.hpp"
#include "filter/boxes.hpp"
#include "filter/kernels.hpp"

namespace ringroad::filter {

// What a lookup asks: the columns of the key, and for which of the first `count` packets.
struct Keys {
  std::span<const std::uint32_t* const> words;
  std::size_t count;
  std::uint64_t which;
};

// Single keys, in an open hash table. Two passes, the first of which prefetches.
class HashLookup {
 public:
  explicit HashLookup(const Boxes& boxes);
  std::uint64_t find(const Keys& keys, std::uint32_t* answers) const;

 private:
  [[nodiscard]] std::uint32_t* slot(std::size_t number) { return &slots_[number * stride_]; }
  [[nodiscard]] const std::uint32_t* slot(std::size_t number) const {
    return &slots_[number * stride_];
  }

  std::size_t stride_;  // the answer plus 1, then the key
  std::size_t mask_;
  OwnLinesVector<std::uint32_t> slots_;
};

// Ranges of one word: a search in sorted boundaries.
class RangeLookup {
 public:
  explicit RangeLookup(const Boxes& boxes);
  std::uint64_t find(const Keys& keys, std::uint32_t* answers) const;

 private:
  std::vector<std::uint32_t> answers_;  // of each range between boundaries
  Boundaries boundaries_;
};

// Many ranges of addresses, in a trie of routes.
template <class Address>
class TrieLookup {
 public:
  explicit TrieLookup(const Boxes& boxes);
  std::uint64_t find(const Keys& keys, std::uint32_t* answers) const;

 private:
  // No thread reads the trie while it is made.
  struct AtOnce : Reclaimer {
    void retire(std::function<void()> release) override { release(); }
  };
  std::unique_ptr<AtOnce> reclaimer_ = std::make_unique<AtOnce>();
  std::unique_ptr<fib::Trie<Address>> trie_;
};

// Boxes of several words: for each word, the range in which it lies has a bitmap of the boxes that
// contain it.
class BoxLookup {
 public:
  explicit BoxLookup(const Boxes& boxes);
  std::uint64_t find(const Keys& keys, std::uint32_t* answers) const;

 private:
  struct Word {
    Boundaries boundaries;
    std::vector<std::uint64_t> bitmaps;  // one for each range between boundaries
  };
  std::size_t length_;  // of a bitmap
  std::vector<Word> words_;
  std::vector<std::uint32_t> answers_;
};

class Lookup {
 public:
  explicit Lookup(const Boxes& boxes);

  // Returns the packets, of those asked for, whose key the set has, and their answers.
  std::uint64_t find(const Keys& keys, std::uint32_t* answers) const {
    return std::visit([&](const auto& way) { return way.find(keys, answers); }, way_);
  }

 private:
  using Way = std::variant<HashLookup, RangeLookup, TrieLookup<Ipv4>, TrieLookup<Ipv6>, BoxLookup>;
  [[nodiscard]] static Way choose(const Boxes& boxes);

  Way way_;
};

}  // namespace ringroad::filter

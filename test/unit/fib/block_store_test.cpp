// SPDX-License-Identifier: BSD-3-Clause
#include "fib/block_store.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <set>
#include <utility>

#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

// The answers of the 256 values of an octet.
using Values = std::array<std::uint32_t, std::size_t{kQuarters} * kQuarterValues>;

// The format of a block, or a single answer if the whole block has only one.
enum class Format : std::uint8_t { kAnswer, kNarrow, kLong, kWide };

Format format_of(std::uint32_t word) {
  return !is_block(word)          ? Format::kAnswer
         : (word & kWideBit) != 0 ? Format::kWide
         : (word & kLongBit) != 0 ? Format::kLong
                                  : Format::kNarrow;
}

// Random contents of a quarter: the longest run of values; of 100 answers, how many need more than
// a byte; of 100 values, how many have a block below them.
struct Mixture {
  std::size_t longest_run;
  unsigned large;
  unsigned children;
};

// A store with one block, which is made again from its predecessor.
class Store {
 public:
  explicit Store(bool deep) : deep_{deep}, store_{reclaimer_, deep} {}

  void draw(Random& random, std::size_t quarter, Mixture of) {
    std::uint32_t answer = 0;
    std::size_t left = 0;
    for (std::size_t i = 0; i < kQuarterValues; ++i, --left) {
      if (left == 0) {
        left = 1 + below(random, of.longest_run);
        answer = below(random, 100) < of.large ? 255 + below(random, 3) * 0x3fffff80U
                                               : below(random, 255);
      }
      const std::size_t at = quarter * kQuarterValues + i;
      const auto child = kBlockBit | kWideBit | static_cast<std::uint32_t>(at) << 6;
      values_.at(at) = below(random, 100) < of.children ? child : answer;
    }
  }
  void fill(std::uint32_t answer) { values_.fill(answer); }

  // Returns the word of the new block, and frees the one before.
  std::uint32_t make(std::uint8_t changed) {
    const std::uint32_t before = word_;
    changed = is_block(before) ? changed : kAllQuarters;
    Quarters quarters;
    for (std::size_t i = 0; i < kQuarters; ++i) {
      if ((changed >> i & 1) != 0) {
        Quarter::Words words;
        std::copy_n(values_.begin() + i * kQuarterValues, kQuarterValues, words.begin());
        Quarter::encode(words, quarters.at(i));
      }
    }
    word_ = store_.make(quarters, changed, before);
    if (is_block(before)) {
      store_.retire(before);
    }
    return word_;
  }
  // Replaces a block below this one by another.
  void relink(Random& random) {
    if (!is_block(word_)) {
      return;
    }
    const std::uint32_t octet = below(random, values_.size());
    const std::uint32_t to = values_.at(octet) + (1U << 20);
    const bool can = is_block(values_.at(octet));
    REQUIRE(store_.relink(word_, octet, to) == can);
    values_.at(octet) = can ? to : values_.at(octet);
  }
  void check() const {
    for (std::uint32_t octet = 0; octet < values_.size(); ++octet) {
      const std::uint32_t above = octet | 0xabcdef00U;
      const std::uint32_t answer = !is_block(word_) ? word_
                                   : deep_          ? step<false>(store_.arena(), word_, above)
                                                    : step<true>(store_.arena(), word_, above);
      if (answer != values_.at(octet)) {
        FAIL("value " << octet << " answers " << answer << ", not " << values_.at(octet));
      }
    }
  }
  void release() {
    store_.flush();
    reclaimer_.release_all();
  }
  [[nodiscard]] std::size_t bytes() const { return store_.bytes(); }

 private:
  bool deep_;
  HeldReclaimer reclaimer_;
  BlockStore store_;
  Values values_{};
  std::uint32_t word_ = 0;
};

// Makes blocks from random values. Returns the pairs of formats of consecutive blocks.
std::set<std::pair<Format, Format>> random_walk(bool deep) {
  std::set<std::pair<Format, Format>> seen;
  Random random{7};
  Store store{deep};
  Format before = Format::kAnswer;
  for (std::size_t round = 0; round < 5000; ++round) {
    constexpr std::array<unsigned, 4> kShares{0, 1, 10, 60};
    constexpr std::array<std::size_t, 4> kRuns{1, 4, 40, 1000};
    const Mixture mixture{kRuns.at(below(random, 4)), kShares.at(below(random, 4)),
                          kShares.at(below(random, 4))};
    const auto some = static_cast<std::uint8_t>(below(random, 16));
    const std::uint8_t changed = below(random, 4) == 0 ? kAllQuarters : some;
    for (unsigned i = 0; i < kQuarters; ++i) {
      if ((changed >> i & 1) != 0) {
        store.draw(random, i, mixture);
      }
    }
    if (changed == kAllQuarters && below(random, 2) == 0) {
      store.fill(mixture.large == 0 ? 254 : 255);
    }
    const Format after = format_of(store.make(changed));
    store.check();
    seen.emplace(before, after);
    before = after;
    store.relink(random);
    store.check();
    store.release();
  }
  // At most one block is in use and one of each size is free.
  CHECK(store.bytes() < (1U << 20));
  return seen;
}

TEST_CASE("a block answers what it was made from, whatever format it and the one before it have") {
  CHECK(random_walk(false).size() == 16);  // from each format to each format
  CHECK(random_walk(true).size() == 9);    // a deep trie has no long leaves
}

}  // namespace
}  // namespace ringroad::fib

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

// What the 256 values of an octet are to answer.
using Values = std::array<std::uint32_t, std::size_t{kQuarters} * kQuarterValues>;

// What a block is made to: an answer where all of it has one.
enum class Format : std::uint8_t { kAnswer, kNarrow, kLong, kWide };

Format format_of(std::uint32_t word) {
  return !is_block(word)          ? Format::kAnswer
         : (word & kWideBit) != 0 ? Format::kWide
         : (word & kLongBit) != 0 ? Format::kLong
                                  : Format::kNarrow;
}

// What a quarter is filled with: runs of up to so many values; of 100 answers so many are no bytes,
// of 100 values so many have a block of their own below them.
struct Mixture {
  std::size_t longest_run;
  unsigned large;
  unsigned children;
};

// A store and one block in it, made again and again from the last.
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

  // Gives the new block's word; that before it is free.
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
  // Another block in the place of one below this.
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

// The formats that a block passed between, on its way through random values.
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
  // A free block of each size, as there is but one in use.
  CHECK(store.bytes() < (1U << 20));
  return seen;
}

TEST_CASE("a block answers what it was made from, whatever format it and the one before it have") {
  CHECK(random_walk(false).size() == 16);  // each format to each other
  CHECK(random_walk(true).size() == 9);    // a deep trie's have no long leaves
}

}  // namespace
}  // namespace ringroad::fib

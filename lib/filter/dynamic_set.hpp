// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A set that rules write: Linux's nft_set_hash (nft_rhash). Any thread looks up without a lock; a
// thread that adds or removes an element locks the element's chain for some nanoseconds. The memory
// is that of the most elements, and is allocated as they are used.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/own_lines.hpp"
#include "base/units.hpp"
#include "fib/reserved_array.hpp"
#include "filter/element.hpp"

namespace ringroad::filter {

// An array of zeros. Much of it takes memory only where it is used; a little is taken at once,
// because the other kind comes in huge pages.
template <class T>
class ZeroArray {
 public:
  explicit ZeroArray(std::size_t count) {
    if (count * sizeof(T) < kMuch) {
      little_.resize(count);
    } else {
      much_.emplace(count).grow(count);
    }
    first_ = much_ ? much_->data() : little_.data();
  }
  [[nodiscard]] T& operator[](std::size_t index) const { return first_[index]; }

 private:
  static constexpr std::size_t kMuch = std::size_t{1} << 20U;
  OwnLinesVector<T> little_;
  std::optional<fib::ReservedArray<T>> much_;
  T* first_;
};

class DynamicSet {
 public:
  static constexpr std::uint32_t kSizeMax = std::uint32_t{1} << 24U;
  // The number of the element for everything else (`*`), which has no key. Another element's number
  // is above; it stays the element's while the element is there.
  static constexpr std::uint32_t kCatchAll = 0;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Shape {
    unsigned key_words = 1;
    unsigned data_words = 0;
    std::uint32_t most = 0;  // elements
    bool ends = false;       // elements expire, or count connections
  };
  // `forms` says what elements are made of, and outlives the set.
  DynamicSet(const Shape& shape, const ElementForms& forms, std::uint64_t seed);

  using Words = std::span<const std::uint32_t>;
  [[nodiscard]] std::uint32_t hash(Words key) const;
  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }

  // Returns the element's number, or kNone, and the element's data.
  std::uint32_t find(Words key, std::uint32_t hash, Nanoseconds now, std::uint32_t* data) const;
  // The element that there is, or a new one. kNone: the set is full.
  std::uint32_t add(Words key, std::uint32_t hash, const Moment& moment, const NewElement& fresh,
                    Words data);
  void remove(Words key, std::uint32_t hash, Nanoseconds now);
  void set_catch_all(Nanoseconds now, const NewElement& fresh, Words data);
  void read_catch_all(std::uint32_t* data) const {
    std::copy_n(words(kCatchAll) + shape_.key_words, shape_.data_words, data);
  }
  // Whether another element would have room, as far as is known without looking for expired ones.
  [[nodiscard]] bool has_room() const;

  [[nodiscard]] ElementState& state(std::uint32_t number) const {
    return *reinterpret_cast<ElementState*>(&lines_[number * stride_]);
  }

  // Of each element, the number, key and data. Any thread.
  template <class Visit>
  void visit(Nanoseconds now, Visit&& visit) const;

 private:
  static constexpr std::uint32_t kSwept = 32;  // elements, each time that the set is full

  struct Line {
    std::array<std::uint64_t, 8> octets;
  };
  // A chain of elements. `version`: the lowest bit is the lock, the others count how often an
  // element was taken out. A reader that sees the same count before and after has read whole
  // elements of this chain.
  struct Bucket {
    std::uint32_t first;
    std::uint32_t version;
  };
  class Locked;

  // Behind the state: the key, then the data.
  [[nodiscard]] std::uint32_t* words(std::uint32_t number) const {
    return reinterpret_cast<std::uint32_t*>(&state(number) + 1);
  }
  [[nodiscard]] Words key_of(std::uint32_t number) const {
    return {words(number), shape_.key_words};
  }
  [[nodiscard]] bool has_key(std::uint32_t number, Words key) const;
  [[nodiscard]] std::uint32_t search(const Bucket& bucket, Words key, Nanoseconds now,
                                     std::uint32_t* data) const;
  void fill(std::uint32_t number, Nanoseconds now, const NewElement& fresh, Words key, Words data);
  [[nodiscard]] std::uint32_t allot();
  void free(std::uint32_t number);
  void sweep(const Moment& moment);
  [[nodiscard]] bool is_over(std::uint32_t number, const Moment& moment) const;

  Shape shape_;
  const ElementForms& forms_;
  std::uint64_t seed_;
  std::uint32_t mask_;
  std::size_t stride_;  // lines of an element
  ZeroArray<Bucket> buckets_;
  ZeroArray<Line> lines_;
  alignas(64) std::atomic<std::uint64_t> free_{0};  // the first free element, and a count
  std::atomic<std::uint32_t> used_{0};              // elements that were ever there
  std::atomic<std::uint32_t> swept_{0};             // the place at which sweep() goes on
};

template <class Visit>
void DynamicSet::visit(Nanoseconds now, Visit&& visit) const {
  std::array<std::uint32_t, kKeyWordsMax> key{};
  std::array<std::uint32_t, kDataWordsMax> data{};
  const std::uint32_t used = std::min(used_.load(std::memory_order_acquire), shape_.most);
  for (std::uint32_t number = 1; number <= used; ++number) {
    for (unsigned i = 0; i < shape_.key_words; ++i) {
      key[i] = std::atomic_ref{words(number)[i]}.load(std::memory_order_acquire);
    }
    const Words read = std::span{key}.first(shape_.key_words);
    // A free one is not found by what was its key.
    if (find(read, hash(read), now, data.data()) == number) {
      visit(number, read, Words{data.data(), shape_.data_words});
    }
  }
}

}  // namespace ringroad::filter

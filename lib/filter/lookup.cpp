// SPDX-License-Identifier: BSD-3-Clause
#include "filter/lookup.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

namespace ringroad::filter {
namespace {

// From so many ranges on, a trie is faster than a search.
constexpr std::size_t kManyRanges = 1024;
// The bitmaps of so few boxes are one word.
constexpr std::size_t kFewBoxes = 64;

std::uint64_t mix(std::uint64_t hash, std::uint32_t word) {
  hash = (hash ^ word) * 0x9e37'79b9'7f4a'7c15U;
  return hash ^ hash >> 32U;
}

// The ranges of boxes of one word, sorted and without overlaps: the first of two has the values in
// both.
struct Stretch {
  WordRange range;
  std::uint32_t answer;
};
std::vector<Stretch> stretches_of(const Boxes& boxes) {
  std::vector<Stretch> sorted;
  sorted.reserve(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    sorted.push_back({boxes[i][0], boxes.answers[i]});
  }
  std::ranges::stable_sort(sorted, {}, [](const Stretch& one) { return one.range.first; });
  std::vector<Stretch> apart;
  for (Stretch each : sorted) {
    if (!apart.empty() && each.range.first <= apart.back().range.last) {
      if (each.range.last <= apart.back().range.last) {
        continue;
      }
      each.range.first = apart.back().range.last + 1;
    }
    apart.push_back(each);
  }
  return apart;
}

struct Pieces {
  std::vector<std::uint32_t> starts;
  std::vector<std::uint32_t> answers;
};
Pieces pieces_of(const Boxes& boxes) {
  Pieces pieces{{0}, {kNoAnswer}};
  for (const auto& [range, answer] : stretches_of(boxes)) {
    if (range.first == pieces.starts.back()) {
      pieces.answers.back() = answer;
    } else {
      pieces.starts.push_back(range.first);
      pieces.answers.push_back(answer);
    }
    if (range.last != ~std::uint32_t{0}) {
      pieces.starts.push_back(range.last + 1);
      pieces.answers.push_back(kNoAnswer);
    }
  }
  return pieces;
}

// The prefixes that together are a range of addresses.
void add_prefixes(std::vector<fib::RouteChange<Ipv4>>& changes, const WordRange& range,
                  NextHopId answer) {
  std::uint64_t at = range.first;
  const std::uint64_t end = std::uint64_t{range.last} + 1;
  while (at < end) {
    const unsigned aligned = at == 0 ? 32 : static_cast<unsigned>(std::countr_zero(at));
    const auto fits = static_cast<unsigned>(std::bit_width(end - at) - 1);
    const unsigned bits = std::min(aligned, fits);
    changes.push_back(
        {{Ipv4{static_cast<std::uint32_t>(at)}, static_cast<std::uint8_t>(32 - bits)}, answer});
    at += std::uint64_t{1} << bits;
  }
}

bool is_mask_range(const WordRange& range) {
  const std::uint32_t size = range.last - range.first;
  return (size & (size + 1)) == 0 && (range.first & size) == 0;
}

// The prefix that a box of four words is, if it is one.
std::optional<Prefix<Ipv6>> prefix_of(std::span<const WordRange> box) {
  unsigned length = 0;
  for (std::size_t i = 0; i < box.size(); ++i) {
    const std::uint32_t size = box[i].last - box[i].first;
    if (!is_mask_range(box[i]) || (length < i * 32 && size != ~std::uint32_t{0})) {
      return std::nullopt;
    }
    length += 32U - std::bit_width(size);
  }
  const auto half = [&](std::size_t i) {
    return std::uint64_t{box[i].first} << 32U | box[i + 1].first;
  };
  return Prefix<Ipv6>{{half(0), half(2)}, static_cast<std::uint8_t>(length)};
}

bool are_prefixes6(const Boxes& boxes) {
  if (boxes.words != 4) {
    return false;
  }
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (!prefix_of(boxes[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

HashLookup::HashLookup(const Boxes& boxes)
    : stride_{std::bit_ceil(std::size_t{boxes.words} + 1)},
      mask_{std::bit_ceil(boxes.size() * 2 + 1) - 1},
      slots_((mask_ + 1) * stride_) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto key = boxes[i];
    std::uint64_t hash = 0;
    for (const WordRange& word : key) {
      hash = mix(hash, word.first);
    }
    std::size_t at = hash & mask_;
    const auto is_same = [&](const std::uint32_t* there) {
      return std::ranges::equal(std::span{there + 1, key.size()}, key, {}, {}, &WordRange::first);
    };
    while (slot(at)[0] != 0 && !is_same(slot(at))) {
      at = (at + 1) & mask_;
    }
    if (slot(at)[0] == 0) {
      slot(at)[0] = boxes.answers[i] + 1;
      std::ranges::transform(key, slot(at) + 1, &WordRange::first);
    }
  }
}

std::uint64_t HashLookup::find(const Keys& keys, std::uint32_t* answers) const {
  std::array<std::size_t, kLanes> places;
  for (std::uint64_t left = keys.which; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    std::uint64_t hash = 0;
    for (const std::uint32_t* const word : keys.words) {
      hash = mix(hash, word[i]);
    }
    places[i] = hash & mask_;
    __builtin_prefetch(slot(places[i]));
  }
  std::uint64_t found = 0;
  for (std::uint64_t left = keys.which; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    for (std::size_t at = places[i]; slot(at)[0] != 0; at = (at + 1) & mask_) {
      std::uint32_t differs = 0;
      for (std::size_t word = 0; word < keys.words.size(); ++word) {
        differs |= slot(at)[word + 1] ^ keys.words[word][i];
      }
      if (differs == 0) {
        answers[i] = slot(at)[0] - 1;
        found |= std::uint64_t{1} << i;
        break;
      }
    }
  }
  return found;
}

RangeLookup::RangeLookup(const Boxes& boxes)
    : answers_{pieces_of(boxes).answers}, boundaries_{pieces_of(boxes).starts} {}

std::uint64_t RangeLookup::find(const Keys& keys, std::uint32_t* answers) const {
  std::array<std::uint32_t, kLanes> ranks;
  best_kernels().rank(boundaries_, keys.words[0], keys.count, ranks.data());
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < keys.count; ++i) {
    answers[i] = answers_[ranks[i]];
    found |= std::uint64_t{answers[i] != kNoAnswer} << i;
  }
  return found & keys.which;
}

template <>
TrieLookup<Ipv4>::TrieLookup(const Boxes& boxes)
    : trie_{std::make_unique<fib::Trie4>(*reclaimer_)} {
  std::vector<fib::RouteChange<Ipv4>> changes;
  for (const auto& [range, answer] : stretches_of(boxes)) {
    add_prefixes(changes, range, NextHopId{answer + 1});
  }
  trie_->apply(changes);
}

template <>
TrieLookup<Ipv6>::TrieLookup(const Boxes& boxes)
    : trie_{std::make_unique<fib::Trie6>(*reclaimer_)} {
  std::vector<fib::RouteChange<Ipv6>> changes;
  changes.reserve(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): all boxes are prefixes
    changes.push_back({prefix_of(boxes[i]).value(), NextHopId{boxes.answers[i] + 1}});
  }
  std::ranges::stable_sort(changes, {}, &fib::RouteChange<Ipv6>::prefix);
  trie_->apply(changes);
}

template <class Address>
std::uint64_t TrieLookup<Address>::find(const Keys& keys, std::uint32_t* answers) const {
  std::array<NextHopId, kLanes> found;
  if constexpr (std::is_same_v<Address, Ipv4>) {
    trie_->lookup(std::span{keys.words[0], keys.count}, found);
  } else {
    std::array<Ipv6, kLanes> addresses;
    for (std::size_t i = 0; i < keys.count; ++i) {
      addresses[i] = {std::uint64_t{keys.words[0][i]} << 32U | keys.words[1][i],
                      std::uint64_t{keys.words[2][i]} << 32U | keys.words[3][i]};
    }
    trie_->lookup(std::span{addresses}.first(keys.count), found);
  }
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < keys.count; ++i) {
    answers[i] = found[i].value() - 1;
    bits |= std::uint64_t{answers[i] != kNoAnswer} << i;
  }
  return bits & keys.which;
}

template class TrieLookup<Ipv4>;
template class TrieLookup<Ipv6>;

BoxLookup::BoxLookup(const Boxes& boxes)
    : length_{(boxes.size() + 63) / 64}, answers_{boxes.answers} {
  for (unsigned word = 0; word < boxes.words; ++word) {
    std::vector<std::uint32_t> starts{0};
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      starts.push_back(boxes[i][word].first);
      if (boxes[i][word].last != ~std::uint32_t{0}) {
        starts.push_back(boxes[i][word].last + 1);
      }
    }
    std::ranges::sort(starts);
    starts.erase(std::ranges::unique(starts).begin(), starts.end());
    std::vector<std::uint64_t> bitmaps(starts.size() * length_);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const auto first = std::ranges::lower_bound(starts, boxes[i][word].first) - starts.begin();
      for (auto at = static_cast<std::size_t>(first);
           at < starts.size() && starts[at] <= boxes[i][word].last; ++at) {
        bitmaps[at * length_ + i / 64] |= std::uint64_t{1} << i % 64;
      }
    }
    words_.push_back({Boundaries{starts}, std::move(bitmaps)});
  }
}

std::uint64_t BoxLookup::find(const Keys& keys, std::uint32_t* answers) const {
  std::array<std::array<std::uint32_t, kLanes>, kKeyWordsMax> ranks;
  for (std::size_t word = 0; word < words_.size(); ++word) {
    best_kernels().rank(words_[word].boundaries, keys.words[word], keys.count, ranks[word].data());
  }
  std::uint64_t found = 0;
  for (std::uint64_t left = keys.which; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    for (std::size_t part = 0; part < length_; ++part) {
      std::uint64_t boxes = ~std::uint64_t{0};
      for (std::size_t word = 0; word < words_.size(); ++word) {
        boxes &= words_[word].bitmaps[ranks[word][i] * length_ + part];
      }
      if (boxes != 0) {
        answers[i] = answers_[part * 64 + static_cast<std::size_t>(std::countr_zero(boxes))];
        found |= std::uint64_t{1} << i;
        break;
      }
    }
  }
  return found;
}

Lookup::Lookup(const Boxes& boxes) : way_{choose(boxes)} {}

Lookup::Way Lookup::choose(const Boxes& boxes) {
  if (boxes.are_points()) {
    return HashLookup{boxes};
  }
  if (boxes.words == 1) {
    return boxes.size() < kManyRanges ? Way{RangeLookup{boxes}} : Way{TrieLookup<Ipv4>{boxes}};
  }
  if (boxes.size() > kFewBoxes && are_prefixes6(boxes)) {
    return TrieLookup<Ipv6>{boxes};
  }
  return BoxLookup{boxes};
}

}  // namespace ringroad::filter

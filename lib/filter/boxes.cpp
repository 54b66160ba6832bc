// SPDX-License-Identifier: BSD-3-Clause
#include "filter/boxes.hpp"

#include <algorithm>

#include "filter/column.hpp"

namespace ringroad::filter {
namespace {

std::uint32_t word(const nft::Value& value, unsigned words, unsigned index) {
  return static_cast<std::uint32_t>(value.shifted_right((words - 1 - index) * 32).low);
}

}  // namespace

std::vector<std::uint32_t> interfaces_in(const nft::Interval& interval,
                                         const InterfaceNames& names) {
  std::vector<std::uint32_t> found;
  if (interval.contains(nft::Value{})) {
    found.push_back(0);
  }
  for (const auto& [name, id] : names) {
    const std::uint32_t number = std::uint32_t{id.value()} + 1;
    if (interval.contains(nft::name_value(name)) || interval.contains(nft::Value{number})) {
      found.push_back(number);
    }
  }
  return found;
}

bool Boxes::are_points() const {
  return std::ranges::all_of(ranges,
                             [](const WordRange& range) { return range.first == range.last; });
}

nft::Value value_of(std::span<const std::uint32_t> words) {
  nft::Value value;
  for (const std::uint32_t word : words) {
    value = value.shifted_left(32) | nft::Value{word};
  }
  return value;
}

WordsOf words_of_part(const nft::KeyPart& part) {
  return {is_interface(part.type), words_of(part.type, part.width)};
}

std::vector<std::vector<WordRange>> split(const nft::Interval& interval, unsigned words) {
  const std::uint32_t first = word(interval.first, words, 0);
  const std::uint32_t last = word(interval.last, words, 0);
  if (words == 1) {
    return {{{first, last}}};
  }
  const nft::Value below = nft::Value::ones((words - 1) * 32);
  const nft::Value from = interval.first & below;
  const nft::Value to = interval.last & below;
  std::vector<std::vector<WordRange>> boxes;
  const auto add = [&](WordRange highest, const nft::Interval& rest) {
    for (auto& box : split(rest, words - 1)) {
      box.insert(box.begin(), highest);
      boxes.push_back(std::move(box));
    }
  };
  if (first == last) {
    add({first, first}, {from, to});
    return boxes;
  }
  // The words between the first and the last one have any rest.
  WordRange between{first, last};
  if (!from.is_zero()) {
    add({first, first}, {from, below});
    ++between.first;
  }
  if (to != below) {
    --between.last;
  }
  if (between.first <= between.last) {
    add(between, {nft::Value{}, below});
  }
  if (to != below) {
    add({last, last}, {nft::Value{}, to});
  }
  return boxes;
}

void add_key(Boxes& boxes, const nft::Key& key, std::span<const nft::KeyPart> parts,
             std::uint32_t answer, const InterfaceNames& names) {
  std::vector<std::vector<WordRange>> products{{}};
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::vector<std::vector<WordRange>> choices;
    const auto [is_interface, words] = words_of_part(parts[i]);
    if (is_interface) {
      for (const std::uint32_t number : interfaces_in(key[i], names)) {
        choices.push_back({{number, number}});
      }
    } else {
      choices = split(key[i], words);
    }
    std::vector<std::vector<WordRange>> longer;
    for (const auto& product : products) {
      for (const auto& choice : choices) {
        longer.push_back(product);
        longer.back().insert(longer.back().end(), choice.begin(), choice.end());
      }
    }
    products = std::move(longer);
  }
  for (const auto& product : products) {
    boxes.ranges.insert(boxes.ranges.end(), product.begin(), product.end());
    boxes.answers.push_back(answer);
  }
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The elements of a set as boxes: a range for each word of the key.
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "nft/model.hpp"

namespace ringroad::filter {

// The interfaces that exist, by name.
using InterfaceNames = std::map<std::string, InterfaceId, std::less<>>;

// The numbers of the interfaces in the interval, plus 1; 0 stands for no interface, which has an
// empty name. A small number is that of an interface, plus 1.
[[nodiscard]] std::vector<std::uint32_t> interfaces_in(const nft::Interval& interval,
                                                       const InterfaceNames& names);

struct WordRange {
  std::uint32_t first = 0;
  std::uint32_t last = ~std::uint32_t{0};

  [[nodiscard]] constexpr bool contains(std::uint32_t x) const { return first <= x && x <= last; }
  friend constexpr auto operator<=>(const WordRange&, const WordRange&) = default;
};

inline constexpr std::uint32_t kNoAnswer = ~std::uint32_t{0};

// Of a concatenation; Linux has room for 64 octets too.
inline constexpr unsigned kKeyWordsMax = 16;

struct Boxes {
  unsigned words = 1;  // of each box
  std::vector<WordRange> ranges{};
  std::vector<std::uint32_t> answers{};  // of each box

  [[nodiscard]] std::size_t size() const { return answers.size(); }
  [[nodiscard]] std::span<const WordRange> operator[](std::size_t box) const {
    return std::span{ranges}.subspan(box * words, words);
  }
  [[nodiscard]] bool are_points() const;
};

// The words of a key's part, or of a field.
struct WordsOf {
  bool is_interface;
  unsigned words;
};
[[nodiscard]] WordsOf words_of_part(const nft::KeyPart& part);
// The value whose words these are, the most significant first.
[[nodiscard]] nft::Value value_of(std::span<const std::uint32_t> words);

// Appends the boxes that together are the key. A wide range that is no prefix becomes up to seven.
void add_key(Boxes& boxes, const nft::Key& key, std::span<const nft::KeyPart> parts,
             std::uint32_t answer, const InterfaceNames& names);
// The boxes of one wide interval, each a range for every word.
[[nodiscard]] std::vector<std::vector<WordRange>> split(const nft::Interval& interval,
                                                        unsigned words);

}  // namespace ringroad::filter

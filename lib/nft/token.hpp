// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The words of nft(8)'s language. Private to lib/nft.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nft/model.hpp"
#include "nft/problem.hpp"

namespace ringroad::nft {

struct Token {
  enum class Kind : std::uint8_t {
    kWord,     // a name, a number, an address
    kString,   // in quotes, which `text` lacks
    kSymbol,   // one or two characters
    kNewline,  // the end of a line, or ';'
    kEnd,      // of the text
  };
  Kind kind = Kind::kEnd;
  std::string text;
  Place place;

  [[nodiscard]] bool is_symbol(std::string_view symbol) const {
    return kind == Kind::kSymbol && text == symbol;
  }
  [[nodiscard]] bool is_word(std::string_view word) const {
    return kind == Kind::kWord && text == word;
  }
};

// Splits the text. The last token is kEnd. `file` is the name in messages.
[[nodiscard]] std::vector<Token> split(std::string_view text,
                                       const std::shared_ptr<const std::string>& file,
                                       Problems& problems);

}  // namespace ringroad::nft

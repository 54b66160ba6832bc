// SPDX-License-Identifier: BSD-3-Clause
#include "nft/token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ipv6.hpp"

namespace ringroad::nft {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHex = "0123456789abcdefABCDEF";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool is_one_of(char character, std::string_view set) {
  return set.find(character) != std::string_view::npos;
}

class Splitter {
 public:
  Splitter(std::string_view text, std::shared_ptr<const std::string> file, Problems& problems)
      : text_{text}, file_{std::move(file)}, problems_{problems} {}

  std::vector<Token> split() {
    while (at_ < text_.size()) {
      step();
    }
    add(Token::Kind::kNewline, 0);
    add(Token::Kind::kEnd, 0);
    return std::move(tokens_);
  }

 private:
  void step() {
    const char next = text_[at_];
    if (next == '\n') {
      add(Token::Kind::kNewline, 1);
      ++line_;
      line_start_ = at_;
    } else if (next == ';') {
      add(Token::Kind::kNewline, 1);
    } else if (is_one_of(next, " \t\r")) {
      ++at_;
    } else if (next == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (next == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
      at_ += 2;
      ++line_;
      line_start_ = at_;
    } else if (next == '"') {
      quoted_string();
    } else if (const std::size_t length = word_length(); length != 0) {
      add(Token::Kind::kWord, length);
    } else {
      symbol();
    }
  }

  void quoted_string() {
    const std::size_t end = text_.find_first_of("\"\n", at_ + 1);
    if (end == std::string_view::npos || text_[end] == '\n') {
      problems_.push_back({place(), "the string that begins here has no closing quote"});
      at_ = std::min(end, text_.size());
      return;
    }
    Token token{Token::Kind::kString, std::string{text_.substr(at_ + 1, end - at_ - 1)}, place()};
    tokens_.push_back(std::move(token));
    at_ = end + 1;
  }

  void symbol() {
    static constexpr std::array<std::string_view, 6> kPairs{"==", "!=", "<=", ">=", "<<", ">>"};
    const bool pair = std::ranges::find(kPairs, text_.substr(at_, 2)) != kPairs.end();
    if (!pair && !is_one_of(text_[at_], "{}()[],:=!<>&|^/-.@$*+")) {
      problems_.push_back(
          {place(), fmt::format("unexpected character {}", shown(text_.substr(at_, 1)))});
      ++at_;
      return;
    }
    add(Token::Kind::kSymbol, pair ? 2 : 1);
  }

  [[nodiscard]] std::size_t run(std::size_t from, std::string_view set) const {
    return std::min(text_.find_first_not_of(set, from), text_.size()) - from;
  }
  [[nodiscard]] bool ends_word(std::size_t length) const {
    const std::size_t end = at_ + length;
    return end >= text_.size() || (!is_one_of(text_[end], kDigits) &&
                                   !is_one_of(text_[end], kLetters) && text_[end] != '_');
  }

  // The longest word that begins here: nft's scanner prefers addresses, then numbers, then names.
  [[nodiscard]] std::size_t word_length() const {
    if (const std::size_t length = address_length(); length != 0) {
      return length;
    }
    const char first = text_[at_];
    if (is_one_of(first, kDigits)) {
      const std::size_t dotted = run(at_, "0123456789.");
      if (std::ranges::count(text_.substr(at_, dotted), '.') == 3 && ends_word(dotted)) {
        return dotted;
      }
      return run(at_, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    }
    const bool dotted_name =
        first == '.' && at_ + 1 < text_.size() && is_one_of(text_[at_ + 1], kLetters);
    if (!is_one_of(first, kLetters) && first != '_' && !dotted_name) {
      return 0;
    }
    const std::size_t length =
        run(at_, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_./-");
    return length + (at_ + length < text_.size() && text_[at_ + length] == '*' ? 1 : 0);
  }

  // An IPv6 address or a MAC.
  [[nodiscard]] std::size_t address_length() const {
    const std::size_t most = std::min<std::size_t>(run(at_, "0123456789abcdefABCDEF:."), 45);
    const std::string_view all = text_.substr(at_, most);
    if (std::ranges::count(all, ':') < 2) {
      return 0;
    }
    for (std::size_t length = most; length >= 2; --length) {
      const std::string_view part = all.substr(0, length);
      if (ends_word(length) && (is_mac(part) || Ipv6::parse(part))) {
        return length;
      }
    }
    return 0;
  }
  [[nodiscard]] static bool is_mac(std::string_view text) {
    if (text.size() != 17) {
      return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % 3 == 2 ? text[i] != ':' : !is_one_of(text[i], kHex)) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] Place place() const {
    return {file_, line_, static_cast<int>(at_ - line_start_) + 1};
  }
  void add(Token::Kind kind, std::size_t length) {
    tokens_.push_back({kind, std::string{text_.substr(at_, length)}, place()});
    at_ += length;
  }

  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  Problems& problems_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<Token> split(std::string_view text, const std::shared_ptr<const std::string>& file,
                         Problems& problems) {
  return Splitter{text, file, problems}.split();
}

std::string Problem::to_string() const {
  const std::string_view file = place.file ? std::string_view{*place.file} : "ruleset";
  return place.line == 0 ? fmt::format("{}: {}", file, what)
                         : fmt::format("{}:{}:{}: {}", file, place.line, place.column, what);
}

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string shown = "'";
  for (const char character : text.substr(0, kMost)) {
    const auto octet = static_cast<unsigned char>(character);
    shown += octet < 0x20 || octet == 0x7f ? '?' : character;
  }
  return shown + (text.size() > kMost ? "...'" : "'");
}

}  // namespace ringroad::nft

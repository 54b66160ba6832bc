// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <charconv>

#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

std::string token_text(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kNewline:
      return token.text == ";" ? "';'" : "the end of the line";
    case Token::Kind::kEnd:
      return "the end of the text";
    default:
      return shown(token.text);
  }
}

}  // namespace

void refuse(const Token& token, std::string what) {
  throw SyntaxError{{token.place, std::move(what)}};
}

bool Cursor::accept_symbol(std::string_view symbol) {
  const bool is_it = peek().is_symbol(symbol);
  if (is_it) {
    next();
  }
  return is_it;
}

bool Cursor::accept_word(std::string_view word) {
  const bool is_it = peek().is_word(word);
  if (is_it) {
    next();
  }
  return is_it;
}

void Cursor::expect_symbol(std::string_view symbol, std::string_view where) {
  if (!accept_symbol(symbol)) {
    refuse(peek(), fmt::format("expected '{}' {}, not {}", symbol, where, token_text(peek())));
  }
}

std::string Cursor::expect_name(std::string_view what) {
  if (peek().kind != Token::Kind::kWord && peek().kind != Token::Kind::kString) {
    refuse(peek(), fmt::format("expected {}, not {}", what, token_text(peek())));
  }
  return next().text;
}

std::string Cursor::expect_string(std::string_view what) {
  if (peek().kind != Token::Kind::kString) {
    refuse(peek(), fmt::format("expected {} in quotes, not {}", what, token_text(peek())));
  }
  return next().text;
}

std::uint64_t Cursor::expect_number(std::string_view what) {
  const std::string& text = peek().text;
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (peek().kind != Token::Kind::kWord || error != std::errc{} ||
      stop != text.data() + text.size()) {
    refuse(peek(), fmt::format("expected {}, not {}", what, token_text(peek())));
  }
  next();
  return number;
}

void Cursor::skip_newlines() {
  while (peek().kind == Token::Kind::kNewline) {
    next();
  }
}

void Cursor::skip_line() {
  while (!at_line_end()) {
    if (next().is_symbol("{")) {
      skip_block();
    }
  }
}

void Cursor::skip_block() {
  for (unsigned depth = 1; depth != 0 && peek().kind != Token::Kind::kEnd;) {
    const Token& token = next();
    depth += token.is_symbol("{") ? 1U : 0U;
    depth -= token.is_symbol("}") ? 1U : 0U;
  }
}

bool Cursor::at_line_end() const {
  return peek().kind == Token::Kind::kNewline || peek().kind == Token::Kind::kEnd ||
         peek().is_symbol("}");
}

}  // namespace ringroad::nft

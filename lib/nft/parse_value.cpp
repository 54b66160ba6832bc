// SPDX-License-Identifier: BSD-3-Clause
// Values, ranges and prefixes.
#include <fmt/format.h>

#include "base/nearest.hpp"
#include "nft/parser.hpp"

namespace ringroad::nft {

std::optional<std::string_view> bit_operator(const Token& token) {
  if (token.is_symbol("&") || token.is_word("and")) {
    return "&";
  }
  if (token.is_symbol("|") || token.is_word("or")) {
    return "|";
  }
  if (token.is_symbol("^") || token.is_word("xor")) {
    return "^";
  }
  return std::nullopt;
}

// A value, a range or a prefix.
Interval Parser::value(const KeyPart& part, bool& prefix) {
  const Token& token = cursor_.peek();
  if (is_interface(part.type)) {
    const std::string name = cursor_.expect_name("the name of an interface");
    if (name.empty() || name.size() > kNameMax + (name.ends_with('*') ? 1 : 0)) {
      refuse(token, fmt::format("{} is no name of an interface", shown(name)));
    }
    if (part.type == Type::kInterface && name == "0") {
      return {};  // none
    }
    if (!name.ends_with('*')) {
      return {name_value(name), name_value(name)};
    }
    if (part.type == Type::kInterface) {
      refuse(token, "only iifname and oifname have '*'");
    }
    const std::string_view begin = std::string_view{name}.substr(0, name.size() - 1);
    return {name_value(begin),
            name_value(begin) | Value::ones(static_cast<unsigned>(128 - 8 * begin.size()))};
  }
  const Value first = bits(part);
  if (cursor_.accept_symbol("-")) {
    const Value last = bits(part);
    if (last < first) {
      refuse(token, "the range ends before it begins");
    }
    return {first, last};
  }
  if (!cursor_.peek().is_symbol("/")) {
    return {first, first};
  }
  prefix = true;
  return prefix_of(first, part);
}

// At the slash.
Interval Parser::prefix_of(Value address, const KeyPart& part) {
  cursor_.next();
  const Token& length = cursor_.peek();
  const std::uint64_t bits = cursor_.expect_number("the length of a prefix");
  if (bits > part.width) {
    refuse(length, fmt::format("a prefix has at most {} bits", part.width));
  }
  const Value mask = Value::prefix_mask(static_cast<unsigned>(bits), part.width);
  return {address & mask, (address & mask) | (Value::ones(part.width) & ~mask)};
}

Value Parser::single(const KeyPart& part, const Token& token) {
  if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kString) {
    refuse(token, fmt::format("expected a value of the type {}", to_string(part.type)));
  }
  const auto value = parse_value(part.type, token.text);
  if (!value) {
    refuse(token, fmt::format("{} is no value of the type {}{}", shown(token.text),
                              to_string(part.type), hint(token.text, names_of(part.type))));
  }
  if (*value > Value::ones(part.width)) {
    refuse(token, fmt::format("{} has more than {} bits", shown(token.text), part.width));
  }
  return *value;
}

Value Parser::single(const KeyPart& part) {
  const Token token = cursor_.next();
  // A handle of tc is two numbers.
  if (part.type == Type::kPriority && cursor_.peek().is_symbol(":")) {
    Token handle = token;
    handle.text += cursor_.next().text;
    if (!cursor_.at_line_end() && cursor_.peek().kind == Token::Kind::kWord) {
      handle.text += cursor_.next().text;
    }
    return single(part, handle);
  }
  return single(part, token);
}

// A value, or several that `&`, `|` and `^` join.
Value Parser::bits(const KeyPart& part) {
  Value value = bits_term(part);
  while (const auto symbol = bit_operator(cursor_.peek())) {
    cursor_.next();
    const Value next = bits_term(part);
    value = *symbol == "&" ? value & next : *symbol == "|" ? value | next : value ^ next;
  }
  return value;
}

Value Parser::bits_term(const KeyPart& part) {
  if (cursor_.accept_symbol("(")) {
    const Value inner = is_flags(part.type) ? flag_list(part) : bits(part);
    cursor_.expect_symbol(")", "behind the value");
    return inner;
  }
  return single(part);
}

// syn,ack or syn | ack
Value Parser::flag_list(const KeyPart& part) {
  Value value = bits(part);
  while (cursor_.accept_symbol(",")) {
    value = value | bits(part);
  }
  return value;
}

}  // namespace ringroad::nft

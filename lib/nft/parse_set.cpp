// SPDX-License-Identifier: BSD-3-Clause
// Sets and maps, named and in rules.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr unsigned kNameBits = 128;

std::uint16_t width_of(Type type) {
  switch (type) {
    case Type::kIpv6:
    case Type::kInterface:
    case Type::kName:
      return kNameBits;
    case Type::kMac:
      return 48;
    case Type::kEtherType:
    case Type::kPort:
      return 16;
    case Type::kDscp:
      return 6;
    case Type::kEcn:
      return 2;
    case Type::kIpv4:
    case Type::kMark:
    case Type::kPriority:
    case Type::kFibType:
    case Type::kInteger:
    case Type::kCtState:
    case Type::kCtStatus:
    case Type::kTime:
      return 32;
    default:
      return 8;
  }
}

std::optional<Type> type_of(std::string_view name) {
  for (auto type = Type{}; type <= kLastType;
       type = static_cast<Type>(static_cast<std::uint8_t>(type) + 1)) {
    if (to_string(type) == name) {
      return type;
    }
  }
  return std::nullopt;
}

bool is_address_with_port(std::span<const KeyPart> parts) {
  return parts.size() == 2 && parts[1].type == Type::kPort &&
         (parts[0].type == Type::kIpv4 || parts[0].type == Type::kIpv6);
}

}  // namespace

std::string types_text(std::span<const KeyPart> parts) {
  std::string text;
  for (const KeyPart& part : parts) {
    text += fmt::format("{}{}", text.empty() ? "" : " . ", to_string(part.type));
  }
  return text;
}

std::vector<KeyPart> parts_of(std::span<const Expression> key) {
  std::vector<KeyPart> parts;
  for (const Expression& expression : key) {
    parts.push_back(part_of(expression));
  }
  return parts;
}

// type ipv4_addr . inet_service, or: typeof ip saddr . tcp dport
std::vector<KeyPart> Parser::type_list() {
  std::vector<KeyPart> parts;
  do {
    const Token& name = cursor_.next();
    const auto type = type_of(name.text);
    if (!type) {
      refuse(name, fmt::format("{} is no data type that is there", shown(name.text)));
    }
    parts.push_back({*type, width_of(*type)});
  } while (cursor_.accept_symbol("."));
  return parts;
}

// set NAME { type ipv4_addr; flags interval; elements = { ... } }
void Parser::named_set(bool map) {
  const Token& token = cursor_.peek();
  Set set;
  with_timeout_.reset();
  with_statements_.reset();
  set.place = token.place;
  set.name = cursor_.expect_name("the name of a set");
  set.kind = map ? Set::Kind::kMap : Set::Kind::kSet;
  if (std::ranges::find(table_->sets, set.name, &Set::name) != table_->sets.end()) {
    refuse(token, fmt::format("there is a set {} already", shown(set.name)));
  }
  cursor_.expect_symbol("{", "before what the set has");
  while (true) {
    cursor_.skip_newlines();
    if (cursor_.accept_symbol("}")) {
      break;
    }
    set_property(set);
    if (!cursor_.at_line_end()) {
      refuse(cursor_.peek(), fmt::format("unexpected {}", shown(cursor_.peek().text)));
    }
  }
  if (set.key.empty()) {
    refuse(token, fmt::format("set {} has no type", shown(set.name)));
  }
  finish(set, token);
  table_->sets.push_back(std::move(set));
}

void Parser::set_property(Set& set) {
  static constexpr std::array<std::string_view, 14> kKnown{
      "type",       "typeof",  "flags",  "timeout", "gc-interval", "size",  "elements",
      "auto-merge", "comment", "policy", "counter", "limit",       "quota", "ct"};
  const Token& what = cursor_.next();
  if (what.is_word("type") || what.is_word("typeof")) {
    const std::size_t begin = cursor_.position();
    const auto read = [&] { return what.text == "type" ? type_list() : parts_of(concatenation()); };
    context_ = {};
    set.typeof_key = what.text == "typeof";
    set.key = read();
    if (set.kind != Set::Kind::kSet) {
      cursor_.expect_symbol(":", "before the type of the map's data");
      if (cursor_.accept_word("verdict")) {
        set.kind = Set::Kind::kVerdictMap;
      } else {
        set.data_interval = cursor_.accept_word("interval");
        set.data = read();
        if (set.data.size() > 2 || (set.data.size() == 2 && !is_address_with_port(set.data))) {
          refuse(what, "the data of a map is one value, or an address and a port");
        }
      }
    }
    const std::size_t end = cursor_.position();
    cursor_.go_to(begin);
    for (std::string& text = set.typeof_text; cursor_.position() != end;) {
      text += fmt::format("{}{}", text.empty() ? "" : " ", cursor_.next().text);
    }
  } else if (what.is_word("flags")) {
    set_flags(set);
  } else if (what.is_word("timeout")) {
    set.timeout = time_or_none();
    set.timeouts |= set.timeout.has_value();
  } else if (what.is_word("gc-interval")) {
    set.gc_interval = time_or_none();
  } else if (what.is_word("size")) {
    set.size = number32("a number of elements");
  } else if (what.is_word("elements")) {
    if (set.key.empty()) {
      refuse(what, "the type comes before the elements");
    }
    cursor_.expect_symbol("=", "before the elements");
    cursor_.expect_symbol("{", "before the elements");
    elements(set, std::vector<KeyPart>{set.key});
  } else if (what.is_word("auto-merge")) {
    set.auto_merge = true;
  } else if (what.is_word("comment")) {
    set.comment = cursor_.expect_string("a comment");
  } else if (what.is_word("policy")) {
    if (!cursor_.accept_word("memory") && !cursor_.accept_word("performance")) {
      refuse(cursor_.peek(), "a set's policy is memory or performance");
    }
  } else if (what.is_word("counter") || what.is_word("limit") || what.is_word("quota") ||
             what.is_word("ct")) {
    cursor_.go_to(cursor_.position() - 1);
    set.statements = element_statements();
  } else {
    refuse(what, fmt::format("{} is nothing that a set has{}", shown(what.text),
                             hint(what.text, kKnown)));
  }
}

void Parser::set_flags(Set& set) {
  static constexpr std::array<std::string_view, 4> kFlags{"constant", "interval", "timeout",
                                                          "dynamic"};
  do {
    const Token& flag = cursor_.next();
    if (flag.is_word("constant")) {
      set.constant = true;
    } else if (flag.is_word("interval")) {
      set.interval = true;
    } else if (flag.is_word("timeout")) {
      set.timeouts = true;
    } else if (flag.is_word("dynamic")) {
      set.dynamic = true;
    } else {
      refuse(flag,
             fmt::format("{} is no flag of a set{}", shown(flag.text), hint(flag.text, kFlags)));
    }
  } while (cursor_.accept_symbol(","));
}

SetIndex Parser::own_set(Set set) {
  set.constant = true;
  set.handle = ++table_->handles;
  table_->sets.push_back(std::move(set));
  return static_cast<SetIndex>(table_->sets.size() - 1);
}

// Behind '@'.
SetIndex Parser::set_reference(Set::Kind kind, std::span<const Expression> key,
                               std::span<const KeyPart> data) {
  const Token& name = cursor_.next();
  const auto found = std::ranges::find(table_->sets, name.text, &Set::name);
  if (found == table_->sets.end() || name.text.empty() || found->is_meter) {
    std::vector<std::string_view> names;
    for (const Set& set : table_->sets) {
      if (!set.is_anonymous() && !set.is_meter) {
        names.push_back(set.name);
      }
    }
    refuse(name, fmt::format("there is no set {} in table {} {}{}", shown(name.text),
                             to_string(table_->family), table_->name, hint(name.text, names)));
  }
  if (found->kind != kind) {
    refuse(name, fmt::format("{} is {}", shown(name.text),
                             found->kind == Set::Kind::kSet   ? "a set, not a map"
                             : found->kind == Set::Kind::kMap ? "a map of values"
                                                              : "a map of verdicts"));
  }
  const bool same =
      std::ranges::equal(found->key, key, [](const KeyPart& part, const Expression& expression) {
        return part.type == expression.field->type ||
               (part.type == Type::kInteger || expression.field->type == Type::kInteger);
      });
  if (!same) {
    refuse(name, fmt::format("the keys of {} are of the type {}", shown(name.text),
                             types_text(found->key)));
  }
  // A port behind the address may be left out.
  const std::size_t given = std::min(data.size(), found->data.size());
  if (found->data.size() != given ||
      !std::ranges::equal(found->data, data.first(given), {}, &KeyPart::type, &KeyPart::type)) {
    refuse(name, fmt::format("the data of {} are of the type {}, not {}", shown(name.text),
                             types_text(found->data), types_text(data.first(1))));
  }
  return static_cast<SetIndex>(found - table_->sets.begin());
}

SetIndex Parser::set_operand(Set::Kind kind, std::span<const Expression> key,
                             std::vector<KeyPart> data) {
  if (cursor_.accept_symbol("@")) {
    return set_reference(kind, key, data);
  }
  const Token& brace = cursor_.peek();
  cursor_.expect_symbol("{", "or '@' and the name of a map");
  Set set;
  set.kind = kind;
  set.key = parts_of(key);
  set.data = std::move(data);
  set.place = brace.place;
  with_timeout_.reset();
  with_statements_.reset();
  elements(set, std::vector<KeyPart>{set.key});
  if (set.elements.empty()) {
    refuse(brace, "a set of a rule's own has at least one element");
  }
  finish(set, brace);
  return own_set(std::move(set));
}

}  // namespace ringroad::nft

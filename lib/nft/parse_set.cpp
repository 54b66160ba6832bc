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

// Joins intervals of one field that overlap or touch each other, as nft does.
void merge(std::vector<Element>& elements) {
  std::vector<Element> merged;
  for (Element& element : elements) {
    Interval* const last = merged.empty() ? nullptr : merged.back().key.data();
    const Interval& next = element.key[0];
    if (last != nullptr && (next.first <= last->last || next.first == last->last.next())) {
      last->last = std::max(last->last, next.last);
    } else {
      merged.push_back(std::move(element));
    }
  }
  elements = std::move(merged);
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
  static constexpr std::array<std::string_view, 9> kKnown{
      "type", "typeof", "flags", "timeout", "size", "elements", "auto-merge", "comment", "policy"};
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
    set.timeout = time();
    set.timeouts = true;
  } else if (what.is_word("size")) {
    set.size = static_cast<std::uint32_t>(cursor_.expect_number("a number of elements"));
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

// Behind the brace that opens the list.
void Parser::elements(Set& set, std::span<const KeyPart> key) {
  while (true) {
    cursor_.skip_newlines();
    if (cursor_.accept_symbol("}")) {
      return;
    }
    // A variable may hold a list in braces itself.
    if (cursor_.accept_symbol("{")) {
      elements(set, key);
    } else {
      element(set, key);
    }
    cursor_.skip_newlines();
    if (!cursor_.accept_symbol(",")) {
      cursor_.expect_symbol("}", "behind the elements");
      return;
    }
  }
}

void Parser::element(Set& set, std::span<const KeyPart> key) {
  const Token& first = cursor_.peek();
  if (first.is_symbol("*")) {
    refuse(first, "an element for everything else ('*') is not there");
  }
  Element element;
  for (std::size_t part = 0; part < key.size(); ++part) {
    if (part != 0) {
      cursor_.expect_symbol(".", "between the fields of a key");
    }
    bool prefix = false;
    element.key.push_back(value(key[part], prefix));
    if (!element.key.back().is_single() || prefix) {
      if (!set.is_anonymous() && !set.interval) {
        refuse(first, fmt::format("set {} has ranges only with 'flags interval'", shown(set.name)));
      }
      set.interval = true;
    }
  }
  while (true) {
    if (cursor_.accept_word("timeout")) {
      element.timeout = time();
      set.timeouts = true;
    } else if (cursor_.accept_word("comment")) {
      element.comment = cursor_.expect_string("a comment");
    } else if (cursor_.peek().is_word("counter") || cursor_.peek().is_word("expires") ||
               cursor_.peek().is_word("limit") || cursor_.peek().is_word("quota")) {
      refuse(cursor_.peek(), fmt::format("'{}' of an element is not there", cursor_.peek().text));
    } else {
      break;
    }
  }
  if (set.kind == Set::Kind::kSet) {
    if (cursor_.peek().is_symbol(":")) {
      refuse(cursor_.peek(), "only the elements of a map have data");
    }
  } else {
    cursor_.expect_symbol(":", "before the data of a map's element");
    element.data = element_data(set);
  }
  set.elements.push_back(std::move(element));
}

std::variant<std::monostate, Value, Verdict, Key> Parser::element_data(Set& set) {
  if (set.kind == Set::Kind::kVerdictMap) {
    return verdict();
  }
  const Token& token = cursor_.peek();
  Key key;
  bool prefix = false;
  bool ranges = false;
  for (const KeyPart& part : std::vector<KeyPart>{set.data}) {
    if (!key.empty() && !cursor_.accept_symbol(".")) {
      // The first element of a rule's own map says whether ports are given.
      if (!set.is_anonymous() || !set.elements.empty()) {
        refuse(cursor_.peek(), "expected '.' and a port");
      }
      set.data.pop_back();
      break;
    }
    key.push_back(value(part, prefix));
    ranges |= prefix || !key.back().is_single();
  }
  if (set.is_anonymous() && set.elements.empty()) {
    set.data_interval = ranges;
  }
  if (ranges != set.data_interval && (ranges || !set.is_anonymous())) {
    refuse(token, ranges ? "only a map of the type 'KEY : interval DATA' has ranges as data"
                         : "all data of this map are ranges or prefixes, such as ADDRESS/32");
  }
  return key.size() == 1 && !ranges ? decltype(element_data(set)){key[0].first} : key;
}

// Sorts the elements, and refuses those that contradict each other.
void Parser::finish(Set& set, const Token& at) {
  std::ranges::stable_sort(set.elements, {}, &Element::key);
  // The data of two elements of one key.
  const auto same = [](const Element& a, const Element& b) {
    return a.key == b.key && a.data == b.data;
  };
  set.elements.erase(std::ranges::unique(set.elements, same).begin(), set.elements.end());
  const bool one_field = set.key.size() == 1;
  const bool merges = one_field && set.interval && set.kind == Set::Kind::kSet &&
                      (set.is_anonymous() || set.auto_merge);
  if (merges) {
    merge(set.elements);
    return;
  }
  for (std::size_t i = 1; one_field && i < set.elements.size(); ++i) {
    const Interval& before = set.elements[i - 1].key[0];
    if (set.elements[i].key[0].first <= before.last) {
      refuse(at,
             fmt::format("elements overlap: {} and {}", print_value(set.key[0].type, before.first),
                         print_value(set.key[0].type, set.elements[i].key[0].first)));
    }
  }
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
  if (found == table_->sets.end() || name.text.empty()) {
    std::vector<std::string_view> names;
    for (const Set& set : table_->sets) {
      if (!set.is_anonymous()) {
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
  elements(set, std::vector<KeyPart>{set.key});
  if (set.elements.empty()) {
    refuse(brace, "a set of a rule's own has at least one element");
  }
  finish(set, brace);
  return own_set(std::move(set));
}

}  // namespace ringroad::nft

// SPDX-License-Identifier: BSD-3-Clause
// Values, keys and the elements of sets.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "nft/print_rule.hpp"
#include "nft/time.hpp"
#include "nft/type_names.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

// The length of the prefix that the interval is, if it is one.
std::optional<unsigned> prefix_length(const Interval& interval, unsigned width) {
  for (unsigned length = 0; length <= width; ++length) {
    const Value rest = Value::ones(width) & ~Value::prefix_mask(length, width);
    if ((interval.first & rest).is_zero() && (interval.first | rest) == interval.last) {
      return length;
    }
  }
  return std::nullopt;
}

std::string data_text(const Set& set, const Key& key) {
  const std::string text = print_key(key, set.data);
  // A range of one address.
  return set.data_interval && set.data.size() == 1 && key[0].is_single()
             ? fmt::format("{}/{}", text, set.data[0].width)
             : text;
}

std::string print_number(Type type, Value value) {
  switch (type) {
    case Type::kEtherType:
      return fmt::format("0x{:04x}", value.low);
    case Type::kDscp:
      return fmt::format("0x{:02x}", value.low);
    case Type::kEcn:
      return fmt::format("0x{:x}", value.low);
    default:
      return fmt::format("{}", value.low);
  }
}

}  // namespace

std::string print_operand(Type type, Value value, bool list) {
  if (is_flags(type) && !value.is_zero()) {
    std::string text = print_value(type, value);
    for (auto comma = text.find(','); !list && comma != std::string::npos;
         comma = text.find(',', comma)) {
      text.replace(comma, 1, " | ");
    }
    return text;
  }
  return print_value(type, value);
}

std::string print_interval(const Interval& interval, KeyPart part, bool prefix) {
  if (is_interface(part.type)) {
    std::string name = name_of(interval.first);
    if (part.type == Type::kInterface && name.empty()) {
      return "0";  // none
    }
    if (interval.is_single()) {
      // A name that ends with '*' itself.
      return fmt::format("\"{}\"",
                         name.ends_with('*') ? name.insert(name.size() - 1, 1, '\\') : name);
    }
    return fmt::format("\"{}*\"", name);
  }
  if (prefix) {
    if (const auto length = prefix_length(interval, part.width)) {
      return fmt::format("{}/{}", print_value(part.type, interval.first), *length);
    }
  }
  const auto end_text = [&](Value value) {
    // In a range, nft prints times in seconds, and no names.
    if (!type_names(part.type).empty()) {
      return print_number(part.type, value);
    }
    return part.type == Type::kTime && value.low % 1000 == 0 ? fmt::format("{}s", value.low / 1000)
                                                             : print_value(part.type, value);
  };
  return interval.is_single()
             ? print_value(part.type, interval.first)
             : fmt::format("{}-{}", end_text(interval.first), end_text(interval.last));
}

std::string print_verdict(const Table& table, const Verdict& verdict) {
  const std::string_view word = kVerdicts.at(static_cast<std::size_t>(verdict.kind));
  return verdict.kind == Verdict::Kind::kJump || verdict.kind == Verdict::Kind::kGoto
             ? fmt::format("{} {}", word, table.chains[verdict.chain].name)
             : std::string{word};
}

std::string print_key(const Key& key, std::span<const KeyPart> parts) {
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool address = parts[i].type == Type::kIpv4 || parts[i].type == Type::kIpv6;
    std::string one = key[i].is_single() && is_flags(parts[i].type)
                          ? print_operand(parts[i].type, key[i].first, false)
                          : print_interval(key[i], parts[i], address && !key[i].is_single());
    text += fmt::format("{}{}", i == 0 ? "" : " . ", one);
  }
  return text;
}

namespace {

bool is_host_order(Type type) {
  return type == Type::kMark || type == Type::kPriority || type == Type::kCtState ||
         type == Type::kCtStatus || type == Type::kTime || type == Type::kFibType;
}

// nft sorts concatenations and names as the number that their octets are on a little-endian host:
// the last octet counts most.
std::string order_key(const Set& set, const Key& key) {
  std::string octets;
  for (std::size_t i = key.size(); i-- > 0;) {
    const unsigned count = (set.key[i].width + 7U) / 8;
    for (unsigned octet = 0; octet < count; ++octet) {
      const unsigned at = is_host_order(set.key[i].type) ? count - 1 - octet : octet;
      octets += static_cast<char>(key[i].first.shifted_right(8 * at).low & 0xff);
    }
  }
  return octets;
}

std::string element_text(const Table& table, const Set& set, const Element& element) {
  std::string text = element.catch_all ? "*" : print_key(element.key, set.key);
  if (!element.statements.empty()) {
    text += fmt::format(" {}", print_statements(element.statements, true));
  }
  if (element.timeout) {
    text += fmt::format(" timeout {}", print_time(*element.timeout));
  }
  if (element.expires) {
    text += fmt::format(" expires {}", print_time(*element.expires));
  }
  if (!element.comment.empty()) {
    text += fmt::format(" comment \"{}\"", element.comment);
  }
  if (const auto* const value = std::get_if<Value>(&element.data)) {
    text += fmt::format(" : {}", print_value(set.data[0].type, *value));
  } else if (const auto* const key = std::get_if<Key>(&element.data)) {
    text += fmt::format(" : {}", data_text(set, *key));
  } else if (const auto* const verdict = std::get_if<Verdict>(&element.data)) {
    text += fmt::format(" : {}", print_verdict(table, *verdict));
  }
  return text;
}

}  // namespace

std::vector<std::string> print_elements(const Table& table, const Set& set,
                                        std::span<const Element> elements) {
  std::vector<const Element*> order;
  order.reserve(elements.size());
  const Element* catch_all = nullptr;
  for (const Element& element : elements) {
    if (element.catch_all) {
      catch_all = &element;
    } else {
      order.push_back(&element);
    }
  }
  const bool several = set.key.size() > 1;
  if (!several && is_flags(set.key[0].type)) {
    // nft sorts several flags by the lowest of them.
    std::ranges::stable_sort(order, {}, [](const Element* element) {
      const std::uint64_t flags = element->key[0].first.low;
      return flags & -flags;
    });
  } else if (!set.interval && (several || set.key[0].type == Type::kName)) {
    std::ranges::stable_sort(order, {},
                             [&](const Element* element) { return order_key(set, element->key); });
  }
  std::vector<std::string> texts;
  texts.reserve(elements.size());
  for (const Element* const element : order) {
    texts.push_back(element_text(table, set, *element));
  }
  if (catch_all != nullptr) {
    texts.push_back(element_text(table, set, *catch_all));
  }
  return texts;
}

std::string print_set(const Table& table, SetIndex index) {
  const Set& set = table.sets[index];
  if (!set.is_anonymous()) {
    return "@" + set.name;
  }
  return fmt::format("{{ {} }}", fmt::join(print_elements(table, set, set.elements), ", "));
}

}  // namespace ringroad::nft

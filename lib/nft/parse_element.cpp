// SPDX-License-Identifier: BSD-3-Clause
// The elements of sets and maps.
#include <fmt/format.h>

#include <algorithm>

#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

// Joins intervals of one field that overlap or touch each other, as nft does.
void merge(std::vector<Element>& elements) {
  std::vector<Element> merged;
  for (Element& element : elements) {
    if (element.catch_all) {
      merged.push_back(std::move(element));
      continue;
    }
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
  const Token first = cursor_.peek();
  Element element;
  element_key(set, key, element);
  element.statements = element_statements();
  if (!element.statements.empty() && !with_statements_) {
    with_statements_ = first;
  }
  element_options(element);
  if ((element.timeout || element.expires) && !with_timeout_) {
    with_timeout_ = first;
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

void Parser::element_key(Set& set, std::span<const KeyPart> key, Element& element) {
  const Token& first = cursor_.peek();
  if (first.text == "*" && first.kind != Token::Kind::kString) {
    cursor_.next();
    element.catch_all = true;
    return;
  }
  for (std::size_t part = 0; part < key.size(); ++part) {
    if (part != 0) {
      cursor_.expect_symbol(".", "between the fields of a key");
    }
    bool prefix = false;
    element.key.push_back(value(key[part], prefix));
    element_prefix_ = prefix;
    if (!element.key.back().is_single() || prefix) {
      if (!set.is_anonymous() && !set.interval) {
        refuse(first, fmt::format("set {} has ranges only with 'flags interval'", shown(set.name)));
      }
      set.interval = true;
    }
  }
}

void Parser::element_options(Element& element) {
  while (true) {
    if (cursor_.accept_word("timeout")) {
      element.timeout = time_or_none();
    } else if (cursor_.accept_word("expires")) {
      element.expires = time_or_none();
    } else if (cursor_.accept_word("comment")) {
      element.comment = cursor_.expect_string("a comment");
    } else {
      return;
    }
  }
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
  finish_statements(set);
  std::ranges::stable_sort(set.elements, comes_before);
  // Of two elements with the same key and data, the timeout of the last one counts.
  std::vector<Element> unique;
  unique.reserve(set.elements.size());
  for (Element& element : set.elements) {
    Element* const before = unique.empty() ? nullptr : &unique.back();
    if (before == nullptr || before->catch_all != element.catch_all || before->key != element.key ||
        before->data != element.data) {
      unique.push_back(std::move(element));
    } else if (element.timeout || element.expires) {
      *before = std::move(element);
    }
  }
  set.elements = std::move(unique);
  if (set.elements.size() > 1 && set.elements[set.elements.size() - 2].catch_all) {
    refuse(at, "elements overlap: * and *");
  }
  const bool one_field = set.key.size() == 1;
  const bool merges = one_field && set.interval && set.kind == Set::Kind::kSet &&
                      (set.is_anonymous() || set.auto_merge);
  if (merges) {
    merge(set.elements);
  }
  const std::size_t keys =
      set.elements.size() - (!set.elements.empty() && set.elements.back().catch_all ? 1 : 0);
  if (set.size != 0 && keys > set.size) {
    refuse(at, fmt::format("{} elements are more than the size {} of set {}", keys, set.size,
                           shown(set.name)));
  }
  for (std::size_t i = 1; one_field && !merges && i < keys; ++i) {
    const Interval& before = set.elements[i - 1].key[0];
    if (set.elements[i].key[0].first <= before.last) {
      refuse(at,
             fmt::format("elements overlap: {} and {}", print_value(set.key[0].type, before.first),
                         print_value(set.key[0].type, set.elements[i].key[0].first)));
    }
  }
}

// Elements have the statements that the set says, perhaps with other numbers (nft's
// setelem_evaluate), and timeouts only if the set has them (Linux's nft_add_set_elem).
void Parser::finish_statements(Set& set) {
  if (with_timeout_ && !set.timeouts) {
    refuse(*with_timeout_,
           set.is_anonymous()
               ? "elements of a rule's own set have no timeout"
               : fmt::format("set {} has timeouts only with 'flags timeout'", shown(set.name)));
  }
  for (Element& element : set.elements) {
    if (element.statements.empty()) {
      element.statements = set.statements;
    } else if (!are_alike(element.statements, set.statements)) {
      refuse(with_statements_.value_or(cursor_.peek()),
             set.is_anonymous()
                 ? "elements of a rule's own set have no statements"
                 : fmt::format("elements have the statements that set {} has", shown(set.name)));
    }
  }
}

}  // namespace ringroad::nft

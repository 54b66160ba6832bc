// SPDX-License-Identifier: BSD-3-Clause
// What rules write to sets, and what belongs to elements: Linux's nft_dynset and nft_connlimit.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr std::uint32_t kDefaultSize = 65535;  // Linux's nft_dynset_init

bool is_alike(const KeyPart& part, const KeyPart& other) {
  return part.type == other.type || part.type == Type::kInteger || other.type == Type::kInteger;
}

}  // namespace

bool are_alike(const ElementStatements& one, const ElementStatements& other) {
  return std::ranges::equal(one, other, {}, &ElementStatement::index, &ElementStatement::index);
}

bool Parser::begins_element_statement() const {
  const Token& first = cursor_.peek();
  return first.is_word("counter") || first.is_word("limit") || first.is_word("quota") ||
         (first.is_word("ct") && cursor_.peek(1).is_word("count"));
}

ElementStatements Parser::element_statements() {
  ElementStatements statements;
  while (begins_element_statement()) {
    const Token& first = cursor_.peek();
    if (statements.size() == kElementStatementsMax) {
      refuse(first, "an element has at most two statements");
    }
    statements.push_back(element_statement());
  }
  return statements;
}

ElementStatement Parser::element_statement() {
  const Token& first = cursor_.next();
  if (cursor_.peek().is_word("name")) {
    refuse(cursor_.peek(), fmt::format("the {} of an element has no name", first.text));
  }
  if (first.is_word("counter")) {
    return counter_start();
  }
  if (first.is_word("limit")) {
    return limit_rate();
  }
  if (first.is_word("quota")) {
    return quota_bytes();
  }
  return connection_count();
}

// Behind 'ct': count [over] 10
ConnectionCount Parser::connection_count() {
  if (!cursor_.accept_word("count")) {
    refuse(cursor_.peek(), "expected 'count'");
  }
  ConnectionCount count;
  count.over = cursor_.accept_word("over");
  count.most = number32("a number of connections");
  return count;
}

// add @NAME { KEY [timeout T] [STATEMENT ...] [: DATA] }
void Parser::set_update(Rule& rule, SetUpdate::Kind kind) {
  cursor_.next();
  cursor_.expect_symbol("@", "and the name of a set");
  const Token name = cursor_.next();
  SetUpdate update{.kind = kind, .set = writable_set(name), .key{}};
  cursor_.expect_symbol("{", "before the key");
  const Token first = cursor_.peek();
  update_key(rule, update, std::vector<KeyPart>{table_->sets[update.set].key});
  // What the key implies may be a set too.
  const auto set = [&]() -> Set& { return table_->sets[update.set]; };
  if (!std::ranges::equal(parts_of(update.key), set().key, is_alike)) {
    refuse(first, fmt::format("the keys of {} are of the type {}", shown(name.text),
                              types_text(set().key)));
  }
  if (update.timeout && !set().timeouts) {
    refuse(first, fmt::format("set {} has timeouts only with 'flags timeout'", shown(name.text)));
  }
  const Token statement = cursor_.peek();
  update.statements = element_statements();
  if (!update.statements.empty() && !set().statements.empty() &&
      !are_alike(update.statements, set().statements)) {
    refuse(statement,
           fmt::format("elements have the statements that set {} has", shown(name.text)));
  }
  if (set().kind == Set::Kind::kMap) {
    if (!update.statements.empty() && !set().dynamic) {
      refuse(statement,
             fmt::format("the elements of map {} have statements only with 'flags dynamic'",
                         shown(name.text)));
    }
    cursor_.expect_symbol(":", "before the data of a map's element");
    update_data(rule, update);
  }
  cursor_.expect_symbol("}", "behind the element");
  // A set becomes dynamic, a map does not: so nft has it.
  set().dynamic |= set().kind == Set::Kind::kSet;
  set().size = set().size == 0 ? kDefaultSize : set().size;
  rule.statements.emplace_back(std::move(update));
}

// What Linux's nft_dynset_init refuses.
SetIndex Parser::writable_set(const Token& name) {
  const Set& set = set_of(name);
  if (set.kind == Set::Kind::kVerdictMap || set.interval || set.constant) {
    refuse(name, fmt::format("no rule writes {}, which {}", shown(name.text),
                             set.kind == Set::Kind::kVerdictMap ? "is a map of verdicts"
                             : set.interval                     ? "has ranges"
                                                                : "is constant"));
  }
  if (set.data_interval) {
    refuse(name, fmt::format("no rule writes {}, whose data are ranges", shown(name.text)));
  }
  return static_cast<SetIndex>(&set - table_->sets.data());
}

// meter NAME [size N] { KEY [timeout T] STATEMENT }
void Parser::meter(Rule& rule) {
  cursor_.next();
  const Token name = cursor_.peek();
  Set set;
  set.place = name.place;
  set.name = cursor_.expect_name("the name of a meter");
  if (set.name.empty()) {
    refuse(name, "a meter has a name");
  }
  if (std::ranges::find(table_->sets, set.name, &Set::name) != table_->sets.end()) {
    refuse(name, fmt::format("there is a set or a meter {} already", shown(set.name)));
  }
  set.is_meter = true;
  set.dynamic = true;
  set.size = cursor_.accept_word("size") ? number32("a number of elements") : 0;
  set.size = set.size == 0 ? kDefaultSize : set.size;
  cursor_.expect_symbol("{", "before the key");
  SetUpdate update{.kind = SetUpdate::Kind::kUpdate, .key{}};
  update_key(rule, update, {});
  if (!begins_element_statement()) {
    refuse(cursor_.peek(), "expected 'limit', 'counter', 'quota' or 'ct count'");
  }
  update.statements.push_back(element_statement());
  cursor_.expect_symbol("}", "behind the statement of the meter");
  set.key = parts_of(update.key);
  set.timeouts = update.timeout.has_value();
  set.handle = ++table_->handles;
  update.set = static_cast<SetIndex>(table_->sets.size());
  table_->sets.push_back(std::move(set));
  rule.statements.emplace_back(std::move(update));
}

// A constant, of the type that the set has there.
Expression Parser::constant(const KeyPart& part) {
  const Field field{{}, part.type, Source::kConstant, 0, part.width};
  const std::string name = fmt::format("constant {} {}", to_string(part.type), part.width);
  return {own_field(name, field), Value{}, single(part)};
}

// `parts`: those of the set, if it is there.
void Parser::update_key(Rule& rule, SetUpdate& update, std::span<const KeyPart> parts) {
  do {
    const Token& first = cursor_.peek();
    const std::size_t place = update.key.size();
    const bool is_constant = parts.size() > 1 && place < parts.size() && !begins_field(first) &&
                             !first.is_symbol("(") && !is_interface(parts[place].type);
    update.key.push_back(is_constant ? constant(parts[place]) : expression());
  } while (cursor_.accept_symbol("."));
  imply_all(rule, update.key);
  if (cursor_.accept_word("timeout")) {
    update.timeout = time_or_none();
  }
  if (cursor_.peek().is_word("expires") || cursor_.peek().is_word("comment")) {
    refuse(cursor_.peek(),
           fmt::format("'{}' is not there in a rule's element", cursor_.peek().text));
  }
}

void Parser::update_data(Rule& rule, SetUpdate& update) {
  for (const KeyPart& part : std::vector<KeyPart>{table_->sets[update.set].data}) {
    if (!update.data.empty()) {
      cursor_.expect_symbol(".", "and a port");
    }
    const Token first = cursor_.peek();
    if (!begins_field(first) || parse_value(part.type, first.text)) {
      update.data.emplace_back(bits(part));
      continue;
    }
    const Expression from = expression();
    imply(rule, *from.field);
    if (!is_alike(part_of(from), part)) {
      refuse(first, fmt::format("'{}' is of the type {}, not {}", from.field->name,
                                to_string(from.field->type), to_string(part.type)));
    }
    update.data.emplace_back(from);
  }
}

}  // namespace ringroad::nft

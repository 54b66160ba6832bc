// SPDX-License-Identifier: BSD-3-Clause
// Statements that begin with an expression: matches, verdict maps and assignments; and values.
#include <fmt/format.h>

#include <algorithm>

#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

std::optional<Comparison> comparison(const Token& token) {
  struct Operator {
    std::string_view symbol;
    std::string_view word;
    Comparison comparison;
  };
  static constexpr std::array kOperators{
      Operator{"==", "eq", Comparison::kEqual},  Operator{"!=", "ne", Comparison::kNotEqual},
      Operator{"<", "lt", Comparison::kLess},    Operator{"<=", "le", Comparison::kLessOrEqual},
      Operator{">", "gt", Comparison::kGreater}, Operator{">=", "ge", Comparison::kGreaterOrEqual},
      Operator{"!", "!", Comparison::kNoneOf}};
  for (const Operator& candidate : kOperators) {
    if (token.is_symbol(candidate.symbol) || token.is_word(candidate.word)) {
      return candidate.comparison;
    }
  }
  return std::nullopt;
}

void apply(Expression& expression, std::string_view symbol, Value constant) {
  if (symbol == "&") {
    expression.mask = expression.mask & constant;
    expression.flips = expression.flips & constant;
  } else if (symbol == "|") {
    expression.mask = expression.mask & ~constant;
    expression.flips = (expression.flips & ~constant) | constant;
  } else {
    expression.flips = expression.flips ^ constant;
  }
}

}  // namespace

FamilyNeed family_of_type(Value ether_type) {
  return ether_type == Value{0x0800}   ? FamilyNeed::kIp
         : ether_type == Value{0x86dd} ? FamilyNeed::kIp6
                                       : FamilyNeed::kNone;
}

void Parser::expression_statement(Rule& rule) {
  std::vector<Expression> left = concatenation();
  // Behind what it implies, as the kernel has it.
  imply_all(rule, left);
  const Token& behind = cursor_.peek();
  if (left.size() > 1 || behind.is_word("vmap") || behind.is_word("set")) {
    refuse_bits(left, behind);
  }
  if (cursor_.accept_word("vmap")) {
    const SetIndex map = set_operand(Set::Kind::kVerdictMap, left);
    rule.statements.emplace_back(VerdictMap{std::move(left), map});
  } else if (left.size() == 1 && cursor_.peek().is_word("set")) {
    Assignment made = assignment(left.front());
    if (const auto* const from = std::get_if<Expression>(&made.value)) {
      imply(rule, *from->field);
    } else if (const auto* const map = std::get_if<MapLookup>(&made.value)) {
      imply_all(rule, map->key);
    }
    rule.statements.emplace_back(std::move(made));
  } else {
    rule.statements.emplace_back(match(std::move(left)));
  }
}

std::vector<Expression> Parser::concatenation() {
  std::vector<Expression> parts{expression()};
  while (cursor_.accept_symbol(".")) {
    parts.push_back(expression());
  }
  return parts;
}

// A field, and what `&`, `|` and `^` make of it.
Expression Parser::expression() {
  Expression expression = primary();
  while (const auto symbol = bit_operator(cursor_.peek())) {
    const Token& token = cursor_.next();
    if (is_interface(expression.field->type)) {
      refuse(token, fmt::format("a name has no bits for '{}'", *symbol));
    }
    apply(expression, *symbol, bits_term(part_of(expression)));
  }
  if (cursor_.peek().is_symbol("<<") || cursor_.peek().is_symbol(">>")) {
    refuse(cursor_.peek(), "shifts are not there");
  }
  return expression;
}

Expression Parser::primary() {
  if (cursor_.accept_symbol("(")) {
    Expression inner = expression();
    cursor_.expect_symbol(")", "behind the expression");
    return inner;
  }
  return {field()};
}

// nft's vlan_dep: a tag is read only if there is one. Only a field `vlan type` shows it.
void Parser::imply_tag(Rule& rule, const Field& field) {
  const Field* const type = find_field("ether", "type");
  constexpr Value kTag{0x8100};
  for (Statement& statement : rule.statements) {
    auto* const match = std::get_if<Match>(&statement);
    if (match == nullptr || match->left.size() != 1) {
      continue;
    }
    const auto* const key = std::get_if<Key>(&match->right);
    const bool asks = match->left[0].field == type && match->comparison == Comparison::kEqual &&
                      key != nullptr && key->front() == Interval{kTag, kTag};
    if (asks) {
      match->implied = field.name != "vlan type";
      return;
    }
  }
  rule.statements.emplace_back(
      Match{{{type}}, Comparison::kEqual, Key{{kTag, kTag}}, false, field.name != "vlan type"});
}

void Parser::imply_all(Rule& rule, const std::vector<Expression>& expressions) {
  for (const Expression& expression : expressions) {
    imply(rule, *expression.field);
  }
}

// Fields that only some types of ICMP messages have (nft's icmp_dep) imply these types.
void Parser::imply(Rule& rule, const Field& field) {
  if (field.name.starts_with("vlan ")) {
    imply_tag(rule, field);
    return;
  }
  struct Dependency {
    std::string_view field;
    std::array<std::uint8_t, 2> types;
  };
  static constexpr std::array kDependencies{Dependency{"icmp id", {0, 8}},
                                            Dependency{"icmp sequence", {0, 8}},
                                            Dependency{"icmp mtu", {3, 3}},
                                            Dependency{"icmp gateway", {5, 5}},
                                            Dependency{"icmpv6 id", {128, 129}},
                                            Dependency{"icmpv6 sequence", {128, 129}},
                                            Dependency{"icmpv6 mtu", {2, 2}},
                                            Dependency{"icmpv6 parameter-problem", {4, 4}},
                                            Dependency{"icmpv6 max-delay", {130, 130}}};
  const auto* const found = std::ranges::find(kDependencies, field.name, &Dependency::field);
  if (found == kDependencies.end()) {
    return;
  }
  const Field* const type = find_field(field.family == FamilyNeed::kIp ? "icmp" : "icmpv6", "type");
  // What the rule says itself comes first.
  const auto says_type = [&](const Statement& statement) {
    const auto* const match = std::get_if<Match>(&statement);
    return match != nullptr && match->left.size() == 1 && match->left[0].field == type;
  };
  if (std::ranges::any_of(rule.statements, says_type)) {
    return;
  }
  Match match{{{type}}, Comparison::kEqual, Key{}, false, found->types[0] == found->types[1]};
  if (match.implied) {
    match.right = Key{{found->types[0], found->types[0]}};
  } else {
    Set set;
    set.key = {{type->type, type->width}};
    for (const std::uint8_t each : found->types) {
      set.elements.emplace_back().key.push_back({each, each});
    }
    match.right = own_set(std::move(set));
  }
  rule.statements.emplace_back(std::move(match));
}

Match Parser::match(std::vector<Expression> left) {
  const bool flags = left.size() == 1 && is_flags(left[0].field->type) && left[0].is_plain();
  const auto given = comparison(cursor_.peek());
  const Token& operation = cursor_.peek();
  if (given) {
    cursor_.next();
  } else if (flags && !cursor_.peek().is_symbol("{") && !cursor_.peek().is_symbol("@")) {
    return flags_match(left.front());
  }
  Match match{std::move(left), given.value_or(Comparison::kEqual), Key{}};
  const bool equality =
      match.comparison == Comparison::kEqual || match.comparison == Comparison::kNotEqual;
  if (cursor_.peek().is_symbol("{") || cursor_.peek().is_symbol("@")) {
    const bool own = cursor_.peek().is_symbol("{");
    if (!equality) {
      refuse(operation, "a set is compared by == or !=");
    }
    refuse_bits(match.left, operation);
    match.right = set_operand(Set::Kind::kSet, match.left);
    const Set& set = table_->sets[std::get<SetIndex>(match.right)];
    // As nft does: a set of one element is a value.
    if (own && match.left.size() == 1 && set.elements.size() == 1 &&
        set.elements[0].comment.empty() && !set.elements[0].catch_all) {
      match.right = set.elements[0].key;
      match.prefix = element_prefix_ && !set.elements[0].key[0].is_single();
      if (flags && !given) {
        match.comparison = Comparison::kAnyOf;
      }
      table_->sets.pop_back();
      --table_->handles;
    }
    learn(match);
    return match;
  }
  if (match.left.size() == 1) {
    ask_presence(match.left.front());
  }
  Key key;
  for (Expression& part : match.left) {
    if (!key.empty()) {
      cursor_.expect_symbol(".", "between the fields of a key");
    }
    bool prefix = false;
    if (is_flags(part.field->type)) {
      const Value value = flag_list(part_of(part));
      key.push_back({value, value});
      if (equality && flags && cursor_.accept_symbol("/")) {
        apply(part, "&", flag_list(part_of(part)));
      }
    } else {
      key.push_back(value(part_of(part), prefix));
    }
    // As nft does: what is flipped on one side is compared with what is flipped on the other.
    if (key.back().is_single() && !part.flips.is_zero() && (part.mask & part.flips) == part.flips) {
      const Value flipped = key.back().first ^ part.flips;
      key.back() = {flipped, flipped};
      part.flips = {};
    }
    match.prefix |= prefix && !key.back().is_single();
    if (!equality && (!key.back().is_single() || match.left.size() > 1)) {
      refuse(operation, "a range is compared by == or !=");
    }
  }
  if (match.comparison == Comparison::kNoneOf && !flags) {
    refuse(operation, "'!' is for flags; did you mean '!='?");
  }
  match.right = std::move(key);
  if (match.left.size() == 1) {
    whole_octets(match, operation);
  }
  learn(match);
  return match;
}

// `fib saddr . iif oif missing` asks only whether there is such a route.
void Parser::ask_presence(Expression& left) {
  const Token& word = cursor_.peek();
  if (left.field->source != Source::kFib || !is_interface(left.field->type) ||
      (!word.is_word("exists") && !word.is_word("missing"))) {
    return;
  }
  if (left.field->type != Type::kInterface || !left.is_plain()) {
    refuse(word, "only 'oif' exists or is missing");
  }
  Field field = *left.field;
  field.type = Type::kBoolean;
  field.width = 8;
  field.presence = true;
  left = {own_field(std::string{field.name}, field)};
}

// A rule that asks for a protocol has only packets of this protocol from then on.
void Parser::learn(const Match& match) {
  const Expression& left = match.left.front();
  if (match.left.size() != 1 || match.comparison != Comparison::kEqual || !left.is_plain()) {
    return;
  }
  const std::string_view name = left.field->name;
  const bool protocol = name == "meta l4proto" || name == "ip protocol" || name == "ip6 nexthdr";
  if (const auto* const set = std::get_if<SetIndex>(&match.right)) {
    context_.protocols |= protocol && table_->sets[*set].is_anonymous();
    return;
  }
  const Interval& value = std::get<Key>(match.right).front();
  if (!value.is_single()) {
    return;
  }
  if (name == "ct protocol" || name == "ct original protocol" || name == "ct reply protocol") {
    context_.ct_protocol = true;
  } else if (protocol) {
    context_.protocol = context_.protocol.value_or(static_cast<std::uint8_t>(value.first.low));
  } else if (name == "meta nfproto" && context_.family == FamilyNeed::kNone) {
    context_.family = value.first == Value{10}  ? FamilyNeed::kIp6
                      : value.first == Value{2} ? FamilyNeed::kIp
                                                : FamilyNeed::kNone;
  } else if (name == "meta protocol" && table_->family == Family::kNetdev &&
             context_.family == FamilyNeed::kNone) {
    context_.family = family_of_type(value.first);
  }
}

// tcp flags syn,ack means any of them; tcp flags syn / syn,ack means of these only syn.
Match Parser::flags_match(Expression left) {
  const KeyPart part = part_of(left);
  const Value value = flag_list(part);
  if (!cursor_.accept_symbol("/")) {
    return {{left}, Comparison::kAnyOf, Key{{value, value}}};
  }
  apply(left, "&", flag_list(part));
  return {{left}, Comparison::kEqual, Key{{value, value}}};
}

// Behind the field and before 'set'.
Assignment Parser::assignment(const Expression& target) {
  const Token& word = cursor_.next();
  const Field& field = *target.field;
  const auto is_meta = [&](Meta meta) {
    return field.source == Source::kMeta && field.offset == static_cast<std::uint16_t>(meta);
  };
  const bool is_ct_mark =
      field.source == Source::kCt && field.offset == static_cast<std::uint16_t>(Ct::kMark);
  // Linux's nft_exthdr_tcp_set_init.
  const bool writable =
      ((field.source == Source::kNetwork || field.source == Source::kTransport) &&
       field.type != Type::kRaw) ||
      (field.source == Source::kTcpOption && (field.width == 16 || field.width == 32)) ||
      is_ct_mark || is_meta(Meta::kMark) || is_meta(Meta::kPriority) || is_meta(Meta::kNfTrace);
  if (!writable || !target.is_plain()) {
    refuse(word, fmt::format("'{}' cannot be set", field.name));
  }
  Assignment assignment{&field, {}};
  const KeyPart part{field.type, field.width};
  const Token& first = cursor_.peek();
  if (begins_field(first) && !parse_value(field.type, first.text)) {
    std::vector<Expression> from = concatenation();
    refuse_bits(from, first);
    if (cursor_.accept_word("map")) {
      const SetIndex map = set_operand(Set::Kind::kMap, from, {part});
      assignment.value = MapLookup{std::move(from), map};
    } else if (from.size() > 1) {
      refuse(cursor_.peek(), "expected 'map'");
    } else {
      const Type type = from.front().field->type;
      if (type != field.type && type != Type::kInteger && field.type != Type::kInteger) {
        refuse(first, fmt::format("'{}' is of the type {}, not {}", from.front().field->name,
                                  to_string(type), to_string(field.type)));
      }
      assignment.value = from.front();
    }
  } else {
    assignment.value = bits(part);
  }
  return assignment;
}

}  // namespace ringroad::nft

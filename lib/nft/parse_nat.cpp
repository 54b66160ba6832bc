// SPDX-License-Identifier: BSD-3-Clause
// Statements that translate flows, and those that put them into a flowtable; the names of fields of
// connection tracking.
#include <fmt/format.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr KeyPart kPortPart{Type::kPort, 16};

KeyPart address_part(FamilyNeed family) {
  return family == FamilyNeed::kIp6 ? KeyPart{Type::kIpv6, 128} : KeyPart{Type::kIpv4, 32};
}

}  // namespace

// Behind 'ct': "state", "original ip saddr".
std::string Parser::ct_name() {
  static constexpr std::array<std::string_view, 8> kNotThere{
      "count", "helper", "timeout", "expectation", "label", "zone", "event", "secmark"};
  const Token& first = cursor_.next();
  const bool directed = first.is_word("original") || first.is_word("reply");
  const Token& what = directed ? cursor_.next() : first;
  if (std::ranges::find(kNotThere, what.text) != kNotThere.end()) {
    refuse(what, fmt::format("'ct {}' is not there", what.text));
  }
  const bool address = what.is_word("saddr") || what.is_word("daddr");
  if (address && !directed) {
    refuse(what, fmt::format("an address is of a direction: 'ct original {0}' or 'ct reply {0}'",
                             what.text));
  }
  if (!directed) {
    return what.text;
  }
  std::string name = fmt::format("{} {}", first.text, what.text);
  if (what.is_word("ip") || what.is_word("ip6")) {
    return fmt::format("{} {}", name, cursor_.next().text);
  }
  if (!address) {
    return name;
  }
  const FamilyNeed need = family_need();
  if (need == FamilyNeed::kNone) {
    refuse(what, fmt::format("of which family: 'ct {0} ip {1}' or 'ct {0} ip6 {1}'?", first.text,
                             what.text));
  }
  return fmt::format("{} {} {}", first.text, need == FamilyNeed::kIp6 ? "ip6" : "ip", what.text);
}

// That of the table, or else of what the rule has matched.
FamilyNeed Parser::family_need() const {
  if (table_->family == Family::kInet) {
    return context_.family;
  }
  return table_->family == Family::kIp6 ? FamilyNeed::kIp6 : FamilyNeed::kIp;
}

// snat [[ip|ip6] [prefix] to] ADDRESS[:PORT] [FLAGS]; masquerade [to :PORT] [FLAGS]
Nat Parser::nat(const Token& word, Nat::Kind kind) {
  Nat nat{.kind = kind};
  if (kind == Nat::Kind::kSource || kind == Nat::Kind::kDestination) {
    nat_target(nat, word);
  } else if (cursor_.accept_word("to")) {
    if (kind == Nat::Kind::kMasquerade || cursor_.peek().is_symbol(":")) {
      cursor_.expect_symbol(":", "and a port");
    }
    nat_ports(nat);
  }
  const Token& flags = cursor_.peek();
  nat_flags(nat);
  if (nat.is_prefix && (nat.random || nat.fully_random || nat.persistent)) {
    refuse(flags, "the address in a prefix is not chosen: flags have no use here");
  }
  return nat;
}

void Parser::nat_target(Nat& nat, const Token& word) {
  const Token& family = cursor_.peek();
  const Token& behind = cursor_.peek(1);
  const bool named = (family.is_word("ip") || family.is_word("ip6")) &&
                     (behind.is_word("to") || behind.is_word("prefix") || behind.is_word("addr") ||
                      behind.is_word("interval"));
  if (named) {
    cursor_.next();
    nat.family = family.text == "ip6" ? FamilyNeed::kIp6 : FamilyNeed::kIp;
  }
  // What the map says itself.
  const bool with_port = cursor_.accept_word("addr");
  if (with_port && (!cursor_.accept_symbol(".") || !cursor_.accept_word("port"))) {
    refuse(cursor_.peek(), "expected 'addr . port'");
  }
  if (!with_port && !cursor_.accept_word("interval")) {
    nat.is_prefix = cursor_.accept_word("prefix");
  }
  if (!cursor_.accept_word("to") && (named || with_port || nat.is_prefix)) {
    refuse(cursor_.peek(), "expected 'to'");
  }
  if (!named && cursor_.accept_symbol(":")) {
    nat_ports(nat);
    return;
  }
  nat_family(nat, word);
  nat_address(nat);
  if (with_port && !nat.map_has_port) {
    refuse(word, "'addr . port' needs a map whose data are addresses and ports");
  }
  const Token& colon = cursor_.peek();
  if (cursor_.accept_symbol(":")) {
    if (nat.map_has_port) {
      refuse(colon, "the map gives the port already");
    }
    nat_ports(nat);
  }
}

void Parser::nat_family(Nat& nat, const Token& word) {
  if (nat.family == FamilyNeed::kNone) {
    nat.family = family_need();
    if (nat.family == FamilyNeed::kNone) {
      refuse(word, fmt::format("of which family: '{0} ip to' or '{0} ip6 to'?", word.text));
    }
    return;
  }
  const std::string_view name = nat.family == FamilyNeed::kIp6 ? "ip6" : "ip";
  if (!sees(table_->family, nat.family)) {
    refuse(word, fmt::format("a table of the family {} has no '{} {} to'",
                             to_string(table_->family), word.text, name));
  }
  if (context_.family != FamilyNeed::kNone && context_.family != nat.family) {
    refuse(word, fmt::format("'{} {}' is of another protocol than what this rule has matched",
                             word.text, name));
  }
}

// An address, a range, a prefix, or a map.
void Parser::nat_address(Nat& nat) {
  const KeyPart part = address_part(nat.family);
  const Token& token = cursor_.peek();
  if (begins_field(token)) {
    const SetIndex map = nat_map(nat, {part, kPortPart});
    nat.map_has_port = table_->sets[map].data.size() == 2;
    if (nat.map_has_port) {
      require_protocol(token);
    }
    return;
  }
  const Value first = nat_address_value(part);
  nat.address = {first, first};
  if (cursor_.accept_symbol("-")) {
    nat.address->last = nat_address_value(part);
    if (nat.address->last < first) {
      refuse(token, "the range ends before it begins");
    }
  } else if (cursor_.peek().is_symbol("/")) {
    nat.address = prefix_of(first, part);
  } else if (nat.is_prefix) {
    refuse(cursor_.peek(), "expected '/' and the length of the prefix");
  }
}

Value Parser::nat_address_value(const KeyPart& part) {
  if (!cursor_.accept_symbol("[")) {
    return single(part);
  }
  const Value value = single(part);
  cursor_.expect_symbol("]", "behind the address");
  return value;
}

// Behind the colon.
void Parser::nat_ports(Nat& nat) {
  const Token& token = cursor_.peek();
  require_protocol(token);
  if (begins_field(token)) {
    if (nat.map) {
      refuse(token, "a second map is not there; one map can give 'ADDRESS . PORT'");
    }
    nat_map(nat, {kPortPart});
    nat.map_gives_port = true;
    return;
  }
  const Value first = single(kPortPart);
  nat.ports = {first, cursor_.accept_symbol("-") ? single(kPortPart) : first};
  if (nat.ports->last < first) {
    refuse(token, "the range ends before it begins");
  }
}

SetIndex Parser::nat_map(Nat& nat, std::vector<KeyPart> data) {
  const Token& token = cursor_.peek();
  std::vector<Expression> key = concatenation();
  if (!cursor_.accept_word("map")) {
    refuse(token, "a field gives an address or a port only by a map: FIELD map { ... }");
  }
  const SetIndex map = set_operand(Set::Kind::kMap, key, std::move(data));
  nat.map = {std::move(key), map};
  return map;
}

// Linux changes a port of any protocol that has some; nft(8) wants the rule to say which.
void Parser::require_protocol(const Token& token) {
  if (!context_.has_protocol() && !context_.ct_protocol) {
    refuse(token, "a port needs its protocol before it in the rule, such as 'meta l4proto tcp'");
  }
}

// The last list counts, as with nft.
void Parser::nat_flags(Nat& nat) {
  const auto flag = [&](std::string_view name, bool& value) {
    const bool is_it = cursor_.accept_word(name);
    value |= is_it;
    return is_it;
  };
  const auto read = [&] {
    return flag("random", nat.random) || flag("fully-random", nat.fully_random) ||
           flag("persistent", nat.persistent);
  };
  const auto begins = [&] {
    const Token& token = cursor_.peek();
    return token.is_word("random") || token.is_word("fully-random") || token.is_word("persistent");
  };
  while (begins()) {
    nat.random = nat.fully_random = nat.persistent = false;
    while (read()) {
      if (!cursor_.accept_symbol(",")) {
        break;
      }
      if (!begins()) {
        refuse(cursor_.peek(), "expected random, fully-random or persistent");
      }
    }
  }
}

// flow add @NAME
FlowOffload Parser::flow() {
  if (!cursor_.accept_word("add") && !cursor_.accept_word("offload")) {
    refuse(cursor_.peek(), "expected 'add' and a flowtable");
  }
  cursor_.expect_symbol("@", "and the name of a flowtable");
  const Token& name = cursor_.next();
  if (std::ranges::find(table_->flowtables, name.text, &Flowtable::name) ==
      table_->flowtables.end()) {
    refuse(name, fmt::format("there is no flowtable {} in table {} {}{}", shown(name.text),
                             to_string(table_->family), table_->name,
                             hint(name.text, names_in(table_->flowtables))));
  }
  return {name.text};
}

}  // namespace ringroad::nft

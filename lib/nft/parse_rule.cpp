// SPDX-License-Identifier: BSD-3-Clause
// A rule and its statements, but for those that begin with an expression.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "nft/parser.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

constexpr std::uint8_t kTcp = 6;

// nft(8)'s statements and expressions that have no place here yet, or never will.
constexpr std::array<std::string_view, 15> kNotThere{
    "rt0",      "rt2",    "rt4", "queue", "dup",    "fwd", "tproxy", "xt",
    "synproxy", "socket", "osf", "ipsec", "tunnel", "arp", "reset"};

bool is_last(const Statement& statement) {
  return std::holds_alternative<Verdict>(statement) || std::holds_alternative<Reject>(statement) ||
         std::holds_alternative<Nat>(statement);
}

}  // namespace

Rule Parser::rule() {
  Rule rule;
  rule.place = cursor_.peek().place;
  context_ = {};
  bool ended = false;
  while (!cursor_.at_line_end()) {
    const Token& first = cursor_.peek();
    if (first.is_word("comment")) {
      cursor_.next();
      rule.comment = cursor_.expect_string("a comment");
      break;
    }
    if (ended) {
      refuse(first, "nothing follows a verdict or a translation but a comment");
    }
    statement(rule);
    ended = is_last(rule.statements.back());
  }
  if (!cursor_.at_line_end()) {
    refuse(cursor_.peek(), fmt::format("unexpected {}", shown(cursor_.peek().text)));
  }
  if (rule.statements.empty()) {
    refuse(cursor_.peek(), "a rule has at least one statement");
  }
  order_adjacent(rule);
  hide_dependencies(rule);
  return rule;
}

void Parser::statement(Rule& rule) {
  const Token& first = cursor_.peek();
  if (first.kind == Token::Kind::kSymbol && first.text != "@" && first.text != "(") {
    refuse(first, fmt::format("no statement begins with {}", shown(first.text)));
  }
  if (std::ranges::find(kNotThere, first.text) != kNotThere.end() &&
      first.kind == Token::Kind::kWord) {
    refuse(first, fmt::format("'{}' is not there", first.text));
  }
  if (!known_statement(rule, first)) {
    expression_statement(rule);
  }
}

bool Parser::known_statement(Rule& rule, const Token& first) {
  if (std::ranges::find(kVerdicts, first.text) != kVerdicts.end()) {
    rule.statements.emplace_back(verdict());
  } else if (cursor_.accept_word("counter")) {
    rule.statements.emplace_back(counter());
  } else if (cursor_.accept_word("limit")) {
    rule.statements.emplace_back(limit());
  } else if (cursor_.accept_word("quota")) {
    rule.statements.emplace_back(quota());
  } else if (cursor_.accept_word("log")) {
    rule.statements.emplace_back(log());
  } else if (cursor_.accept_word("reject")) {
    rule.statements.emplace_back(reject(rule));
  } else if (cursor_.accept_word("notrack")) {
    rule.statements.emplace_back(Notrack{});
  } else if (cursor_.accept_word("flow")) {
    rule.statements.emplace_back(flow());
  } else if (const auto* const kind = std::ranges::find(kNats, first.text); kind != kNats.end()) {
    cursor_.next();
    Nat made = nat(first, static_cast<Nat::Kind>(kind - kNats.begin()));
    if (made.map) {
      imply_all(rule, made.map->key);
    }
    rule.statements.emplace_back(std::move(made));
  } else if (first.is_word("add")) {
    set_update(rule, SetUpdate::Kind::kAdd);
  } else if (first.is_word("update")) {
    set_update(rule, SetUpdate::Kind::kUpdate);
  } else if (first.is_word("delete")) {
    set_update(rule, SetUpdate::Kind::kDelete);
  } else if (first.is_word("meter")) {
    meter(rule);
  } else if (first.is_word("ct") && cursor_.peek(1).is_word("count")) {
    cursor_.next();
    rule.statements.emplace_back(connection_count());
  } else {
    return false;
  }
  return true;
}

Verdict Parser::verdict() {
  const Token& word = cursor_.next();
  const auto* const found = std::ranges::find(kVerdicts, word.text);
  if (found == kVerdicts.end()) {
    refuse(word, fmt::format("{} is no verdict; known: accept, drop, continue, return, jump, goto",
                             shown(word.text)));
  }
  Verdict verdict{static_cast<Verdict::Kind>(found - kVerdicts.begin())};
  if (verdict.kind == Verdict::Kind::kJump || verdict.kind == Verdict::Kind::kGoto) {
    const Token& name = cursor_.next();
    if (name.is_symbol("{")) {
      refuse(name, "a chain in braces is not there; give it a name");
    }
    const Chain& chain = chain_of(name);
    if (chain.base) {
      refuse(name, fmt::format("{} has a hook; a rule goes only to chains without one",
                               shown(name.text)));
    }
    verdict.chain = static_cast<ChainIndex>(&chain - table_->chains.data());
  }
  return verdict;
}

// reject [with icmp|icmpv6|icmpx [type] CODE | with tcp reset]
Reject Parser::reject(Rule& rule) {
  Reject reject;
  if (table_->family == Family::kInet) {
    reject = {Reject::Kind::kIcmpx, 1};
  } else if (table_->family == Family::kIp6) {
    reject = {Reject::Kind::kIcmp6, 4};
  }
  if (!cursor_.accept_word("with")) {
    reject_of_family(reject);
    return reject;
  }
  const Token& kind = cursor_.next();
  if (kind.is_word("tcp")) {
    if (!cursor_.accept_word("reset")) {
      refuse(cursor_.peek(), "expected 'reset'");
    }
    reject.kind = Reject::Kind::kTcpReset;
    if (context_.protocol != kTcp) {
      const Field* const protocol = find_field("meta", "l4proto");
      rule.statements.insert(
          rule.statements.begin(),
          Match{{{protocol}}, Comparison::kEqual, Key{{Value{kTcp}, Value{kTcp}}}, false, false});
      context_.protocol = kTcp;
    }
    return reject;
  }
  cursor_.accept_word("type");
  const Token& code = cursor_.peek();
  if (kind.is_word("icmpx")) {
    const auto* const found = std::ranges::find(kIcmpxCodes, code.text);
    if (found == kIcmpxCodes.end()) {
      refuse(code, fmt::format("{} is no code of icmpx{}", shown(code.text),
                               hint(code.text, kIcmpxCodes)));
    }
    cursor_.next();
    reject.kind = Reject::Kind::kIcmpx;
    reject.code = static_cast<std::uint8_t>(found - kIcmpxCodes.begin());
    reject_of_family(reject);
  } else if (kind.is_word("icmp") || kind.is_word("icmpv6")) {
    const bool is6 = kind.text == "icmpv6";
    const FamilyNeed need = is6 ? FamilyNeed::kIp6 : FamilyNeed::kIp;
    if (!sees(table_->family, need)) {
      refuse(kind, fmt::format("{} is not of a table of the family {}", kind.text,
                               to_string(table_->family)));
    }
    reject.kind = is6 ? Reject::Kind::kIcmp6 : Reject::Kind::kIcmp;
    reject.code =
        static_cast<std::uint8_t>(single({is6 ? Type::kIcmp6Code : Type::kIcmpCode, 8}).low);
    if (table_->family == Family::kInet) {
      imply_family(rule, need);
    }
  } else {
    refuse(kind, fmt::format("cannot reject with {}; known: icmp, icmpv6, icmpx, tcp reset",
                             shown(kind.text)));
  }
  return reject;
}

// As nft does, in a table of both families: where the rule knows the family, a port is unreachable
// by its code.
void Parser::reject_of_family(Reject& reject) const {
  constexpr std::uint8_t kPort = 1;  // of icmpx
  if (table_->family != Family::kInet || context_.family == FamilyNeed::kNone ||
      reject.kind != Reject::Kind::kIcmpx || reject.code != kPort) {
    return;
  }
  const bool is6 = context_.family == FamilyNeed::kIp6;
  reject = is6 ? Reject{Reject::Kind::kIcmp6, 4} : Reject{Reject::Kind::kIcmp, 3};
}

// nft puts the family that a code asks for in front of the rule.
void Parser::imply_family(Rule& rule, FamilyNeed need) {
  if (context_.family != FamilyNeed::kNone) {
    return;
  }
  const Field* const field = find_field("meta", "nfproto");
  const Value family{need == FamilyNeed::kIp6 ? 10U : 2U};
  rule.statements.insert(rule.statements.begin(),
                         Match{{{field}}, Comparison::kEqual, Key{{family, family}}, false, false});
  context_.family = need;
}

}  // namespace ringroad::nft

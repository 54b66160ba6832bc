// SPDX-License-Identifier: BSD-3-Clause
// A rule and its statements, but for those that begin with an expression.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/nearest.hpp"
#include "nft/parser.hpp"

namespace ringroad::nft {
namespace {

constexpr std::uint8_t kTcp = 6;

// nft(8)'s statements and expressions that have no place here yet, or never will.
constexpr std::array<std::string_view, 33> kNotThere{
    "ct",    "snat",    "dnat",  "masquerade", "redirect", "notrack",  "flow",   "fib", "exthdr",
    "hbh",   "frag",    "rt",    "rt0",        "rt2",      "rt4",      "srh",    "dst", "mh",
    "queue", "dup",     "fwd",   "tproxy",     "xt",       "synproxy", "socket", "osf", "numgen",
    "jhash", "symhash", "ipsec", "tunnel",     "vlan",     "arp"};

struct Unit {
  std::string_view name;
  std::int64_t seconds;
};
constexpr std::array kPeriods{Unit{"second", 1}, Unit{"minute", 60}, Unit{"hour", 3600},
                              Unit{"day", 86400}, Unit{"week", 604800}};

struct VerdictWord {
  std::string_view word;
  Verdict::Kind kind;
};
constexpr std::array kVerdicts{VerdictWord{"accept", Verdict::Kind::kAccept},
                               VerdictWord{"drop", Verdict::Kind::kDrop},
                               VerdictWord{"continue", Verdict::Kind::kContinue},
                               VerdictWord{"return", Verdict::Kind::kReturn},
                               VerdictWord{"jump", Verdict::Kind::kJump},
                               VerdictWord{"goto", Verdict::Kind::kGoto}};

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
      refuse(first, "nothing follows a verdict but a comment");
    }
    statement(rule);
    ended = std::holds_alternative<Verdict>(rule.statements.back()) ||
            std::holds_alternative<Reject>(rule.statements.back());
  }
  if (!cursor_.at_line_end()) {
    refuse(cursor_.peek(), fmt::format("unexpected {}", shown(cursor_.peek().text)));
  }
  if (rule.statements.empty()) {
    refuse(cursor_.peek(), "a rule has at least one statement");
  }
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
  if (first.is_symbol("@")) {
    refuse(first, "raw payload ('@') is not there");
  }
  if (!known_statement(rule, first)) {
    expression_statement(rule);
  }
}

bool Parser::known_statement(Rule& rule, const Token& first) {
  const auto add = [&](Statement statement) { rule.statements.push_back(std::move(statement)); };
  if (std::ranges::find(kVerdicts, first.text, &VerdictWord::word) != kVerdicts.end()) {
    add(verdict());
  } else if (cursor_.accept_word("counter")) {
    add(counter());
  } else if (cursor_.accept_word("limit")) {
    add(limit());
  } else if (cursor_.accept_word("quota")) {
    add(quota());
  } else if (cursor_.accept_word("log")) {
    add(log());
  } else if (cursor_.accept_word("reject")) {
    add(reject(rule));
  } else if (cursor_.accept_word("add")) {
    add(set_update(SetUpdate::Kind::kAdd));
  } else if (cursor_.accept_word("update")) {
    add(set_update(SetUpdate::Kind::kUpdate));
  } else if (cursor_.accept_word("delete")) {
    add(set_update(SetUpdate::Kind::kDelete));
  } else {
    return false;
  }
  return true;
}

Verdict Parser::verdict() {
  const Token& word = cursor_.next();
  const auto* const found = std::ranges::find(kVerdicts, word.text, &VerdictWord::word);
  if (found == kVerdicts.end()) {
    refuse(word, fmt::format("{} is no verdict; known: accept, drop, continue, return, jump, goto",
                             shown(word.text)));
  }
  Verdict verdict{found->kind};
  if (verdict.kind == Verdict::Kind::kJump || verdict.kind == Verdict::Kind::kGoto) {
    const Token& name = cursor_.next();
    const Chain& chain = chain_of(name);
    if (chain.base) {
      refuse(name, fmt::format("{} has a hook; a rule goes only to chains without one",
                               shown(name.text)));
    }
    verdict.chain = static_cast<ChainIndex>(&chain - table_->chains.data());
  }
  return verdict;
}

namespace {

template <class List>
std::uint32_t find_object(const List& list, std::string_view kind, const Token& token) {
  const auto found =
      std::ranges::find(list, token.text, [](const auto& item) { return item.name; });
  if (found == list.end()) {
    std::vector<std::string_view> names;
    for (const auto& item : list) {
      names.push_back(item.name);
    }
    refuse(token,
           fmt::format("there is no {} {}{}", kind, shown(token.text), hint(token.text, names)));
  }
  return static_cast<std::uint32_t>(found - list.begin());
}

}  // namespace

Counter Parser::counter() {
  if (cursor_.accept_word("name")) {
    Counter named;
    named.object = find_object(table_->counters, "counter", cursor_.next());
    return named;
  }
  return counter_start();
}

Counter Parser::counter_start() {
  Counter counter;
  if (cursor_.accept_word("packets")) {
    counter.packets = cursor_.expect_number("a number of packets");
    if (!cursor_.accept_word("bytes")) {
      refuse(cursor_.peek(), "expected 'bytes' and a number");
    }
    counter.bytes = cursor_.expect_number("a number of bytes");
  }
  return counter;
}

Limit Parser::limit() {
  if (cursor_.accept_word("name")) {
    Limit named;
    named.object = find_object(table_->limits, "limit", cursor_.next());
    return named;
  }
  return limit_rate();
}

std::uint64_t Parser::bytes_unit(std::string_view word, const Token& token) {
  if (word == "bytes") {
    return 1;
  }
  if (word == "kbytes") {
    return 1024;
  }
  if (word == "mbytes") {
    return std::uint64_t{1024} * 1024;
  }
  refuse(token, fmt::format("{} is no unit; known: bytes, kbytes, mbytes", shown(word)));
}

// rate [over] 10/second [burst 5 packets], rate 10 mbytes/second [burst 1 mbytes]
Limit Parser::limit_rate() {
  if (!cursor_.accept_word("rate")) {
    refuse(cursor_.peek(), "expected 'rate'");
  }
  Limit limit;
  limit.over = cursor_.accept_word("over");
  if (!limit.over) {
    cursor_.accept_word("until");
  }
  const Token& number = cursor_.peek();
  limit.rate = cursor_.expect_number("a number of packets or bytes");
  const Token& unit = cursor_.peek();
  std::string period;
  if (cursor_.accept_symbol("/")) {
    period = cursor_.expect_name("a period");
  } else {
    const std::string word = cursor_.next().text;
    const auto slash = word.find('/');
    if (slash == std::string::npos) {
      refuse(unit, "a rate has the form 10/second or 10 mbytes/second");
    }
    limit.bytes = true;
    limit.rate *= bytes_unit(std::string_view{word}.substr(0, slash), unit);
    period = word.substr(slash + 1);
  }
  const auto* const known = std::ranges::find(kPeriods, period, &Unit::name);
  if (known == kPeriods.end()) {
    refuse(unit,
           fmt::format("{} is no period; known: second, minute, hour, day, week", shown(period)));
  }
  if (limit.rate == 0) {
    refuse(number, "a rate is at least 1");
  }
  limit.period = std::chrono::seconds{known->seconds};
  limit.burst = limit.bytes ? 0 : 5;
  if (cursor_.accept_word("burst")) {
    limit.burst = cursor_.expect_number("a number of packets or bytes");
    const Token& of = cursor_.next();
    if (limit.bytes) {
      limit.burst *= bytes_unit(of.text, of);
    } else if (!of.is_word("packets")) {
      refuse(of, "expected 'packets'");
    }
  }
  return limit;
}

Quota Parser::quota() {
  if (cursor_.accept_word("name")) {
    Quota named;
    named.object = find_object(table_->quotas, "quota", cursor_.next());
    return named;
  }
  return quota_bytes();
}

// [over|until] 25 mbytes [used 1 mbytes]
Quota Parser::quota_bytes() {
  Quota quota;
  quota.over = cursor_.accept_word("over");
  if (!quota.over) {
    cursor_.accept_word("until");
  }
  quota.bytes = cursor_.expect_number("a number of bytes");
  const Token& unit = cursor_.next();
  quota.bytes *= bytes_unit(unit.text, unit);
  if (cursor_.accept_word("used")) {
    quota.used = cursor_.expect_number("a number of bytes");
    const Token& used = cursor_.next();
    quota.used *= bytes_unit(used.text, used);
  }
  return quota;
}

Log Parser::log() {
  static constexpr std::array<std::string_view, 8> kLevels{"emerg", "alert",  "crit", "err",
                                                           "warn",  "notice", "info", "debug"};
  constexpr std::size_t kPrefixMax = 127;  // Linux's NF_LOG_PREFIXLEN - 1
  Log log;
  while (true) {
    const Token& what = cursor_.peek();
    if (cursor_.accept_word("prefix")) {
      log.prefix = cursor_.expect_string("the prefix");
      if (log.prefix.size() > kPrefixMax) {
        refuse(what, "a prefix has at most 127 characters");
      }
    } else if (cursor_.accept_word("level")) {
      const Token& level = cursor_.next();
      const auto* const found = std::ranges::find(kLevels, level.text);
      if (found == kLevels.end()) {
        refuse(level,
               fmt::format("{} is no level{}", shown(level.text), hint(level.text, kLevels)));
      }
      log.level = static_cast<std::uint8_t>(found - kLevels.begin());
    } else if (what.is_word("group") || what.is_word("snaplen") || what.is_word("flags") ||
               what.is_word("queue-threshold")) {
      refuse(what, fmt::format("'log {}' is not there", what.text));
    } else {
      return log;
    }
  }
}

// reject [with icmp|icmpv6|icmpx [type] CODE | with tcp reset]
Reject Parser::reject(Rule& rule) {
  static constexpr std::array<std::string_view, 4> kIcmpx{"no-route", "port-unreachable",
                                                          "host-unreachable", "admin-prohibited"};
  Reject reject;
  if (table_->family == Family::kInet) {
    reject = {Reject::Kind::kIcmpx, 1};
  } else if (table_->family == Family::kIp6) {
    reject = {Reject::Kind::kIcmp6, 4};
  }
  if (!cursor_.accept_word("with")) {
    return reject;
  }
  reject.is_default = false;
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
    const auto* const found = std::ranges::find(kIcmpx, code.text);
    if (found == kIcmpx.end()) {
      refuse(code,
             fmt::format("{} is no code of icmpx{}", shown(code.text), hint(code.text, kIcmpx)));
    }
    cursor_.next();
    reject.kind = Reject::Kind::kIcmpx;
    reject.code = static_cast<std::uint8_t>(found - kIcmpx.begin());
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

// nft does not list the family that a code in front of it has asked for.
void Parser::imply_family(Rule& rule, FamilyNeed need) {
  const Field* const field = find_field("meta", "nfproto");
  auto* const last =
      rule.statements.empty() ? nullptr : std::get_if<Match>(&rule.statements.back());
  if (last != nullptr && last->left.front().field == field &&
      last->comparison == Comparison::kEqual && context_.family == need) {
    last->implied = true;
  } else if (context_.family == FamilyNeed::kNone) {
    const Value family{need == FamilyNeed::kIp6 ? 10U : 2U};
    rule.statements.insert(
        rule.statements.begin(),
        Match{
            {{field}}, Comparison::kEqual, Key{{family, family}}, false, rule.statements.empty()});
    context_.family = need;
  }
}

// add @NAME { ip saddr timeout 1h }
SetUpdate Parser::set_update(SetUpdate::Kind kind) {
  refuse(cursor_.peek(), "changing a set by a rule is not there");
  return {kind, {}, {}, {}};
}

// 1d2h3m4s
Nanoseconds Parser::time() {
  const Token& token = cursor_.next();
  Nanoseconds total{};
  std::string_view rest = token.text;
  if (token.kind == Token::Kind::kString || rest.empty()) {
    rest = {};
  }
  std::uint64_t number = 0;
  bool valid = !rest.empty();
  while (valid && !rest.empty()) {
    const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    valid = error == std::errc{} && stop != rest.data() && number < 1'000'000'000;
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    const std::string_view unit = rest.substr(0, rest.find_first_of("0123456789"));
    rest.remove_prefix(unit.size());
    const auto count = static_cast<std::int64_t>(number);
    if (unit == "d") {
      total += std::chrono::days{count};
    } else if (unit == "h") {
      total += std::chrono::hours{count};
    } else if (unit == "m") {
      total += std::chrono::minutes{count};
    } else if (unit == "s" || unit.empty()) {
      total += std::chrono::seconds{count};
    } else if (unit == "ms") {
      total += std::chrono::milliseconds{count};
    } else {
      valid = false;
    }
  }
  if (!valid) {
    refuse(token, fmt::format("{} is no time, such as 1d2h3m4s", shown(token.text)));
  }
  return total;
}

}  // namespace ringroad::nft

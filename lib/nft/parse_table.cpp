// SPDX-License-Identifier: BSD-3-Clause
// Tables, their chains and their named objects.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "nft/parser.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

constexpr std::array<std::string_view, kHookPlaces> kHooks{"prerouting", "input",       "forward",
                                                           "output",     "postrouting", "ingress"};

}  // namespace

std::string_view to_string(Family family) {
  constexpr std::array<std::string_view, 4> kNames{"ip", "ip6", "inet", "netdev"};
  return kNames.at(static_cast<std::size_t>(family));
}

std::string_view to_string(HookPlace hook) { return kHooks.at(static_cast<std::size_t>(hook)); }

// nft's std_prio_lookup.
bool has_priority(HookPlace hook, std::string_view name) {
  if (name == "dstnat") {
    return hook == HookPlace::kPreRouting || hook == HookPlace::kOutput;
  }
  return name != "srcnat" || hook == HookPlace::kPostRouting || hook == HookPlace::kInput;
}

void Parser::table() {
  const Family of = family();
  const std::string name = cursor_.expect_name("the name of a table");
  table_ = &table_of(of, name);
  if (table_->handle == 0) {
    table_->handle = ++table_handles_;
  }
  if (!cursor_.accept_symbol("{")) {
    return;
  }
  declare_chains();
  std::vector<Body> bodies;
  while (true) {
    cursor_.skip_newlines();
    if (cursor_.peek().kind == Token::Kind::kEnd) {
      refuse(cursor_.peek(), fmt::format("the brace of table {} is never closed", shown(name)));
    }
    if (cursor_.accept_symbol("}")) {
      break;
    }
    const std::size_t begin = cursor_.position();
    try {
      table_entry(bodies);
    } catch (const SyntaxError& error) {
      report(error, begin);
    }
  }
  give_handles();
  const std::size_t end = cursor_.position();
  for (const Body& body : bodies) {
    cursor_.go_to(body.position);
    rules(body.chain);
  }
  cursor_.go_to(end);
}

// The kernel gets a file's chains first, then objects, sets and flowtables, then rules.
void Parser::give_handles() {
  const auto number = [&](auto& list) {
    for (auto& item : list) {
      item.handle = item.handle != 0 ? item.handle : ++table_->handles;
    }
  };
  number(table_->chains);
  number(table_->counters);
  number(table_->limits);
  number(table_->quotas);
  number(table_->sets);
  number(table_->flowtables);
}

void Parser::table_entry(std::vector<Body>& bodies) {
  static constexpr std::array<std::string_view, 9> kKnown{
      "chain", "set", "map", "counter", "limit", "quota", "flowtable", "flags", "comment"};
  const Token& what = cursor_.next();
  if (what.is_word("chain")) {
    chain(&bodies);
  } else if (what.is_word("set") || what.is_word("map")) {
    named_set(what.text == "map");
  } else if (what.is_word("counter") || what.is_word("limit") || what.is_word("quota")) {
    object(what.text);
  } else if (what.is_word("flowtable")) {
    flowtable();
  } else if (what.is_word("comment")) {
    table_->comment = cursor_.expect_string("a comment");
  } else if (what.is_word("flags")) {
    if (!cursor_.accept_word("dormant")) {
      refuse(cursor_.peek(),
             fmt::format("tables have no flag {}; known: dormant", shown(cursor_.peek().text)));
    }
    table_->dormant = true;
  } else {
    for (const std::string_view later : {"ct", "secmark", "synproxy"}) {
      if (what.is_word(later)) {
        refuse(what, later == "ct" ? fmt::format("'ct {}' is not there", cursor_.peek().text)
                                   : fmt::format("'{}' is not there", later));
      }
    }
    refuse(what, fmt::format("{} is nothing that a table has{}", shown(what.text),
                             hint(what.text, kKnown)));
  }
}

// The names of the chains in this table's braces, so that maps and rules above them may use them.
void Parser::declare_chains() {
  const std::size_t begin = cursor_.position();
  for (cursor_.skip_newlines();
       !cursor_.peek().is_symbol("}") && cursor_.peek().kind != Token::Kind::kEnd;
       cursor_.skip_newlines()) {
    if (cursor_.peek().is_word("chain")) {
      declare_chain(cursor_.peek(1).text, cursor_.peek(1).place);
    }
    cursor_.skip_line();
  }
  cursor_.go_to(begin);
}

Chain& Parser::declare_chain(const std::string& name, const Place& place) {
  const auto found = std::ranges::find(table_->chains, name, &Chain::name);
  if (found != table_->chains.end()) {
    return *found;
  }
  Chain& chain = table_->chains.emplace_back();
  chain.name = name;
  chain.place = place;
  return chain;
}

Chain& Parser::chain_of(const Token& name) {
  const auto found = std::ranges::find(table_->chains, name.text, &Chain::name);
  if (found == table_->chains.end()) {
    refuse(name, fmt::format("there is no chain {} in table {} {}{}", shown(name.text),
                             to_string(table_->family), table_->name,
                             hint(name.text, names_in(table_->chains))));
  }
  return *found;
}

// `bodies` receives where the chain's rules are; if it is null, the chain may have none here.
void Parser::chain(std::vector<Body>* bodies) {
  const Place place = cursor_.peek().place;
  const std::string name = cursor_.expect_name("the name of a chain");
  Chain& chain = declare_chain(name, place);
  if (!cursor_.accept_symbol("{")) {
    return;
  }
  const auto index = static_cast<ChainIndex>(&chain - table_->chains.data());
  std::size_t first_rule = 0;
  while (true) {
    cursor_.skip_newlines();
    const Token& token = cursor_.peek();
    if (cursor_.accept_symbol("}")) {
      break;
    }
    if (token.kind == Token::Kind::kEnd) {
      refuse(token, fmt::format("the brace of chain {} is never closed", shown(name)));
    }
    if (token.is_word("type") || token.is_word("policy")) {
      const std::size_t begin = cursor_.position();
      try {
        token.text == "type" ? base_chain(chain) : policy(chain);
      } catch (const SyntaxError& error) {
        report(error, begin);
      }
    } else if (token.is_word("comment") && cursor_.peek(1).kind == Token::Kind::kString) {
      cursor_.next();
      chain.comment = cursor_.next().text;
    } else {
      if (bodies == nullptr) {
        refuse(token, "rules are added by 'add rule'");
      }
      if (first_rule == 0) {
        first_rule = cursor_.position();
        bodies->push_back({index, first_rule});
      }
      cursor_.skip_line();
    }
  }
}

// type filter hook input priority filter; policy drop;
void Parser::base_chain(Chain& chain) {
  cursor_.next();
  const Token& type = cursor_.next();
  const auto* const known = std::ranges::find(kChainTypes, type.text);
  if (known == kChainTypes.end()) {
    refuse(type, fmt::format("{} is no type of a chain{}", shown(type.text),
                             hint(type.text, kChainTypes)));
  }
  BaseChain base;
  base.type = static_cast<ChainType>(known - kChainTypes.begin());
  if (!cursor_.accept_word("hook")) {
    refuse(cursor_.peek(), "expected 'hook' and the name of one");
  }
  const Token& hook = cursor_.next();
  const auto* const place = std::ranges::find(kHooks, hook.text);
  if (place == kHooks.end()) {
    refuse(hook, fmt::format("there is no hook {}{}", shown(hook.text), hint(hook.text, kHooks)));
  }
  base.hook = static_cast<HookPlace>(place - kHooks.begin());
  const bool is_ingress = base.hook == HookPlace::kIngress;
  const bool is_netdev = table_->family == Family::kNetdev;
  if (is_ingress ? table_->family < Family::kInet : is_netdev) {
    refuse(hook, fmt::format("tables of the family {} have no hook {}", to_string(table_->family),
                             hook.text));
  }
  const bool fits =
      base.type == ChainType::kFilter ||
      (base.type == ChainType::kRoute && base.hook == HookPlace::kOutput) ||
      (base.type == ChainType::kNat && base.hook != HookPlace::kForward && !is_ingress);
  if (!fits) {
    refuse(hook, fmt::format("a chain of type {} cannot be at {}", type.text, hook.text));
  }
  if (cursor_.peek().is_word("device") || cursor_.peek().is_word("devices")) {
    if (!is_ingress) {
      refuse(cursor_.peek(), "only chains at ingress have devices");
    }
    chain_devices(base);
  } else if (is_ingress) {
    refuse(cursor_.peek(), "expected 'device' and its name, or 'devices = { ... }'");
  }
  if (!cursor_.accept_word("priority")) {
    refuse(cursor_.peek(), "expected 'priority' and a number or a name");
  }
  constexpr int kConntrack = -200;  // Linux's NF_IP_PRI_CONNTRACK
  const Token& number = cursor_.peek();
  base.priority = priority(is_netdev ? std::nullopt : std::optional{base.hook});
  if (base.type == ChainType::kNat && base.priority <= kConntrack) {
    refuse(number, "a chain of type nat comes behind connection tracking: priority -199 or above");
  }
  chain.base = base;
}

// device eth0, or devices = { eth0, eth1 }
void Parser::chain_devices(BaseChain& base) {
  if (cursor_.next().text == "device") {
    add_device(base.devices);
    return;
  }
  cursor_.expect_symbol("=", "before the devices");
  cursor_.expect_symbol("{", "before the devices");
  devices(base.devices);
}

// Without a hook: at a device's ingress, where only one has a name.
int Parser::priority(std::optional<HookPlace> hook) {
  const Token& first = cursor_.peek();
  int value = 0;
  if (first.kind == Token::Kind::kWord && first.text.find_first_of("0123456789") != 0) {
    const auto* const named = std::ranges::find(kPriorities, first.text, &NamedPriority::name);
    if (named == kPriorities.end()) {
      refuse(first, fmt::format("{} is no priority; known: raw, mangle, dstnat, filter, security, "
                                "srcnat, and numbers",
                                shown(first.text)));
    }
    if (hook ? !has_priority(*hook, named->name) : named->name != "filter") {
      refuse(first, fmt::format("priority {} is none of {}", named->name,
                                hook ? to_string(*hook) : "ingress"));
    }
    cursor_.next();
    value = named->value;
    if (!cursor_.peek().is_symbol("+") && !cursor_.peek().is_symbol("-")) {
      return value;
    }
  }
  const bool negative = cursor_.accept_symbol("-");
  if (!negative) {
    cursor_.accept_symbol("+");
  }
  const Token& token = cursor_.peek();
  const std::uint64_t number = cursor_.expect_number("a priority");
  if (number > 0x7fff'0000) {
    refuse(token, "the priority is out of range");
  }
  const int magnitude = static_cast<int>(number);
  return negative ? value - magnitude : value + magnitude;
}

void Parser::policy(Chain& chain) {
  const Token& word = cursor_.next();
  if (!chain.base) {
    refuse(word, "only a chain with a hook has a policy, which follows it");
  }
  const Token& policy = cursor_.next();
  if (!policy.is_word("accept") && !policy.is_word("drop")) {
    refuse(policy, fmt::format("a policy is accept or drop, not {}", shown(policy.text)));
  }
  chain.base->accepts = policy.text == "accept";
}

void Parser::rules(ChainIndex chain) {
  while (true) {
    cursor_.skip_newlines();
    const Token& first = cursor_.peek();
    if (first.is_symbol("}") || first.kind == Token::Kind::kEnd) {
      return;
    }
    // What has been read with the chain itself.
    if (first.is_word("type") || first.is_word("policy") ||
        (first.is_word("comment") && cursor_.peek(1).kind == Token::Kind::kString)) {
      cursor_.skip_line();
      continue;
    }
    const std::size_t begin = cursor_.position();
    try {
      Rule fresh = rule();
      fresh.handle = ++table_->handles;
      table_->chains[chain].rules.push_back(std::move(fresh));
    } catch (const SyntaxError& error) {
      report(error, begin);
    }
  }
}

// counter NAME { packets 0 bytes 0 }, or in one line.
void Parser::object(std::string_view kind) {
  const Token& token = cursor_.peek();
  const std::string name = cursor_.expect_name(fmt::format("the name of a {}", kind));
  const auto declare = [&](auto& list, auto read) {
    if (std::ranges::find(list, name, [](const auto& item) { return item.name; }) != list.end()) {
      refuse(token, fmt::format("there is a {} {} already", kind, shown(name)));
    }
    auto& item = list.emplace_back();
    item.name = name;
    const bool braces = cursor_.accept_symbol("{");
    while (true) {
      if (braces) {
        cursor_.skip_newlines();
      }
      if (braces ? cursor_.accept_symbol("}") : cursor_.at_line_end()) {
        return;
      }
      const std::size_t begin = cursor_.position();
      if (cursor_.accept_word("comment")) {
        item.comment = cursor_.expect_string("a comment");
      } else {
        item.object = read();
      }
      if (cursor_.position() == begin) {
        refuse(cursor_.peek(),
               fmt::format("{} is nothing that a {} has", shown(cursor_.peek().text), kind));
      }
    }
  };
  if (kind == "counter") {
    declare(table_->counters, [&] { return counter_start(); });
  } else if (kind == "limit") {
    declare(table_->limits, [&] { return limit_rate(); });
  } else {
    declare(table_->quotas, [&] { return quota_bytes(); });
  }
}

}  // namespace ringroad::nft

// SPDX-License-Identifier: BSD-3-Clause
// Counters, limits and quotas, in rules and with a name; flowtables and times.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/nearest.hpp"
#include "nft/parser.hpp"
#include "nft/time.hpp"
#include "nft/words.hpp"

namespace ringroad::nft {
namespace {

template <class List>
std::uint32_t find_object(const List& list, std::string_view kind, const Token& token) {
  const auto found =
      std::ranges::find(list, token.text, [](const auto& item) { return item.name; });
  if (found == list.end()) {
    refuse(token, fmt::format("there is no {} {}{}", kind, shown(token.text),
                              hint(token.text, names_in(list))));
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
  const auto* const known = std::ranges::find(kPeriods, period, &Period::name);
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

// flowtable NAME { hook ingress priority filter; devices = { eth0, eth1 }; }
void Parser::flowtable() {
  const Token& token = cursor_.peek();
  Flowtable flowtable;
  flowtable.name = cursor_.expect_name("the name of a flowtable");
  if (std::ranges::find(table_->flowtables, flowtable.name, &Flowtable::name) !=
      table_->flowtables.end()) {
    refuse(token, fmt::format("there is a flowtable {} already", shown(flowtable.name)));
  }
  cursor_.expect_symbol("{", "before what the flowtable has");
  bool hooked = false;
  while (true) {
    cursor_.skip_newlines();
    if (cursor_.accept_symbol("}")) {
      break;
    }
    hooked |= cursor_.peek().is_word("hook");
    flowtable_property(flowtable);
    if (!cursor_.at_line_end()) {
      refuse(cursor_.peek(), fmt::format("unexpected {}", shown(cursor_.peek().text)));
    }
  }
  if (!hooked) {
    refuse(token, fmt::format("flowtable {} has no hook: 'hook ingress priority filter'",
                              shown(flowtable.name)));
  }
  table_->flowtables.push_back(std::move(flowtable));
}

void Parser::flowtable_property(Flowtable& flowtable) {
  static constexpr std::array<std::string_view, 4> kKnown{"hook", "devices", "counter", "flags"};
  const Token& what = cursor_.next();
  if (what.is_word("hook")) {
    if (!cursor_.accept_word("ingress")) {
      refuse(cursor_.peek(), "a flowtable has the hook ingress");
    }
    if (!cursor_.accept_word("priority")) {
      refuse(cursor_.peek(), "expected 'priority' and a number or a name");
    }
    flowtable.priority = priority(std::nullopt);
  } else if (what.is_word("devices")) {
    cursor_.expect_symbol("=", "before the devices");
    cursor_.expect_symbol("{", "before the devices");
    devices(flowtable.devices);
  } else if (what.is_word("counter")) {
    flowtable.counter = true;
  } else if (what.is_word("flags")) {
    if (!cursor_.accept_word("offload")) {
      refuse(cursor_.peek(), "a flowtable has the flag offload");
    }
    flowtable.offload = true;
  } else {
    refuse(what, fmt::format("{} is nothing that a flowtable has{}", shown(what.text),
                             hint(what.text, kKnown)));
  }
}

// Behind the brace that opens the list.
void Parser::devices(std::vector<std::string>& names) {
  do {
    cursor_.skip_newlines();
    // A variable may hold a list in braces itself.
    if (cursor_.accept_symbol("{")) {
      devices(names);
      continue;
    }
    add_device(names);
  } while ((cursor_.skip_newlines(), cursor_.accept_symbol(",")));
  cursor_.skip_newlines();
  cursor_.expect_symbol("}", "behind the devices");
}

void Parser::add_device(std::vector<std::string>& names) {
  const Token& token = cursor_.peek();
  const std::string name = cursor_.expect_name("the name of an interface");
  constexpr std::string_view kAlnum =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  if (name.empty() || name.size() > kNameMax || name.find_first_of(kAlnum) != 0 ||
      name.find_first_not_of(std::string{kAlnum} + "_.-") != std::string::npos) {
    refuse(token, fmt::format("{} is no name of an interface", shown(name)));
  }
  const auto place = std::ranges::lower_bound(names, name);
  if (place != names.end() && *place == name) {
    refuse(token, fmt::format("{} is there twice", shown(name)));
  }
  names.insert(place, name);
}

// 1d2h3m4s
Nanoseconds Parser::time() {
  const Token& token = cursor_.next();
  const auto time = token.kind == Token::Kind::kWord ? parse_time(token.text) : std::nullopt;
  if (!time) {
    refuse(token, fmt::format("{} is no time, such as 1d2h3m4s", shown(token.text)));
  }
  return *time;
}

// As Linux has it, no time at all is none.
std::optional<Nanoseconds> Parser::time_or_none() {
  const Nanoseconds read = time();
  return read == Nanoseconds{0} ? std::nullopt : std::optional{read};
}

std::uint32_t Parser::number32(std::string_view what) {
  const Token& token = cursor_.peek();
  const std::uint64_t number = cursor_.expect_number(what);
  if (number > std::numeric_limits<std::uint32_t>::max()) {
    refuse(token, fmt::format("{} is above 4294967295", number));
  }
  return static_cast<std::uint32_t>(number);
}

}  // namespace ringroad::nft

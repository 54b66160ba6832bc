// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/completion.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/enums.hpp"
#include "roadctl/abbreviations.hpp"
#include "roadctl/asking.hpp"
#include "roadctl/command_line.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

void add(NextWords& next, std::string_view word) {
  if (std::ranges::find(next.words, word) == next.words.end()) {
    next.words.emplace_back(word);
  }
}

// What a capital word of a usage, or a word before a value, stands for. Returns false if it is
// neither.
bool add_values(std::string_view word, NextWords& next) {
  if (word == "P" || word == "port" || word == "dev") {
    next.ports = true;
  } else if (word == "PREFIX" || word == "root") {
    next.prefixes = true;
  } else if (word == "via") {
    next.neighbors = true;
  } else if (word == "protocol" || word == "proto") {
    for (const char* const name : {"kernel", "static", "connected", "zebra", "bird", "babel", "bgp",
                                   "isis", "ospf", "rip", "udp", "tcp"}) {
      add(next, name);
    }
  } else if (word == "type") {
    for (const RouteType type : kStaticRouteTypes) {
      add(next, to_string(type));
    }
  } else if (word == "state" || word == "nud") {
    for (const char* const name :
         {"INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT"}) {
      add(next, name);
    }
  } else if (word == "table" || word == "--table") {
    for (const char* const name : {"main", "local", "default", "all"}) {
      add(next, name);
    }
  } else {
    return false;
  }
  return true;
}

// Adds the keywords of a usage, which are typed as they are, and what its capital words stand for.
void add_usage(const Verb& verb, NextWords& next) {
  const auto is_part = [](char c) {
    return c == '-' || std::isalpha(static_cast<unsigned char>(c)) != 0;
  };
  const std::string_view usage = verb.usage;
  std::string_view before;
  for (const auto* begin = usage.begin(); begin != usage.end();) {
    begin = std::find_if(begin, usage.end(), is_part);
    const auto* const end = std::find_if_not(begin, usage.end(), is_part);
    const std::string_view word{begin, end};
    begin = end;
    const bool is_capital = std::ranges::any_of(
        word, [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; });
    if (!is_capital && !word.empty()) {
      add(next, word);
    } else if (word == "P" || word == "PREFIX") {
      // After its keyword it is a value, which is completed when the keyword is there.
      if (before != "port" && before != "root") {
        add_values(word, next);
      }
    } else if (word == "ADDR" && before != "via" && before != "from" && before != "src") {
      next.neighbors = next.neighbors || verb.group != "address";
      next.addresses = next.addresses || verb.group == "address";
    }
    before = word;
  }
}

// What may come after an option that takes a value. Returns false for other words.
bool add_option_values(const Verb* verb, const std::string& option, NextWords& next) {
  if (option == "--color") {
    next.words = {"auto", "always", "never"};
    return true;
  }
  if (!option.starts_with('-') || !takes_value(option)) {
    return false;
  }
  if (verb != nullptr) {
    const auto flag = std::ranges::find(verb->flags, option, &Flag::name);
    if (flag != verb->flags.end()) {
      next.words = flag->choices;
      add_values(option, next);
    }
  }
  return true;
}

void add_verb(const Verb& verb, std::span<const std::string> words, NextWords& next) {
  const Verb* told = &verb;
  if (verb.usage.starts_with("as ")) {  // such as "as route add"
    told = find_verb(verb.group, verb.usage.substr(verb.usage.rfind(' ') + 1));
  }
  if (told == nullptr || (!words.empty() && add_values(words.back(), next))) {
    return;
  }
  add_usage(*told, next);
  for (const Flag& flag : verb.flags) {
    add(next, flag.name);
  }
}

}  // namespace

NextWords next_words(std::span<const std::string> typed) {
  NextWords next;
  const auto whole = expand_typed(typed);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (!whole[i].starts_with('-')) {
      words.push_back(whole[i]);
    } else if (takes_value(whole[i])) {
      ++i;
    }
  }
  const Verb* verb = words.size() >= 2 ? find_verb(words[0], words[1]) : nullptr;
  std::size_t its_words = 2;
  if (verb == nullptr && !words.empty()) {
    verb = find_verb(words[0], "");
    its_words = 1;
  }
  if (!whole.empty() && add_option_values(verb, whole.back(), next)) {
    return next;
  }
  if (words.empty()) {
    for (const Group& group : groups()) {
      add(next, group.name);
    }
    return next;
  }
  if (words.size() == 1) {
    for (const std::string_view name : names_in(words[0])) {
      add(next, name);
    }
  }
  if (verb != nullptr) {
    add_verb(*verb, std::span{words}.subspan(its_words), next);
  }
  return next;
}

std::vector<std::string> router_words(
    const NextWords& next,
    const std::function<json(std::string_view what, const json& options)>& ask) {
  std::vector<std::string> found;
  const auto add_fields = [&](std::string_view what, const json& options, const char* key) {
    for (const json& row : ask(what, options)) {
      const json& value = field(row, key);
      for (const json& one : value.is_array() ? value : json::array({value})) {
        if (one.is_string() && std::ranges::find(found, one.get<std::string>()) == found.end()) {
          found.push_back(one.get<std::string>());
        }
      }
    }
  };
  const json page{{"limit", kRowsAPage}};
  if (next.ports) {
    add_fields("ports", json::object(), "name");
  }
  if (next.prefixes) {
    add_fields("routes", page, "prefix");
  }
  if (next.neighbors) {
    add_fields("neighbors", page, "address");
  }
  if (next.addresses) {
    add_fields("ports", json::object(), "addresses");
  }
  return found;
}

}  // namespace ringroad::roadctl

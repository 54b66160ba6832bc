// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/verb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ringroad::roadctl {
namespace {

constexpr std::array kGroups{
    Group{"show", "", "show what the router knows, does and counts"},
    Group{"route", "", "change and query routes, as ip route does"},
    Group{"neighbor", "neigh", "change neighbors, as ip neigh does"},
    Group{"link", "l", "change ports, as ip link does"},
    Group{"address", "addr", "change the router's addresses, as ip address does"},
    Group{"bands", "", "what is measured of a port's bands"},
    Group{"firewall", "", "change the rules of the firewall"},
    Group{"connections", "", "forget connections"},
    Group{"log", "", "what is logged"},
    Group{"explain", "", "what this router would do with a packet, and why"},
    Group{"trace", "", "what each stage does with packets"},
    Group{"capture", "", "packets into a file that Wireshark reads"},
    Group{"reload", "", "apply a changed configuration"},
    Group{"confirm", "", "keep a reload that waits for it"},
    Group{"top", "", "a live screen of what the router does"},
};

std::vector<Verb>& registered() {
  static std::vector<Verb> verbs;
  return verbs;
}

}  // namespace

std::string Verb::full_name() const {
  return fmt::format("{}{}{}", group, name.empty() ? "" : " ", name);
}

Registration::Registration(Verb verb) {
  const auto place = [](const Verb& one) {
    return std::ranges::find(kGroups, one.group, &Group::name) - kGroups.begin();
  };
  registered().insert(std::ranges::upper_bound(registered(), place(verb), {}, place),
                      std::move(verb));
}

std::span<const Group> groups() { return kGroups; }

std::span<const Verb> verbs() { return registered(); }

std::vector<std::string_view> names_in(std::string_view group) {
  std::vector<std::string_view> names;
  for (const Verb& verb : registered()) {
    if (verb.group == group && !verb.name.empty()) {
      names.push_back(verb.name);
    }
  }
  return names;
}

const Verb* find_verb(std::string_view group, std::string_view name) {
  const auto found = std::ranges::find_if(
      registered(), [&](const Verb& verb) { return verb.group == group && verb.name == name; });
  return found == registered().end() ? nullptr : &*found;
}

const Verb* find_verb(std::span<const std::string> words) {
  return words.empty() || words.size() > 2 ? nullptr
                                           : find_verb(words[0], words.size() == 2 ? words[1] : "");
}

Options no_words(Words words) { return WordReader{words, {}}.pairs().result(); }

Options optional_port(Words words) {
  return WordReader{words, {kPort, kDev}}.optional_subject("port").pairs().result();
}

}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/verbs.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "roadctl/nearest.hpp"
#include "roadctl/words.hpp"
#include "version.hpp"

namespace ringroad::roadctl {
namespace {

struct Verb {
  std::string_view group;
  std::string_view name;
  // What follows the name, one line a form.
  std::string_view usage;
  std::string_view summary;
  Options (*options)(Words words);
};

constexpr std::array kVerbs{
    Verb{"show", "ports", "", "link, addresses and counters of every port", show_options},
    Verb{"show", "workers", "", "load of every forwarding core, cycles by stage", show_options},
    Verb{"show", "routes", "[PREFIX|ADDR] [--table T] [--style ip|route]",
         "routes and their next hops; ADDR: the longest prefix that covers it",
         show_routes_options},
    Verb{"show", "neighbors", "", "neighbors: MAC, state, packets that wait", show_options},
    Verb{"show", "bands", "[P]", "bands of every port and TX queue, as tc -s qdisc",
         show_port_options},
    Verb{"show", "drops", "[P]", "dropped packets by reason, of all ports or of one",
         show_port_options},
    Verb{"show", "counters", "", "IP, ICMP, TCP and UDP counters, named as nstat names them",
         show_options},
    Verb{"show", "memory", "", "packet pools, FIB and neighbor table", show_options},
    Verb{"show", "config", "", "the configuration that runs now, as YAML", show_options},
    Verb{"show", "load", "", "how far a file of routes is, or what became of it", show_options},
    Verb{"route", "add",
         "PREFIX via ADDR [port P [onlink]] [metric N] [table T] [src ADDR]\n"
         "PREFIX port P [metric N] [table T] [src ADDR]\n"
         "PREFIX [metric N] [table T] nexthop via ADDR [port P [onlink]] [weight N] nexthop ...\n"
         "blackhole|unreachable|prohibit PREFIX [metric N] [table T]",
         "add a route", route_set_options},
    Verb{"route", "replace", "as route add", "add a route, or put it in the place of another",
         route_set_options},
    Verb{"route", "change", "as route add", "put a route in the place of one that is there",
         route_set_options},
    Verb{"route", "append", "PREFIX via ADDR [port P [onlink]] [metric N] [table T]",
         "add next hops to a route, or add it", route_set_options},
    Verb{"route", "del", "PREFIX [via ADDR] [port P] [metric N] [table T] [src ADDR]",
         "delete a route, or next hops of it", route_del_options},
    Verb{"route", "get", "ADDR [from ADDR] [proto udp|tcp sport N dport N]",
         "the route a packet to ADDR would take, and why", route_get_options},
    Verb{"route", "load", "FILE via ADDR [metric N] [table T] [--keep-going]",
         "add a route for every prefix in a file (.gz too)", route_load_options},
    Verb{"neighbor", "add", "ADDR port P mac M", "add a permanent neighbor", neighbor_add_options},
    Verb{"neighbor", "replace", "ADDR port P mac M", "add it, or change its MAC",
         neighbor_add_options},
    Verb{"neighbor", "del", "ADDR port P", "delete a neighbor", neighbor_del_options},
    Verb{"neighbor", "flush", "[port P]", "forget every neighbor that was learned",
         neighbor_flush_options},
    Verb{"link", "set", "P [up|down] [mtu N] [mac M]",
         "take a port up or down, change its MTU or MAC", link_set_options},
    Verb{"address", "add", "ADDR/LENGTH port P\nADDR peer ADDR[/LENGTH] port P",
         "give a port an address", address_options},
    Verb{"address", "del", "ADDR/LENGTH port P\nADDR peer ADDR[/LENGTH] port P",
         "take an address from a port", address_options},
    Verb{"bands", "delays", "on|off [P]", "measure how long packets wait in their bands",
         bands_delays_options},
};

struct Group {
  std::string_view name;
  std::string_view alias;
  std::string_view summary;
};

constexpr std::array kGroups{
    Group{"show", "", "show what the router knows, does and counts"},
    Group{"route", "", "change and query routes, as ip route does"},
    Group{"neighbor", "neigh", "change neighbors, as ip neigh does"},
    Group{"link", "", "change ports, as ip link does"},
    Group{"address", "addr", "change the router's addresses, as ip address does"},
    Group{"bands", "", "what is measured of a port's bands"},
};

constexpr auto kFooter =
    "PREFIX is 10.0.0.0/8, an address or 'default'. P is a port's name in the configuration.\n"
    "--socket and --json may stand before or after the verb. 'roadctl VERB --help' tells more.\n"
    "\n"
    "Exit status: 0 fine; 1 the router refused; 2 wrong usage; 3 no router at that socket.\n";

// "roadctl show routes [PREFIX]", a line for each form, the later ones aligned under the first.
std::string usage_of(const Verb& verb, std::string_view lead) {
  const std::string command = fmt::format("roadctl {} {}", verb.group, verb.name);
  std::string text{lead};
  text += command + (verb.usage.empty() ? "" : " ");
  for (const char character : verb.usage) {
    text += character;
    if (character == '\n') {
      text += std::string(lead.size(), ' ') + command + ' ';
    }
  }
  return text + "\n";
}

// CLI11's help, less what it cannot know: the words after a verb.
class HelpFormatter : public CLI::Formatter {
 public:
  std::map<const CLI::App*, std::string> usages;

  std::string make_usage(const CLI::App* app, std::string /*name*/) const override {
    const auto usage = usages.find(app);
    return usage == usages.end() ? "" : usage->second;
  }
  std::string make_positionals(const CLI::App* /*app*/) const override { return ""; }
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode /*mode*/) const override {
    const bool root = app->get_parent() == nullptr;
    std::string text = root ? "\nVerbs:" : "";
    std::string_view group;
    for (const Verb& verb : kVerbs) {
      if (!root && app->get_name() != verb.group) {
        continue;
      }
      if (std::exchange(group, verb.group) != verb.group) {
        text += "\n";
      }
      const std::string left = fmt::format("  {} {} {}", verb.group, verb.name,
                                           verb.usage.substr(0, verb.usage.find('\n')));
      text += fmt::format("{:<52} {}\n", left, verb.summary);
    }
    return text;
  }
};

const Verb* find_verb(std::string_view group, std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kVerbs, [&](const Verb& verb) { return verb.group == group && verb.name == name; });
  return found == kVerbs.end() ? nullptr : &*found;
}

// The words of a usage that are typed as they stand there; "P" is a port's name.
void add_keywords(std::string_view usage, NextWords& next) {
  const auto is_part = [](char c) {
    return c == '-' || std::isalpha(static_cast<unsigned char>(c)) != 0;
  };
  for (const auto* begin = usage.begin(); begin != usage.end();) {
    begin = std::find_if(begin, usage.end(), is_part);
    const auto* const end = std::find_if_not(begin, usage.end(), is_part);
    const std::string_view word{begin, end};
    begin = end;
    const bool is_keyword = std::ranges::none_of(
        word, [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; });
    next.ports = next.ports || word == "P";
    if (is_keyword && !word.empty() && std::ranges::find(next.words, word) == next.words.end()) {
      next.words.emplace_back(word);
    }
  }
}

class Parser {
 public:
  Parser();
  std::expected<CommandLine, EarlyExit> parse(std::span<const std::string> arguments);

 private:
  void add_group(const Group& group);
  void add_verb(CLI::App& group, const Verb& verb);
  std::expected<CommandLine, EarlyExit> finish();
  [[nodiscard]] EarlyExit wrong(std::string_view complaint) const;
  [[nodiscard]] std::string explain(const CLI::ParseError& error) const;
  [[nodiscard]] const CLI::App& deepest() const;

  CLI::App app_{"Asks and tells a running ringroad router.", "roadctl"};
  std::shared_ptr<HelpFormatter> formatter_ = std::make_shared<HelpFormatter>();
  CommandLine line_;
  std::vector<std::string> words_;
  std::string table_;
  std::string style_;
  bool keep_going_ = false;
  const Verb* verb_ = nullptr;
};

Parser::Parser() {
  formatter_->usages[&app_] = "Usage: roadctl [--socket PATH] [--json] VERB ...\n";
  formatter_->column_width(24);
  app_.formatter(formatter_);
  app_.add_option("--socket", line_.socket, "the router's control socket")
      ->option_text(fmt::format("PATH [{}]", kDefaultSocket));
  app_.add_flag("--json", line_.json, "print the answer as JSON, for programs");
  app_.set_version_flag("--version", fmt::format("roadctl {}", kVersion), "print the version");
  app_.get_help_ptr()->description("print this help");
  app_.require_subcommand(1);
  app_.fallthrough();
  app_.footer(kFooter);
  for (const Group& group : kGroups) {
    add_group(group);
  }
}

void Parser::add_group(const Group& group) {
  CLI::App* const app = app_.add_subcommand(std::string{group.name}, std::string{group.summary});
  if (!group.alias.empty()) {
    app->alias(std::string{group.alias});
  }
  app->require_subcommand(1);
  app->footer("");
  std::string names;
  for (const Verb& verb : kVerbs) {
    if (verb.group == group.name) {
      names += (names.empty() ? "" : "|") + std::string{verb.name};
      add_verb(*app, verb);
    }
  }
  formatter_->usages[app] = fmt::format("Usage: roadctl {} {} ...\n", group.name, names);
}

void Parser::add_verb(CLI::App& group, const Verb& verb) {
  CLI::App* const app = group.add_subcommand(std::string{verb.name}, std::string{verb.summary});
  formatter_->usages[app] = usage_of(verb, "Usage: ");
  app->add_option("words", words_);
  if (verb.options == show_routes_options) {
    app->add_option("--table", table_, "only the routes of this table, or of all")
        ->option_text("T");
    app->add_option("--style", style_, "as `ip route` or as `route -n` prints them")
        ->option_text("ip|route")
        ->check(CLI::IsMember({"ip", "route"}));
  }
  if (verb.options == route_load_options) {
    app->add_flag("--keep-going", keep_going_, "pass over lines that are no prefix");
  }
  app->footer("");
  app->callback([this, &verb] { verb_ = &verb; });
}

std::expected<CommandLine, EarlyExit> Parser::parse(std::span<const std::string> arguments) {
  try {
    // CLI11 takes them off the back.
    app_.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
  } catch (const CLI::CallForHelp&) {
    return std::unexpected{EarlyExit{ExitStatus::kFine, app_.help()}};
  } catch (const CLI::CallForVersion& version) {
    return std::unexpected{EarlyExit{ExitStatus::kFine, version.what() + std::string{"\n"}}};
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view what = error.what();
    return std::unexpected{wrong(fmt::format("{} needs a value", what.substr(0, what.find(':'))))};
  } catch (const CLI::ParseError& error) {
    return std::unexpected{wrong(explain(error))};
  }
  return finish();
}

std::expected<CommandLine, EarlyExit> Parser::finish() {
  if (!table_.empty()) {
    words_.insert(words_.end(), {"table", table_});
  }
  Options options = verb_->options(words_);
  if (!options) {
    return std::unexpected{wrong(options.error().what)};
  }
  line_.verb = {std::string{verb_->group}, std::string{verb_->name}};
  line_.options = std::move(*options);
  if (!style_.empty()) {
    line_.options["style"] = style_;
  }
  if (keep_going_) {
    line_.options["keep_going"] = true;
  }
  return std::move(line_);
}

const CLI::App& Parser::deepest() const {
  const CLI::App* app = &app_;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
  }
  return *app;
}

EarlyExit Parser::wrong(std::string_view complaint) const {
  const CLI::App& app = deepest();
  return {ExitStatus::kUsage,
          fmt::format("roadctl: {}\n{}", complaint, formatter_->usages.at(&app))};
}

std::string Parser::explain(const CLI::ParseError& error) const {
  const std::vector<std::string> left = app_.remaining(true);
  const auto stray =
      std::ranges::find_if(left, [](const std::string& word) { return !word.starts_with('-'); });
  std::vector<std::string> known;
  for (const CLI::App* const app : deepest().get_subcommands({})) {
    known.push_back(app->get_name());
  }
  if (known.empty() || (stray == left.end() && !left.empty())) {
    return left.empty() ? error.what() : fmt::format("unknown option {}", left.front());
  }
  if (stray == left.end()) {
    return fmt::format("a verb is missing{}", hint("", known));
  }
  const auto* const inner = std::ranges::find(kVerbs, *stray, &Verb::name);
  if (&deepest() == &app_ && inner != kVerbs.end()) {
    return fmt::format("unknown verb '{0}'; did you mean '{1} {0}'?", *stray, inner->group);
  }
  return fmt::format("unknown verb '{}'{}", *stray, hint(*stray, known));
}

}  // namespace

std::expected<CommandLine, EarlyExit> parse_command_line(std::span<const std::string> arguments) {
  return Parser{}.parse(arguments);
}

NextWords next_words(std::span<const std::string> typed) {
  NextWords next;
  std::vector<std::string_view> words;
  for (const std::string& word : typed) {
    if (!word.starts_with("-")) {
      words.emplace_back(word);
    }
  }
  if (words.empty()) {
    for (const Group& group : kGroups) {
      next.words.emplace_back(group.name);
    }
    return next;
  }
  const auto* const group = std::ranges::find_if(kGroups, [&](const Group& one) {
    return one.name == words[0] || (!one.alias.empty() && one.alias == words[0]);
  });
  if (group == kGroups.end()) {
    return next;
  }
  if (words.size() == 1) {
    for (const Verb& verb : kVerbs) {
      if (verb.group == group->name) {
        next.words.emplace_back(verb.name);
      }
    }
    return next;
  }
  const Verb* verb = find_verb(group->name, words[1]);
  if (verb != nullptr && verb->usage.starts_with("as ")) {  // "as route add"
    verb = find_verb(verb->group, verb->usage.substr(verb->usage.rfind(' ') + 1));
  }
  if (verb != nullptr) {
    add_keywords(verb->usage, next);
  }
  return next;
}

}  // namespace ringroad::roadctl

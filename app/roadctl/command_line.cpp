// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "roadctl/nearest.hpp"
#include "roadctl/verb.hpp"
#include "version.hpp"

namespace ringroad::roadctl {
namespace {

constexpr auto kFooter =
    "PREFIX is 10.0.0.0/8, an address or 'default'. P is a port's name in the configuration.\n"
    "--socket and --json may stand before or after the verb. 'roadctl VERB --help' tells more.\n"
    "\n"
    "Exit status: 0 fine; 1 the router refused; 2 wrong usage; 3 no router at that socket.\n";

// Returns the usage, such as "roadctl show routes [PREFIX]", with one line for each form; the lines
// are aligned.
std::string usage_of(const Verb& verb, std::string_view lead) {
  const std::string command =
      fmt::format("roadctl {}{}{}", verb.group, verb.name.empty() ? "" : " ", verb.name);
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

constexpr std::size_t kSummaryColumn = 52;

// CLI11's help, with the usage of each verb, because CLI11 does not know the words after a verb.
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
    for (const Verb& verb : verbs()) {
      if (!root && app->get_name() != verb.group) {
        continue;
      }
      if (std::exchange(group, verb.group) != verb.group) {
        text += "\n";
      }
      const std::string left = fmt::format("  {}{}{} {}", verb.group, verb.name.empty() ? "" : " ",
                                           verb.name, verb.usage.substr(0, verb.usage.find('\n')));
      // If the usage is long, the summary is on the next line.
      text += left.size() <= kSummaryColumn
                  ? fmt::format("{:<{}} {}\n", left, kSummaryColumn, verb.summary)
                  : fmt::format("{}\n{:<{}} {}\n", left, "", kSummaryColumn, verb.summary);
    }
    return text;
  }
};

// Adds the keywords of a usage, which are typed as they are. "P" stands for a port's name.
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
  void add_flags(CLI::App& app, const Verb& verb);
  std::expected<CommandLine, EarlyExit> finish();
  [[nodiscard]] EarlyExit wrong(std::string_view complaint) const;
  [[nodiscard]] std::string explain(const CLI::ParseError& error) const;
  [[nodiscard]] const CLI::App& deepest() const;

  CLI::App app_{"Asks and tells a running ringroad router.", "roadctl"};
  std::shared_ptr<HelpFormatter> formatter_ = std::make_shared<HelpFormatter>();
  CommandLine line_;
  std::vector<std::string> words_;
  const Verb* verb_ = nullptr;
  // The verb's flags that were given, by key.
  std::map<std::string, std::string> flags_;
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
  for (const Group& group : groups()) {
    add_group(group);
  }
}

void Parser::add_group(const Group& group) {
  CLI::App* const app = app_.add_subcommand(std::string{group.name}, std::string{group.summary});
  if (!group.alias.empty()) {
    app->alias(std::string{group.alias});
  }
  app->footer("");
  std::string names;
  for (const Verb& verb : verbs()) {
    if (verb.group == group.name && !verb.name.empty()) {
      names += (names.empty() ? "" : "|") + std::string{verb.name};
      add_verb(*app, verb);
    }
  }
  const Verb* const alone = find_verb(group.name, "");
  formatter_->usages[app] = names.empty() && alone != nullptr
                                ? usage_of(*alone, "Usage: ")
                                : fmt::format("Usage: roadctl {} {} ...\n", group.name, names);
  app->require_subcommand(alone == nullptr ? 1 : 0, 1);
  if (alone == nullptr) {
    return;
  }
  if (names.empty()) {
    app->add_option("words", words_);
  }
  add_flags(*app, *alone);
  app->callback([this, app, alone] {
    if (app->get_subcommands().empty()) {
      verb_ = alone;
    }
  });
}

void Parser::add_verb(CLI::App& group, const Verb& verb) {
  CLI::App* const app = group.add_subcommand(std::string{verb.name}, std::string{verb.summary});
  formatter_->usages[app] = usage_of(verb, "Usage: ");
  app->add_option("words", words_);
  add_flags(*app, verb);
  app->footer("");
  app->callback([this, &verb] { verb_ = &verb; });
}

void Parser::add_flags(CLI::App& app, const Verb& verb) {
  for (const Flag& flag : verb.flags) {
    if (flag.value.empty()) {
      app.add_flag_callback(flag.name, [this, &flag] { flags_[flag.key]; }, flag.summary);
      continue;
    }
    CLI::Option* const option =
        app.add_option_function<std::string>(
               flag.name, [this, &flag](const std::string& value) { flags_[flag.key] = value; },
               flag.summary)
            ->option_text(flag.value);
    if (!flag.choices.empty()) {
      option->check(CLI::IsMember(flag.choices));
    }
  }
}

std::expected<CommandLine, EarlyExit> Parser::parse(std::span<const std::string> arguments) {
  try {
    // CLI11 expects the arguments in reverse order.
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
  Options options = verb_->options(words_);
  if (!options) {
    return std::unexpected{wrong(options.error().what)};
  }
  for (const Flag& flag : verb_->flags) {
    const auto given = flags_.find(flag.key);
    if (given == flags_.end()) {
      continue;
    }
    if (options->contains(flag.key)) {
      return std::unexpected{wrong(fmt::format("'{}' is given twice", flag.key))};
    }
    const std::string& text = given->second;
    nlohmann::json value = flag.value.empty() ? nlohmann::json(true) : nlohmann::json(text);
    if (flag.number) {
      std::uint32_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size()) {
        return std::unexpected{wrong(fmt::format("{} {}: not a number", flag.name, text))};
      }
      value = number;
    }
    (*options)[flag.key] = std::move(value);
  }
  line_.verb = {std::string{verb_->group}};
  if (!verb_->name.empty()) {
    line_.verb.emplace_back(verb_->name);
  }
  line_.options = std::move(*options);
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
  const auto inner = std::ranges::find(verbs(), *stray, &Verb::name);
  if (&deepest() == &app_ && inner != verbs().end()) {
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
    for (const Group& group : groups()) {
      next.words.emplace_back(group.name);
    }
    return next;
  }
  const auto group = std::ranges::find_if(groups(), [&](const Group& one) {
    return one.name == words[0] || (!one.alias.empty() && one.alias == words[0]);
  });
  if (group == groups().end()) {
    return next;
  }
  if (words.size() == 1) {
    for (const Verb& verb : verbs()) {
      if (verb.group == group->name && !verb.name.empty()) {
        next.words.emplace_back(verb.name);
      }
    }
    return next;
  }
  const Verb* verb = find_verb(group->name, words[1]);
  if (verb != nullptr && verb->usage.starts_with("as ")) {  // such as "as route add"
    verb = find_verb(verb->group, verb->usage.substr(verb->usage.rfind(' ') + 1));
  }
  if (verb != nullptr) {
    add_keywords(verb->usage, next);
  }
  return next;
}

}  // namespace ringroad::roadctl

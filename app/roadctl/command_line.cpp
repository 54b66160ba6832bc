// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "roadctl/abbreviations.hpp"
#include "roadctl/nearest.hpp"
#include "roadctl/verb.hpp"
#include "version.hpp"

namespace ringroad::roadctl {
namespace {

constexpr auto kUsage = "Usage: roadctl [--socket PATH] [--json] VERB ...\n";
constexpr auto kFooter =
    "PREFIX is 10.0.0.0/8, an address or 'default'. P is a port's name in the configuration.\n"
    "These options may stand before or after the verb. 'roadctl VERB --help' tells more.\n"
    "Verbs may be shortened, as with ip: 'roadctl sh ro' is 'roadctl show routes'.\n"
    "\n"
    "Exit status: 0 fine; 1 the router refused; 2 wrong usage; 3 no router at that socket.\n";

// Returns the usage, such as "roadctl show routes [PREFIX]", with one line for each form; the lines
// are aligned.
std::string usage_of(const Verb& verb, std::string_view lead) {
  const std::string command = "roadctl " + verb.full_name();
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

std::string examples_of(const Verb& verb) {
  std::string text;
  for (const std::string_view example : verb.examples) {
    text += fmt::format("{}  roadctl {}\n", text.empty() ? "Examples:\n" : "", example);
  }
  return text;
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
      const std::string left =
          fmt::format("  {} {}", verb.full_name(), verb.usage.substr(0, verb.usage.find('\n')));
      // If the usage is long, the summary is on the next line.
      text += left.size() <= kSummaryColumn
                  ? fmt::format("{:<{}} {}\n", left, kSummaryColumn, verb.summary)
                  : fmt::format("{}\n{:<{}} {}\n", left, "", kSummaryColumn, verb.summary);
    }
    return text;
  }
};

EarlyExit wrong_usage(std::string_view reason, std::string_view usage) {
  return {.status = ExitStatus::kUsage,
          .reason = std::string{reason},
          .text = fmt::format("roadctl: {}\n{}", reason, usage)};
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
  [[nodiscard]] std::optional<std::string> misplaced_option() const;
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
  formatter_->usages[&app_] = kUsage;
  formatter_->column_width(24);
  app_.formatter(formatter_);
  app_.add_option("--socket", line_.socket, "the router's control socket")
      ->option_text(fmt::format("PATH [{}]", kDefaultSocket));
  app_.add_flag("--json", line_.json, "print the answer as JSON, for programs");
  app_.add_flag("-4,--ipv4", line_.only_ipv4, "only IPv4's routes and neighbors");
  app_.add_flag("-6,--ipv6", line_.only_ipv6, "only IPv6's routes and neighbors");
  app_.add_option("--sort", line_.sort, "sort rows by what --json calls KEY; -KEY: downwards")
      ->option_text("[-]KEY");
  app_.add_option("--watch", line_.watch_seconds, "repeat every N seconds, with rates")
      ->option_text("N")
      ->check(CLI::Range(0.1, 86400.0, "SECONDS"));
  app_.add_flag("--exact", line_.exact, "do not shorten counts on a terminal");
  app_.add_option("--color", line_.color, "color the text; auto: on a terminal")
      ->option_text("auto|always|never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
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
  const auto names = names_in(group.name);
  for (const std::string_view name : names) {
    add_verb(*app, *find_verb(group.name, name));
  }
  const Verb* const alone = find_verb(group.name, "");
  formatter_->usages[app] =
      names.empty() && alone != nullptr
          ? usage_of(*alone, "Usage: ")
          : fmt::format("Usage: roadctl {} {} ...\n", group.name, fmt::join(names, "|"));
  app->require_subcommand(alone == nullptr ? 1 : 0, 1);
  if (alone == nullptr) {
    return;
  }
  if (names.empty()) {
    app->add_option("words", words_);
  }
  app->footer(examples_of(*alone));
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
  app->footer(examples_of(verb));
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
    return std::unexpected{EarlyExit{.text = app_.help()}};
  } catch (const CLI::CallForVersion& version) {
    return std::unexpected{EarlyExit{.text = version.what() + std::string{"\n"}}};
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view what = error.what();
    return std::unexpected{wrong(fmt::format("{} needs a value", what.substr(0, what.find(':'))))};
  } catch (const CLI::ParseError& error) {
    return std::unexpected{wrong(explain(error))};
  }
  return finish();
}

std::expected<CommandLine, EarlyExit> Parser::finish() {
  if (const auto complaint = misplaced_option()) {
    return std::unexpected{wrong(*complaint)};
  }
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
  if (line_.only_ipv4 != line_.only_ipv6) {
    line_.options["family"] = line_.only_ipv4 ? 4 : 6;
  }
  return std::move(line_);
}

// The options that every verb has are refused where they would mean nothing.
std::optional<std::string> Parser::misplaced_option() const {
  const std::string name = verb_->full_name();
  if ((line_.only_ipv4 || line_.only_ipv6) && !verb_->families) {
    return fmt::format("-4 and -6 mean nothing to '{}'", name);
  }
  if (!line_.sort.empty() && verb_->answers != nlohmann::json::value_t::array) {
    return fmt::format("--sort: '{}' has no rows", name);
  }
  if (line_.watch_seconds > 0 && verb_->group != "show") {
    return fmt::format("--watch repeats what begins with 'show', not '{}'", name);
  }
  return std::nullopt;
}

const CLI::App& Parser::deepest() const {
  const CLI::App* app = &app_;
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().front();
  }
  return *app;
}

EarlyExit Parser::wrong(std::string_view complaint) const {
  return wrong_usage(complaint, formatter_->usages.at(&deepest()));
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
  const auto whole = expand(arguments);
  if (!whole) {
    return std::unexpected{wrong_usage(whole.error().what, kUsage)};
  }
  return Parser{}.parse(*whole);
}

bool takes_value(const std::string& option) {
  constexpr std::array<std::string_view, 4> kEverywhere{"--socket", "--sort", "--watch", "--color"};
  return std::ranges::find(kEverywhere, option) != kEverywhere.end() ||
         std::ranges::any_of(verbs(), [&](const Verb& verb) {
           const auto flag = std::ranges::find(verb.flags, option, &Flag::name);
           return flag != verb.flags.end() && !flag->value.empty();
         });
}

}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options reload_options(Words words) {
  return WordReader{words, {}}.optional_subject("file").pairs().whole_path("file").result();
}

std::string line_of(const json& change) {
  const std::string key = words(change, "key");
  const std::string before = words(change, "before");
  const std::string after = words(change, "after");
  const std::string kind = words(change, "change");
  return kind == "added"     ? fmt::format("+ {}: {}\n", key, after)
         : kind == "removed" ? fmt::format("- {}: {}\n", key, before)
                             : fmt::format("~ {}: {} -> {}\n", key, before, after);
}

std::string render_reload(const json& answer, const Display& /*display*/) {
  std::string text;
  for (const json& change : array(answer, "changes")) {
    text += line_of(change);
  }
  if (text.empty()) {
    text = "nothing changes\n";
  }
  if (const json& seconds = field(answer, "confirm_seconds"); seconds.is_number()) {
    text += fmt::format("goes back in {} s unless `roadctl confirm` comes\n", seconds.get<int>());
  }
  return text;
}

// What the router would refuse is an error, after the list of what would change.
Outcome carry_out_reload(const CommandLine& line, const Surroundings& around) {
  const auto answer = ask(around, line.verb, line.options);
  if (!answer) {
    return std::unexpected{answer.error()};
  }
  Outcome outcome = print_answer(line, *answer, around);
  std::string reasons;
  for (const json& reason : array(*answer, "refused")) {
    reasons += fmt::format("{}{}", reasons.empty() ? "" : "\n", words(reason));
  }
  return outcome && !reasons.empty() ? refused(reasons) : outcome;
}

const Registration kReload{
    {.group = "reload",
     .name = "",
     .usage = "[FILE] [--check] [--confirm SECONDS]",
     .summary = "apply the changed file, or another one, and say what changed",
     .options = reload_options,
     .flags = {{.name = "--check", .summary = "only say what would change", .key = "check"},
               {.name = "--confirm",
                .value = "SECONDS",
                .summary = "go back after this time unless `roadctl confirm` comes",
                .key = "confirm"}},
     .examples = {"reload --check", "reload /etc/ringroad/next.yaml --confirm 60"},
     .render = render_reload,
     .carry_out = carry_out_reload}};

}  // namespace
}  // namespace ringroad::roadctl

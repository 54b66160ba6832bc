// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

// A line for each event, as the log has it.
std::string render_log(const json& events, const Display& display) {
  std::string text;
  for (const json& event : events) {
    const std::string level = words(event, "level");
    const bool bad = display.color && (level == "warning" || level == "error");
    text += fmt::format("{} {} {}", words(event, "time"),
                        tinted(fmt::format("{:<7}", level), bad ? Tint::kBad : Tint::kNone),
                        words(event, "what"));
    if (field(event, "repeated").is_number()) {
      text += fmt::format(" ... repeated {} times, last at {}", words(event, "repeated"),
                          words(event, "last"));
    }
    text += '\n';
  }
  return text.empty() ? "nothing was logged\n" : text;
}

const Registration kShowLog{{.group = "show",
                             .name = "log",
                             .usage = "[-n N]",
                             .summary = "the last events, with time and level",
                             .options = no_words,
                             .flags = {{.name = "-n",
                                        .value = "N",
                                        .summary = "the last N events [100], at most 1000",
                                        .key = "n",
                                        .number = true}},
                             .examples = {"show log", "show log -n 1000"},
                             .render = render_log,
                             .answers = json::value_t::array}};

}  // namespace
}  // namespace ringroad::roadctl

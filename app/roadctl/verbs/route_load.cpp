// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/render_load.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options route_load_options(Words words) {
  return WordReader{words, {kVias, kMetric, kTable}}
      .subject("FILE", "file")
      .pairs()
      .require({"via"})
      .whole_path("file")
      .result();
}

Outcome tell_of_load(const CommandLine& line, const json& answer, const Surroundings& around) {
  if (const json& error = field(answer, "error"); error.is_string()) {
    return refused(error.get<std::string>());
  }
  const json& complaints = array(answer, "complaints");
  for (const json& complaint : complaints) {
    around.complain(words(complaint));
  }
  if (const json& bad = field(answer, "bad_lines");
      bad.is_number_integer() && bad > complaints.size()) {
    around.complain(fmt::format("... and {} more", bad.get<std::size_t>() - complaints.size()));
  }
  return print_answer(line, answer, around);
}

// The router answers at once and continues to load, so its progress is requested until it has
// finished.
Outcome load_routes(const CommandLine& line, const Surroundings& around) {
  const auto started = ask(around, line.verb, line.options);
  if (!started) {
    return std::unexpected{started.error()};
  }
  const std::string name =
      std::filesystem::path{line.options.value("file", std::string{})}.filename().string();
  while (true) {
    const auto answer = ask(around, {"show", "load"}, {{"load", field(*started, "load")}});
    if (!answer) {
      return std::unexpected{answer.error()};
    }
    const std::string state = words(*answer, "state");
    if (state == "done" || state == "failed") {
      return tell_of_load(line, *answer, around);
    }
    const json& percent = field(*answer, "percent");
    around.progress(fmt::format("{}: {}", name, state),
                    percent.is_number_integer() ? percent.get<unsigned>() : 0);
    around.pause();
  }
}

const Registration kRouteLoad{
    {.group = "route",
     .name = "load",
     .usage = "FILE via ADDR [via ADDR ...] [metric N] [table T] [--keep-going]",
     .summary = "add a route for every prefix in a file (.gz too)",
     .options = route_load_options,
     .flags = {{.name = "--keep-going",
                .summary = "pass over lines that are no prefix",
                .key = "keep_going"}},
     .examples = {"route load prefixes.txt.gz via 192.168.1.2 via 2001:db8::2 metric 100"},
     .render = render_load,
     .carry_out = load_routes}};

}  // namespace
}  // namespace ringroad::roadctl

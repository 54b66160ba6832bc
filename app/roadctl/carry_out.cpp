// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/carry_out.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/render.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using Outcome = std::expected<void, Failure>;

// What the router answers at most at a time.
constexpr std::size_t kPage = 500;

std::unexpected<Failure> refused(std::string reason) {
  return std::unexpected{Failure{ExitStatus::kRefused, std::move(reason)}};
}

Outcome print(const Surroundings& around, std::string_view text) {
  return around.print(text) ? Outcome{} : refused("cannot write the answer");
}

std::expected<json, Failure> ask(const Surroundings& around, const json& verb,
                                 const json& options) {
  return around.ask({{"verb", verb}, {"options", options}});
}

Outcome print_answer(const CommandLine& line, const json& answer, const Surroundings& around) {
  return print(around, line.json ? answer.dump(2) + "\n" : render(line.verb, answer, around.color));
}

// The elements of a page as they stand in the dump of a whole array.
std::string elements_of(const json& page) {
  const std::string text = page.dump(2);
  return text.substr(1, text.size() - 3);
}

// What was asked for and is not there.
std::string no_route(const std::string& prefix) {
  const bool is_prefix = prefix == "default" || prefix.find('/') != std::string::npos;
  return fmt::format("no route {} {}\n", is_prefix ? "is to" : "covers", prefix);
}

// A full table is too long for one answer, and for the router to make it in one go.
Outcome show_routes(const CommandLine& line, const Surroundings& around) {
  json options = line.options;
  if (!options.contains("prefix")) {
    options["limit"] = kPage;
  }
  const std::string style = options.value("style", std::string{});
  options.erase("style");
  RoutesView view{style == "ip"      ? RoutesStyle::kIp
                  : style == "route" ? RoutesStyle::kRoute
                                     : RoutesStyle::kTable};
  bool first = true;
  while (true) {
    const auto page = ask(around, line.verb, options);
    if (!page) {
      return std::unexpected{page.error()};
    }
    const bool last = !page->is_array() || page->size() < kPage || !options.contains("limit");
    if (!line.json && options.contains("prefix") && page->empty()) {
      return print(around, no_route(options.value("prefix", std::string{})));
    }
    if (first && last && (line.json || style.empty())) {
      return print_answer(line, *page, around);
    }
    std::string text;
    if (!line.json) {
      text = view.next_page(*page, around.color);
    } else if (!page->empty()) {
      text = first ? '[' : ',';
      text += elements_of(*page);
    }
    if (line.json && last) {
      text += "\n]\n";
    }
    if (Outcome printed = print(around, text); !printed || last) {
      return printed;
    }
    // Where the route stands is enough; its next hops may be many.
    const json& last_row = page->back();
    options["after"] = {{"table", field(last_row, "table")},
                        {"prefix", field(last_row, "prefix")},
                        {"metric", field(last_row, "metric")}};
    if (last_row.contains("rank")) {
      options["after"]["rank"] = last_row.at("rank");
    }
    first = false;
  }
}

// Many neighbors make one answer for the person, and several for the router.
Outcome show_neighbors(const CommandLine& line, const Surroundings& around) {
  json options = line.options;
  options["limit"] = kPage;
  json all = json::array();
  while (true) {
    const auto page = ask(around, line.verb, options);
    if (!page) {
      return std::unexpected{page.error()};
    }
    if (!page->is_array()) {
      return print_answer(line, *page, around);
    }
    all.insert(all.end(), page->begin(), page->end());
    if (page->size() != kPage) {
      return print_answer(line, all, around);
    }
    options["after"] = page->back();
  }
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

// The router answers at once and goes on; how far it is, is asked for.
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

}  // namespace

std::expected<void, Failure> carry_out(const CommandLine& line, const Surroundings& around) {
  const json verb = line.verb;
  if (verb == json{"show", "routes"}) {
    return show_routes(line, around);
  }
  if (verb == json{"show", "neighbors"}) {
    return show_neighbors(line, around);
  }
  if (verb == json{"route", "load"}) {
    return load_routes(line, around);
  }
  const auto answer = ask(around, verb, line.options);
  return answer ? print_answer(line, *answer, around) : std::unexpected{answer.error()};
}

}  // namespace ringroad::roadctl

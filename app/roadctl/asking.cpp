// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/asking.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "roadctl/render.hpp"
#include "roadctl/sort_rows.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Outcome once(const CommandLine& line, const Surroundings& around) {
  const Verb* const verb = find_verb(line.verb);
  if (verb != nullptr && verb->carry_out != nullptr) {
    return verb->carry_out(line, around);
  }
  const auto answer = ask(around, line.verb, line.options);
  return answer ? print_answer(line, *answer, around) : std::unexpected{answer.error()};
}

// Each answer takes the place of the one before on a terminal, and follows it elsewhere.
Outcome repeat(const CommandLine& line, const Surroundings& around) {
  constexpr std::string_view kClear = "\033[H\033[2J";
  LastAnswer last;
  bool first = true;
  do {
    std::string text;
    Surroundings pass = around;
    pass.last = &last;
    pass.print = [&](std::string_view part) {
      text += part;
      return true;
    };
    if (Outcome done = once(line, pass); !done) {
      return done;
    }
    if (!line.json) {
      const std::string heading =
          fmt::format("every {:g}s: roadctl {}\n\n", line.watch_seconds, fmt::join(line.verb, " "));
      text = around.clears ? fmt::format("{}{}{}", kClear, heading, text)
                           : fmt::format("{}{}", first ? "" : "\n", text);
    }
    if (Outcome printed = print(around, text); !printed) {
      return printed;
    }
    first = false;
  } while (around.wait(line.watch_seconds));
  return {};
}

}  // namespace

std::unexpected<Failure> refused(std::string reason) {
  return std::unexpected{Failure{ExitStatus::kRefused, std::move(reason)}};
}

std::unexpected<Failure> usage_error(std::string reason) {
  return std::unexpected{Failure{ExitStatus::kUsage, std::move(reason)}};
}

Outcome print(const Surroundings& around, std::string_view text) {
  return around.print(text) ? Outcome{} : refused("cannot write the answer");
}

std::expected<json, Failure> ask(const Surroundings& around, const json& verb,
                                 const json& options) {
  return around.ask({{"verb", verb}, {"options", options}});
}

Outcome ask_pages(const Surroundings& around, const json& verb, json options,
                  json (*key_of)(const json& row), const TakePage& take) {
  options["limit"] = kRowsAPage;
  for (bool first = true;; first = false) {
    const auto answer = ask(around, verb, options);
    if (!answer) {
      return std::unexpected{answer.error()};
    }
    const bool last = !answer->is_array() || answer->size() < kRowsAPage;
    if (Outcome taken = take({*answer, first, last}); !taken || last) {
      return taken;
    }
    options["after"] = key_of(answer->back());
  }
}

std::string json_of(const Page& page) {
  std::string text;
  if (!page.rows.empty()) {
    const std::string dump = page.rows.dump(2);
    text = page.first ? '[' : ',';
    text += std::string_view{dump}.substr(1, dump.size() - 3);
  }
  return page.last ? text + "\n]\n" : text;
}

TakePage as_one_answer(const CommandLine& line, const Surroundings& around) {
  return [&, all = json::array()](const Page& page) mutable {
    if (!page.rows.is_array()) {
      return print_answer(line, page.rows, around);
    }
    all.insert(all.end(), page.rows.begin(), page.rows.end());
    return page.last ? print_answer(line, std::move(all), around) : Outcome{};
  };
}

Outcome print_answer(const CommandLine& line, json answer, const Surroundings& around) {
  if (!line.sort.empty()) {
    if (const Status sorted = sort_rows(answer, line.sort); !sorted) {
      return usage_error(sorted.error().what);
    }
  }
  if (line.json) {
    return print(around, answer.dump(line.watch_seconds > 0 ? -1 : 2) + "\n");
  }
  if (around.last != nullptr) {
    const auto now = std::chrono::steady_clock::now();
    json counted = answer;
    const std::chrono::duration<double> elapsed = now - around.last->at;
    add_rates(answer, around.last->answer, elapsed.count());
    *around.last = {.answer = std::move(counted), .at = now};
  }
  return print(around, render(line.verb, answer, around.display));
}

Outcome carry_out(const CommandLine& line, const Surroundings& around) {
  return line.watch_seconds > 0 ? repeat(line, around) : once(line, around);
}

}  // namespace ringroad::roadctl

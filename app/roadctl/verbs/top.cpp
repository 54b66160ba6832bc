// SPDX-License-Identifier: BSD-3-Clause
// A live screen of what the router does now.
#include <chrono>
#include <string>

#include "roadctl/top_page.hpp"
#include "roadctl/top_screen.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

std::expected<TopSample, Failure> ask_all(const Surroundings& around) {
  TopSample sample{.time = std::chrono::steady_clock::now()};
  for (const auto& [words, answer] : {std::pair{json::array({"show"}), &sample.router},
                                      std::pair{json::array({"show", "ports"}), &sample.ports},
                                      std::pair{json::array({"show", "bands"}), &sample.bands},
                                      std::pair{json::array({"show", "drops"}), &sample.drops}}) {
    auto said = ask(around, words, json::object());
    if (!said) {
      return std::unexpected{said.error()};
    }
    *answer = std::move(*said);
  }
  return sample;
}

Outcome top(const CommandLine& line, const Surroundings& around) {
  if (!line.options.contains("once")) {
    return run_top([&] { return ask_all(around); });
  }
  const auto sample = ask_all(around);
  if (!sample) {
    return std::unexpected{sample.error()};
  }
  if (line.json) {
    const json answer{{"router", sample->router},
                      {"ports", sample->ports},
                      {"bands", sample->bands},
                      {"drops", sample->drops}};
    return print(around, answer.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  }
  std::string text = top_title(*sample) + "\n\n";
  for (const TopLine& one : top_page(*sample, nullptr, {})) {
    text += one.text + "\n";
  }
  return print(around, text);
}

const Registration kTop{
    {.group = "top",
     .name = "",
     .usage = "[--once]",
     .summary = "a live screen: rates, load, bands, drops",
     .options = no_words,
     .flags = {{.name = "--once", .summary = "print one page as plain text", .key = "once"}},
     .examples = {"top", "top --once"},
     .patience = std::chrono::seconds{2},  // a screen must not wait for a router that hangs
     .carry_out = top}};

}  // namespace
}  // namespace ringroad::roadctl

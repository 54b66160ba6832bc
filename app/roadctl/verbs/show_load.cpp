// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/render_load.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

std::string render_show_load(const json& load, const Display& display) {
  const json& state = field(load, "state");
  if (state == "none") {
    return "no file of routes was loaded\n";
  }
  std::string text = words(load, "file") + ": ";
  if (state == "done") {
    text += render_load(load, display);
  } else if (state == "failed") {
    text += fmt::format("failed: {}\n", words(load, "error"));
  } else {
    text += fmt::format("{}, {} %\n", words(state), words(load, "percent"));
  }
  return text;
}

const Registration kShowLoad{{.group = "show",
                              .name = "load",
                              .usage = "",
                              .summary = "how far a file of routes is, or what became of it",
                              .options = no_words,
                              .examples = {"show load"},
                              .render = render_show_load}};

}  // namespace
}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/tap_words.hpp"

#include <algorithm>

#include "roadctl/fields.hpp"
#include "roadctl/packet_filter.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

std::expected<bool, Failure> is_port(const std::string& name, const Surroundings& around) {
  const auto ports = ask(around, {"show", "ports"}, json::object());
  if (!ports) {
    return std::unexpected{ports.error()};
  }
  return std::ranges::any_of(*ports, [&](const json& port) { return field(port, "name") == name; });
}

}  // namespace

Options filter_options(Words words) {
  json options = json::object();
  options["words"] = json::array();
  for (const std::string& word : words) {
    options["words"].push_back(word);
  }
  return options;
}

std::expected<json, Failure> tap_options(json options, const Surroundings& around) {
  auto words = options.value("words", std::vector<std::string>{});
  options.erase("words");
  if (words.size() >= 2 && words[0] == "port") {
    const auto known = is_port(words[1], around);
    if (!known) {
      return std::unexpected{known.error()};
    }
    if (*known) {
      options["port"] = words[1];
      words.erase(words.begin(), words.begin() + 2);
    }
  }
  if (!words.empty()) {
    auto program = compile_filter(words);
    if (!program) {
      return usage_error(program.error());
    }
    options["filter"] = joined(words);
    options["program"] = std::move(*program);
  }
  return options;
}

}  // namespace ringroad::roadctl

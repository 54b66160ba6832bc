// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>

#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

Options log_level_options(Words words) {
  static constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
  if (words.size() != 1 || std::ranges::find(kLevels, words.front()) == kLevels.end()) {
    return fail("a level is missing: debug, info, warning or error");
  }
  return nlohmann::json{{"level", words.front()}};
}

const Registration kLogLevel{{.group = "log",
                              .name = "level",
                              .usage = "debug|info|warning|error",
                              .summary = "how much is logged, from now on",
                              .options = log_level_options,
                              .examples = {"log level debug"}}};

}  // namespace
}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What roadctl prints of an answer.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "roadctl/render.hpp"

namespace ringroad::roadctl {

// Behind an empty line, so that tests can begin the expected text on a line of its own.
inline std::string text(const std::vector<std::string>& verb, const char* answer,
                        const Display& display = {}) {
  std::string shown = "\n";
  return shown += render(verb, nlohmann::json::parse(answer), display);
}

}  // namespace ringroad::roadctl

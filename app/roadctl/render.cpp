// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/render.hpp"

#include "roadctl/verb.hpp"

namespace ringroad::roadctl {

using nlohmann::json;

std::string render(std::span<const std::string> verb, const json& answer, const Display& display) {
  const Verb* const known = find_verb(verb);
  if (known == nullptr || known->answers != answer.type()) {
    return answer.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  }
  return known->render == nullptr ? std::string{} : known->render(answer, display);
}

}  // namespace ringroad::roadctl

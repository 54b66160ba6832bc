// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/asking.hpp"

#include "roadctl/render.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {

using nlohmann::json;

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

Outcome carry_out(const CommandLine& line, const Surroundings& around) {
  const Verb* const verb = find_verb(line.verb);
  if (verb != nullptr && verb->carry_out != nullptr) {
    return verb->carry_out(line, around);
  }
  const auto answer = ask(around, line.verb, line.options);
  return answer ? print_answer(line, *answer, around) : std::unexpected{answer.error()};
}

}  // namespace ringroad::roadctl

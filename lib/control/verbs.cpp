// SPDX-License-Identifier: BSD-3-Clause
#include "control/verbs.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "control/verb.hpp"

namespace ringroad::control {

using nlohmann::json;

const Verb* Verb::find(std::string_view words) {
  const Verb* verb = newest;
  while (verb != nullptr && verb->words_ != words) {
    verb = verb->next_;
  }
  return verb;
}

Reply begin(Router& router, const json& request) {
  std::string words;
  for (const json& word : request.at("verb")) {
    words += fmt::format("{}{}", words.empty() ? "" : " ", word.get<std::string>());
  }
  const Verb* const verb = Verb::find(words);
  if (verb == nullptr) {
    return fail(fmt::format("this router knows no verb '{}'", words));
  }
  Options options{request.at("options")};
  return verb->begin(router, options);
}

Result<json> carry_out(Router& router, const json& request) {
  Reply reply = begin(router, request);
  if (auto* const outcome = std::get_if<Result<json>>(&reply)) {
    return std::move(*outcome);
  }
  std::string line;
  while (!std::get<std::unique_ptr<Later>>(reply)->advance(line)) {
    router.run_once();
  }
  json answer = json::parse(line);
  return answer.contains("ok") ? Result<json>{std::move(answer["ok"])}
                               : Result<json>{fail(answer.at("error").get<std::string>())};
}

}  // namespace ringroad::control

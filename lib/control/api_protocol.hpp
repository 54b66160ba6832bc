#pragma once
// The control socket's language: a JSON object a line in, a JSON object a line out.
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace ringroad::control {

// Carries out a request of the form {"verb": ["show", "ports"], "options": {...}}. It is called
// only with a "verb" of one string or more and with "options" an object, empty where the client
// sent none; what is in the options is the handler's to check.
using Handler = std::function<Result<nlohmann::json>(const nlohmann::json& request)>;

inline constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 20;

// Both return a whole line, newline included. A request that is not one, and an answer longer than
// kMaxAnswerBytes, become {"error": ...}.
[[nodiscard]] std::string answer_line(const Handler& handler, std::string_view line);
[[nodiscard]] std::string error_line(std::string_view reason);

}  // namespace ringroad::control

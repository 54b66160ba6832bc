// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The control socket's language: a JSON object a line in, a JSON object a line out.
#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace ringroad::control {

// An answer that takes longer than the control thread may be held by one request.
class Later {
 public:
  Later() = default;
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;
  virtual ~Later() = default;
  // A slice of the work, ~1 ms; appends what is ready of the answer's line. True at its end, which
  // is the newline. Once a turn, and not while much of the line waits to be sent.
  virtual bool advance(std::string& line) = 0;
};
using Reply = std::variant<Result<nlohmann::json>, std::unique_ptr<Later>>;

// Carries out a request of the form {"verb": ["show", "ports"], "options": {...}}. It is called
// only with a "verb" of one string or more and with "options" an object, empty where the client
// sent none; what is in the options is the handler's to check.
using Handler = std::function<Reply(const nlohmann::json& request)>;

// A longer line is read to its end and refused, as are one of more than 16384 values and one nested
// more than 16 levels deep: what a request costs before a handler sees it is bounded.
inline constexpr std::size_t kMaxRequestText = std::size_t{256} << 10;
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 20;

// The line, newline included, or what of it comes later. A request that is not one, and an answer
// at once that is longer than kMaxAnswerBytes, become {"error": ...}.
struct Answer {
  std::string line;
  std::unique_ptr<Later> rest{};
};
[[nodiscard]] Answer answer(const Handler& handler, std::string_view line);
// The same where there is nothing else to do until the answer is whole.
[[nodiscard]] std::string answer_line(const Handler& handler, std::string_view line);
[[nodiscard]] std::string error_line(std::string_view reason);
[[nodiscard]] std::string ok_line(nlohmann::json outcome);

}  // namespace ringroad::control

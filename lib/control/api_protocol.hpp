// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The protocol of the control socket: each request and each answer is a JSON object on one line.
#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace ringroad::control {

// An answer that is made in slices, because one request must not hold the control thread for the
// whole of it.
class Later {
 public:
  Later() = default;
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;
  virtual ~Later() = default;
  // Does a slice of the work, ~1 ms, and appends what is ready to the answer's line. Returns true
  // at the end of the answer, which is a newline. Called once a turn, except while much of the line
  // waits to be sent.
  virtual bool advance(std::string& line) = 0;
};
using Reply = std::variant<Result<nlohmann::json>, std::unique_ptr<Later>>;

// Carries out a request of the form {"verb": ["show", "ports"], "options": {...}}. The caller has
// checked that "verb" has at least one string and that "options" is an object, which is empty if
// the client sent none. The handler must check the options.
using Handler = std::function<Reply(const nlohmann::json& request)>;

// A longer line is read to its end and refused; so is a request with more than 16384 values or
// nested more than 16 levels deep. This bounds the cost of a request before a handler sees it.
inline constexpr std::size_t kMaxRequestText = std::size_t{256} << 10;
inline constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 20;

// The line of an answer, including the newline, or the rest that is made later. An invalid request,
// and an answer made at once that is longer than kMaxAnswerBytes, become {"error": ...}.
struct Answer {
  std::string line;
  std::unique_ptr<Later> rest{};
};
[[nodiscard]] Answer answer(const Handler& handler, std::string_view line);
// The same for a caller that has nothing else to do until the answer is complete.
[[nodiscard]] std::string answer_line(const Handler& handler, std::string_view line);
[[nodiscard]] std::string error_line(std::string_view reason);
[[nodiscard]] std::string ok_line(nlohmann::json outcome);

}  // namespace ringroad::control

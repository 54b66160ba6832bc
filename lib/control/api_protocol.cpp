#include "control/api_protocol.hpp"

#include <algorithm>
#include <utility>

namespace ringroad::control {
namespace {

using nlohmann::json;

// Copying and printing JSON recurse, so its depth is bounded where it comes in. Requests need 4.
constexpr int kMaxDepth = 16;

std::string to_line(const json& answer) {
  // A handler may quote bytes that are not UTF-8 (a file name); that must not throw.
  std::string line = answer.dump(-1, ' ', false, json::error_handler_t::replace);
  line += '\n';
  return line;
}

Result<json> parse_request(std::string_view line) {
  bool too_deep = false;
  const auto bound_depth = [&](int depth, json::parse_event_t /*event*/, json& /*value*/) {
    too_deep |= depth > kMaxDepth;
    return depth <= kMaxDepth;
  };
  json request = json::parse(line, bound_depth, false);
  if (too_deep) {
    return fail("the request is nested too deeply");
  }
  if (request.is_discarded()) {
    return fail("the request is not valid JSON");
  }
  if (!request.is_object()) {
    return fail("the request is not a JSON object");
  }
  const auto verb = request.find("verb");
  if (verb == request.end() || !verb->is_array() || verb->empty() ||
      !std::ranges::all_of(*verb, [](const json& word) { return word.is_string(); })) {
    return fail(R"("verb" is not an array of words, such as ["show", "ports"])");
  }
  const auto [options, absent] = request.emplace("options", json::object());
  if (!absent && !options->is_object()) {
    return fail("\"options\" is not a JSON object");
  }
  return request;
}

}  // namespace

std::string error_line(std::string_view reason) { return to_line(json{{"error", reason}}); }

std::string answer_line(const Handler& handler, std::string_view line) {
  const Result<json> request = parse_request(line);
  if (!request) {
    return error_line(request.error().what);
  }
  try {
    Result<json> outcome = handler(*request);
    if (!outcome) {
      return error_line(outcome.error().what);
    }
    json answer = json::object();
    answer.emplace("ok", std::move(*outcome));
    std::string text = to_line(answer);
    if (text.size() > kMaxAnswerBytes) {
      return error_line("the answer is longer than 64 MiB: ask for less at a time");
    }
    return text;
  } catch (const json::exception& wrong) {
    // A handler that takes an option for what it is not must not take the router down with it.
    return error_line(std::string{"an option has the wrong type: "} + wrong.what());
  }
}

}  // namespace ringroad::control

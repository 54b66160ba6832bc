// SPDX-License-Identifier: BSD-3-Clause
#include "control/api_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ringroad::control {
namespace {

using nlohmann::json;

// Copying and printing JSON are recursive, so a request's depth is bounded when it is parsed. Valid
// requests need a depth of 4.
constexpr int kMaxDepth = 16;
// A request for the next page repeats the last route of the page before, which has some 4000 values
// if its group has the most next hops.
constexpr std::size_t kMaxValues = 16384;

// Parses JSON without storing it, and stops if it exceeds the bounds. The parser's own callback
// would visit all elements of an array or object again for each array or object inside it.
class Bounds final : public nlohmann::json_sax<json> {
 public:
  [[nodiscard]] bool too_deep() const { return depth_ > kMaxDepth; }
  [[nodiscard]] bool too_many() const { return values_ > kMaxValues; }

  bool null() override { return count(); }
  bool boolean(bool /*value*/) override { return count(); }
  bool number_integer(number_integer_t /*value*/) override { return count(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return count(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return count(); }
  bool string(string_t& /*value*/) override { return count(); }
  bool binary(binary_t& /*value*/) override { return count(); }
  bool key(string_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*elements*/) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool count() { return ++values_ <= kMaxValues; }
  bool enter() { return count() && ++depth_ <= kMaxDepth; }
  bool leave() {
    --depth_;
    return true;
  }

  std::size_t values_ = 0;
  int depth_ = 0;
};

std::string to_line(const json& answer) {
  // A handler may quote bytes that are not UTF-8, such as a file name. dump() must not throw for
  // them.
  std::string line = answer.dump(-1, ' ', false, json::error_handler_t::replace);
  line += '\n';
  return line;
}

Result<json> parse_request(std::string_view line) {
  if (line.size() > kMaxRequestText) {
    return fail("the request is longer than 256 KiB");
  }
  Bounds bounds;
  if (!json::sax_parse(line, &bounds)) {
    return fail(bounds.too_deep()   ? "the request is nested too deeply"
                : bounds.too_many() ? fmt::format("the request has more than {} values", kMaxValues)
                                    : "the request is not valid JSON");
  }
  json request = json::parse(line, nullptr, false);
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

std::string ok_line(json outcome) {
  json answer = json::object();
  answer.emplace("ok", std::move(outcome));
  return to_line(answer);
}

Answer answer(const Handler& handler, std::string_view line) {
  const Result<json> request = parse_request(line);
  if (!request) {
    return {error_line(request.error().what)};
  }
  try {
    Reply reply = handler(*request);
    if (auto* const later = std::get_if<std::unique_ptr<Later>>(&reply)) {
      return {.line = {}, .rest = std::move(*later)};
    }
    auto& outcome = std::get<Result<json>>(reply);
    if (!outcome) {
      return {error_line(outcome.error().what)};
    }
    std::string text = ok_line(std::move(*outcome));
    if (text.size() > kMaxAnswerBytes) {
      return {error_line("the answer is longer than 64 MiB: ask for less at a time")};
    }
    return {std::move(text)};
  } catch (const json::exception& wrong) {
    // A handler that expects another type of an option must not end the router.
    return {error_line(std::string{"an option has the wrong type: "} + wrong.what())};
  }
}

std::string answer_line(const Handler& handler, std::string_view line) {
  Answer whole = answer(handler, line);
  while (whole.rest && !whole.rest->advance(whole.line)) {
  }
  return whole.line;
}

}  // namespace ringroad::control

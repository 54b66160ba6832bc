// SPDX-License-Identifier: BSD-3-Clause
#include "http/site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "http/ask.hpp"
#include "http/files.hpp"
#include "http/query.hpp"
#include "http/words.hpp"

namespace ringroad::http {
namespace {

using nlohmann::json;

constexpr std::string_view kOk = R"({"ok":)";

Answer json_answer(int status, std::string body) {
  return {.status = status,
          .type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

Answer error(int status, std::string_view what) {
  return json_answer(status, control::error_line(what));
}

Answer too_busy() {
  Answer answer = error(503, "the router is too busy to answer now");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

Answer file_answer(const File& file, const Question& question) {
  Answer answer{.type = std::string{file.type},
                .headers = {{"ETag", std::string{file.tag}}, {"Cache-Control", "no-cache"}}};
  if (question.if_none_match.contains(file.tag)) {
    answer.status = 304;
  } else {
    answer.body = file.content;
  }
  return answer;
}

}  // namespace

void hide_secrets(std::string& text) {
  constexpr std::string_view kKey = "secret=";
  for (std::size_t at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at)) {
    at += kKey.size();
    // The value ends at the next argument, or with the JSON string or the line of YAML in it.
    std::size_t end = at;
    while (end < text.size() && text[end] != ',' && text[end] != '"' &&
           text.compare(end, 2, "\\n") != 0) {
      end += text[end] == '\\' ? 2U : 1U;
    }
    text.replace(at, std::min(end, text.size()) - at, "***");
  }
}

Answer Site::answer(const Question& question) {
  if (question.path == "/metrics") {
    return metrics(question);
  }
  if (question.path.starts_with("/api/")) {
    return api(question);
  }
  const std::string_view path =
      question.path == "/" ? std::string_view{"/index.html"} : question.path;
  const auto file = std::ranges::find(kFiles, path, &File::path);
  return file != kFiles.end() ? file_answer(*file, question)
                              : error(404, "there is nothing here: /, /metrics and /api/v1/ are");
}

Answer Site::metrics(const Question& question) {
  const auto taken = std::make_shared<TakeSnapshot>(parts_.router);
  if (!parts_.desk.run(taken, kPatience)) {
    return too_busy();
  }
  const MetricsFormat format = metrics_format_of(question.accept);
  const std::string hash = fmt::format("{:016x}", config_hash_.load(std::memory_order_relaxed));
  return {.type = std::string{content_type_of(format)},
          .body = write_metrics(taken->snapshot, about_, hash, format),
          .headers = {{"Cache-Control", "no-store"}}};
}

Answer Site::about() const {
  return json_answer(
      200, json{{"version", about_.version},
                {"commit", about_.commit},
                {"dpdk", about_.dpdk},
                {"started", about_.started},
                {"config", fmt::format("{:016x}", config_hash_.load(std::memory_order_relaxed))}}
                   .dump() +
               "\n");
}

Answer Site::api(const Question& question) {
  if (question.path == "/api/v1/" || question.path == "/api/v1") {
    return about();
  }
  const std::string verb = verb_of(question.path);
  if (verb.empty() || !parts_.has_verb(verb)) {
    return error(404, verb.empty() ? "no verb has this path"
                                   : fmt::format("this router knows no verb '{}'", verb));
  }
  if (!only_reads(verb)) {
    Answer answer =
        error(405, fmt::format("'{}' is for roadctl only: here nothing is changed", verb));
    answer.headers.emplace_back("Allow", "");
    return answer;
  }
  const auto options = options_of(question.options);
  if (!options) {
    return error(options.error().status, options.error().what);
  }
  json words = json::array();
  std::string_view rest = verb;
  while (!rest.empty()) {
    words.push_back(take_until(rest, " "));
  }
  const json request{{"verb", std::move(words)}, {"options", *options}};
  const auto ask = std::make_shared<Ask>(
      parts_.handler, request.dump(-1, ' ', false, json::error_handler_t::replace));
  if (!parts_.desk.run(ask, kPatience)) {
    return too_busy();
  }
  std::string line = ask->take_answer();
  hide_secrets(line);
  if (!line.starts_with(kOk)) {
    return json_answer(400, std::move(line));
  }
  // {"ok":...} and a newline
  line.erase(line.size() - 2, 1);
  line.erase(0, kOk.size());
  return json_answer(200, std::move(line));
}

}  // namespace ringroad::http

// SPDX-License-Identifier: BSD-3-Clause
#include "http/query.hpp"

#include <algorithm>

namespace ringroad::http {
namespace {

using nlohmann::json;

constexpr std::string_view kApi = "/api/v1/";

// Deeper values than these are no option of any verb; the parser must not recurse as deep as a
// client likes.
bool is_shallow(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; }) <= 16;
}

json value_of(const std::string& text) {
  if (text.empty()) {
    return true;
  }
  if (is_shallow(text)) {
    if (json value = json::parse(text, nullptr, false); !value.is_discarded()) {
      return value;
    }
  }
  return text;
}

}  // namespace

std::string verb_of(std::string_view path) {
  if (!path.starts_with(kApi)) {
    return {};
  }
  std::string words{path.substr(kApi.size())};
  if (words.ends_with('/')) {
    words.pop_back();
  }
  const bool plain = std::ranges::all_of(
      words, [](char c) { return (c >= 'a' && c <= 'z') || c == '/' || c == '-'; });
  if (!plain || words.starts_with('/') || words.ends_with('/') || words.contains("//")) {
    return {};
  }
  std::ranges::replace(words, '/', ' ');
  return words;
}

bool only_reads(std::string_view verb) {
  return verb == "show" || verb.starts_with("show ") || verb == "explain";
}

std::expected<json, Wrong> options_of(const QueryOptions& options) {
  json result = json::object();
  for (const auto& [name, value] : options) {
    if (!result.emplace(name, value_of(value)).second) {
      return std::unexpected{Wrong{400, "the option '" + name + "' is there twice"}};
    }
  }
  return result;
}

}  // namespace ringroad::http

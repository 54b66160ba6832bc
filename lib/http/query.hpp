// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// An API path and its options as a request of the control socket:
// /api/v1/show/routes?prefix=10.0.0.0/8 is {"verb": ["show", "routes"], "options": {"prefix":
// "10.0.0.0/8"}}.
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringroad::http {

struct Wrong {
  int status = 400;
  std::string what;
};

using QueryOptions = std::vector<std::pair<std::string, std::string>>;

// The words of a verb, "show routes" of "/api/v1/show/routes". Empty: the path is no API path, or
// has words that no verb has.
[[nodiscard]] std::string verb_of(std::string_view path);
// Whether the verb only reads. Others are not offered.
[[nodiscard]] bool only_reads(std::string_view verb);
// A value that is JSON is that JSON ("500", "true", "[1]"), any other is a string; quotes make a
// string of anything. An option without a value is true.
[[nodiscard]] std::expected<nlohmann::json, Wrong> options_of(const QueryOptions& options);

}  // namespace ringroad::http

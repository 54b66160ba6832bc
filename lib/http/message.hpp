// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A question of an HTTP client and its answer, without anything of the protocol.
#include <string>
#include <utility>
#include <vector>

namespace ringroad::http {

struct Question {
  std::string path;                                            // decoded: "/api/v1/show/ports"
  std::vector<std::pair<std::string, std::string>> options{};  // decoded, sorted by name
  std::string accept{};
  std::string if_none_match{};
};

struct Answer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

}  // namespace ringroad::http

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sends requests to the router over its control socket.
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>

namespace ringroad::roadctl {

enum class ExitStatus : std::uint8_t { kFine = 0, kRefused = 1, kUsage = 2, kNoRouter = 3 };

struct Failure {
  ExitStatus status;
  std::string reason;
};

// Returns the value of "ok". Waits as long as the router takes to answer.
[[nodiscard]] std::expected<nlohmann::json, Failure> ask(const std::string& socket_path,
                                                         const nlohmann::json& request);

}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sends requests to the router over its control socket.
#include <chrono>
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

// Returns the value of "ok". Waits as long as the router takes to answer, or at most `patience` for
// each part of the answer if that is not zero.
[[nodiscard]] std::expected<nlohmann::json, Failure> ask(const std::string& socket_path,
                                                         const nlohmann::json& request,
                                                         std::chrono::seconds patience = {});

}  // namespace ringroad::roadctl

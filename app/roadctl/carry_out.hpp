// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Carries out what the command line says: asks the router, as often as it takes, and prints.
#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "roadctl/client.hpp"
#include "roadctl/verbs.hpp"

namespace ringroad::roadctl {

// What is around: the router, and the terminal or whatever takes its place.
struct Surroundings {
  std::function<std::expected<nlohmann::json, Failure>(const nlohmann::json& request)> ask;
  // False where it cannot be written.
  std::function<bool(std::string_view text)> print;
  std::function<void(std::string_view line)> complain;
  std::function<void(std::string_view what, unsigned percent)> progress;
  // Until the router is to be asked again.
  std::function<void()> pause;
  bool color = false;
};

[[nodiscard]] std::expected<void, Failure> carry_out(const CommandLine& line,
                                                     const Surroundings& around);

}  // namespace ringroad::roadctl

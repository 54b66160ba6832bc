// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Carries out what the command line says: asks the router, as often as it takes, and prints.
#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "roadctl/client.hpp"

namespace ringroad::roadctl {

inline constexpr auto kDefaultSocket = "/run/ringroad/ringroad.sock";

struct CommandLine {
  std::string socket = kDefaultSocket;
  bool json = false;
  std::vector<std::string> verb;
  nlohmann::json options;
};

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

using Outcome = std::expected<void, Failure>;

[[nodiscard]] Outcome carry_out(const CommandLine& line, const Surroundings& around);

// What verbs do it with. At most so many rows come in one answer.
inline constexpr std::size_t kRowsAPage = 500;

[[nodiscard]] std::expected<nlohmann::json, Failure> ask(const Surroundings& around,
                                                         const nlohmann::json& verb,
                                                         const nlohmann::json& options);
[[nodiscard]] Outcome print(const Surroundings& around, std::string_view text);
[[nodiscard]] Outcome print_answer(const CommandLine& line, const nlohmann::json& answer,
                                   const Surroundings& around);
[[nodiscard]] std::unexpected<Failure> refused(std::string reason);

}  // namespace ringroad::roadctl

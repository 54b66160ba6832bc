// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Carries out the command line: sends requests to the router, as many as it takes, and prints the
// answers.
#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "roadctl/client.hpp"
#include "roadctl/display.hpp"
#include "roadctl/rates.hpp"

namespace ringroad::roadctl {

inline constexpr auto kDefaultSocket = "/run/ringroad/ringroad.sock";

struct CommandLine {
  std::string socket = kDefaultSocket;
  bool json = false;
  std::string color = "auto";  // or "always", "never"
  bool only_ipv4 = false;
  bool only_ipv6 = false;
  bool exact = false;        // no shortened counts
  std::string sort{};        // the key by which rows are sorted, after a '-' if downwards
  double watch_seconds = 0;  // the command is repeated; 0: it is not
  std::vector<std::string> verb;
  nlohmann::json options;
};

// The environment of a command: the router and the terminal. Tests replace both.
struct Surroundings {
  std::function<std::expected<nlohmann::json, Failure>(const nlohmann::json& request)> ask;
  // Returns false if the text cannot be written.
  std::function<bool(std::string_view text)> print;
  std::function<void(std::string_view line)> complain;
  std::function<void(std::string_view what, unsigned percent)> progress;
  // Waits until the next request may be sent.
  std::function<void()> pause;
  // Waits before a command is repeated. Returns false if it is not to be repeated.
  std::function<bool(double seconds)> wait;
  Display display{};
  bool clears = false;  // what is printed anew replaces what was there
  // Where print_answer() finds the answer before, of a command that is repeated.
  LastAnswer* last = nullptr;
};

using Outcome = std::expected<void, Failure>;

[[nodiscard]] Outcome carry_out(const CommandLine& line, const Surroundings& around);

// Functions with which verbs carry out a command. The router answers at most this many rows at
// once.
inline constexpr std::size_t kRowsAPage = 500;

[[nodiscard]] std::expected<nlohmann::json, Failure> ask(const Surroundings& around,
                                                         const nlohmann::json& verb,
                                                         const nlohmann::json& options);
[[nodiscard]] Outcome print(const Surroundings& around, std::string_view text);
[[nodiscard]] Outcome print_answer(const CommandLine& line, nlohmann::json answer,
                                   const Surroundings& around);
[[nodiscard]] std::unexpected<Failure> refused(std::string reason);
[[nodiscard]] std::unexpected<Failure> usage_error(std::string reason);

struct Page {
  const nlohmann::json& rows;  // or an answer that is not an array
  bool first;
  bool last;
};
// Returns a page's part of the dump of the whole array, which must not be empty.
[[nodiscard]] std::string json_of(const Page& page);
using TakePage = std::function<Outcome(const Page& page)>;

// Requests the rows of an answer page by page. `key_of` returns what identifies a row, after which
// the next page begins.
[[nodiscard]] Outcome ask_pages(const Surroundings& around, const nlohmann::json& verb,
                                nlohmann::json options,
                                nlohmann::json (*key_of)(const nlohmann::json& row),
                                const TakePage& take);
// Returns what prints the pages as one answer after the last. It refers to its arguments.
[[nodiscard]] TakePage as_one_answer(const CommandLine& line, const Surroundings& around);

}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Parses the command line, and prints help: the verbs and their words and options.
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "roadctl/asking.hpp"

namespace ringroad::roadctl {

// The result of a command line that needs no router: help for stdout (kFine), or an error message
// for stderr (kUsage).
struct EarlyExit {
  ExitStatus status;
  std::string text;
};

// `arguments` do not include the program's name.
[[nodiscard]] std::expected<CommandLine, EarlyExit> parse_command_line(
    std::span<const std::string> arguments);

// Returns the words that may come next, for a shell that completes them.
struct NextWords {
  std::vector<std::string> words;
  bool ports = false;  // the names of the router's ports may come next too
};
[[nodiscard]] NextWords next_words(std::span<const std::string> typed);

}  // namespace ringroad::roadctl

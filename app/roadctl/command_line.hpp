// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The command line: which verbs there are, what they are asked with, and their help.
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "roadctl/asking.hpp"

namespace ringroad::roadctl {

// The command line asks for nothing that a router is needed for: help for stdout (kFine), or what
// is wrong with it for stderr (kUsage).
struct EarlyExit {
  ExitStatus status;
  std::string text;
};

// `arguments` do not include the program's name.
[[nodiscard]] std::expected<CommandLine, EarlyExit> parse_command_line(
    std::span<const std::string> arguments);

// What may come next after these words, for a shell that completes them.
struct NextWords {
  std::vector<std::string> words;
  bool ports = false;  // and the names of the router's ports
};
[[nodiscard]] NextWords next_words(std::span<const std::string> typed);

}  // namespace ringroad::roadctl

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
  ExitStatus status = ExitStatus::kFine;
  std::string reason{};  // what is wrong
  std::string text;      // the same for people, with the usage, or help
};

// `arguments` do not include the program's name.
[[nodiscard]] std::expected<CommandLine, EarlyExit> parse_command_line(
    std::span<const std::string> arguments);

// Whether the next argument is the value of this option.
[[nodiscard]] bool takes_value(const std::string& option);

}  // namespace ringroad::roadctl

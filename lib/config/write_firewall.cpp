// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/print.hpp"
#include "config/timeouts.hpp"
#include "config/units.hpp"

namespace ringroad::config {
namespace {

// What is not Linux's default.
std::string print(const Connections& connections) {
  const Connections defaults;
  std::vector<std::string> parts;
  if (connections.max != defaults.max) {
    parts.push_back(fmt::format("max: {}", connections.max));
  }
  if (connections.loose != defaults.loose) {
    parts.push_back(fmt::format("loose: {}", connections.loose));
  }
  if (connections.liberal != defaults.liberal) {
    parts.push_back(fmt::format("liberal: {}", connections.liberal));
  }
  std::vector<std::string> times;
  for (const Timeout& timeout : kTimeouts) {
    const Nanoseconds time = connections.timeouts.*timeout.time;
    if (time != defaults.timeouts.*timeout.time) {
      times.push_back(fmt::format("{}: {}", timeout.key(), to_string(time)));
    }
  }
  if (!times.empty()) {
    parts.push_back(fmt::format("timeouts: {{{}}}", fmt::join(times, ", ")));
  }
  return parts.empty() ? "" : fmt::format("  connections: {{{}}}\n", fmt::join(parts, ", "));
}

// The text of a block, with its indentation in the header, since it may begin with blanks.
std::string print_rules(std::string_view rules) {
  std::string text = "  rules: |2\n";
  while (!rules.empty()) {
    const std::size_t end = std::min(rules.find('\n'), rules.size());
    text += end == 0 ? "\n" : fmt::format("    {}\n", rules.substr(0, end));
    rules.remove_prefix(std::min(end + 1, rules.size()));
  }
  return text;
}

}  // namespace

std::string printed(const Firewall& firewall) {
  const std::string connections = print(firewall.connections);
  if (!firewall.ruleset.empty()) {
    const std::string ruleset = scalar(firewall.ruleset);
    return connections.empty() ? fmt::format("firewall: {{ruleset: {}}}\n", ruleset)
                               : fmt::format("firewall:\n  ruleset: {}\n{}", ruleset, connections);
  }
  if (firewall.rules.empty() && connections.empty()) {
    return "";
  }
  return "firewall:\n" + connections + (firewall.rules.empty() ? "" : print_rules(firewall.rules));
}

}  // namespace ringroad::config

// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>

#include "base/sha256.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"
#include "config/timeouts.hpp"
#include "nft/parse.hpp"
#include "nft/print.hpp"

namespace ringroad::config {
namespace {

void report(const Value& value, const nft::Problem& problem) {
  value.problem_of(
      {*problem.place.file, problem.place.line, problem.place.column, "", problem.what});
}

void read_ruleset(const Value& value, const std::filesystem::path& folder, Firewall& firewall) {
  firewall.ruleset = read_path(&value, folder);
  if (firewall.ruleset.empty()) {
    return;
  }
  auto ruleset = nft::load(firewall.ruleset);
  if (ruleset) {
    firewall.set(*std::move(ruleset));
    return;
  }
  for (const nft::Problem& problem : ruleset.error()) {
    report(value, problem);
  }
}

void read_rules(const Value& value, const std::filesystem::path& folder, Firewall& firewall) {
  auto text = value.lines();
  if (!text) {
    return;
  }
  // As a block scalar has it, so that it is written as it was read.
  text->erase(text->find_last_not_of('\n') + 1);
  firewall.rules = *text + '\n';
  // In its folder, so that its includes are found.
  const std::string name = (folder / value.path()).string();
  auto ruleset = nft::parse(firewall.rules, name);
  if (ruleset) {
    firewall.set(*std::move(ruleset));
    return;
  }
  for (const nft::Problem& problem : ruleset.error()) {
    if (*problem.place.file == name) {
      value.problem_inside(problem.place.line, problem.place.column, problem.what);
    } else {
      report(value, problem);
    }
  }
}

ConnectionTimeouts read_timeouts(const Value& section) {
  static constexpr auto kKeys = [] {
    std::array<std::string_view, kTimeouts.size()> keys{};
    std::ranges::transform(kTimeouts, keys.begin(), &Timeout::key);
    return keys;
  }();
  // The clock of connections wraps after 49 days.
  static constexpr Range<Nanoseconds> kTimes{std::chrono::seconds{1}, std::chrono::hours{24 * 24}};
  const Fields fields{section, kKeys};
  ConnectionTimeouts timeouts;
  for (const Timeout& timeout : kTimeouts) {
    assign(timeouts.*timeout.time, read(fields.find(timeout.key()), kTimes));
  }
  return timeouts;
}

Connections read_connections(const Value& section) {
  static constexpr std::array<std::string_view, 4> kKeys{"max", "timeouts", "loose", "liberal"};
  static constexpr Range<std::uint32_t> kConnections{1, 1U << 26U};
  const Fields fields{section, kKeys};
  Connections connections;
  assign(connections.max, read(fields.find("max"), kConnections));
  assign(connections.loose, read_flag(fields.find("loose")));
  assign(connections.liberal, read_flag(fields.find("liberal")));
  if (const Value* const timeouts = fields.find("timeouts")) {
    connections.timeouts = read_timeouts(*timeouts);
  }
  return connections;
}

}  // namespace

void Firewall::set(nft::Ruleset said) {
  digest = sha256(nft::print(said));
  parsed = std::make_shared<const nft::Ruleset>(std::move(said));
}

Firewall read_firewall(const Value& section, const std::filesystem::path& folder) {
  static constexpr std::array<std::string_view, 3> kKeys{"ruleset", "rules", "connections"};
  const Fields fields{section, kKeys};
  Firewall firewall;
  const Value* const ruleset = fields.find("ruleset");
  const Value* const rules = fields.find("rules");
  const Value* const connections = fields.find("connections");
  if (connections != nullptr) {
    firewall.connections = read_connections(*connections);
  }
  if (ruleset != nullptr && rules != nullptr) {
    rules->missing("does not go with ruleset: rules are in a file or here");
  } else if (ruleset != nullptr) {
    read_ruleset(*ruleset, folder, firewall);
  } else if (rules != nullptr) {
    read_rules(*rules, folder, firewall);
  } else if (connections == nullptr && fields.is_map()) {
    section.missing("needs ruleset, a file in the language of nft(8), or rules, its text");
  }
  return firewall;
}

}  // namespace ringroad::config

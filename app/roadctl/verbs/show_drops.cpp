// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// Returns "wan 12, lan 3": at most three ports, those with the most drops first.
std::string ports_of(const json& drop) {
  const json& by_port = field(drop, "ports");
  if (!by_port.is_object()) {
    return "-";
  }
  std::vector<std::pair<std::uint64_t, std::string>> ports;
  for (const auto& [name, packets] : by_port.items()) {
    if (packets.is_number_unsigned()) {
      ports.emplace_back(packets.get<std::uint64_t>(), name);
    }
  }
  std::ranges::stable_sort(ports, std::greater{}, [](const auto& port) { return port.first; });
  std::string text;
  for (std::size_t i = 0; i < ports.size() && i < 3; ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", ports[i].second, ports[i].first);
  }
  return ports.size() > 3 ? text + ", ..." : text;
}

// The rules of the firewall that dropped packets; nothing if none did.
std::string rules_of(const json& drops, const Display& display) {
  Table table{{{"PACKETS", kRight},
               {"TABLE"},
               {"CHAIN"},
               {"HANDLE", kRight, "-"},
               {.heading = "RULE OF THE FIREWALL", .wraps = true}}};
  bool is_empty = true;
  for (const json& drop : drops) {
    for (const json& rule : array(drop, "rules")) {
      table.add({trouble(rule, "packets", display),
                 Cell{fmt::format("{} {}", plain(rule, "family").text, plain(rule, "table").text)},
                 plain(rule, "chain"), plain(rule, "handle"), plain(rule, "rule")});
      is_empty = false;
    }
  }
  return is_empty ? std::string{} : "\n" + table.print(display);
}

std::string render_drops(const json& drops, const Display& display) {
  Table table{{{"REASON"},
               {"PACKETS", kRight},
               {"PER SECOND", kRight, "0"},
               {"LAST MINUTE", kRight, "0"},
               {"PORTS"},
               {.heading = "MEANING", .wraps = true}}};
  for (const json& drop : drops) {
    table.add({plain(drop, "reason"), trouble(drop, "packets", display), amount(drop, "per_second"),
               count(drop, "last_minute", display), Cell{ports_of(drop)}, plain(drop, "meaning")});
  }
  return table.print(display) + rules_of(drops, display);
}

const Registration kShowDrops{
    {.group = "show",
     .name = "drops",
     .usage = "[P]",
     .summary = "dropped packets by reason, of all ports or of one",
     .options = optional_port,
     .examples = {"show drops", "show drops wan --watch 5", "show drops --sort -packets"},
     .render = render_drops,
     .answers = json::value_t::array}};

}  // namespace
}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
// The router on one screen of 80 columns and 24 lines.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
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

constexpr std::size_t kMostPorts = 6;
constexpr std::size_t kMostWorkers = 4;
constexpr std::size_t kMostReasons = 5;
constexpr std::size_t kHashDigits = 12;
// So that a line has at most 80 columns.
constexpr std::size_t kLongestName = 15;
constexpr std::size_t kLongestMeaning = 33;

std::string shortened(std::string text, std::size_t most) {
  return text.size() <= most ? std::move(text) : text.substr(0, most - 3) + "...";
}

// Returns "3 days 04:12:07".
std::string uptime(const json& value) {
  if (!value.is_number_unsigned() && !value.is_number_integer()) {
    return "-";
  }
  const auto seconds = value.get<std::uint64_t>();
  const std::uint64_t days = seconds / 86400;
  return (days == 0 ? "" : fmt::format("{} day{} ", days, days == 1 ? "" : "s")) +
         time_of_day(seconds);
}

// Returns "12 REACHABLE, 1 FAILED"; states without neighbors are left out.
std::string neighbors_of(const json& states) {
  if (!states.is_object()) {
    return "-";
  }
  std::string text;
  for (const auto& [state, count] : states.items()) {
    if (count != 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", words(count), state);
    }
  }
  return text.empty() ? "none" : text;
}

// Prints a row for each of the first elements, and says how many are left out.
template <class Row>
std::string rows_of(Table table, const json& elements, std::size_t most, const char* verb,
                    const Display& display, const Row& row) {
  for (std::size_t i = 0; i < std::min(elements.size(), most); ++i) {
    table.add(row(elements[i]));
  }
  std::string text = table.print(display);
  if (elements.size() > most) {
    text += fmt::format("and {} more: roadctl {}\n", elements.size() - most, verb);
  }
  return text;
}

std::string render_router(const json& router, const Display& display) {
  const json& config = field(router, "config");
  const json& routes = field(router, "routes");
  std::string text = fmt::format(
      "ringroad {} ({}), DPDK {}, up {}\n{}, sha256 {}\nroutes: {} IPv4, {} IPv6; neighbors: "
      "{}\n\n",
      words(router, "version"), words(router, "commit"), words(router, "dpdk"),
      uptime(field(router, "uptime_seconds")), words(config, "path"),
      words(config, "hash").substr(0, kHashDigits), words(routes, "ipv4"), words(routes, "ipv6"),
      neighbors_of(field(router, "neighbors")));
  text += rows_of(Table{{{"PORT"},
                         {"LINK"},
                         {"Mbit/s", kRight},
                         {"RX pps", kRight},
                         {"RX bit/s", kRight},
                         {"RX %", kRight},
                         {"TX pps", kRight},
                         {"TX bit/s", kRight},
                         {"TX %", kRight}}},
                  array(router, "ports"), kMostPorts, "show ports", display, [](const json& port) {
                    return with_rates({Cell{shortened(words(port, "name"), kLongestName)},
                                       state(port, "link"), plain(port, "speed_mbps")},
                                      port);
                  });
  text += "\n";
  text += rows_of(Table{{{"CORE", kRight},
                         {"BUSY %", kRight},
                         {"CONTROL %", kRight},
                         {"IDLE %", kRight},
                         {"packets/s", kRight},
                         {"CYCLES/packet", kRight}}},
                  array(router, "workers"), kMostWorkers, "show workers", display, load_cells);
  const json& drops = array(router, "drops_last_minute");
  if (drops.empty()) {
    return text + "\nno packet was dropped in the last minute\n";
  }
  text += "\ndropped in the last minute\n";
  return text += rows_of(
             Table{{{"REASON"}, {"PACKETS", kRight}, {"PER SECOND", kRight}, {"MEANING"}}}, drops,
             kMostReasons, "show drops", display, [&](const json& drop) {
               return std::vector<Cell>{plain(drop, "reason"), trouble(drop, "packets", display),
                                        plain(drop, "per_second"),
                                        Cell{shortened(words(drop, "meaning"), kLongestMeaning)}};
             });
}

const Registration kShow{{.group = "show",
                          .name = "",
                          .usage = "",
                          .summary = "the router on one screen",
                          .options = no_words,
                          .examples = {"show", "show --watch 1"},
                          .render = render_router}};

}  // namespace
}  // namespace ringroad::roadctl

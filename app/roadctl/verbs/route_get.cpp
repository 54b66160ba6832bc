// SPDX-License-Identifier: BSD-3-Clause
// Prints the route that a packet would take, and why.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roadctl/fields.hpp"
#include "roadctl/render_routes.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

Options route_get_options(Words words) {
  return WordReader{words, {kFrom, kProto, kSport, kDport}}
      .subject("ADDR", "address")
      .pairs()
      .result();
}

constexpr std::string_view kIndent = "    ";

// Prints a group's members with their shares, and marks the one that the flow takes with >.
std::string group_lines(const json& step) {
  Table table{{{""}, {""}, {""}, {"", kRight}, {""}}};
  for (const json& hop : array(step, "nexthops")) {
    table.add({{field(hop, "taken") == true ? "> via " + words(hop, "via")
                                            : "  via " + words(hop, "via")},
               {"dev " + words(hop, "port")},
               {"weight " + words(hop, "weight")},
               {words(hop, "buckets") + " buckets"},
               state(hop, "state")});
  }
  const std::string text = table.print({}, "      ");
  // The first line is the heading, which is empty.
  return text.substr(text.find('\n') + 1);
}

std::string step_lines(const json& step, const json& flow) {
  std::string text;
  if (const json& gateway = field(step, "gateway"); gateway.is_string()) {
    text +=
        fmt::format("{}gateway {} through {} in table {}, protocol {}\n", kIndent, words(gateway),
                    words(step, "prefix"), words(step, "table"), words(step, "protocol"));
  }
  if (array(step, "nexthops").size() > 1) {
    const json& hash = field(flow, "hash");
    text += fmt::format(
        "{}group of {} in {} buckets, from {}: hash {}\n", kIndent, array(step, "nexthops").size(),
        words(step, "buckets"), words(flow, "source"),
        hash.is_number_unsigned() ? fmt::format("{:#010x}", hash.get<std::uint32_t>()) : "-");
    text += group_lines(step);
  }
  return text;
}

std::string runner_up_lines(const json& route) {
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (const json& other : array(route, "runners_up")) {
    std::string line = type_prefix(other) + words(other, "prefix") + path_to(other);
    if (const json& metric = field(other, "metric"); metric.is_number() && metric != 0) {
      line += " metric " + words(metric);
    }
    if (const json& table = field(other, "table");
        table.is_string() && table != field(route, "table")) {
      line += " table " + words(table);
    }
    width = std::max(width, line.size());
    lines.emplace_back(std::move(line),
                       field(other, "reason").is_string() ? words(other, "reason") : std::string{});
  }
  std::string text;
  for (const auto& [line, reason] : lines) {
    text += reason.empty() ? fmt::format("{}otherwise {}\n", kIndent, line)
                           : fmt::format("{}otherwise {:<{}}  {}\n", kIndent, line, width, reason);
  }
  return text;
}

std::string render_route_get(const json& route, const Display& /*display*/) {
  const json& given = field(route, "text");
  std::string text = given.is_string()
                         ? given.get<std::string>()
                         : type_prefix(route) + words(route, "address") + path_to(route);
  if (!text.ends_with('\n')) {
    text += '\n';
  }
  if (!field(route, "prefix").is_string()) {
    return text + "    no route matches\n" + runner_up_lines(route);
  }
  text +=
      fmt::format("    matched {} in table {}, protocol {}, metric {}\n", words(route, "prefix"),
                  words(route, "table"), words(route, "protocol"), words(route, "metric"));
  for (const json& step : array(route, "steps")) {
    text += step_lines(step, field(route, "flow"));
  }
  if (const json& reach = field(route, "neighbor_state"); reach.is_string()) {
    const json& neighbor = field(route, field(route, "via").is_string() ? "via" : "address");
    const json& mac = field(route, "mac");
    text += fmt::format("    neighbor {} {}, {}\n", words(neighbor), words(reach),
                        mac.is_string() ? "mac " + words(mac) : "no mac yet");
  }
  return text + runner_up_lines(route);
}

const Registration kRouteGet{
    {.group = "route",
     .name = "get",
     .usage = "ADDR [from ADDR] [proto udp|tcp sport N dport N]",
     .summary = "the route a packet to ADDR would take, and why",
     .options = route_get_options,
     .families = true,
     .examples = {"route get 192.0.2.1", "route get 2001:db8::1",
                  "route get 192.0.2.1 from 192.168.1.9 proto udp sport 4000 dport 53"},
     .render = render_route_get}};

}  // namespace
}  // namespace ringroad::roadctl

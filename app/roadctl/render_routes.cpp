// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/render_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ipv4.hpp"
#include "base/prefix.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/render.hpp"
#include "roadctl/table.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// "10.9.9.9 recursive via 192.168.1.2": the gateway, and the first neighbor on the way to it.
std::string via_of(const json& hop) {
  std::string text = words(hop, "via");
  const json* last = &hop;
  while (!array(field(*last, "recursive"), "nexthops").empty()) {
    const json& below = array(field(*last, "recursive"), "nexthops").front();
    text += field(below, "via").is_string() && last == &hop ? " recursive" : "";
    last = &below;
  }
  return last != &hop && field(*last, "via").is_string() ? text + " via " + words(*last, "via")
                                                         : text;
}

Table routes_table() {
  return Table{{{"PREFIX"},
                {"TYPE"},
                {"VIA"},
                {"PORT"},
                {"WEIGHT", kRight},
                {"STATE"},
                {"PROTOCOL"},
                {"METRIC", kRight},
                {"TABLE"}}};
}

void add_routes(Table& table, const json& routes) {
  for (const json& route : routes) {
    const json& hops = array(route, "nexthops");
    const json& first = hops.empty() ? field(hops, "") : hops.front();
    const auto hop_cells = [](const json& hop) {
      return std::array{Cell{via_of(hop)}, plain(hop, "port"), plain(hop, "weight"),
                        state(hop, "state")};
    };
    auto [via, port, weight, reach] = hop_cells(first);
    table.add({plain(route, "prefix"), plain(route, "type"), std::move(via), std::move(port),
               std::move(weight), std::move(reach), plain(route, "protocol"),
               plain(route, "metric"), plain(route, "table")});
    for (std::size_t i = 1; i < hops.size(); ++i) {
      auto [also_via, its_port, its_weight, its_reach] = hop_cells(hops[i]);
      table.add({{},
                 {},
                 std::move(also_via),
                 std::move(its_port),
                 std::move(its_weight),
                 std::move(its_reach),
                 {},
                 {},
                 {}});
    }
  }
}

// " via 192.168.1.254 dev lan", less what is not there.
std::string path_to(const json& hop) {
  std::string text;
  for (const auto& [word, key] : {std::pair{"via", "via"}, {"dev", "port"}, {"src", "source"}}) {
    const json& value = field(hop, key);
    if (value.is_string()) {
      text += fmt::format(" {} {}", word, value.get<std::string>());
    }
  }
  return text;
}

// As `ip route get` prefixes every type but unicast: "blackhole 10.66.1.1".
std::string type_prefix(const json& route) {
  const json& type = field(route, "type");
  return !type.is_string() || type == "unicast" ? "" : type.get<std::string>() + " ";
}

constexpr std::string_view kIndent = "    ";

// A group's members, with their shares; the one that the flow takes marked with >.
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
  const std::string text = table.print(false, "      ");
  // Without the heading, which is empty.
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

// The words of `ip route` for where a next hop leads: "via 10.9.9.9 recursive via 192.168.1.2 dev
// p".
std::string hop_words(const json& hop) {
  std::string text;
  if (field(hop, "via").is_string()) {
    text += " via " + via_of(hop);
  }
  if (field(hop, "port").is_string()) {
    text += " dev " + words(hop, "port");
  }
  return text;
}

// What `ip route` says of a next hop after its port.
std::string state_words(const json& hop) {
  const json& state = field(hop, "state");
  const std::string onlink = field(hop, "onlink") == true ? " onlink" : "";
  return state == "linkdown" || state == "unreachable" ? onlink + " " + words(state) : onlink;
}

// As `ip route`, with each member of a group on a line of its own.
std::string as_ip_route(const json& route) {
  std::string text = type_prefix(route) + words(route, "prefix");
  const json& hops = array(route, "nexthops");
  const bool one = hops.size() == 1;
  if (one) {
    text += hop_words(hops.front());
  }
  if (const json& table = field(route, "table"); table.is_string() && table != "main") {
    text += " table " + words(table);
  }
  text += " proto " + words(route, "protocol");
  if (one && !field(hops.front(), "via").is_string()) {
    text += " scope link";
  }
  if (field(route, "source").is_string()) {
    text += " src " + words(route, "source");
  }
  if (const json& metric = field(route, "metric"); metric.is_number() && metric != 0) {
    text += " metric " + words(metric);
  }
  text += one ? state_words(hops.front()) + "\n" : "\n";
  for (const json& hop : one ? json::array() : hops) {
    text +=
        "\tnexthop" + hop_words(hop) + " weight " + words(hop, "weight") + state_words(hop) + "\n";
  }
  return text;
}

std::string route_n_line(const json& route, const json& hop) {
  const auto prefix = Prefix4::parse(words(route, "prefix")).value_or(Prefix4{});
  const bool rejects = !hop.is_object();
  const bool has_gateway = field(hop, "via").is_string();
  std::string flags = rejects ? "!" : field(hop, "state") == "linkdown" ? "" : "U";
  flags += has_gateway ? "G" : "";
  flags += prefix.length() == 32 ? "H" : "";
  const std::string gateway = rejects       ? "-"
                              : has_gateway ? words(hop, "via")
                                            : std::string{"0.0.0.0"};
  // Linux's own columns; Ref and Use mean nothing there either.
  return fmt::format("{:<15} {:<15} {:<15} {:<5} {:<6} {:<6} {:>3} {}\n",
                     prefix.address().to_string(), gateway,
                     Ipv4{prefix.length() == 0 ? 0U : ~0U << (32U - prefix.length())}.to_string(),
                     flags, words(route, "metric"), 0, 0, words(hop, "port"));
}

// As `route -n`: a line for each next hop.
std::string as_route_n(const json& route) {
  std::string text;
  for (const json& hop : array(route, "nexthops")) {
    text += route_n_line(route, hop);
  }
  return text.empty() ? route_n_line(route, json()) : text;
}

}  // namespace

std::string render_routes(const json& routes, bool color) {
  Table table = routes_table();
  add_routes(table, routes);
  return table.print(color);
}

std::string render_route_get(const json& route, bool /*color*/) {
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

RoutesView::RoutesView(RoutesStyle style) : style_{style}, table_{routes_table()} {
  // The longest prefix, type, gateway, port and so on that are to be expected.
  table_.widen({18, 11, 15, 15, 6, 10, 9, 10, 5});
}

std::string RoutesView::next_page(const json& routes, bool color) {
  if (style_ != RoutesStyle::kTable) {
    std::string text;
    if (style_ == RoutesStyle::kRoute && !std::exchange(begun_, true)) {
      text = "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n";
    }
    for (const json& route : routes) {
      text += style_ == RoutesStyle::kIp ? as_ip_route(route) : as_route_n(route);
    }
    return text;
  }
  add_routes(table_, routes);
  return table_.next_page(color);
}

}  // namespace ringroad::roadctl

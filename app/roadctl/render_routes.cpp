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
#include "base/ipv6.hpp"
#include "base/prefix.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"

namespace ringroad::roadctl {
using nlohmann::json;
using enum Align;

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

namespace {

// Whether a gateway of a route of this family has an address of the other one, which `ip` says.
bool is_other_family(const json& family, const json& via) {
  return family == 4 && via.get_ref<const std::string&>().contains(':');
}

}  // namespace

std::string path_to(const json& hop) {
  std::string text;
  for (const auto& [word, key] : {std::pair{"via", "via"}, {"dev", "port"}, {"src", "source"}}) {
    const json& value = field(hop, key);
    if (value.is_string()) {
      const bool other = is_other_family(field(hop, "family"), value);
      text += fmt::format(" {}{} {}", word, other ? " inet6" : "", value.get<std::string>());
    }
  }
  return text;
}

std::string type_prefix(const json& route) {
  const json& type = field(route, "type");
  return !type.is_string() || type == "unicast" ? "" : type.get<std::string>() + " ";
}

namespace {

Table routes_table() {
  return Table{{{"PREFIX"},
                {"TYPE", kLeft, "unicast"},
                {"VIA"},
                {"PORT"},
                {"WEIGHT", kRight, "1"},
                {"STATE"},
                {"PROTOCOL"},
                {"METRIC", kRight, "0"},
                {"TABLE", kLeft, "main"}}};
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

// Returns a next hop in the syntax of `ip route`: "via 10.9.9.9 recursive via 192.168.1.2 dev p".
std::string hop_words(const json& route, const json& hop) {
  std::string text;
  if (const json& via = field(hop, "via"); via.is_string()) {
    text += is_other_family(field(route, "family"), via) ? " via inet6 " : " via ";
    text += via_of(hop);
  }
  if (field(hop, "port").is_string()) {
    text += " dev " + words(hop, "port");
  }
  return text;
}

// Returns the flags that `ip route` prints after a next hop's port.
std::string state_words(const json& hop) {
  const json& state = field(hop, "state");
  const std::string onlink = field(hop, "onlink") == true ? " onlink" : "";
  return state == "linkdown" || state == "unreachable" ? onlink + " " + words(state) : onlink;
}

// Prints a route as `ip route` does, with each member of a group on its own line.
std::string as_ip_route(const json& route) {
  std::string text = type_prefix(route) + words(route, "prefix");
  const json& hops = array(route, "nexthops");
  const bool one = hops.size() == 1;
  if (one) {
    text += hop_words(route, hops.front());
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
    text += "\tnexthop" + hop_words(route, hop) + " weight " + words(hop, "weight") +
            state_words(hop) + "\n";
  }
  return text;
}

bool is_ipv6(const json& route) { return field(route, "family") == 6; }

template <class Prefix>
std::string flags_of(const Prefix& prefix, const json& hop, unsigned host_length) {
  std::string flags = !hop.is_object() ? "!" : field(hop, "state") == "linkdown" ? "" : "U";
  flags += field(hop, "via").is_string() ? "G" : "";
  return flags + (prefix.length() == host_length ? "H" : "");
}

// As `route -6 -n` does.
std::string route_6_line(const json& route, const json& hop) {
  const auto prefix = Prefix6::parse(words(route, "prefix")).value_or(Prefix6{});
  return fmt::format(
      "{:<30} {:<26} {:<4} {:<6} {:<6} {:>3} {}\n",
      fmt::format("{}/{}", prefix.address().to_string(), prefix.length()),
      field(hop, "via").is_string() ? words(hop, "via") : std::string{hop.is_object() ? "::" : "-"},
      flags_of(prefix, hop, Ipv6::kBits), words(route, "metric"), 0, 0, words(hop, "port"));
}

std::string route_n_line(const json& route, const json& hop) {
  if (is_ipv6(route)) {
    return route_6_line(route, hop);
  }
  const auto prefix = Prefix4::parse(words(route, "prefix")).value_or(Prefix4{});
  const bool rejects = !hop.is_object();
  const bool has_gateway = field(hop, "via").is_string();
  const std::string flags = flags_of(prefix, hop, Ipv4::kBits);
  const std::string gateway = rejects       ? "-"
                              : has_gateway ? words(hop, "via")
                                            : std::string{"0.0.0.0"};
  // The columns are Linux's; Ref and Use mean nothing there either.
  return fmt::format("{:<15} {:<15} {:<15} {:<5} {:<6} {:<6} {:>3} {}\n",
                     prefix.address().to_string(), gateway,
                     Ipv4{prefix.length() == 0 ? 0U : ~0U << (32U - prefix.length())}.to_string(),
                     flags, words(route, "metric"), 0, 0, words(hop, "port"));
}

// Prints a route as `route -n` does, with one line for each next hop.
std::string as_route_n(const json& route) {
  std::string text;
  for (const json& hop : array(route, "nexthops")) {
    text += route_n_line(route, hop);
  }
  return text.empty() ? route_n_line(route, json()) : text;
}

}  // namespace

std::string render_routes(const json& routes, const Display& display) {
  Table table = routes_table();
  add_routes(table, routes);
  return table.print(display);
}

std::string render_summary(const json& summary, const Display& display) {
  std::string text = fmt::format("{} routes, {} next hops\n", words(summary, "routes"),
                                 words(summary, "next_hops"));
  for (const auto& [key, heading] : {std::pair{"protocols", "PROTOCOL"},
                                     {"types", "TYPE"},
                                     {"tables", "TABLE"},
                                     {"lengths", "LENGTH"}}) {
    const json& counts = field(summary, key);
    std::vector<std::pair<std::string, std::uint64_t>> rows;
    for (const auto& [name, routes] : counts.items()) {
      rows.emplace_back(name, number(routes));
    }
    // Lengths in their order, other things by how many routes they have.
    std::ranges::stable_sort(rows, [&](const auto& left, const auto& right) {
      return heading == std::string_view{"LENGTH"} ? std::pair{left.first.size(), left.first} <
                                                         std::pair{right.first.size(), right.first}
                                                   : left.second > right.second;
    });
    Table table{{{heading}, {"ROUTES", kRight}}};
    for (const auto& [name, routes] : rows) {
      table.add({Cell{heading == std::string_view{"LENGTH"} ? "/" + name : name},
                 Cell{std::to_string(routes)}});
    }
    text += fmt::format("\n{}", table.print(display));
  }
  return text;
}

RoutesView::RoutesView(RoutesStyle style) : style_{style}, table_{routes_table()} {}

// Returns the heading of that family's routes, or nothing if it was printed already.
std::string_view RoutesView::heading_of(unsigned family) {
  if (std::exchange(headed_, std::max(headed_, family)) >= family) {
    return "";
  }
  return family == 6
             ? "Destination                    Next Hop                   Flag Met    Ref    Use "
               "If\n"
             : "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n";
}

std::string RoutesView::next_page(const json& routes, const Display& display) {
  if (style_ != RoutesStyle::kAligned) {
    std::string text;
    if (style_ == RoutesStyle::kRoute && routes.empty()) {
      text = heading_of(4);
    }
    for (const json& route : routes) {
      text += style_ == RoutesStyle::kRoute ? heading_of(is_ipv6(route) ? 6 : 4) : "";
      text += style_ == RoutesStyle::kIp ? as_ip_route(route) : as_route_n(route);
    }
    return text;
  }
  if (display.width == 0) {
    // The expected maximum widths of prefix, type, gateway, port and the other columns.
    table_.widen({18, 11, 15, 15, 6, 10, 9, 10, 5});
  }
  add_routes(table_, routes);
  return table_.next_page(display);
}

}  // namespace ringroad::roadctl

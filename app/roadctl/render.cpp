// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ipv4.hpp"
#include "base/prefix.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/render_bands.hpp"
#include "roadctl/table.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// The pipeline's order, in which JSON objects do not keep their keys.
constexpr std::array kStages{"rx", "input", "route", "forward", "output", "bands", "tx"};

// In the order of /proc/net/stat/arp_cache.
constexpr std::array kArpCache{"entries",          "allocs",           "destroys",
                               "hash_grows",       "lookups",          "hits",
                               "res_failed",       "rcv_probes_mcast", "rcv_probes_ucast",
                               "periodic_gc_runs", "forced_gc_runs",   "unresolved_discards",
                               "table_fulls"};

// Who counts what a device lost; nothing where none lost any.
std::string losses_of(const json& ports, bool color) {
  Table losses{{{"PORT"}, {"LOST BY THE DEVICE"}, {"PACKETS", kRight}}};
  bool any = false;
  for (const json& port : ports) {
    const json& by_name = field(port, "device_losses");
    if (!by_name.is_object()) {
      continue;
    }
    for (const auto& [name, packets] : by_name.items()) {
      if (packets != 0) {
        losses.add({plain(port, "name"), Cell{name}, trouble(by_name, name.c_str())});
        any = true;
      }
    }
  }
  return any ? "\n" + losses.print(color) : std::string{};
}

std::string render_ports(const json& ports, bool color) {
  Table identity{{{"PORT"},
                  {"LINK"},
                  {"SPEED Mbit/s", kRight},
                  {"MTU bytes", kRight},
                  {"MAC"},
                  {"DRIVER"},
                  {"DEVICE"},
                  {"NODE", kRight},
                  {"ADDRESSES"}}};
  Table counters{{{"PORT"},
                  {"RX packets", kRight},
                  {"RX bytes", kRight},
                  {"RX missed", kRight},
                  {"RX no buffer", kRight},
                  {"RX errors", kRight},
                  {"TX packets", kRight},
                  {"TX bytes", kRight},
                  {"TX errors", kRight},
                  {"TX requeued", kRight},
                  {"TX completed", kRight},
                  {"TX hangs", kRight},
                  {"CONFLICTS", kRight}}};
  for (const json& port : ports) {
    identity.add({plain(port, "name"), state(port, "link"), plain(port, "speed_mbps"),
                  plain(port, "mtu"), plain(port, "mac"), plain(port, "driver"),
                  plain(port, "device"), plain(port, "node"), plain(port, "addresses")});
    counters.add({plain(port, "name"), plain(port, "rx_packets"), plain(port, "rx_bytes"),
                  trouble(port, "rx_missed"), trouble(port, "rx_no_buffer"),
                  trouble(port, "rx_errors"), plain(port, "tx_packets"), plain(port, "tx_bytes"),
                  trouble(port, "tx_errors"), plain(port, "tx_requeued"),
                  plain(port, "tx_completed"), trouble(port, "tx_hangs"),
                  trouble(port, "conflicts")});
  }
  return identity.print(color) + "\n" + counters.print(color) + losses_of(ports, color);
}

// Known stages in the pipeline's order, then those a newer router has.
std::vector<std::string> stages_of(const json& workers) {
  std::vector<std::string> stages{kStages.begin(), kStages.end()};
  for (const json& worker : workers) {
    const json& cycles = field(worker, "cycles");
    if (!cycles.is_object()) {
      continue;
    }
    for (const auto& [stage, value] : cycles.items()) {
      if (std::ranges::find(stages, stage) == stages.end()) {
        stages.push_back(stage);
      }
    }
  }
  return stages;
}

std::string render_workers(const json& workers, bool color) {
  Table loops{{{"CORE", kRight},
               {"PACKETS", kRight},
               {"POLLS", kRight},
               {"BUSY polls", kRight},
               {"CONTROL polls", kRight},
               {"EMPTY polls", kRight},
               {"BUSY %", kRight},
               {"CONTROL %", kRight},
               {"IDLE %", kRight},
               {"CYCLES/packet", kRight},
               {"COPIED bytes", kRight}}};
  Table rests{{{"CORE", kRight}, {"WHEN IDLE"}, {"SLEEPS", kRight}, {"WAKES", kRight}}};
  const std::vector<std::string> stages = stages_of(workers);
  std::vector<Column> columns{{"CORE", kRight}};
  for (const std::string& stage : stages) {
    columns.push_back({stage, kRight});
  }
  Table cycles{std::move(columns)};
  for (const json& worker : workers) {
    loops.add({plain(worker, "core"), plain(worker, "packets"), plain(worker, "polls"),
               plain(worker, "busy_polls"), plain(worker, "control_polls"),
               plain(worker, "empty_polls"), plain(worker, "busy_percent"),
               plain(worker, "control_percent"), plain(worker, "idle_percent"),
               plain(worker, "cycles_per_packet"), plain(worker, "copied_bytes")});
    rests.add({plain(worker, "core"), plain(worker, "idle"), plain(worker, "sleeps"),
               plain(worker, "wakes")});
    std::vector<Cell> row{plain(worker, "core")};
    for (const std::string& stage : stages) {
      row.push_back(plain(field(worker, "cycles"), stage.c_str()));
    }
    cycles.add(std::move(row));
  }
  return loops.print(color) + "\n" + rests.print(color) + "\ncycles by stage\n" +
         cycles.print(color);
}

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

std::string render_routes(const json& routes, bool color) {
  Table table = routes_table();
  add_routes(table, routes);
  return table.print(color);
}

std::string render_neighbors(const json& neighbors, bool color) {
  Table table{{{"ADDRESS"},
               {"PORT"},
               {"MAC"},
               {"STATE"},
               {"AGE seconds", kRight},
               {"QUEUED packets", kRight}}};
  for (const json& neighbor : neighbors) {
    table.add({plain(neighbor, "address"), plain(neighbor, "port"), plain(neighbor, "mac"),
               state(neighbor, "state"), plain(neighbor, "age_seconds"),
               plain(neighbor, "queued")});
  }
  return table.print(color);
}

// "wan 12, lan 3", those with the most first; more than three are not listed.
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

std::string render_drops(const json& drops, bool color) {
  Table table{{{"REASON"}, {"PACKETS", kRight}, {"PORTS"}, {"MEANING"}}};
  for (const json& drop : drops) {
    table.add({plain(drop, "reason"), trouble(drop, "packets"), Cell{ports_of(drop)},
               plain(drop, "meaning")});
  }
  return table.print(color);
}

// As nstat: what never was counted is left out.
std::string render_counters(const json& counters, bool color) {
  Table table{{{"COUNTER"}, {"PACKETS", kRight}}};
  for (const auto& [name, value] : counters.items()) {
    if (value != 0) {
      table.add({Cell{name}, plain(counters, name.c_str())});
    }
  }
  return table.print(color);
}

std::string render_memory(const json& memory, bool color) {
  Table pools{{{"POOL"},
               {"SIZE buffers", kRight},
               {"FREE buffers", kRight},
               {"LOW WATER buffers", kRight}}};
  for (const json& pool : array(memory, "pools")) {
    pools.add(
        {plain(pool, "name"), plain(pool, "size"), plain(pool, "free"), plain(pool, "low_water")});
  }
  Table holders{{{"WAITING"}, {"BUFFERS", kRight}, {"SHARE buffers", kRight}}};
  for (const json& holder : array(memory, "holders")) {
    holders.add({plain(holder, "name"), plain(holder, "buffers"), plain(holder, "share")});
  }
  const bool has_holders = field(memory, "holders").is_array();
  const json& neighbors = field(memory, "neighbors");
  const json& copied = field(memory, "copied_bytes");
  Table cache{{{"ARP CACHE"}, {"COUNT", kRight}}};
  const json& counters = field(memory, "arp_cache");
  for (const char* const name : kArpCache) {
    cache.add({{name}, plain(counters, name)});
  }
  return pools.print(color) +
         (has_holders
              ? "\n" + holders.print(color) +
                    fmt::format("reserved for reception: {} buffers, and {} in RX rings\n",
                                words(memory, "reserve_buffers"), words(memory, "receive_buffers"))
              : "") +
         (counters.is_object() ? "\n" + cache.print(color) : "") +
         fmt::format(
             "\nFIB        {} prefixes in {} bytes\nneighbors  {}, gc_thresh {}\n"
             "copied     {} bytes for fragments, {} for ICMP errors\n",
             words(memory, "fib_prefixes"), words(memory, "fib_bytes"), words(neighbors, "count"),
             words(neighbors, "gc_thresh"), words(copied, "fragments"),
             words(copied, "icmp_errors"));
}

std::string render_config(const json& config, bool /*color*/) {
  std::string yaml = words(config, "yaml");
  if (!yaml.ends_with('\n')) {
    yaml += '\n';
  }
  return yaml;
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

std::string render_load(const json& counts, bool /*color*/) {
  std::string text = fmt::format("{} routes added", words(counts, "added"));
  for (const auto& [key, what] :
       {std::pair{"bad_lines", "bad lines"}, {"skipped_ipv6", "IPv6 prefixes"}}) {
    if (const json& count = field(counts, key); !count.is_null() && count != 0) {
      text += fmt::format(", {} {} skipped", words(count), what);
    }
  }
  return text + "\n";
}

std::string render_show_load(const json& load, bool color) {
  const json& state = field(load, "state");
  if (state == "none") {
    return "no file of routes was loaded\n";
  }
  std::string text = words(load, "file") + ": ";
  if (state == "done") {
    text += render_load(load, color);
  } else if (state == "failed") {
    text += fmt::format("failed: {}\n", words(load, "error"));
  } else {
    text += fmt::format("{}, {} %\n", words(state), words(load, "percent"));
  }
  return text;
}

std::string render_flush(const json& counts, bool /*color*/) {
  return fmt::format("{} neighbors removed\n", words(counts, "removed"));
}

std::string render_nothing(const json& /*answer*/, bool /*color*/) { return ""; }

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

struct View {
  std::string_view group;
  std::string_view name;
  json::value_t expected;
  std::string (*render)(const json& answer, bool color);
};

constexpr std::array kViews{
    View{"show", "ports", json::value_t::array, render_ports},
    View{"show", "workers", json::value_t::array, render_workers},
    View{"show", "routes", json::value_t::array, render_routes},
    View{"show", "neighbors", json::value_t::array, render_neighbors},
    View{"show", "bands", json::value_t::array, render_bands},
    View{"show", "drops", json::value_t::array, render_drops},
    View{"show", "counters", json::value_t::object, render_counters},
    View{"show", "memory", json::value_t::object, render_memory},
    View{"show", "config", json::value_t::object, render_config},
    View{"show", "load", json::value_t::object, render_show_load},
    View{"route", "add", json::value_t::object, render_nothing},
    View{"route", "replace", json::value_t::object, render_nothing},
    View{"route", "change", json::value_t::object, render_nothing},
    View{"route", "append", json::value_t::object, render_nothing},
    View{"route", "del", json::value_t::object, render_nothing},
    View{"route", "get", json::value_t::object, render_route_get},
    View{"route", "load", json::value_t::object, render_load},
    View{"neighbor", "add", json::value_t::object, render_nothing},
    View{"neighbor", "replace", json::value_t::object, render_nothing},
    View{"neighbor", "del", json::value_t::object, render_nothing},
    View{"link", "set", json::value_t::object, render_nothing},
    View{"address", "add", json::value_t::object, render_nothing},
    View{"address", "del", json::value_t::object, render_nothing},
    View{"bands", "delays", json::value_t::object, render_nothing},
    View{"neighbor", "flush", json::value_t::object, render_flush},
};

}  // namespace

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

std::string render(std::span<const std::string> verb, const json& answer, bool color) {
  const auto* const view = std::ranges::find_if(kViews, [&](const View& candidate) {
    return verb.size() == 2 && verb[0] == candidate.group && verb[1] == candidate.name &&
           answer.type() == candidate.expected;
  });
  return view == kViews.end() ? answer.dump(2, ' ', false, json::error_handler_t::replace) + "\n"
                              : view->render(answer, color);
}

}  // namespace ringroad::roadctl

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

#include "roadctl/fields.hpp"
#include "roadctl/render_bands.hpp"
#include "roadctl/render_routes.hpp"
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
  return any ? fmt::format("\n{}", losses.print(color)) : std::string{};
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
  return identity.print(color) + fmt::format("\n{}", counters.print(color)) +
         losses_of(ports, color);
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
  return loops.print(color) + fmt::format("\n{}", rests.print(color)) + "\ncycles by stage\n" +
         cycles.print(color);
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
              ? fmt::format("\n{}", holders.print(color)) +
                    fmt::format("reserved for reception: {} buffers, and {} in RX rings\n",
                                words(memory, "reserve_buffers"), words(memory, "receive_buffers"))
              : "") +
         (counters.is_object() ? fmt::format("\n{}", cache.print(color)) : "") +
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

std::string render(std::span<const std::string> verb, const json& answer, bool color) {
  const auto* const view = std::ranges::find_if(kViews, [&](const View& candidate) {
    return verb.size() == 2 && verb[0] == candidate.group && verb[1] == candidate.name &&
           answer.type() == candidate.expected;
  });
  return view == kViews.end() ? answer.dump(2, ' ', false, json::error_handler_t::replace) + "\n"
                              : view->render(answer, color);
}

}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// The order is that of /proc/net/stat/arp_cache and ndisc_cache.
constexpr std::array kCache{"entries",          "allocs",           "destroys",
                            "hash_grows",       "lookups",          "hits",
                            "res_failed",       "rcv_probes_mcast", "rcv_probes_ucast",
                            "periodic_gc_runs", "forced_gc_runs",   "unresolved_discards",
                            "table_fulls"};

// The names of /proc/net/stat/nf_conntrack, then `expired`, which that file does not have.
constexpr std::array kTracking{"found", "invalid",    "insert", "insert_failed",
                               "drop",  "early_drop", "expired"};

std::string connections(const json& memory, const Display& display) {
  const json& known = field(memory, "connections");
  const json& counters = field(memory, "nf_conntrack");
  if (!known.is_object()) {
    return "";
  }
  Table table{{{"CONNECTIONS", kRight}, {"MAX", kRight}, {"MEMORY bytes", kRight}}};
  table.add({plain(known, "count"), plain(known, "max"), plain(known, "bytes")});
  Table counts{{{"CONNECTION TRACKING"}, {"COUNT", kRight}}};
  for (const char* const name : kTracking) {
    counts.add({{name}, plain(counters, name)});
  }
  return fmt::format("\n{}\n{}", table.print(display), counts.print(display));
}

Table families(const json& memory) {
  Table table{{{"FAMILY"},
               {"PREFIXES", kRight},
               {"FIB bytes", kRight},
               {"NEIGHBORS", kRight},
               {"GC_THRESH"}}};
  const auto add = [&](std::string name, const char* prefixes, const char* bytes,
                       const char* neighbors) {
    const json& known = field(memory, neighbors);
    table.add({{std::move(name)},
               plain(memory, prefixes),
               plain(memory, bytes),
               plain(known, "count"),
               plain(known, "gc_thresh")});
  };
  add("IPv4", "fib_prefixes", "fib_bytes", "neighbors");
  add("IPv6", "fib6_prefixes", "fib6_bytes", "neighbors6");
  return table;
}

std::string render_memory(const json& memory, const Display& display) {
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
  const json& copied = field(memory, "copied_bytes");
  const json& arp = field(memory, "arp_cache");
  const json& ndisc = field(memory, "ndisc_cache");
  Table cache{{{"NEIGHBOR CACHE"}, {"ARP", kRight}, {"NDISC", kRight}}};
  for (const char* const name : kCache) {
    cache.add({{name}, plain(arp, name), plain(ndisc, name)});
  }
  return pools.print(display) +
         (has_holders
              ? fmt::format("\n{}", holders.print(display)) +
                    fmt::format("reserved for reception: {} buffers, and {} in RX rings\n",
                                words(memory, "reserve_buffers"), words(memory, "receive_buffers"))
              : "") +
         (arp.is_object() ? fmt::format("\n{}", cache.print(display)) : "") +
         connections(memory, display) + fmt::format("\n{}\n", families(memory).print(display)) +
         fmt::format("copied     {} bytes for fragments, {} for ICMP errors\n",
                     words(copied, "fragments"), words(copied, "icmp_errors"));
}

const Registration kShowMemory{{.group = "show",
                                .name = "memory",
                                .usage = "",
                                .summary = "packet pools, FIB, neighbors and connections",
                                .options = no_words,
                                .examples = {"show memory"},
                                .render = render_memory}};

}  // namespace
}  // namespace ringroad::roadctl

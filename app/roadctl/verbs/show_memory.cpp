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

// The order is that of /proc/net/stat/arp_cache.
constexpr std::array kArpCache{"entries",          "allocs",           "destroys",
                               "hash_grows",       "lookups",          "hits",
                               "res_failed",       "rcv_probes_mcast", "rcv_probes_ucast",
                               "periodic_gc_runs", "forced_gc_runs",   "unresolved_discards",
                               "table_fulls"};

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
  const json& neighbors = field(memory, "neighbors");
  const json& copied = field(memory, "copied_bytes");
  Table cache{{{"ARP CACHE"}, {"COUNT", kRight}}};
  const json& counters = field(memory, "arp_cache");
  for (const char* const name : kArpCache) {
    cache.add({{name}, plain(counters, name)});
  }
  return pools.print(display) +
         (has_holders
              ? fmt::format("\n{}", holders.print(display)) +
                    fmt::format("reserved for reception: {} buffers, and {} in RX rings\n",
                                words(memory, "reserve_buffers"), words(memory, "receive_buffers"))
              : "") +
         (counters.is_object() ? fmt::format("\n{}", cache.print(display)) : "") +
         fmt::format(
             "\nFIB        {} prefixes in {} bytes\nneighbors  {}, gc_thresh {}\n"
             "copied     {} bytes for fragments, {} for ICMP errors\n",
             words(memory, "fib_prefixes"), words(memory, "fib_bytes"), words(neighbors, "count"),
             words(neighbors, "gc_thresh"), words(copied, "fragments"),
             words(copied, "icmp_errors"));
}

const Registration kShowMemory{{.group = "show",
                                .name = "memory",
                                .usage = "",
                                .summary = "packet pools, FIB and neighbor table",
                                .options = no_words,
                                .examples = {"show memory"},
                                .render = render_memory}};

}  // namespace
}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
// Reports the packet pools and which parts hold their buffers, the FIB, and the neighbor table.
#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

// Names and order are those of /proc/net/stat/arp_cache.
Json report_arp_cache(const Router& router) {
  const neigh::Table4& table = router.neighbors().table();
  const neigh::Counters& counters = table.counters();
  const host::Neighbors::Probes& probes = router.neighbors().probes();
  return {{"entries", table.size()},
          {"allocs", counters.allocs},
          {"destroys", counters.destroys},
          {"hash_grows", counters.hash_grows},
          {"lookups", counters.lookups},
          {"hits", counters.hits},
          {"res_failed", counters.res_failed},
          {"rcv_probes_mcast", probes.broadcast},
          {"rcv_probes_ucast", probes.unicast},
          {"periodic_gc_runs", counters.periodic_gc_runs},
          {"forced_gc_runs", counters.forced_gc_runs},
          {"unresolved_discards", router.drops(stats::DropReason::kNeighborQueueFull)},
          {"table_fulls", counters.table_fulls}};
}

// Reports the buffers of waiting packets, and how many of each pool may be used for them.
Json report_holders(const Router& router) {
  const port::Budget& budget = router.pools().budget();
  const Router::Waiting waiting = router.waiting();
  const auto holder = [](const char* name, std::uint32_t buffers, std::uint32_t share) {
    return Json{{"name", name}, {"buffers", buffers}, {"share", share}};
  };
  return Json::array({holder("neighbors", waiting.neighbors, budget.neighbors()),
                      holder("reassembly", waiting.reassembly, budget.reassembly()),
                      holder("rings", waiting.rings, budget.rings()),
                      holder("bands", waiting.bands, budget.bands())});
}

Reply show_memory(Router& router, Options& /*options*/) {
  Json pools = Json::array();
  for (const port::Pools::Level& pool : router.pools().levels()) {
    pools.push_back({{"name", pool.name},
                     {"node", node_or_null(pool.node)},
                     {"size", pool.size},
                     {"free", pool.free},
                     {"low_water", pool.low_water}});
  }
  const auto& thresholds = router.neighbors().table().limits().gc_thresh;
  return at_once(
      {{"pools", pools},
       {"holders", report_holders(router)},
       {"receive_buffers", router.pools().budget().devices},
       {"reserve_buffers", router.pools().budget().reserve},
       {"copied_bytes",
        {{"fragments", router.copied().fragments.get()},
         {"icmp_errors", router.copied().icmp_errors.get()}}},
       {"fib_bytes", router.world().tables().trie.memory().count},
       {"fib_prefixes", router.world().tables().trie.size()},
       {"neighbors", {{"count", router.neighbors().table().size()}, {"gc_thresh", thresholds}}},
       {"arp_cache", report_arp_cache(router)}});
}

const Verb kShowMemory{"show memory", show_memory};

}  // namespace

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// Reports the packet pools and which parts hold their buffers, the FIBs, the neighbor tables and
// the connections.
#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

// Names and order are those of /proc/net/stat/arp_cache, and of ndisc_cache beside it.
template <class Address>
Json report_cache(const Router& router) {
  const auto& neighbors = router.neighbors_of<Address>();
  const auto& table = neighbors.table();
  const neigh::Counters& counters = table.counters();
  const auto& probes = neighbors.probes();
  return {{"entries", table.size()},
          {"allocs", counters.allocs},
          {"destroys", counters.destroys},
          {"hash_grows", counters.hash_grows},
          {"lookups", counters.lookups},
          {"hits", counters.hits},
          {"res_failed", counters.res_failed},
          {"rcv_probes_mcast", probes.multicast},
          {"rcv_probes_ucast", probes.unicast},
          {"periodic_gc_runs", counters.periodic_gc_runs},
          {"forced_gc_runs", counters.forced_gc_runs},
          {"unresolved_discards", neighbors.discards()},
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

Json report_connections(const Firewall::Tracking& tracking) {
  return {{"count", tracking.count}, {"max", tracking.max}, {"bytes", tracking.bytes}};
}

// Names and order are those of /proc/net/stat/nf_conntrack; `expired` is not in that file.
Json report_tracking(const Firewall::Tracking& tracking) {
  const filter::Connections::Counters& counters = tracking.counters;
  return {{"entries", tracking.count},
          {"found", counters.found},
          {"invalid", counters.invalid},
          {"insert", counters.inserted},
          {"insert_failed", counters.insert_failed},
          {"drop", counters.refused},
          {"early_drop", counters.early_drops},
          {"expired", counters.expired}};
}

template <class Address>
Json report_neighbors(const Router& router) {
  const auto& table = router.neighbors_of<Address>().table();
  return {{"count", table.size()}, {"gc_thresh", table.limits().gc_thresh}};
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
  const Tables& tables = router.world().tables();
  const host::Sender::Copied& copied = router.sender().copied();
  const Firewall::Tracking tracking = router.firewall().tracking();
  return at_once(
      {{"pools", pools},
       {"holders", report_holders(router)},
       {"receive_buffers", router.pools().budget().devices},
       {"reserve_buffers", router.pools().budget().reserve},
       {"copied_bytes",
        {{"fragments", copied.fragments.get()}, {"icmp_errors", copied.icmp_errors.get()}}},
       {"fib_bytes", tables.trie.memory().count},
       {"fib_prefixes", tables.trie.size()},
       {"fib6_bytes", tables.trie6.memory().count},
       {"fib6_prefixes", tables.trie6.size()},
       {"neighbors", report_neighbors<Ipv4>(router)},
       {"neighbors6", report_neighbors<Ipv6>(router)},
       {"arp_cache", report_cache<Ipv4>(router)},
       {"ndisc_cache", report_cache<Ipv6>(router)},
       {"connections", report_connections(tracking)},
       {"nf_conntrack", report_tracking(tracking)}});
}

const Verb kShowMemory{"show memory", show_memory};

}  // namespace

}  // namespace ringroad::control

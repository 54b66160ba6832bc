// SPDX-License-Identifier: BSD-3-Clause
#include "control/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace ringroad::control {
namespace {

double round_to_tenth(double value) { return std::round(value * 10) / 10; }

// A NUMA node; null where the machine does not say.
Json node_of(int node) { return node < 0 ? Json() : Json(node); }

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

struct PortTotals {
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_requeued = 0;

  void add(const InterfaceCounters& counters) {
    rx_packets += counters.rx_packets.get();
    rx_bytes += counters.rx_bytes.get();
    tx_packets += counters.tx_packets.get();
    tx_bytes += counters.tx_bytes.get();
  }
};

// What all workers together did with a port, or with a sub-interface and the control thread too.
PortTotals totals_of(const Router& router, const interface::InterfaceView& view) {
  PortTotals totals;
  for (const auto& worker : router.workers()) {
    totals.add(worker->interface(view.id));
    const port::TxQueue* const queue = view.link ? nullptr : worker->tx(view.egress);
    if (queue == nullptr) {
      continue;
    }
    const sched::BandTotals bands = queue->bands().totals();
    totals.tx_packets += bands.sent_packets;
    totals.tx_bytes += bands.sent_bytes;
    totals.tx_requeued += bands.requeued;
  }
  totals.add(router.sender().interface(view.id));
  return totals;
}

Json tags_of(const neigh::Tags& tags) {
  Json list = Json::array();
  for (std::size_t i = 0; i < tags.count; ++i) {
    const neigh::Tag& tag = tags.tags.at(i);
    list.push_back(
        {{"protocol", tag.protocol == RTE_ETHER_TYPE_VLAN ? "802.1Q" : "802.1ad"}, {"id", tag.id}});
  }
  return list;
}

// Names and order of /proc/net/stat/arp_cache.
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

// What it does, which is not always what it was told.
std::string_view idle_of(const worker::Worker& worker) {
  switch (worker.sleeper().idle()) {
    case worker::Idle::kPoll:
      break;
    case worker::Idle::kPause:
      return "pause";
    case worker::Idle::kInterrupt:
      return worker.sleeper().has_interrupts() ? "interrupt" : "timed";
  }
  return "poll";
}

}  // namespace

Json report_ports(const Router& router) {
  Json ports = Json::array();
  for (const interface::InterfaceView& view : router.world().ports()) {
    const PortTotals totals = totals_of(router, view);
    Json addresses = Json::array();
    for (const InterfaceAddress& address : view.addresses) {
      addresses.push_back(address.to_string());
    }
    port::Port& device = *router.ports().at(view.egress.value());
    Json port{{"name", view.name},
              {"device", device.settings().device},
              {"driver", device.driver()},
              {"node", node_of(device.node())},
              {"mac", view.mac.to_string()},
              {"link", router.links().linked(view.id) ? "up" : "down"},
              {"speed_mbps", device.link().speed_mbps},
              {"mtu", view.mtu},
              {"addresses", addresses},
              {"conflicts", router.addresses().claims().conflicts(view.id)},
              {"rx_packets", totals.rx_packets},
              {"rx_bytes", totals.rx_bytes},
              {"tx_packets", totals.tx_packets},
              {"tx_bytes", totals.tx_bytes}};
    if (view.link) {
      port["vlan"] = {{"link", router.world().port(*view.link).name}, {"tags", tags_of(view.tags)}};
    } else {
      using port::LossKind;
      const port::DeviceCounts& counts = device.device_counts();
      port["rx_missed"] = counts.of(LossKind::kMissed);
      port["rx_no_buffer"] = counts.of(LossKind::kNoBuffer);
      port["rx_errors"] = counts.of(LossKind::kRxError);
      port["tx_errors"] = counts.of(LossKind::kTxError);
      port["tx_requeued"] = totals.tx_requeued;
      port["tx_completed"] = counts.tx_completed;
      port["tx_hangs"] = router.links().tx_hangs(view.egress);
      port["rx_queues"] = device.rx_queues();
      port["tx_queues"] = device.tx_queues();
      port["device_losses"] = Json::object();
      for (const port::Loss& loss : counts.losses) {
        port["device_losses"][std::string{loss.name}] = loss.packets;
      }
      port["device_counters"] = Json::object();
      for (const auto& [name, value] : device.extended_stats()) {
        port["device_counters"][name] = value;
      }
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

Json report_workers(const Router& router) {
  Json workers = Json::array();
  for (const auto& worker : router.workers()) {
    const auto& counters = worker->counters();
    const std::uint64_t polls = counters.polls.get();
    const std::uint64_t busy_polls = counters.busy_polls.get();
    const std::uint64_t control_polls = counters.control_polls.get();
    const std::uint64_t busy = counters.busy_cycles.get();
    const std::uint64_t control = counters.control_cycles.get();
    const std::uint64_t idle = counters.idle_cycles.get();
    const auto percent = [&](std::uint64_t cycles) {
      return round_to_tenth(100 * ratio(cycles, busy + control + idle));
    };
    Json stages = Json::object();
    for (std::size_t i = 0; i < stats::kStageNames.size(); ++i) {
      stages[std::string{stats::kStageNames[i]}] =
          round_to_tenth(ratio(worker->times().cycles(i), worker->times().packets()));
    }
    workers.push_back(
        {{"core", worker->settings().core},
         {"packets", counters.packets.get()},
         {"polls", polls},
         {"busy_polls", busy_polls},
         {"control_polls", control_polls},
         // Counted while the worker goes on: one may have been added since the others were read.
         {"empty_polls", polls - std::min(polls, busy_polls + control_polls)},
         {"busy_percent", percent(busy)},
         {"control_percent", percent(control)},
         {"idle_percent", percent(idle)},
         {"cycles_per_packet", round_to_tenth(ratio(busy, counters.packets.get()))},
         {"idle", idle_of(*worker)},
         {"sleeps", worker->sleeper().counters().sleeps.get()},
         {"wakes", worker->sleeper().counters().wakes.get()},
         {"missed_interrupts", worker->sleeper().counters().missed.get()},
         {"cycles", stages},
         {"copied_bytes", worker->copied_bytes()}});
  }
  return workers;
}

Json report_load(const Router& router) {
  const routing::RouteLoad* const load = router.configuration().load();
  if (load == nullptr) {
    return {{"load", 0}, {"state", "none"}};
  }
  const routing::RouteLoad::Outcome& outcome = load->outcome();
  Json answer{{"load", router.configuration().load_number()},
              {"file", load->file().path},
              {"state", to_string(load->state())},
              {"percent", load->percent()}};
  if (load->finished()) {
    answer["added"] = outcome.added;
    answer["skipped_ipv6"] = outcome.skipped_ipv6;
    answer["bad_lines"] = outcome.bad_lines;
    answer["complaints"] = outcome.complaints;
    answer["error"] = outcome.error.empty() ? Json() : Json(outcome.error);
  }
  return answer;
}

Json report_neighbors(const Router& router, std::optional<neigh::Key4> after, std::size_t most) {
  Json neighbors = Json::array();
  const Nanoseconds now = router.clock().now();
  for (const NeighborId id : router.neighbors().table().page(after, most)) {
    const neigh::Entry4& entry = router.neighbors().table().entry(id);
    const double age = std::chrono::duration<double>(now - entry.updated).count();
    neighbors.push_back(
        {{"address", entry.key.address.to_string()},
         {"port", router.world().port(entry.key.port).name},
         {"mac", neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json()},
         {"state", neigh::to_string(entry.state)},
         {"age_seconds", round_to_tenth(age)},
         {"queued", router.neighbors().queued(id)}});
  }
  return neighbors;
}

Json report_drops(const Router& router, std::optional<InterfaceId> of) {
  Json drops = Json::array();
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    const auto reason = static_cast<stats::DropReason>(i);
    std::uint64_t packets = 0;
    Json ports = Json::object();
    for (const interface::InterfaceView& view : router.world().ports()) {
      const std::uint64_t here = of && *of != view.id ? 0 : router.drops(view.id, reason);
      if (here > 0) {
        packets += here;
        ports[view.name] = here;
      }
    }
    if (packets > 0) {
      drops.push_back({{"reason", stats::name(reason)},
                       {"packets", packets},
                       {"meaning", stats::meaning(reason)},
                       {"ports", std::move(ports)}});
    }
  }
  return drops;
}

Json report_counters(const Router& router) {
  using stats::DropReason;
  // What Linux counts by name and Ringroad as drops.
  struct Derived {
    const char* name;
    std::vector<DropReason> reasons;
  };
  const std::array derived{
      Derived{"IpInHdrErrors",
              {DropReason::kIpBadVersion, DropReason::kIpBadChecksum, DropReason::kIpBadLength,
               DropReason::kIpBadOptions, DropReason::kTtlExceeded}},
      Derived{"IpInAddrErrors", {DropReason::kForwardingOff}},
      Derived{"IpInUnknownProtos", {DropReason::kUnknownProtocol}},
      Derived{"IpExtInNoRoutes", {DropReason::kNoRoute}},
      Derived{"IpExtInTruncatedPkts", {DropReason::kIpTruncated}},
      Derived{"TcpExtIPReversePathFilter", {DropReason::kReversePath}},
  };
  Json counters = Json::object();
  for (const Derived& one : derived) {
    std::uint64_t packets = 0;
    for (const DropReason reason : one.reasons) {
      packets += router.drops(reason);
    }
    counters[one.name] = packets;
  }
  for (std::size_t i = 0; i < stats::kIpCounters; ++i) {
    const auto counter = static_cast<stats::IpCounter>(i);
    counters[std::string{stats::name(counter)}] = router.ip_counter(counter);
  }
  return counters;
}

namespace {

// Buffers that packets occupy where they wait, and how many may be: of each pool.
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

}  // namespace

Json report_memory(const Router& router) {
  Json pools = Json::array();
  for (const port::Pools::Level& pool : router.pools().levels()) {
    pools.push_back({{"name", pool.name},
                     {"node", node_of(pool.node)},
                     {"size", pool.size},
                     {"free", pool.free},
                     {"low_water", pool.low_water}});
  }
  const auto& thresholds = router.neighbors().table().limits().gc_thresh;
  return {{"pools", pools},
          {"holders", report_holders(router)},
          {"receive_buffers", router.pools().budget().devices},
          {"reserve_buffers", router.pools().budget().reserve},
          {"copied_bytes",
           {{"fragments", router.copied().fragments.get()},
            {"icmp_errors", router.copied().icmp_errors.get()}}},
          {"fib_bytes", router.world().tables().trie.memory().count},
          {"fib_prefixes", router.world().tables().trie.size()},
          {"neighbors", {{"count", router.neighbors().table().size()}, {"gc_thresh", thresholds}}},
          {"arp_cache", report_arp_cache(router)}};
}

}  // namespace ringroad::control

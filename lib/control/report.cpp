#include "control/report.hpp"

#include <algorithm>
#include <cmath>

namespace ringroad::control {
namespace {

double round_to_tenth(double value) { return std::round(value * 10) / 10; }

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// What all workers together did with a port.
struct PortTotals {
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_requeued = 0;
};

PortTotals totals_of(const Router& router, PortId port) {
  PortTotals totals;
  for (const auto& worker : router.workers()) {
    totals.rx_packets += worker->port_counters(port).rx_packets.get();
    totals.rx_bytes += worker->port_counters(port).rx_bytes.get();
    const port::TxQueue* const queue = worker->tx(port);
    if (queue == nullptr) {
      continue;
    }
    const sched::BandTotals bands = queue->bands().totals();
    totals.tx_packets += bands.sent_packets;
    totals.tx_bytes += bands.sent_bytes;
    totals.tx_requeued += bands.requeued;
  }
  return totals;
}

// Routes as JSON, in the form that goes out: there may be many. Asks each port's link once, however
// many routes go by it.
class RouteReporter {
 public:
  explicit RouteReporter(const Router& router) : router_{router} {
    for (const auto& port : router.ports()) {
      link_up_.push_back(port->link().up);
    }
  }

  [[nodiscard]] nlohmann::json report(const fib::Rib4::View& route) const {
    const fib::Path4& path = route.path;
    return {{"prefix", route.prefix.to_string()},
            {"table", router_.table_names().to_string(route.table)},
            {"protocol", fib::to_string(path.protocol)},
            {"metric", route.metric},
            {"type", fib::to_string(path.type)},
            {"source", path.source ? nlohmann::json(path.source->to_string()) : nlohmann::json()},
            {"nexthops", next_hops_of(path)}};
  }

 private:
  // A next hop's word for people: whether packets to it go.
  [[nodiscard]] std::string state_of(const fib::RouteNextHop4& hop) const {
    if (!hop.port) {
      return "recursive";
    }
    if (!link_up_.at(hop.port->value())) {
      return "linkdown";
    }
    if (!hop.via) {
      return "onlink";
    }
    const auto& table = router_.neighbors().table();
    const auto id = table.find({*hop.port, *hop.via});
    return id ? std::string{neigh::to_string(table.entry(*id).state)} : "NONE";
  }
  [[nodiscard]] nlohmann::json next_hops_of(const fib::Path4& path) const {
    nlohmann::json hops = nlohmann::json::array();
    for (const fib::RouteNextHop4& hop : path.next_hops) {
      hops.push_back({{"via", hop.via ? nlohmann::json(hop.via->to_string()) : nlohmann::json()},
                      {"port", hop.port ? nlohmann::json(router_.world().port(*hop.port).name)
                                        : nlohmann::json()},
                      {"weight", hop.weight},
                      {"state", state_of(hop)}});
    }
    return hops;
  }

  const Router& router_;
  std::vector<bool> link_up_;
};

}  // namespace

Json report_ports(const Router& router) {
  Json ports = Json::array();
  for (const auto& port : router.ports()) {
    const PortId id = port->settings().id;
    const PortTotals totals = totals_of(router, id);
    const port::Link link = port->link();
    const rte_eth_stats device = port->device_stats();
    Json addresses = Json::array();
    for (const InterfaceAddress& address : router.world().port(id).addresses) {
      addresses.push_back(address.to_string());
    }
    ports.push_back({{"name", port->settings().name},
                     {"device", port->settings().device},
                     {"driver", port->driver()},
                     {"mac", port->mac().to_string()},
                     {"link", link.up ? "up" : "down"},
                     {"speed_mbps", link.speed_mbps},
                     {"mtu", port->settings().mtu},
                     {"addresses", addresses},
                     {"rx_packets", totals.rx_packets},
                     {"rx_bytes", totals.rx_bytes},
                     {"rx_missed", device.imissed},
                     {"rx_no_buffer", device.rx_nombuf},
                     {"tx_packets", totals.tx_packets},
                     {"tx_bytes", totals.tx_bytes},
                     {"tx_requeued", totals.tx_requeued},
                     {"tx_completed", device.opackets},
                     {"tx_hangs", router.tx_hangs(id)}});
  }
  return ports;
}

Json report_workers(const Router& router) {
  Json workers = Json::array();
  for (const auto& worker : router.workers()) {
    const auto& counters = worker->counters();
    const std::uint64_t busy = counters.busy_cycles.get();
    Json stages = Json::object();
    for (std::size_t i = 0; i < stats::kStageNames.size(); ++i) {
      stages[std::string{stats::kStageNames[i]}] =
          round_to_tenth(ratio(worker->times().cycles(i), worker->times().packets()));
    }
    workers.push_back(
        {{"core", worker->settings().core},
         {"packets", counters.packets.get()},
         {"polls", counters.polls.get()},
         {"busy_polls", counters.busy_polls.get()},
         {"busy_percent", round_to_tenth(100 * ratio(busy, busy + counters.idle_cycles.get()))},
         {"cycles_per_packet", round_to_tenth(ratio(busy, counters.packets.get()))},
         {"cycles", stages}});
  }
  return workers;
}

nlohmann::json report_routes(const Router& router, const RouteFilter& filter) {
  nlohmann::json routes = nlohmann::json::array();
  const fib::Rib4& rib = router.routing().rib();
  const RouteReporter reporter{router};
  const auto add = [&](const fib::Rib4::View& route) {
    if ((!filter.table || route.table == *filter.table) && routes.size() < filter.most) {
      routes.push_back(reporter.report(route));
    }
    return routes.size() < filter.most;
  };
  if (filter.prefix) {
    std::ranges::for_each(rib.at(*filter.prefix), add);
    return routes;
  }
  bool reached = !filter.after;
  for (const fib::Table table : rib.tables()) {
    const bool in_here = filter.after && table == filter.after->table;
    reached = reached || in_here;
    if (reached && (!filter.table || table == *filter.table) && routes.size() < filter.most) {
      rib.for_each(table, add, in_here ? std::optional{filter.after->position} : std::nullopt);
    }
  }
  return routes;
}

Json report_load(const Router& router) {
  const RouteLoad* const load = router.load();
  if (load == nullptr) {
    return {{"load", 0}, {"state", "none"}};
  }
  const RouteLoad::Outcome& outcome = load->outcome();
  Json answer{{"load", router.load_number()},
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

Json report_neighbors(const Router& router) {
  Json neighbors = Json::array();
  const Nanoseconds now = router.clock().now();
  router.neighbors().table().for_each([&](NeighborId id, const neigh::Entry& entry) {
    const double age = std::chrono::duration<double>(now - entry.updated).count();
    neighbors.push_back(
        {{"address", entry.key.address.to_string()},
         {"port", router.world().port(entry.key.port).name},
         {"mac", neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json()},
         {"state", neigh::to_string(entry.state)},
         {"age_seconds", round_to_tenth(age)},
         {"queued", router.neighbors().queued(id)}});
  });
  return neighbors;
}

Json report_bands(const Router& router) {
  Json queues = Json::array();
  for (const auto& port : router.ports()) {
    std::uint16_t number = 0;
    for (const auto& worker : router.workers()) {
      const port::TxQueue* const queue = worker->tx(port->settings().id);
      if (queue == nullptr) {
        continue;
      }
      const sched::Bands& bands = queue->bands();
      const sched::Discipline& discipline = bands.discipline();
      Json counters = Json::array();
      for (const auto& band : bands.counters()) {
        counters.push_back({{"band", counters.size()},
                            {"queued", band.queued.get()},
                            {"sent_packets", band.sent_packets.get()},
                            {"sent_bytes", band.sent_bytes.get()},
                            {"dropped", band.dropped.get()},
                            {"requeued", band.requeued.get()}});
      }
      const bool is_default = discipline.bands == sched::Discipline{}.bands &&
                              discipline.priomap == sched::Discipline{}.priomap;
      queues.push_back({{"port", port->settings().name},
                        {"queue", number},
                        {"qdisc", is_default ? "pfifo_fast" : "prio"},
                        {"priomap", discipline.priomap},
                        {"limit", discipline.limit},
                        {"rate_bits", discipline.rate ? Json(discipline.rate->count) : Json()},
                        {"requeued", bands.totals().requeued},
                        {"direct_packets", bands.direct_packets()},
                        {"bands", counters}});
      ++number;
    }
  }
  return queues;
}

Json report_drops(const Router& router) {
  Json drops = Json::array();
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    const auto reason = static_cast<stats::DropReason>(i);
    if (const std::uint64_t packets = router.drops(reason); packets > 0) {
      drops.push_back({{"reason", stats::name(reason)},
                       {"packets", packets},
                       {"meaning", stats::meaning(reason)}});
    }
  }
  return drops;
}

Json report_memory(const Router& router) {
  const Router::PoolLevel pool = router.pool_level();
  const auto& thresholds = router.neighbors().table().parameters().gc_thresh;
  return {{"pools", Json::array({{{"name", "packets"},
                                  {"size", pool.size},
                                  {"free", pool.free},
                                  {"low_water", pool.low_water}}})},
          {"fib_bytes", router.world().tables().trie.memory().count},
          {"fib_prefixes", router.world().tables().trie.size()},
          {"neighbors", {{"count", router.neighbors().table().size()}, {"gc_thresh", thresholds}}}};
}

Json report_route_to(const Router& router, Ipv4 address) {
  const auto covering = router.routing().rib().covering(address);
  if (covering.empty()) {
    return {{"address", address.to_string()},
            {"type", "unreachable"},
            {"prefix", nullptr},
            {"runners_up", Json::array()}};
  }
  const fib::Rib4::View& match = covering.front();
  Json answer = RouteReporter{router}.report(match);
  answer["address"] = address.to_string();
  answer["via"] = nullptr;
  answer["port"] = nullptr;
  answer["mac"] = nullptr;
  answer["neighbor_state"] = nullptr;
  if (!match.path.next_hops.empty() && match.path.next_hops.front().port) {
    const fib::RouteNextHop4& hop = match.path.next_hops.front();
    const Ipv4 neighbor = hop.via.value_or(address);
    answer["via"] = hop.via ? Json(hop.via->to_string()) : Json();
    answer["port"] = router.world().port(*hop.port).name;
    if (const auto source = router.world().source(*hop.port, neighbor);
        source && !match.path.source) {
      answer["source"] = source->to_string();
    }
    if (const auto id = router.neighbors().table().find({*hop.port, neighbor})) {
      const neigh::Entry& entry = router.neighbors().table().entry(*id);
      answer["neighbor_state"] = neigh::to_string(entry.state);
      answer["mac"] = neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json();
    }
  }
  Json runners_up = Json::array();
  for (const fib::Rib4::View& route : std::span{covering}.subspan(1)) {
    const auto& hops = route.path.next_hops;
    const auto via = hops.empty() ? std::nullopt : hops.front().via;
    runners_up.push_back({{"prefix", route.prefix.to_string()},
                          {"type", fib::to_string(route.path.type)},
                          {"via", via ? Json(via->to_string()) : Json()},
                          {"port", hops.empty() || !hops.front().port
                                       ? Json()
                                       : Json(router.world().port(*hops.front().port).name)}});
  }
  answer["runners_up"] = runners_up;
  return answer;
}

}  // namespace ringroad::control

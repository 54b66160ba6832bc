// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/dscp.hpp"
#include "config/load.hpp"
#include "config/print.hpp"
#include "config/units.hpp"
#include "config/words.hpp"

namespace ringroad::config {
namespace {

// Commas, which are frequent in vdev strings, are special only inside brackets and braces. Readers
// of YAML 1.1 read a PCI address without quotes as a number in base 60.
std::string device(const std::string& text) {
  if (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0) {
    return fmt::format("\"{}\"", text);
  }
  std::string without = text;
  std::erase(without, ',');
  return scalar(without) == without ? text : scalar(text);
}

std::string print(const Engine& engine) {
  const Memory& memory = engine.memory;
  const std::string http =
      engine.http ? fmt::format("  http: {{listen: \"{}\"}}\n", to_string(*engine.http)) : "";
  return fmt::format(
      "engine:\n  workers: [{}]\n  control: {}\n"
      "  memory: {{hugepages: {}, size: {}, buffers: {}}}\n  idle: {}\n  socket: {}\n{}",
      fmt::join(engine.workers, ", "), engine.control, word(kHugePagesWords, memory.hugepages),
      to_string(memory.size), memory.buffers, word(kIdleWords, engine.idle), scalar(engine.socket),
      http);
}

// The last five keys are printed only if they differ from `known`.
std::string print(const ArpTimers& timers, const ArpTimers& known) {
  std::string text = fmt::format("base_reachable: {}, retransmit: {}",
                                 to_string(timers.base_reachable), to_string(timers.retransmit));
  for (const auto& [key, time] : {std::pair{"delay_first_probe", &ArpTimers::delay_first_probe},
                                  {"gc_stale", &ArpTimers::gc_stale},
                                  {"locktime", &ArpTimers::locktime}}) {
    text +=
        timers.*time == known.*time ? "" : fmt::format(", {}: {}", key, to_string(timers.*time));
  }
  for (const auto& [key, count] : {std::pair{"unicast_probes", &ArpTimers::unicast_probes},
                                   {"multicast_probes", &ArpTimers::multicast_probes}}) {
    text += timers.*count == known.*count ? "" : fmt::format(", {}: {}", key, timers.*count);
  }
  return text;
}

std::string print(const Nd& nd) {
  const Nd defaults;
  return nd == defaults
             ? ""
             : fmt::format("nd: {{{}, gc_thresh: [{}], queue_bytes: {}, dad_transmits: {}}}\n",
                           print(nd.timers, defaults.timers), fmt::join(nd.gc_thresh, ", "),
                           to_string(nd.queue_bytes), nd.dad_transmits);
}

std::string print(const Vlan& vlan) {
  std::string text = fmt::format("    id: {}\n    link: {}\n    protocol: {}\n", vlan.id,
                                 scalar(vlan.link), word(kVlanProtocolWords, vlan.protocol));
  std::vector<std::string> ingress;
  for (std::size_t pcp = 0; pcp < vlan.ingress_qos.size(); ++pcp) {
    if (const auto priority = vlan.ingress_qos.at(pcp)) {
      ingress.push_back(fmt::format("{}: {}", pcp, *priority));
    }
  }
  std::vector<std::string> egress;
  for (std::size_t priority = 0; priority < vlan.egress_qos.size(); ++priority) {
    if (const auto pcp = vlan.egress_qos.at(priority); pcp != 0) {
      egress.push_back(fmt::format("{}: {}", priority, pcp));
    }
  }
  for (const auto& [key, map] : {std::pair{"ingress_qos", &ingress}, {"egress_qos", &egress}}) {
    text += map->empty() ? "" : fmt::format("    {}: {{{}}}\n", key, fmt::join(*map, ", "));
  }
  return text;
}

std::string print(const Port& port, const Config& config) {
  std::string text = fmt::format("  {}:\n", scalar(port.name));
  text += port.vlan ? print(*port.vlan) : fmt::format("    device: {}\n", device(port.device));
  std::vector<std::string> addresses;
  addresses.reserve(port.addresses.size() + port.addresses6.size());
  for (const InterfaceAddress4& address : port.addresses) {
    addresses.push_back(address.to_string());
  }
  for (const InterfaceAddress6& address : port.addresses6) {
    addresses.push_back(scalar_of(address));
  }
  text += fmt::format("    addresses: [{}]\n    mtu: {}\n", fmt::join(addresses, ", "), port.mtu);
  if (port.mac) {
    text += fmt::format("    macaddress: \"{}\"\n", port.mac->to_string());
  }
  if (!port.vlan) {
    text += fmt::format("    queues: {}\n", port.queues ? std::to_string(*port.queues) : "auto");
  }
  if (port.spread) {
    text += "    spread: true\n";
  }
  if (!port.scheduler.empty()) {
    text += fmt::format("    scheduler: {}\n", scalar(port.scheduler));
  }
  const Port defaults;
  if (port.rp_filter != defaults.rp_filter) {
    text += fmt::format("    rp_filter: {}\n", word(kReversePathWords, port.rp_filter));
  }
  for (const auto& [key, flag] : {std::pair{"forwarding", &Port::forwarding},
                                  {"send_redirects", &Port::send_redirects},
                                  {"dad", &Port::dad},
                                  {"ipv6", &Port::ipv6},
                                  {"accept_ra", &Port::accept_ra}}) {
    if (port.*flag != defaults.*flag) {
      text += fmt::format("    {}: {}\n", key, port.*flag);
    }
  }
  if (port.arp) {
    text += fmt::format("    arp: {{{}}}\n", print(*port.arp, config.arp.timers));
  }
  if (port.nd) {
    text += fmt::format("    nd: {{{}}}\n", print(*port.nd, config.nd.timers));
  }
  if (port.router_advertisements) {
    text += "    router_advertisements:\n";
    for (const auto& [key, value] : printed(*port.router_advertisements)) {
      text += fmt::format("      {}: {}\n", key, value);
    }
  }
  return text;
}

std::string metric(std::uint32_t value) {
  return value == 0 ? "" : fmt::format(", metric: {}", value);
}

std::string table(std::uint8_t number, const Config& config) {
  if (number == kMainTable) {
    return "";
  }
  const auto named = std::ranges::find(config.tables, number, &RouteTable::number);
  return named == config.tables.end() ? fmt::format(", table: {}", number)
                                      : fmt::format(", table: {}", scalar(named->name));
}

std::string print(const RouteTable& named) {
  return fmt::format("  {}: {}\n", scalar(named.name), named.number);
}

template <class Address>
std::string print(const NextHopOf<Address>& next_hop) {
  std::vector<std::string> words;
  if (next_hop.via) {
    const Ipv6* const other = as_foreign(*next_hop.via);
    words.push_back("via: " + (other != nullptr ? scalar_of(*other)
                                                : scalar_of(*gateway_as<Address>(*next_hop.via))));
  }
  if (!next_hop.port.empty()) {
    words.push_back("port: " + scalar(next_hop.port));
  }
  for (const auto& [key, flag] :
       {std::pair{"on-link", next_hop.on_link}, {"recursive", next_hop.recursive}}) {
    if (flag) {
      words.push_back(fmt::format("{}: true", key));
    }
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

// "default" is of the family of the first gateway, so IPv4's with an IPv6 gateway is "0.0.0.0/0".
template <class Address>
std::string destination(const RouteOf<Address>& route) {
  const bool borrows = std::ranges::any_of(route.next_hops, [](const auto& next_hop) {
    return next_hop.via && as_foreign(*next_hop.via) != nullptr;
  });
  return borrows && route.to.length() == 0 ? "0.0.0.0/0" : scalar_of(route.to);
}

template <class Address>
std::string print(const RouteOf<Address>& route, const Config& config) {
  const std::string to = destination(route);
  const std::string more =
      metric(route.metric) + table(route.table, config) +
      (route.source ? fmt::format(", from: {}", scalar_of(*route.source)) : "");
  if (route.type != RouteType::kUnicast) {
    return fmt::format("  - {{to: {}, type: {}{}}}\n", to, word(kRouteTypeWords, route.type), more);
  }
  if (route.next_hops.size() == 1 && route.next_hops[0].weight == 1) {
    return fmt::format("  - {{to: {}, {}{}}}\n", to, print(route.next_hops[0]), more);
  }
  const std::string next_hops = flow_list(route.next_hops, [](const auto& next_hop) {
    return next_hop.weight == 1
               ? fmt::format("{{{}}}", print(next_hop))
               : fmt::format("{{{}, weight: {}}}", print(next_hop), next_hop.weight);
  });
  return more.empty() ? fmt::format("  - to: {}\n    nexthops: {}\n", to, next_hops)
                      : fmt::format("  - {{to: {}{},\n     nexthops: {}}}\n", to, more, next_hops);
}

std::string print(const RouteFile& file, const Config& config) {
  std::vector<std::string> gateways;
  gateways.reserve(file.via.size() + file.via6.size());
  for (const Ipv4 gateway : file.via) {
    gateways.push_back(scalar_of(gateway));
  }
  for (const Ipv6 gateway : file.via6) {
    gateways.push_back(scalar_of(gateway));
  }
  const std::string via = gateways.size() == 1
                              ? gateways[0]
                              : flow_list(gateways, [](const std::string& text) { return text; });
  return fmt::format("  - {{file: {}, via: {}{}{}{}}}\n", scalar(file.path), via,
                     metric(file.metric), table(file.table, config),
                     file.keep_going ? ", keep_going: true" : "");
}

template <class Address>
std::string print(const StaticNeighborOf<Address>& neighbor) {
  return fmt::format("  - {{address: {}, port: {}, mac: \"{}\"}}\n", scalar_of(neighbor.address),
                     scalar(neighbor.port), neighbor.mac.to_string());
}

// Prints the settings of a band that differ from the defaults.
std::string print(const SchedulerBand& band) {
  std::vector<std::string> settings;
  const auto add = [&](std::string_view key, const auto& value) {
    settings.push_back(fmt::format("{}: {}", key, value));
  };
  if (band.limit) {
    add("limit", *band.limit);
  }
  if (band.limit_bytes) {
    add("limit_bytes", to_string(*band.limit_bytes));
  }
  if (band.rate) {
    add("rate", to_string(*band.rate));
  }
  if (band.ceil && band.ceil != band.rate) {
    add("ceil", to_string(*band.ceil));
  }
  if (band.burst) {
    add("burst", to_string(*band.burst));
  }
  if (band.weight != SchedulerBand{}.weight) {
    add("weight", band.weight);
  }
  if (band.aqm != Aqm::kNone) {
    add("aqm", word(kAqmWords, band.aqm));
    add("target", to_string(band.target));
    add("interval", to_string(band.interval));
    add("ecn", band.ecn);
  }
  if (band.aqm == Aqm::kFqCodel) {
    add("flows", band.flows);
    add("quantum", to_string(band.quantum));
  }
  return fmt::format("{{{}}}", fmt::join(settings, ", "));
}

std::string print_discipline(const Scheduler& scheduler) {
  const bool has_map =
      scheduler.discipline == Discipline::kPrio || scheduler.discipline == Discipline::kDrr;
  std::string text;
  if (scheduler.discipline != Discipline::kPrio) {
    text += fmt::format("    discipline: {}\n", word(kDisciplineWords, scheduler.discipline));
  }
  if (has_map) {
    text += fmt::format("    bands: {}\n", scheduler.bands);
  }
  if (scheduler.strict != 0) {
    text += fmt::format("    strict: {}\n", scheduler.strict);
  }
  if (has_map) {
    text += fmt::format("    priomap: [{}]\n", fmt::join(scheduler.priomap, ", "));
  }
  std::vector<std::string> dscps;
  for (std::uint8_t dscp = 0; dscp < kDscps; ++dscp) {
    if (const auto band = scheduler.dscp.at(dscp)) {
      dscps.push_back(fmt::format("{}: {}", dscp_name(dscp), *band));
    }
  }
  return text + (dscps.empty() ? "" : fmt::format("    dscp: {{{}}}\n", fmt::join(dscps, ", ")));
}

std::string print(const Scheduler& scheduler) {
  std::string text = fmt::format("  {}:\n{}    limit: {}\n", scalar(scheduler.name),
                                 print_discipline(scheduler), scheduler.limit);
  const Scheduler defaults;
  if (scheduler.limit_bytes) {
    text += fmt::format("    limit_bytes: {}\n", to_string(*scheduler.limit_bytes));
  }
  if (scheduler.rate) {
    text += fmt::format("    rate: {}\n", to_string(*scheduler.rate));
  }
  if (scheduler.rate || scheduler.burst != defaults.burst) {
    text += fmt::format("    burst: {}\n", to_string(scheduler.burst));
  }
  if (scheduler.overhead != defaults.overhead) {
    text += fmt::format("    overhead: {}\n", scheduler.overhead);
  }
  if (scheduler.byte_limits != defaults.byte_limits) {
    text += fmt::format("    byte_limits: {}\n", scheduler.byte_limits);
  }
  std::string each;
  for (std::uint8_t band = 0; band < kBandsMax; ++band) {
    if (scheduler.each.at(band) != SchedulerBand{}) {
      each += fmt::format("      {}: {}\n", band, print(scheduler.each.at(band)));
    }
  }
  return text + (each.empty() ? "" : "    each:\n" + each);
}

template <class List, class... Rest>
std::string print_all(const List& list, const Rest&... rest) {
  std::string text;
  for (const auto& item : list) {
    text += print(item, rest...);
  }
  return text;
}

}  // namespace

std::string to_yaml(std::span<const Route> routes, const Config& config) {
  return print_all(routes, config);
}

std::string to_yaml(std::span<const Route6> routes, const Config& config) {
  return print_all(routes, config);
}

std::string to_yaml(std::span<const StaticNeighbor> neighbors) { return print_all(neighbors); }

std::string to_yaml(std::span<const StaticNeighbor6> neighbors) { return print_all(neighbors); }

std::string to_yaml(const Config& config) {
  std::string text = print(config.engine);
  const std::span<const Port> all{config.ports};
  const auto devices = all.first(config.devices());
  const auto vlans = all.subspan(config.devices());
  text += devices.empty() ? "\nports: {}\n" : "\nports:\n" + print_all(devices, config);
  text += vlans.empty() ? "" : "\nvlans:\n" + print_all(vlans, config);
  if (!config.tables.empty()) {
    text += "\ntables:\n" + print_all(config.tables);
  }
  const std::string routes = print_all(config.routes, config) + print_all(config.routes6, config) +
                             print_all(config.route_files, config);
  text += routes.empty() ? "" : "\nroutes:\n" + routes;
  const std::string neighbors = print_all(config.neighbors) + print_all(config.neighbors6);
  text += neighbors.empty() ? "" : "\nneighbors:\n" + neighbors;
  if (!config.schedulers.empty()) {
    text += "\nschedulers:\n" + print_all(config.schedulers);
  }
  text +=
      fmt::format("\narp: {{{}, gc_thresh: [{}], queue_bytes: {}{}}}\n",
                  print(config.arp.timers, ArpTimers{}), fmt::join(config.arp.gc_thresh, ", "),
                  to_string(config.arp.queue_bytes), config.arp.notify ? "" : ", notify: false");
  text += print(config.nd);
  text += fmt::format("icmp: {{rate: {}, burst: {}, per_destination: {}}}\n", config.icmp.rate,
                      config.icmp.burst, to_string(config.icmp.per_destination));
  text += printed(config.firewall);
  text += fmt::format("ecmp: {{hash: {}, seed: {}}}\n", word(kFlowHashWords, config.ecmp.hash),
                      config.ecmp.seed);
  return text;
}

}  // namespace ringroad::config

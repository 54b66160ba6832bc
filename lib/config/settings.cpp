// SPDX-License-Identifier: BSD-3-Clause
#include "config/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "config/dscp.hpp"
#include "config/print.hpp"
#include "config/timeouts.hpp"
#include "config/units.hpp"
#include "config/words.hpp"

namespace ringroad::config {
namespace {

constexpr std::string_view kNone = "none";

template <class T, std::size_t N>
std::string word_of(const std::array<Word<T>, N>& words, T meaning) {
  return std::string{word(words, meaning)};
}

std::string flag(bool value) { return value ? "true" : "false"; }

template <class T>
std::string number(const T& value) {
  return fmt::format("{}", value);
}

template <class T>
std::string optional(const std::optional<T>& value) {
  return value ? to_string(*value) : std::string{kNone};
}

std::string list(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

Setting setting(std::string_view key, std::string value) {
  return {.key = key, .value = std::move(value), .items = {}};
}

// Of what the rules say, which is compared by its hash, the beginning tells two apart.
Part firewall(const Firewall& firewall) {
  const std::string hash = firewall.digest.substr(0, 12);
  const Connections& connections = firewall.connections;
  Part part{.section = "firewall",
            .key = "firewall",
            .summary = {},
            .settings = {setting("ruleset", firewall.ruleset.empty()
                                                ? std::string{kNone}
                                                : fmt::format("{} {}", firewall.ruleset, hash)),
                         setting("rules", firewall.rules.empty() ? std::string{kNone}
                                                                 : fmt::format("sha256 {}", hash)),
                         setting("connections.max", number(connections.max)),
                         setting("connections.loose", flag(connections.loose)),
                         setting("connections.liberal", flag(connections.liberal))}};
  for (const Timeout& timeout : kTimeouts) {
    part.settings.push_back(setting(timeout.path, to_string(connections.timeouts.*timeout.time)));
  }
  return part;
}

Part engine(const Engine& engine) {
  const Memory& memory = engine.memory;
  return {.section = "engine",
          .key = "engine",
          .summary = {},
          .settings = {setting("workers", fmt::format("[{}]", fmt::join(engine.workers, ", "))),
                       setting("control", number(engine.control)),
                       setting("memory.hugepages", word_of(kHugePagesWords, memory.hugepages)),
                       setting("memory.size", to_string(memory.size)),
                       setting("memory.buffers", number(memory.buffers)),
                       setting("idle", word_of(kIdleWords, engine.idle)),
                       setting("socket", engine.socket),
                       setting("http.listen", optional(engine.http))}};
}

// IPv6 has no locktime.
std::vector<Setting> nd_timers(const ArpTimers& timers) {
  return {setting("base_reachable", to_string(timers.base_reachable)),
          setting("retransmit", to_string(timers.retransmit)),
          setting("delay_first_probe", to_string(timers.delay_first_probe)),
          setting("gc_stale", to_string(timers.gc_stale)),
          setting("unicast_probes", number(timers.unicast_probes)),
          setting("multicast_probes", number(timers.multicast_probes))};
}

std::vector<Setting> timers(const ArpTimers& timers) {
  std::vector<Setting> all = nd_timers(timers);
  all.insert(all.begin() + 4, setting("locktime", to_string(timers.locktime)));
  return all;
}

std::string in_braces(const std::vector<Setting>& settings) {
  std::vector<std::string> words;
  for (const Setting& one : settings) {
    words.push_back(fmt::format("{}: {}", one.key, one.value));
  }
  return fmt::format("{{{}}}", fmt::join(words, ", "));
}

std::string ingress_qos(const Vlan& vlan) {
  std::vector<std::string> words;
  for (std::size_t pcp = 0; pcp < vlan.ingress_qos.size(); ++pcp) {
    if (const auto priority = vlan.ingress_qos.at(pcp)) {
      words.push_back(fmt::format("{}: {}", pcp, *priority));
    }
  }
  return fmt::format("{{{}}}", fmt::join(words, ", "));
}

std::string egress_qos(const Vlan& vlan) {
  std::vector<std::string> words;
  for (std::size_t priority = 0; priority < vlan.egress_qos.size(); ++priority) {
    if (const auto pcp = vlan.egress_qos.at(priority); pcp != 0) {
      words.push_back(fmt::format("{}: {}", priority, pcp));
    }
  }
  return fmt::format("{{{}}}", fmt::join(words, ", "));
}

std::string advertisements(const std::optional<RouterAdvertisements>& given) {
  if (!given) {
    return std::string{kNone};
  }
  std::vector<Setting> all;
  for (auto& [key, value] : printed(*given)) {
    all.push_back(setting(key, std::move(value)));
  }
  return in_braces(all);
}

Part port(const Port& port) {
  Part part{.section = port.vlan ? "vlans" : "ports",
            .key = fmt::format("{}.{}", port.vlan ? "vlans" : "ports", port.name),
            .summary = port.device,
            .named = true,
            .settings = {}};
  std::vector<Setting>& all = part.settings;
  if (port.vlan) {
    part.summary = fmt::format("VLAN {} of {}", port.vlan->id, port.vlan->link);
    all = {setting("id", number(port.vlan->id)), setting("link", port.vlan->link),
           setting("protocol", word_of(kVlanProtocolWords, port.vlan->protocol)),
           setting("ingress_qos", ingress_qos(*port.vlan)),
           setting("egress_qos", egress_qos(*port.vlan))};
  } else {
    all = {setting("device", port.device),
           setting("macaddress", port.mac ? port.mac->to_string() : "the device's"),
           setting("queues", port.queues ? number(*port.queues) : "auto"),
           setting("spread", flag(port.spread)),
           setting("scheduler", port.scheduler.empty() ? Scheduler{}.name : port.scheduler)};
  }
  Setting addresses{.key = "addresses", .value = {}, .items = {}, .is_list = true};
  for (const InterfaceAddress4& address : port.addresses) {
    addresses.items.push_back(address.to_string());
  }
  for (const InterfaceAddress6& address : port.addresses6) {
    addresses.items.push_back(address.to_string());
  }
  addresses.value = list(addresses.items);
  all.push_back(std::move(addresses));
  all.push_back(setting("mtu", number(port.mtu)));
  all.push_back(setting("rp_filter", word_of(kReversePathWords, port.rp_filter)));
  all.push_back(setting("forwarding", flag(port.forwarding)));
  all.push_back(setting("send_redirects", flag(port.send_redirects)));
  all.push_back(setting("dad", flag(port.dad)));
  all.push_back(setting("arp", port.arp ? in_braces(timers(*port.arp)) : "those of all ports"));
  all.push_back(setting("nd", port.nd ? in_braces(nd_timers(*port.nd)) : "those of all ports"));
  all.push_back(setting("ipv6", flag(port.ipv6)));
  all.push_back(setting("accept_ra", flag(port.accept_ra)));
  all.push_back(setting("router_advertisements", advertisements(port.router_advertisements)));
  return part;
}

std::string band(const SchedulerBand& band) {
  std::vector<Setting> all{
      setting("limit", band.limit ? number(*band.limit) : "the scheduler's"),
      setting("limit_bytes", band.limit_bytes ? to_string(*band.limit_bytes) : "the scheduler's"),
      setting("burst", band.burst ? to_string(*band.burst) : "the scheduler's"),
      setting("rate", optional(band.rate)),
      setting("ceil", optional(band.ceil)),
      setting("weight", number(band.weight)),
      setting("aqm", word_of(kAqmWords, band.aqm)),
      setting("target", to_string(band.target)),
      setting("interval", to_string(band.interval)),
      setting("ecn", flag(band.ecn)),
      setting("flows", number(band.flows)),
      setting("quantum", to_string(band.quantum))};
  return band == SchedulerBand{} ? "{}" : in_braces(all);
}

constexpr std::array<std::string_view, kBandsMax> kBandKeys{
    "each.0", "each.1", "each.2",  "each.3",  "each.4",  "each.5",  "each.6",  "each.7",
    "each.8", "each.9", "each.10", "each.11", "each.12", "each.13", "each.14", "each.15"};

Part scheduler(const Scheduler& scheduler) {
  std::vector<std::string> dscps;
  for (std::uint8_t dscp = 0; dscp < kDscps; ++dscp) {
    if (const auto to = scheduler.dscp.at(dscp)) {
      dscps.push_back(fmt::format("{}: {}", dscp_name(dscp), *to));
    }
  }
  Part part{
      .section = "schedulers",
      .key = "schedulers." + scheduler.name,
      .summary = word_of(kDisciplineWords, scheduler.discipline),
      .named = true,
      .settings = {
          setting("discipline", word_of(kDisciplineWords, scheduler.discipline)),
          setting("bands", number(scheduler.bands)), setting("strict", number(scheduler.strict)),
          setting("priomap", fmt::format("[{}]", fmt::join(scheduler.priomap, ", "))),
          setting("dscp", fmt::format("{{{}}}", fmt::join(dscps, ", "))),
          setting("limit", number(scheduler.limit)),
          setting("limit_bytes", optional(scheduler.limit_bytes)),
          setting("rate", optional(scheduler.rate)), setting("burst", to_string(scheduler.burst)),
          setting("overhead", number(scheduler.overhead)),
          setting("byte_limits", flag(scheduler.byte_limits))}};
  for (std::size_t i = 0; i < kBandsMax; ++i) {
    part.settings.push_back(setting(kBandKeys.at(i), band(scheduler.each.at(i))));
  }
  return part;
}

Part arp(const Arp& arp) {
  Part part{.section = "arp", .key = "arp", .summary = {}, .settings = timers(arp.timers)};
  part.settings.push_back(
      setting("gc_thresh", fmt::format("[{}]", fmt::join(arp.gc_thresh, ", "))));
  part.settings.push_back(setting("queue_bytes", to_string(arp.queue_bytes)));
  part.settings.push_back(setting("notify", flag(arp.notify)));
  return part;
}

Part nd(const Nd& nd) {
  Part part{.section = "nd", .key = "nd", .summary = {}, .settings = nd_timers(nd.timers)};
  part.settings.push_back(setting("gc_thresh", fmt::format("[{}]", fmt::join(nd.gc_thresh, ", "))));
  part.settings.push_back(setting("queue_bytes", to_string(nd.queue_bytes)));
  part.settings.push_back(setting("dad_transmits", number(nd.dad_transmits)));
  return part;
}

template <class Address>
Part neighbor(const StaticNeighborOf<Address>& neighbor) {
  return {.section = "neighbors",
          .key = fmt::format("neighbors[{} port {}]", neighbor.address.to_string(), neighbor.port),
          .summary = neighbor.mac.to_string(),
          .named = true,
          .settings = {setting("mac", neighbor.mac.to_string())}};
}

}  // namespace

std::vector<Part> parts_of(const Config& config) {
  std::vector<Part> parts{engine(config.engine)};
  for (const Port& one : config.ports) {
    parts.push_back(port(one));
  }
  for (const RouteTable& table : config.tables) {
    parts.push_back({.section = "tables",
                     .key = "tables." + table.name,
                     .summary = number(table.number),
                     .named = true,
                     .settings = {setting("", number(table.number))}});
  }
  for (const StaticNeighbor& one : config.neighbors) {
    parts.push_back(neighbor(one));
  }
  for (const StaticNeighbor6& one : config.neighbors6) {
    parts.push_back(neighbor(one));
  }
  for (const Scheduler& one : config.schedulers) {
    parts.push_back(scheduler(one));
  }
  parts.push_back(arp(config.arp));
  parts.push_back(nd(config.nd));
  parts.push_back(
      {.section = "icmp",
       .key = "icmp",
       .summary = {},
       .settings = {setting("rate", number(config.icmp.rate)),
                    setting("burst", number(config.icmp.burst)),
                    setting("per_destination", to_string(config.icmp.per_destination))}});
  parts.push_back({.section = "ecmp",
                   .key = "ecmp",
                   .summary = {},
                   .settings = {setting("hash", word_of(kFlowHashWords, config.ecmp.hash)),
                                setting("seed", number(config.ecmp.seed))}});
  parts.push_back(firewall(config.firewall));
  return parts;
}

}  // namespace ringroad::config

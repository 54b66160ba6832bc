// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>

#include "config/load.hpp"
#include "config/timeouts.hpp"

namespace ringroad::config {

// Generates random configurations; every valid one is possible.
class RandomConfig {
 public:
  // `file`: one that can be read, for the files of routes.
  RandomConfig(std::uint32_t seed, std::string file) : random_{seed}, file_{std::move(file)} {}

  Config operator()() {
    Config config;
    config.engine = engine();
    for (unsigned i = below(3); i > 0; --i) {
      config.schedulers.push_back(scheduler(i));
    }
    const unsigned ports = 1 + below(4);
    for (unsigned i = 0; i < ports; ++i) {
      config.ports.push_back(port(i, config.schedulers));
    }
    for (unsigned i = below(3); i > 0; --i) {
      config.tables.push_back({fmt::format("t{}", i), static_cast<std::uint8_t>(i)});
    }
    for (unsigned i = below(6); i > 0; --i) {
      config.routes.push_back(route(i, ports));
    }
    for (unsigned i = below(3); i > 0; --i) {
      config.route_files.push_back({file_, {gateway(0, 2), gateway(0, 3)}, {}, below(9)});
      config.route_files.back().via.resize(1 + below(2));
      config.route_files.back().table = table();
      config.route_files.back().keep_going = below(2) == 0;
    }
    for (unsigned i = below(3); i > 0; --i) {
      config.neighbors.push_back(
          {gateway(0, i + 1), config.ports[0].name, Mac{{2, 0, 0, 0, octet(), octet()}}});
    }
    for (unsigned i = below(6); i > 0; --i) {
      config.routes6.push_back(route6(i, config.ports));
    }
    for (unsigned i = below(3); i > 0 && config.ports[0].runs_ipv6(); --i) {
      config.neighbors6.push_back(
          {Ipv6{0xfe80ULL << 48U, i}, config.ports[0].name, Mac{{2, 0, 0, 0, octet(), octet()}}});
    }
    for (unsigned i = below(3); i > 0; --i) {
      config.ports.push_back(sub_interface(i, config.ports[0]));
    }
    config.arp = {timers(),
                  {1 + below(9), 10 + below(9), 20 + below(9)},
                  Bytes{below(1'000'000)},
                  below(2) == 0};
    config.nd = {nd_timers(),
                 {1 + below(9), 10 + below(9), 20 + below(9)},
                 Bytes{below(1'000'000)},
                 below(11)};
    config.icmp = {below(100), below(100), Nanoseconds{below(1'000'000'000)}};
    if (below(2) == 0) {
      config.firewall.connections = connections();
    }
    config.ecmp = {static_cast<FlowHashPolicy>(below(2)), below(1'000'000)};
    return config;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
  std::uint8_t octet() { return static_cast<std::uint8_t>(below(256)); }
  std::uint8_t table() {
    constexpr std::array<std::uint8_t, 5> kTables{kMainTable, kMainTable, kDefaultTable, 1, 100};
    return kTables.at(below(kTables.size()));
  }
  static Ipv4 gateway(unsigned port, unsigned host) {
    return {10, static_cast<std::uint8_t>(port), 0, static_cast<std::uint8_t>(host)};
  }

  Connections connections() {
    Connections connections{.max = 1 + below(1'000'000),
                            .loose = below(2) == 0,
                            .liberal = below(2) == 0,
                            .timeouts = {}};
    for (const Timeout& timeout : kTimeouts) {
      if (below(3) == 0) {
        connections.timeouts.*timeout.time = std::chrono::seconds{1 + below(1'000'000)};
      }
    }
    return connections;
  }
  Engine engine() {
    Engine engine;
    engine.workers = {below(500), 500 + below(500)};
    engine.workers.resize(1 + below(2));
    engine.control = below(1024);
    engine.memory = {static_cast<HugePages>(below(3)), Bytes{(64ULL << 20U) + below(1'000'000)},
                     1024 + below(1'000'000)};
    engine.idle = static_cast<IdleMode>(below(3));
    constexpr std::array kSockets{"/run/a b.sock",
                                  "/run/\"x\".sock",
                                  "/tmp/[1], {2}: #3",
                                  "/c:\\d",
                                  "/run/\xc3\xa4.sock",
                                  "/run/r.sock",
                                  "/'",
                                  "/a: b",
                                  "/x #y"};
    engine.socket = kSockets.at(below(kSockets.size()));
    constexpr std::array kAddresses{"127.0.0.1", "0.0.0.0", "::1", "::", "2001:db8::1"};
    if (below(2) == 0) {
      engine.http = {kAddresses.at(below(kAddresses.size())),
                     static_cast<std::uint16_t>(1 + below(65'535))};
    }
    return engine;
  }
  template <class T>
  std::optional<T> maybe(T value) {
    return below(2) == 0 ? std::optional{value} : std::nullopt;
  }
  Scheduler scheduler(unsigned number) {
    Scheduler scheduler;
    scheduler.name = fmt::format("s{}", number);
    scheduler.discipline = static_cast<Discipline>(below(4));
    const bool has_map =
        scheduler.discipline == Discipline::kPrio || scheduler.discipline == Discipline::kDrr;
    if (has_map) {
      scheduler.bands = static_cast<std::uint8_t>(1 + below(16));
      std::ranges::generate(scheduler.priomap, [&] { return band_of(scheduler); });
    }
    if (scheduler.discipline == Discipline::kPfifo) {
      scheduler.bands = 1;
      scheduler.priomap.fill(0);
    }
    if (scheduler.discipline == Discipline::kDrr) {
      scheduler.strict = static_cast<std::uint8_t>(below(scheduler.bands + 1U));
    }
    for (unsigned i = below(4); i > 0; --i) {
      scheduler.dscp.at(below(kDscps)) = band_of(scheduler);
    }
    scheduler.limit = 1 + below(1'000'000);
    scheduler.limit_bytes = maybe(Bytes{1518 + below(1'000'000)});
    scheduler.rate = maybe(BitsPerSecond{1000 + below(1'000'000'000)});
    scheduler.burst = Bytes{1518 + below(1'000'000)};
    scheduler.overhead = static_cast<std::uint16_t>(below(3) * 12);
    scheduler.byte_limits = below(2) == 0;
    for (std::uint8_t i = 0; i < scheduler.bands; ++i) {
      const bool shares = scheduler.discipline == Discipline::kDrr && i >= scheduler.strict;
      scheduler.each.at(i) = scheduler_band(shares);
    }
    return scheduler;
  }
  std::uint8_t band_of(const Scheduler& scheduler) {
    return static_cast<std::uint8_t>(below(scheduler.bands));
  }
  SchedulerBand scheduler_band(bool shares) {
    SchedulerBand band;
    band.limit = maybe(1 + below(1000));
    band.limit_bytes = maybe(Bytes{1518 + below(1000)});
    band.rate = maybe(BitsPerSecond{1000 + below(1000)});
    band.ceil = band.rate;
    if (below(2) == 0) {
      band.ceil = BitsPerSecond{2000 + below(1000)};
    }
    if (band.ceil) {
      band.burst = maybe(Bytes{1518 + below(1000)});
    }
    if (shares) {
      band.weight = static_cast<std::uint8_t>(1 + below(3));
    }
    band.aqm = static_cast<Aqm>(below(3));
    if (band.aqm != Aqm::kNone) {
      band.target = std::chrono::milliseconds{1 + below(10)};
      band.interval = std::chrono::microseconds{11'000 + below(100'000)};
      band.ecn = below(2) == 0;
    }
    if (band.aqm == Aqm::kFqCodel) {
      band.flows = 1 + below(65536);
      band.quantum = Bytes{256 + below(2000)};
    }
    return band;
  }
  Port port(unsigned number, const std::vector<Scheduler>& schedulers) {
    constexpr std::array kNames{"null", "on", "y", "wan"};
    constexpr std::array kArguments{"",
                                    ",id=9",
                                    ",secret=a: b",
                                    ",secret= #",
                                    ",secret=\"{[]}\"",
                                    ",secret=x:",
                                    ",secret=\xe2\x82\xac"};
    Port port;
    port.name = kNames.at(number);
    port.device = fmt::format("net_memif{},role=server,socket=/s{}{}", number, number,
                              kArguments.at(below(kArguments.size())));
    const auto subnet = static_cast<std::uint8_t>(number);
    port.addresses = {{Ipv4{10, subnet, 0, 1}, 24}, {Ipv4{10, subnet, 9, 1}, 31}};
    port.addresses.resize(1 + below(2));
    port.mtu = static_cast<std::uint16_t>(68 + below(9000));
    if (below(2) == 0) {
      port.queues = static_cast<std::uint16_t>(1 + below(64));
    }
    port.spread = below(2) == 0;
    if (!schedulers.empty() && below(2) == 0) {
      port.scheduler = schedulers[0].name;
    }
    if (below(3) == 0) {
      port.mac = Mac{{2, 0, 0, 0, octet(), octet()}};
    }
    port.rp_filter = static_cast<ReversePath>(below(3));
    port.forwarding = below(2) == 0;
    port.send_redirects = below(2) == 0;
    port.dad = below(2) == 0;
    if (below(3) == 0) {
      port.arp = timers();
    }
    if (below(3) == 0) {
      port.nd = nd_timers();
    }
    if (port.mtu >= kMtuMin6) {
      run_ipv6(port, number);
    }
    return port;
  }
  ArpTimers nd_timers() {
    ArpTimers all = timers();
    all.locktime = ArpTimers{}.locktime;
    return all;
  }
  void run_ipv6(Port& port, unsigned number) {
    port.ipv6 = below(3) == 0;
    port.accept_ra = below(4) == 0;
    if (below(2) == 0) {
      port.addresses6 = {{Ipv6{kNet + number, below(2)}, 64},
                         {Ipv6{0xfe80ULL << 48U, 1 + below(9)}, 64},
                         {Ipv6{kNet + 9, number << 8U}, 128, Ipv6{kNet + 9, 1 + below(9)}}};
      port.addresses6.resize(1 + below(3));
    }
    if (!port.accept_ra && below(2) == 0) {
      port.router_advertisements = advertisements();
    }
  }
  static constexpr std::uint64_t kNet = 0x2001'0db8'0000'0000;
  RouterAdvertisements advertisements() {
    RouterAdvertisements ra;
    ra.interval = std::chrono::milliseconds{4000 + below(1'000'000)};
    ra.lifetime = maybe<Nanoseconds>(std::chrono::seconds{below(2) * (1004 + below(7000))});
    ra.preference = static_cast<RouterPreference>(below(3));
    ra.managed = below(2) == 0;
    ra.other = below(2) == 0;
    ra.hop_limit = octet();
    ra.reachable_time = std::chrono::milliseconds{below(2) * below(3'600'000)};
    ra.retransmit = std::chrono::milliseconds{below(2) * below(3'600'000)};
    ra.mtu = below(2) == 0;
    for (unsigned i = below(3); i > 0; --i) {
      const std::uint32_t preferred = below(1'000'000);
      ra.prefixes.push_back({.prefix = {Ipv6{kNet + i, 0}, octet_of_length()},
                             .valid = std::chrono::seconds{preferred + below(2) * below(9)},
                             .preferred = std::chrono::seconds{preferred},
                             .on_link = below(2) == 0,
                             .autonomous = below(2) == 0});
    }
    for (unsigned i = below(3); i > 0; --i) {
      ra.routes.push_back({.prefix = i == 1 ? Prefix6{} : Prefix6{Ipv6{kNet, 0}, 32},
                           .lifetime = std::chrono::seconds{below(4'000'000'000)},
                           .preference = static_cast<RouterPreference>(below(3))});
    }
    ra.dns = {Ipv6{kNet, 0x53}, Ipv6{kNet, 0}};
    ra.dns.resize(below(3));
    ra.search = {"no", "example.org"};
    ra.search.resize(below(3));
    ra.dns_lifetime = maybe<Nanoseconds>(std::chrono::seconds{below(1'000'000)});
    ra.pref64 = maybe(Prefix6{Ipv6{0x0064'ff9b'0000'0000, 0}, 96});
    return ra;
  }
  std::uint8_t octet_of_length() { return static_cast<std::uint8_t>(64 + below(65)); }
  ArpTimers timers() {
    return {.base_reachable = std::chrono::milliseconds{10 + below(3'000'000)},
            .retransmit = std::chrono::microseconds{10'000 + below(3'000'000)},
            .delay_first_probe = std::chrono::seconds{5 + below(2)},
            .gc_stale = std::chrono::seconds{60 + below(2)},
            .locktime = std::chrono::seconds{below(2)},
            .unicast_probes = 3 + below(2),
            .multicast_probes = 3 + below(2)};
  }
  Port sub_interface(unsigned number, const Port& link) {
    Port port;
    port.name = fmt::format("v{}", number);
    port.addresses = {{Ipv4{10, static_cast<std::uint8_t>(100 + number), 0, 1}, 24}};
    port.mtu = static_cast<std::uint16_t>(68 + below(link.mtu - 67U));
    Vlan vlan{.link = link.name,
              .id = static_cast<std::uint16_t>(2 * below(2000) + number % 2 + 2),
              .protocol = below(2) == 0 ? VlanProtocol::k8021Q : VlanProtocol::k8021ad};
    if (below(2) == 0) {
      vlan.ingress_qos.at(below(8)) = static_cast<std::uint8_t>(below(16));
      vlan.egress_qos.at(below(16)) = static_cast<std::uint8_t>(below(8));
    }
    port.vlan = vlan;
    return port;
  }
  Route route(unsigned number, unsigned ports) {
    Route route;
    const auto length = static_cast<std::uint8_t>(below(33));
    route.to = Prefix4{Ipv4{20, octet(), octet(), octet()}, length};
    route.metric = number + below(2) * 1000;
    if (route.to.length() > 0 && route.to.length() < 5) {
      route.to = Prefix4{};
    }
    route.type = kStaticRouteTypes.at(below(kStaticRouteTypes.size()));
    route.table = table();
    if (below(3) == 0) {
      route.source = Ipv4{10, 0, 0, 1};
    }
    if (route.type == RouteType::kUnicast) {
      for (unsigned i = 0; i < 1 + below(3); ++i) {
        route.next_hops.push_back(
            {gateway(below(ports), 2 + i), static_cast<std::uint16_t>(1 + below(3))});
      }
    }
    return route;
  }
  Route6 route6(unsigned number, const std::vector<Port>& ports) {
    Route6 route;
    const auto length = static_cast<std::uint8_t>(below(129));
    route.to = Prefix6{Ipv6{kNet | random_(), random_()}, length};
    if (length < 3) {
      route.to = Prefix6{};
    }
    route.metric = number;
    route.type = kStaticRouteTypes.at(below(kStaticRouteTypes.size()));
    route.table = table();
    for (const Port& port : ports) {
      if (route.type == RouteType::kUnicast && port.runs_ipv6()) {
        route.next_hops.push_back({.via = Ipv6{0xfe80ULL << 48U, 0x100 + below(9)},
                                   .weight = static_cast<std::uint16_t>(1 + below(3)),
                                   .port = port.name,
                                   .on_link = below(2) == 0});
      }
    }
    if (route.next_hops.empty() && route.type == RouteType::kUnicast) {
      route.type = RouteType::kBlackhole;
    }
    return route;
  }

  std::mt19937 random_;
  std::string file_;
};

}  // namespace ringroad::config

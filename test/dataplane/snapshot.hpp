// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The state of a router that a change may affect.
#include <fmt/format.h>

#include <sstream>
#include <string>
#include <tuple>

#include "config/load.hpp"
#include "testbed.hpp"

namespace ringroad::test {

// Returns the lines that only one of the two texts has.
inline std::string difference(const std::string& was, const std::string& is) {
  std::string text;
  for (const auto& [mark, one, other] : {std::tuple{'-', &was, &is}, std::tuple{'+', &is, &was}}) {
    std::istringstream lines{*one};
    for (std::string line; std::getline(lines, line);) {
      if (("\n" + *other + "\n").find("\n" + line + "\n") == std::string::npos) {
        text += fmt::format("{} {}\n", mark, line);
      }
    }
  }
  return text;
}

class Snapshot {
 public:
  explicit Snapshot(Testbed& bed) : router_{*bed.router} {
    config = config::to_yaml(router_.configuration().running_config());
    read_routes();
    read_ports();
    read_lookups();
    read_neighbors();
  }
  bool operator==(const Snapshot& other) const {
    return config == other.config && routes == other.routes && ports == other.ports &&
           lookups == other.lookups && flows == other.flows && neighbors == other.neighbors;
  }
  [[nodiscard]] std::string text() const {
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", config, routes, ports, lookups, flows, neighbors);
  }

  std::string config;
  std::string routes;
  std::string ports;
  std::string lookups;
  std::string flows;  // the next hop of each destination whose route has several
  std::string neighbors;

 private:
  void read_routes() {
    const fib::Rib4& rib = router_.routing().rib();
    for (const fib::Table table : rib.tables()) {
      rib.for_each(table, [&](const fib::Rib4::View& route) {
        routes += fmt::format("{} {} {} {} {} {} {}", fib::to_string(table),
                              route.prefix.to_string(), route.metric, route.rank, route.best,
                              to_string(route.path.type), fib::to_string(route.path.protocol));
        for (const auto& hop : route.path.next_hops) {
          routes +=
              fmt::format(" via {} port {} weight {} {}", hop.via.value_or(Ipv4{}).to_string(),
                          hop.port ? name_of(*hop.port) : "-", hop.weight, hop.on_link);
        }
        routes += fmt::format(" src {}\n", route.path.source.value_or(Ipv4{}).to_string());
        return true;
      });
    }
    routes += fmt::format("{} gateways\n", router_.routing().gateways().size());
  }
  void read_ports() {
    for (const interface::InterfaceView& view : router_.world().ports()) {
      ports += fmt::format("{} {} {} {}", view.name, view.mac.to_string(), view.mtu, view.up);
      for (const InterfaceAddress4& own : view.addresses) {
        ports += ' ' + own.to_string();
      }
      if (!view.link) {
        const port::Port& device = *router_.ports().at(view.id.value());
        ports += fmt::format(" device {} {}", device.mac().to_string(), device.settings().mtu);
      }
      ports += '\n';
    }
  }
  void read_lookups() {
    const OwnAddresses4& own =
        *router_.world().tables().own_addresses.load(std::memory_order_acquire);
    for (const char* const text :
         {"192.168.1.1",   "192.168.1.9", "192.168.1.2",   "192.168.1.0",  "192.168.1.127",
          "192.168.1.255", "192.168.2.1", "192.168.2.2",   "192.168.2.7",  "192.168.2.255",
          "10.0.0.0",      "10.0.0.1",    "10.0.0.2",      "10.0.0.127",   "10.0.0.128",
          "10.0.0.129",    "10.0.0.200",  "10.0.0.255",    "10.0.255.255", "10.255.255.255",
          "10.9.0.1",      "10.9.0.2",    "10.200.0.1",    "172.16.0.0",   "172.16.0.1",
          "172.16.5.9",    "172.16.9.9",  "172.20.1.1",    "20.1.2.3",     "20.1.9.9",
          "20.9.9.9",      "1.2.3.4",     "192.168.1.200", "192.168.1.77"}) {
      // NOLINTNEXTLINE(bugprone-unchecked-optional-access): each is an address
      const Ipv4 address = Ipv4::parse(text).value();
      lookups += fmt::format("{} own {} {}", text, own.contains(address.value()),
                             router_.world().is_own(address));
      const Tables& tables = router_.world().tables();
      const bool is_group = !tables.next_hops.way_of(tables.trie.lookup(address), 0).empty();
      std::string& way = is_group ? flows : lookups;
      for (const std::uint32_t flow : {0U, 0x9e3779b9U}) {
        const neigh::Adjacency& to = router_.routing().resolve(address, flow);
        way += fmt::format(" {} {} {} {} {:02x}\n", static_cast<int>(to.kind), name_of(to.port),
                           to.next_hop.to_string(), to.mtu.load(std::memory_order_relaxed),
                           fmt::join(to.header, ""));
      }
      lookups += '\n';
    }
  }
  void read_neighbors() {
    router_.neighbors().table().for_each([&](NeighborId, const neigh::Entry4& entry) {
      neighbors +=
          fmt::format("{} {} {} {}\n", name_of(entry.key.port), entry.key.address.to_string(),
                      neigh::to_string(entry.state), entry.mac.to_string());
    });
  }

  [[nodiscard]] std::string name_of(InterfaceId id) const {
    return router_.world().contains(id) ? router_.world().port(id).name : "-";
  }

  control::Router& router_;
};

}  // namespace ringroad::test

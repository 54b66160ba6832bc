// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Random valid configurations between which a router reloads. There are few values of each kind, so
// that two configurations have much in common.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "folder.hpp"

namespace ringroad::test {

class RandomReload {
 public:
  // Writes two files of routes into the folder.
  RandomReload(unsigned seed, const Folder& folder) : random_{seed}, folder_{folder} {
    std::ofstream{folder / "one"} << "20.0.0.0/8\n20.1.0.0/16\n21.0.0.0/8\n172.20.0.0/16\n";
    std::ofstream{folder / "two"} << "20.1.0.0/16\n21.0.0.0/8\n22.0.0.0/8\n172.20.1.0/24\n";
  }

  // Draws until the configuration has no problem.
  [[nodiscard]] std::string valid() {
    while (true) {
      std::string text = yaml();
      if (config::parse(text, "/router.yaml")) {
        return text;
      }
    }
  }

 private:
  using Choice = std::vector<std::string>;

  unsigned below(unsigned end) {
    return std::uniform_int_distribution<unsigned>{0, end - 1}(random_);
  }
  bool once_in(unsigned count) { return below(count) == 0; }
  std::string any(const Choice& of) { return of[below(static_cast<unsigned>(of.size()))]; }

  std::string interface_keys(const Choice& addresses, const Choice& mtus) {
    Choice some;
    for (const std::string& address : addresses) {
      if (once_in(2)) {
        some.push_back(address);
      }
    }
    std::ranges::shuffle(some, random_);
    std::string keys = fmt::format("addresses: [{}]", fmt::join(some, ", "));
    keys += once_in(2) ? ", mtu: " + any(mtus) : "";
    keys += once_in(4) ? ", rp_filter: " + any({"loose", "strict"}) : "";
    keys += once_in(4) ? ", forwarding: off" : "";
    keys += once_in(4) ? ", send_redirects: off" : "";
    keys += once_in(4) ? ", arp: {retransmit: " + any({"1s", "2s"}) + "}" : "";
    return keys;
  }

  std::string route() {
    std::string text =
        "  - {to: " + any({"default", "10.0.0.0/8", "20.0.0.0/8", "20.1.0.0/16", "10.0.0.2",
                           "192.168.1.0/24", "172.16.0.0/12", "20.1.2.3"});
    const Choice gateways{"192.168.1.2", "192.168.1.200", "192.168.2.2",
                          "10.9.0.2",    "10.0.0.2",      "20.1.9.9"};
    switch (below(5)) {
      case 0:
        text += ", type: " + any({"blackhole", "unreachable", "prohibit"});
        break;
      case 1:
        text += fmt::format(", nexthops: [{{via: {}}}, {{via: {}, weight: {}}}]", any(gateways),
                            any(gateways), 1 + below(3));
        break;
      case 2:
        text += fmt::format(", via: {}, port: {}, on-link: true", any(gateways), any({"a", "b"}));
        break;
      default:
        text += ", via: " + any(gateways);
    }
    text += once_in(3) ? ", metric: " + any({"1", "2"}) : "";
    text += once_in(4) ? ", table: " + any({"7", "default"}) : "";
    return text + "}\n";
  }

  std::string yaml() {
    std::string text = fmt::format(
        "arp: {{notify: false, retransmit: {}, queue_bytes: {}}}\nicmp: {{rate: {}}}\nports:\n",
        any({"1s", "2s"}), any({"64KiB", "212992"}), any({"0", "10"}));
    text += fmt::format(
        "  a: {{device: net_ring0, {}",
        interface_keys({"192.168.1.1/24", "192.168.1.9/25", "10.0.0.1/16", "192.168.2.1/24"},
                       {"1400", "1500"}));
    text += once_in(2) ? ", scheduler: s" : "";
    text += once_in(3) ? ", macaddress: '02:00:00:00:00:31'}\n" : "}\n";
    text += fmt::format(
        "  b: {{device: net_ring1, {}}}\n",
        interface_keys({"192.168.2.1/24", "192.168.2.7/24", "10.0.0.129/25", "192.168.1.1/24"},
                       {"1300", "1500"}));
    text += once_in(3) ? ""
                       : fmt::format("  c: {{device: net_ring2, {}}}\n",
                                     interface_keys({"172.16.0.1/31"}, {"1300", "1500"}));
    std::string vlans;
    vlans += once_in(3) ? ""
                        : fmt::format("  a.9: {{{}{}}}\n", once_in(3) ? "id: 10, " : "",
                                      interface_keys({"10.9.0.1/24"}, {"1300"}));
    vlans += once_in(2) ? ""
                        : fmt::format("  {}: {{id: 8, link: {}, {}}}\n", any({"v", "w"}),
                                      any({"a", "b"}), interface_keys({"10.8.0.1/24"}, {"1200"}));
    text += vlans.empty() ? "" : "vlans:\n" + vlans;
    text += fmt::format("schedulers:\n  s: {{rate: {}}}\n", any({"1Gbit", "2Gbit"}));
    text += fmt::format("ecmp: {{hash: {}, seed: {}}}\n", any({"l3", "l4"}), any({"1", "2"}));
    text += once_in(2) ? "tables: {green: 7}\n" : "";
    std::string routes;
    for (unsigned i = below(7); i > 0; --i) {
      routes += route();
    }
    routes += once_in(2) ? fmt::format("  - {{file: {}, via: {}, metric: 3}}\n",
                                       folder_ / any({"one", "two"}),
                                       any({"192.168.1.2", "192.168.2.2", "10.0.0.2"}))
                         : "";
    text += routes.empty() ? "" : "routes:\n" + routes;
    std::string neighbors;
    for (const char* const neighbor :
         {"192.168.1.2, port: a", "192.168.2.2, port: b", "10.0.0.2, port: c"}) {
      if (once_in(2)) {
        neighbors += fmt::format("  - {{address: {}, mac: '02:00:00:00:00:{}'}}\n", neighbor,
                                 any({"32", "33"}));
      }
    }
    return neighbors.empty() ? text : text + "neighbors:\n" + neighbors;
  }

  std::mt19937 random_;
  const Folder& folder_;
};

}  // namespace ringroad::test

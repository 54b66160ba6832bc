// SPDX-License-Identifier: BSD-3-Clause
#include "config/foreign.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace ringroad::config {
namespace {

struct Foreign {
  std::string_view key;
  std::string_view advice;
};

constexpr std::array kTop{
    Foreign{"network",
            "is netplan's; what stands below it goes to the top level, ethernets as ports"},
    Foreign{"version", "is netplan's; leave it out"},
    Foreign{"renderer", "is netplan's; leave it out: the router drives its ports itself"},
    Foreign{"ethernets", "is netplan's; the key is 'ports', and each port has a device"},
    Foreign{"interfaces", "the key is 'ports', and each port has a device"},
    Foreign{"addresses", "belongs to a port, or to one of 'vlans'"},
    Foreign{"device", "belongs to a port: ports: {lan: {device: ...}}"},
    Foreign{"rules", "policy routing is not there yet"},
    Foreign{"bonds", "bonds are not there; give each link a port, and routes several nexthops"},
    Foreign{"bridges", "bridges are not there; each port has a subnet of its own"},
    Foreign{"vrfs", "VRFs are not there yet"},
    Foreign{"tunnels", "tunnels are not there yet"},
    Foreign{"wifis", "a wireless interface is not the router's to drive"},
    Foreign{"modems", "a modem is not the router's to drive"},
    Foreign{"workers", "goes below engine"},
    Foreign{"memory", "goes below engine"},
    Foreign{"idle", "goes below engine"},
    Foreign{"socket", "goes below engine"},
    Foreign{"http", "goes below engine"},
    Foreign{"hugepages", "goes below engine.memory"},
    Foreign{"buffers", "goes below engine.memory"},
};

constexpr std::array kInterface{
    Foreign{"routes", "goes to the top level: routes: [{to: ..., via: ...}]"},
    Foreign{"neighbors", "goes to the top level: neighbors: [{address: ..., port: ..., mac: ...}]"},
    Foreign{"vlans", "goes to the top level: vlans: {lan.100: {...}}"},
    Foreign{"gateway4", "is a route: routes: [{to: default, via: ...}] at the top level"},
    Foreign{"gateway", "is a route: routes: [{to: default, via: ...}] at the top level"},
    Foreign{"gateway6", "is a route: routes: [{to: default, via: ...}] at the top level"},
    Foreign{"dhcp4", "addresses are static; leave it out, and write addresses: [...]"},
    Foreign{"dhcp6", "addresses are static; leave it out, and write addresses: [...]"},
    Foreign{"dhcp4-overrides", "addresses are static; leave it out"},
    Foreign{"dhcp6-overrides", "addresses are static; leave it out"},
    Foreign{"accept-ra", "the key is 'accept_ra'"},
    Foreign{"ipv6-privacy", "leave it out: a router has no temporary addresses"},
    Foreign{
        "link-local",
        "leave it out: a port that runs IPv6 has a link-local address; for IPv4 there are none"},
    Foreign{"nameservers", "the router resolves no names; leave it out"},
    Foreign{"optional", "leave it out: a port without a link keeps no other from starting"},
    Foreign{"match", "is netplan's; write which device it is as 'device'"},
    Foreign{"set-name", "is netplan's; the name of a port is its key"},
    Foreign{"routing-policy", "policy routing is not there yet"},
    Foreign{"wakeonlan", "leave it out"},
    Foreign{"mac", "the key is 'macaddress'"},
    Foreign{"interface", "the key is 'device': net_af_packet0,iface=NAME"},
    Foreign{"iface", "the key is 'device': net_af_packet0,iface=NAME"},
    Foreign{"ip", "the key is 'addresses', a list"},
    Foreign{"workers", "goes to the top level, below engine"},
};

std::optional<std::string_view> find(std::span<const Foreign> table, std::string_view key) {
  const auto found = std::ranges::find(table, key, &Foreign::key);
  return found == table.end() ? std::nullopt : std::optional{found->advice};
}

}  // namespace

std::optional<std::string_view> advice(Place place, std::string_view key) {
  switch (place) {
    case Place::kTop:
      return find(kTop, key);
    case Place::kInterface:
      return find(kInterface, key);
    case Place::kElsewhere:
      break;
  }
  return std::nullopt;
}

}  // namespace ringroad::config

// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_options.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringroad::control {
namespace {

using nlohmann::json;

// Reads and checks `via`, `port`, `onlink` and `recursive` of a route or of one of its next hops.
template <class Address>
config::NextHopOf<Address> read_next_hop(Router& router, Options& options) {
  config::NextHopOf<Address> hop;
  if (options.has("via")) {
    if (std::is_same_v<Address, Ipv6> && !options.has_ipv6("via") &&
        Ipv4::parse(options.text("via"))) {
      // Linux's rtm_to_fib6_config: "IPv6 does not support RTA_VIA attribute".
      options.complain(fmt::format("{} is an IPv4 address; a route of IPv6 takes an IPv6 gateway",
                                   options.text("via")));
    } else {
      hop.via = read_gateway<Address>(options);
    }
  }
  if (options.has("port")) {
    if (const interface::InterfaceView* const port = port_of(router, options); port != nullptr) {
      hop.port = port->name;
    }
  }
  hop.on_link = options.flag("onlink");
  hop.recursive = options.flag("recursive");
  if ((hop.on_link || hop.recursive) && !hop.via) {
    options.complain("'onlink' and 'recursive' say something of a gateway: 'via'");
  }
  if (hop.recursive && !hop.port.empty()) {
    options.complain("'recursive' goes without a port: a route says which");
  }
  return hop;
}

}  // namespace

bool is_ipv6_route(Options& options) {
  if (options.family() != 0) {
    return options.family() == 6;
  }
  if (options.has("prefix") && options.at("prefix") != "default") {
    return options.has_ipv6("prefix");
  }
  if (!options.has("nexthops") || !options.at("nexthops").is_array()) {
    return options.has_ipv6("via") || options.has_ipv6("source");
  }
  return std::ranges::any_of(options.at("nexthops"), [](const json& hop) {
    return hop.is_object() && Options{hop}.has_ipv6("via");
  });
}

template <class Address>
std::vector<config::NextHopOf<Address>> read_next_hops(Router& router, Options& options) {
  std::vector<config::NextHopOf<Address>> next_hops;
  const bool one = options.has("via") || options.has("port");
  if (one || options.has("onlink") || options.has("recursive")) {
    next_hops.push_back(read_next_hop<Address>(router, options));
  }
  if (!options.has("nexthops")) {
    return next_hops;
  }
  const json& hops = options.at("nexthops");
  if (one) {
    options.complain("'via' or 'port' and 'nexthops' exclude each other");
  }
  if (!hops.is_array() || hops.empty() || hops.size() > fib::kGroupMembersMax) {
    options.complain(fmt::format("'nexthops' is not a list of 1 to {}", fib::kGroupMembersMax));
    return next_hops;
  }
  for (const json& hop : hops) {
    if (!hop.is_object()) {
      options.complain("'nexthops' holds something that is no next hop");
      return next_hops;
    }
    Options one_hop{hop};
    one_hop.only({"via", "port", "onlink", "recursive", "weight"});
    config::NextHopOf<Address> next_hop = read_next_hop<Address>(router, one_hop);
    if (one_hop.has("weight")) {
      next_hop.weight = static_cast<std::uint16_t>(one_hop.number("weight", 256));
    }
    if (next_hop.weight == 0) {
      one_hop.complain("a weight is 1 to 256");
    }
    if (!next_hop.via) {
      one_hop.complain("each of 'nexthops' needs a gateway: 'via'");
    }
    if (const auto& error = one_hop.error()) {
      options.complain(error->what);
    }
    next_hops.push_back(next_hop);
  }
  return next_hops;
}

template std::vector<config::NextHopOf<Ipv4>> read_next_hops(Router&, Options&);
template std::vector<config::NextHopOf<Ipv6>> read_next_hops(Router&, Options&);

}  // namespace ringroad::control

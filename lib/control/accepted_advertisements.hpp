// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What ports with accept_ra have from other routers: default routes, routes, and addresses (RFC
// 4861 6.3, RFC 4862, RFC 4191). Control thread only.
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "control/ipv6_links.hpp"
#include "host/sender.hpp"
#include "neigh/router_discovery.hpp"
#include "routing/routing.hpp"

namespace ringroad::control {

class AcceptedAdvertisements {
 public:
  struct Parts {
    interface::World& world;
    routing::Routing6& routing;
    Ipv6Links& links;
    host::Sender& sender;
  };
  AcceptedAdvertisements(const Parts& parts, const Clock& clock, std::uint64_t seed)
      : parts_{parts}, clock_{clock}, discovery_{seed} {}

  // Whether the port accepts advertisements from now on.
  void set(InterfaceId port, bool accepts);
  [[nodiscard]] bool accepts(InterfaceId port) const { return ports_.contains(port); }
  // The port received a valid advertisement.
  void hear(InterfaceId port, const neigh::RouterAdvertisement& message);
  // Starts on ports whose link-local address became usable, and runs the timers that are due.
  void tick();

 private:
  using Event = neigh::RouterDiscovery::Event;
  struct Port {
    bool started = false;
    bool linked = false;
    std::set<Ipv6> addresses{};
  };
  // The routers that lead to a prefix, by preference.
  using Routers = std::map<std::pair<InterfaceId, Ipv6>, neigh::Preference>;

  void carry_out(const neigh::RouterDiscovery::Events& events);
  void carry_out(const Event& event);
  void solicit(InterfaceId port);
  void set_router(const Event& event, Prefix6 prefix, bool there);
  void set_on_link(const Event& event, bool there);
  void set_address(const Event& event, bool there);
  void set_deprecated(const Event& event, bool deprecated);
  void set_mtu(const Event& event);
  // Makes the route to the prefix lead to the routers of the highest preference.
  void set_route(Prefix6 prefix, const Routers& routers);
  // Sets the route, or removes it if the request has no next hop.
  void put(const routing::Routing6::Request& request);

  Parts parts_;
  const Clock& clock_;
  neigh::RouterDiscovery discovery_;
  std::map<InterfaceId, Port> ports_;
  std::map<Prefix6, Routers> routers_;
};

}  // namespace ringroad::control

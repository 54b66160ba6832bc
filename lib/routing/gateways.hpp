// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Gateways that are on no port's link, such as BGP's next hops. Each is reached through the route
// that covers its address. All routes through a gateway share one recursive next hop, so a new
// route to the gateway costs one store, however many routes depend on it. Control thread only.
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "fib/rib.hpp"
#include "routing/next_hops.hpp"

namespace ringroad::routing {

template <class Address>
class Gateways {
 public:
  using Rib = fib::Rib<Address>;
  using View = fib::RouteView<Address>;
  using Path = fib::Path<Address>;
  using Prefix = ringroad::Prefix<Address>;

  // The route through which a gateway is reached.
  struct Through {
    Prefix prefix;
    fib::Table table;
    Path path;
  };
  struct Gateway {
    NextHopId next_hop;
    // Whether the gateway was usable at the end of the last settle(). The choice of routes must not
    // see the moment when one route to the gateway is lost and the next one is not found yet.
    bool usable = false;
    // Routes that forwarding prefers to the used one were skipped, because they lead through the
    // gateway itself or are unusable.
    bool passed_over = false;
    std::optional<Through> through;
  };
  // Returns the next hop of a path, with one more reference.
  using Acquire = std::function<Result<NextHopId>(const Path&)>;

  Gateways(NextHops<Address>& next_hops, const Rib& rib, Acquire acquire)
      : next_hops_{next_hops}, rib_{rib}, acquire_{std::move(acquire)} {}

  // Whether a route leads to this address. The default route does not count, as in BGP daemons: it
  // covers every address, so no gateway would ever be lost.
  [[nodiscard]] bool is_covered(Address address) const;
  // Returns the gateway's next hop, with one more reference.
  [[nodiscard]] Result<NextHopId> acquire(Address address);
  // `address` must be a gateway that a path names.
  [[nodiscard]] const Gateway& at(Address address) const { return gateways_.at(address); }
  [[nodiscard]] std::size_t size() const { return gateways_.size(); }

  // A route with this prefix changed. It need not be the route that forwards packets: a gateway is
  // reached through a less preferred route if the first one leads through the gateway itself.
  void changed(Prefix prefix);
  // Marks the gateways whose route has a path for which `is_lost` returns true. The next settle()
  // resolves them again, before the routes through them are chosen anew, which may take several
  // slices.
  using IsLost = std::function<bool(const Path&)>;
  void changed(const IsLost& is_lost);
  // Some next hops became usable or unusable, or were released.
  void changed() { look_again_ = true; }
  // Resolves the marked gateways again. Returns true if a gateway became usable or unusable: the
  // caller must then choose the routes through it anew and call this again.
  bool settle();

 private:
  using Entry = std::pair<const Address, Gateway>;

  void resolve(Entry& entry);
  // Tries to reach the gateway through this route. Returns whether that succeeded.
  bool try_way(Entry& entry, const View& way);
  void forget_unused();

  NextHops<Address>& next_hops_;
  const Rib& rib_;
  Acquire acquire_;
  std::map<Address, Gateway> gateways_;
  std::set<Address> moved_;
  bool look_again_ = false;
};

using Gateways4 = Gateways<Ipv4>;
using Gateways6 = Gateways<Ipv6>;

extern template class Gateways<Ipv4>;
extern template class Gateways<Ipv6>;

}  // namespace ringroad::routing

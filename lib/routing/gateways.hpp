// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Gateways that are on no port's link: BGP's next hops. Each is reached through the route that
// covers its address, and all routes by it share one recursive next hop, so that another way to the
// gateway is one store, however many they are. Control thread only.
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
    // As of the last settle(): what chooses routes must not see the moment between the loss of one
    // way and the finding of the next.
    bool usable = false;
    // Routes that forwarding would prefer to its way lead through the gateway itself, or nowhere.
    bool passed_over = false;
    std::optional<Through> through;
  };
  // One reference of a path's next hop.
  using Acquire = std::function<Result<NextHopId>(const Path&)>;

  Gateways(NextHops<Address>& next_hops, const Rib& rib, Acquire acquire)
      : next_hops_{next_hops}, rib_{rib}, acquire_{std::move(acquire)} {}

  // Whether some route leads to that address. The default route does not count, as with BGP's
  // daemons: it leads everywhere, so that no gateway would ever be lost.
  [[nodiscard]] bool is_covered(Address address) const;
  // The gateway's next hop; one reference more.
  [[nodiscard]] Result<NextHopId> acquire(Address address);
  // Of one that a path names.
  [[nodiscard]] const Gateway& at(Address address) const { return gateways_.at(address); }
  [[nodiscard]] std::size_t size() const { return gateways_.size(); }

  // Some route to these addresses is another now, the one that forwards packets or one behind it,
  // which may be a gateway's way where the first leads through the gateway itself.
  void changed(Prefix prefix);
  // Gateways whose way is such a path are to be sought anew: before routes by them are chosen anew,
  // which may take a while.
  using IsLost = std::function<bool(const Path&)>;
  void changed(const IsLost& is_lost);
  // Next hops were gained, lost or let go.
  void changed() { look_again_ = true; }
  // Finds the ways anew that what changed concerns. True where a gateway was gained or lost: paths
  // by it are to be chosen anew, and this called again.
  bool settle();

 private:
  using Entry = std::pair<const Address, Gateway>;

  void resolve(Entry& entry);
  // Whether the gateway is reached through the route now.
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

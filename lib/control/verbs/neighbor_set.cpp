// SPDX-License-Identifier: BSD-3-Clause
// Adds, replaces and deletes permanent neighbors.
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

enum class Known : bool { kRefused, kReplaced };

template <class Address>
Reply set_neighbor(Router& router, Options& options, Known known) {
  const config::StaticNeighborOf<Address> neighbor{
      .address = read_address<Address>(options, "address"),
      .port = options.text("port"),
      .mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address")};
  if (options.error()) {
    return outcome(options, {});
  }
  Configuration& configuration = router.configuration();
  return outcome(options, known == Known::kReplaced ? configuration.replace_neighbor(neighbor)
                                                    : configuration.add_neighbor(neighbor));
}

template <Known kKnown>
Reply neighbor_set(Router& router, Options& options) {
  options.only({"address", "port", "mac", "family"});
  return options.is_ipv6("address") ? set_neighbor<Ipv6>(router, options, kKnown)
                                    : set_neighbor<Ipv4>(router, options, kKnown);
}

template <class Address>
Reply erase_neighbor(Router& router, Options& options) {
  const auto address = read_address<Address>(options, "address");
  const interface::InterfaceView* const port = port_of(router, options);
  return options.error() ? outcome(options, {})
                         : outcome(options, router.configuration().erase_neighbor(
                                                neigh::Key<Address>{port->id, address}));
}

Reply neighbor_del(Router& router, Options& options) {
  options.only({"address", "port", "family"});
  return options.is_ipv6("address") ? erase_neighbor<Ipv6>(router, options)
                                    : erase_neighbor<Ipv4>(router, options);
}

const Verb kNeighborAdd{"neighbor add", neighbor_set<Known::kRefused>, Verb::Does::kChanges};
const Verb kNeighborReplace{"neighbor replace", neighbor_set<Known::kReplaced>,
                            Verb::Does::kChanges};
const Verb kNeighborDel{"neighbor del", neighbor_del, Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control

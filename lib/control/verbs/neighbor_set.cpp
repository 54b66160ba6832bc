// SPDX-License-Identifier: BSD-3-Clause
// Adds, replaces and deletes permanent neighbors.
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

template <Status (Configuration::*kChange)(const config::StaticNeighbor&)>
Reply neighbor_set(Router& router, Options& options) {
  options.only({"address", "port", "mac"});
  const config::StaticNeighbor neighbor{
      .address = options.parsed<Ipv4>("address", Ipv4::parse, kAddress),
      .port = options.text("port"),
      .mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address")};
  return options.error() ? outcome(options, {})
                         : outcome(options, (router.configuration().*kChange)(neighbor));
}

Reply neighbor_del(Router& router, Options& options) {
  options.only({"address", "port"});
  const Ipv4 address = options.parsed<Ipv4>("address", Ipv4::parse, kAddress);
  const interface::InterfaceView* const port = port_of(router, options);
  return options.error()
             ? outcome(options, {})
             : outcome(options,
                       router.configuration().erase_neighbor(neigh::Key4{port->id, address}));
}

const Verb kNeighborAdd{"neighbor add", neighbor_set<&Configuration::add_neighbor>,
                        Verb::Does::kChanges};
const Verb kNeighborReplace{"neighbor replace", neighbor_set<&Configuration::replace_neighbor>,
                            Verb::Does::kChanges};
const Verb kNeighborDel{"neighbor del", neighbor_del, Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control

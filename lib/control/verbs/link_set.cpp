// SPDX-License-Identifier: BSD-3-Clause
// Sets a port up or down, and changes its MTU and MAC address.
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Reply link_set(Router& router, Options& options) {
  options.only({"port", "mtu", "mac", "up"});
  const interface::InterfaceView* const port = port_of(router, options);
  Links::Change change;
  if (options.has("mtu")) {
    change.mtu = static_cast<std::uint16_t>(options.number("mtu", 0xffff));
  }
  if (options.has("mac")) {
    change.mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address");
  }
  if (options.has("up")) {
    change.up = options.flag("up");
  }
  return options.error() ? outcome(options, {})
                         : outcome(options, router.links().change(port->id, change));
}

const Verb kLinkSet{"link set", link_set, Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control

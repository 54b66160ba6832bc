// SPDX-License-Identifier: BSD-3-Clause
// Adds and deletes addresses of ports.
#include <string>

#include "control/verb.hpp"

namespace ringroad::control {
namespace {

template <Status (Links::*kChange)(InterfaceId, InterfaceAddress4)>
Reply change_address(Router& router, Options& options) {
  options.only({"address", "peer", "port"});
  std::string text = options.text("address");
  if (options.has("peer")) {
    text += " peer " + options.text("peer");
  }
  const auto address = options.parsed_text<InterfaceAddress4>(
      text, InterfaceAddress4::parse, "an IPv4 address with its subnet's length (a.b.c.d/24)");
  const interface::InterfaceView* const port = port_of(router, options);
  return options.error() ? outcome(options, {})
                         : outcome(options, (router.links().*kChange)(port->id, address));
}

const Verb kAddressAdd{"address add", change_address<&Links::add_address>, Verb::Does::kChanges};
const Verb kAddressDel{"address del", change_address<&Links::erase_address>, Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control

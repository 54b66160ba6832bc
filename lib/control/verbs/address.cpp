// SPDX-License-Identifier: BSD-3-Clause
// Adds and deletes addresses of ports.
#include <string>
#include <string_view>

#include "control/verb.hpp"

namespace ringroad::control {
namespace {

template <class Address, class Change>
Reply change_address(Router& router, Options& options, const Change& change,
                     std::string_view what) {
  std::string text = options.text("address");
  if (options.has("peer")) {
    text += " peer " + options.text("peer");
  }
  const auto address =
      options.parsed_text<InterfaceAddress<Address>>(text, InterfaceAddress<Address>::parse, what);
  const interface::InterfaceView* const port = port_of(router, options);
  return options.error() ? outcome(options, {}) : outcome(options, change(port->id, address));
}

template <Status (Links::*kChange4)(InterfaceId, InterfaceAddress4),
          Status (Ipv6Links::*kChange6)(InterfaceId, InterfaceAddress6)>
Reply change_address(Router& router, Options& options) {
  options.only({"address", "peer", "port", "family"});
  if (options.is_ipv6("address")) {
    return change_address<Ipv6>(
        router, options,
        [&](InterfaceId port, const InterfaceAddress6& address) {
          return (router.ipv6_links().*kChange6)(port, address);
        },
        "an IPv6 address with its subnet's length (2001:db8::1/64)");
  }
  return change_address<Ipv4>(
      router, options,
      [&](InterfaceId port, const InterfaceAddress4& address) {
        return (router.links().*kChange4)(port, address);
      },
      "an IPv4 address with its subnet's length (a.b.c.d/24)");
}

const Verb kAddressAdd{"address add", change_address<&Links::add_address, &Ipv6Links::add_address>,
                       Verb::Does::kChanges};
const Verb kAddressDel{"address del",
                       change_address<&Links::erase_address, &Ipv6Links::erase_address>,
                       Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control

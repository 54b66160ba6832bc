// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The keys that ports and sub-interfaces share. Private to lib/config.
#include <array>
#include <string_view>

#include "config/sections.hpp"

namespace ringroad::config {

inline constexpr std::array<std::string_view, 11> kInterfaceKeys{
    "addresses", "mtu", "forwarding", "rp_filter", "send_redirects",       "dad",
    "arp",       "nd",  "ipv6",       "accept_ra", "router_advertisements"};

template <class... Keys>
constexpr auto with_interface_keys(Keys... keys) {
  std::array<std::string_view, sizeof...(keys) + kInterfaceKeys.size()> all{keys...};
  for (std::size_t i = 0; i < kInterfaceKeys.size(); ++i) {
    all[sizeof...(keys) + i] = kInterfaceKeys[i];
  }
  return all;
}

// Reads these keys from `fields`; absent ones leave the port unchanged.
void read_interface(const Fields& fields, const PortContext& context, Port& port);

}  // namespace ringroad::config

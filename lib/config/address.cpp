// SPDX-License-Identifier: BSD-3-Clause
#include "config/address.hpp"

#include <fmt/format.h>

namespace ringroad::config {

std::optional<std::string> fault_of(const InterfaceAddress4& address) {
  for (const Ipv4 end : {address.address, address.peer.value_or(address.address)}) {
    if (!end.is_unicast()) {
      return fmt::format("{} is not a unicast address", end.to_string());
    }
  }
  if (address.length == 0) {
    return "a subnet of length 0 would be the whole Internet";
  }
  const Prefix4 subnet = address.subnet();
  if (subnet.is_edge(address.address)) {
    return fmt::format("{} is the {} address of {}, not a host's", address.address.to_string(),
                       address.address == subnet.last() ? "broadcast" : "network",
                       subnet.to_string());
  }
  return std::nullopt;
}

}  // namespace ringroad::config

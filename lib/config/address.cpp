// SPDX-License-Identifier: BSD-3-Clause
#include "config/address.hpp"

#include <fmt/format.h>

#include <cstdint>

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

// Linux's ipv6_add_addr() refuses the first three; a subnet's first address, the anycast address of
// its routers (RFC 4291 2.6.1), is allowed there as well.
std::optional<std::string> fault_of(const InterfaceAddress6& address) {
  for (const Ipv6 end : {address.address, address.peer.value_or(address.address)}) {
    if (!end.is_unicast()) {
      return fmt::format("{} is not a unicast address", end.to_string());
    }
    if (end.is_v4_mapped()) {
      return fmt::format("{} is an IPv4 address; write it as one", end.to_string());
    }
  }
  if (address.length == 0) {
    return "a subnet of length 0 would be the whole Internet";
  }
  constexpr std::uint8_t kLinkLocalBits = 10;  // RFC 4291 2.4
  if (address.address.is_link_local() && address.length < kLinkLocalBits) {
    return fmt::format("{} has addresses that are not link-local; write {}/{}",
                       address.subnet().to_string(), address.address.to_string(), kLinkLocalLength);
  }
  return std::nullopt;
}

}  // namespace ringroad::config

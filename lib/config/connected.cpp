// SPDX-License-Identifier: BSD-3-Clause
#include "config/connected.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringroad::config {

void Connected::add(const Value& where, const std::string& port, InterfaceAddress4 address) {
  const auto [first, is_new] =
      addresses_.try_emplace({{port, address.subnet()}, address.address}, where.position());
  const auto [plain, is_only] = address.peer
                                    ? std::pair{plain_.end(), true}
                                    : plain_.try_emplace({port, address.address}, where.position());
  if (!is_new || !is_only) {
    where.problem(fmt::format("{} is already an address of port {}, on line {}",
                              is_new ? address.address.to_string() : address.to_string(), port,
                              (is_new ? plain->second : first->second).line));
  }
  own_.insert(address.address);
}

bool Connected::is_on_link(Ipv4 address) const {
  return !complete_ || std::ranges::any_of(addresses_, [&](const auto& known) {
    return known.first.first.second.contains(address);
  });
}

bool Connected::is_on_link(Ipv4 address, std::string_view port) const {
  return !complete_ || std::ranges::any_of(addresses_, [&](const auto& known) {
    const auto& [its_port, subnet] = known.first.first;
    return its_port == port && subnet.contains(address);
  });
}

std::optional<std::string> Connected::fault(Ipv4 address) const {
  const std::string text = address.to_string();
  if (!address.is_unicast()) {
    return text + " is not a unicast address";
  }
  if (own_.contains(address)) {
    return text + " is this router's own address";
  }
  for (const auto& [known, where] : addresses_) {
    const Prefix4 subnet = known.first.second;
    if (subnet.is_edge(address)) {
      return fmt::format("{} is the {} address of {}", text,
                         address == subnet.last() ? "broadcast" : "network", subnet.to_string());
    }
  }
  return std::nullopt;
}

}  // namespace ringroad::config

#include "config/connected.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringroad::config {

void Connected::add(const Value& where, const std::string& port, InterfaceAddress address) {
  const auto [own, is_new] = own_.try_emplace(address.address, where.position());
  if (!is_new) {
    where.problem(fmt::format("{} is already an address of this router, on line {}",
                              address.address.to_string(), own->second.line));
  }
  const auto [subnet, new_subnet] =
      subnets_.try_emplace(address.subnet(), Subnet{port, where.position()});
  if (is_new && !new_subnet && subnet->second.port != port) {
    where.problem(fmt::format("{} is already the subnet of port {}, on line {}",
                              address.subnet().to_string(), subnet->second.port,
                              subnet->second.where.line));
  }
}

bool Connected::is_elsewhere(Ipv4 address) const {
  const auto is_on = [&](const auto& subnet) { return subnet.first.contains(address); };
  return complete_ && address.is_unicast() && std::ranges::none_of(subnets_, is_on);
}

std::optional<std::string> Connected::fault(Ipv4 address, const std::string& port) const {
  const std::string text = address.to_string();
  if (!address.is_unicast()) {
    return text + " is not a unicast address";
  }
  if (own_.contains(address)) {
    return text + " is this router's own address";
  }
  for (std::uint8_t length = 32; length > 0; --length) {
    const Prefix4 prefix{address, length};
    const auto subnet = subnets_.find(prefix);
    if (subnet == subnets_.end() || (!port.empty() && subnet->second.port != port)) {
      continue;
    }
    if (length < 31 && (address == prefix.address() || address == prefix.last())) {
      return fmt::format("{} is the {} address of {}", text,
                         address == prefix.last() ? "broadcast" : "network", prefix.to_string());
    }
    return std::nullopt;
  }
  if (!complete_) {
    return std::nullopt;
  }
  return port.empty() ? text +
                            " is not on the subnet of any port, and no route but the default "
                            "leads to it; a gateway must be reachable"
                      : fmt::format("{} is not on a subnet of port {}", text, port);
}

}  // namespace ringroad::config

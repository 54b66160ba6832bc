// SPDX-License-Identifier: BSD-3-Clause
#include "config/connected.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/family.hpp"

namespace ringroad::config {

template <class Address>
void ConnectedOf<Address>::add(const Value& where, const std::string& port,
                               InterfaceAddress<Address> address) {
  // Linux: inet_insert_ifa() compares addresses and subnets, ipv6_add_addr() addresses only.
  const bool may_repeat = Address::kHasBroadcast && address.peer;
  const auto [first, is_new] =
      addresses_.try_emplace({{port, address.subnet()}, address.address}, where.position());
  const auto [plain, is_only] = may_repeat
                                    ? std::pair{plain_.end(), true}
                                    : plain_.try_emplace({port, address.address}, where.position());
  if (!is_new || !is_only) {
    where.problem(fmt::format("{} is already an address of port {}, on line {}",
                              is_new ? address.address.to_string() : address.to_string(), port,
                              (is_new ? plain->second : first->second).line));
  }
  own_.insert(address.address);
}

template <class Address>
bool ConnectedOf<Address>::is_on_link(Address address) const {
  return !complete_ || std::ranges::any_of(addresses_, [&](const auto& known) {
    return known.first.first.second.contains(address);
  });
}

template <class Address>
bool ConnectedOf<Address>::is_on_link(Address address, std::string_view port) const {
  return !complete_ || is_link_local(address) ||
         std::ranges::any_of(addresses_, [&](const auto& known) {
           const auto& [its_port, subnet] = known.first.first;
           return its_port == port && subnet.contains(address);
         });
}

template <class Address>
std::optional<std::string> ConnectedOf<Address>::fault(Address address,
                                                       std::string_view port) const {
  const std::string text = address.to_string();
  if (!address.is_unicast()) {
    return text + " is not a unicast address";
  }
  const bool is_own = is_link_local(address) ? plain_.contains({std::string{port}, address})
                                             : own_.contains(address);
  if (is_own) {
    return text + " is this router's own address";
  }
  for (const auto& [known, where] : addresses_) {
    const Prefix<Address> subnet = known.first.second;
    if (subnet.is_edge(address)) {
      return fmt::format("{} is the {} address of {}", text,
                         address == subnet.last() ? "broadcast" : "network", subnet.to_string());
    }
  }
  return std::nullopt;
}

template class ConnectedOf<Ipv4>;
template class ConnectedOf<Ipv6>;

void check_runs_ipv6(const Value& where, const std::string& port, const Connected& connected,
                     const std::vector<Port>& ports) {
  const auto found = std::ranges::find(ports, port, &Port::name);
  if (connected.v6.is_complete() && found != ports.end() && !found->runs_ipv6()) {
    where.problem(port + " does not run IPv6; give it an IPv6 address, or ipv6: true");
  }
}

}  // namespace ringroad::config

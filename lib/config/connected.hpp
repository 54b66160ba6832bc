// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The ports' subnets and the router's own addresses. Private to lib/config.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/ipv4.hpp"
#include "config/value.hpp"

namespace ringroad::config {

class Connected {
 public:
  // Reports an address that the port already has. Ports may share addresses and subnets, and
  // subnets may overlap, as in Linux.
  void add(const Value& where, const std::string& port, InterfaceAddress4 address);
  // Some address could not be read, so an address on no known subnet may be on the unknown one.
  void set_incomplete() { complete_ = false; }

  // Whether the address is, or may be, the router's own.
  [[nodiscard]] bool is_own(Ipv4 address) const { return !complete_ || own_.contains(address); }
  // Whether the address is, or may be, on a subnet of any port, or of the given port.
  [[nodiscard]] bool is_on_link(Ipv4 address) const;
  [[nodiscard]] bool is_on_link(Ipv4 address, std::string_view port) const;
  // Why no gateway can have this address; nullopt if one can, provided it is reachable.
  [[nodiscard]] std::optional<std::string> fault(Ipv4 address) const;

 private:
  using Subnet = std::pair<std::string, Prefix4>;  // with its port

  std::map<std::pair<Subnet, Ipv4>, Position> addresses_;
  std::map<std::pair<std::string, Ipv4>, Position> plain_;  // the addresses without a peer
  std::unordered_set<Ipv4> own_;
  bool complete_ = true;
};

}  // namespace ringroad::config

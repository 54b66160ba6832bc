// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The subnets that the ports are on, and the router's own addresses. Private to lib/config.
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
  // Reports an address that the port has already. Ports may share addresses and subnets, and
  // subnets may overlap, as in Linux.
  void add(const Value& where, const std::string& port, InterfaceAddress address);
  // Some address could not be read: what is on no subnet here may still be on that one.
  void set_incomplete() { complete_ = false; }

  // Of the router, or possibly so.
  [[nodiscard]] bool is_own(Ipv4 address) const { return !complete_ || own_.contains(address); }
  // On a subnet of some port, or of that port, or possibly so.
  [[nodiscard]] bool is_on_link(Ipv4 address) const;
  [[nodiscard]] bool is_on_link(Ipv4 address, std::string_view port) const;
  // Why no gateway can have this address; nullopt: one can, if it is reached at all.
  [[nodiscard]] std::optional<std::string> fault(Ipv4 address) const;

 private:
  using Subnet = std::pair<std::string, Prefix4>;  // and its port

  std::map<std::pair<Subnet, Ipv4>, Position> addresses_;
  std::map<std::pair<std::string, Ipv4>, Position> plain_;  // those without a peer
  std::unordered_set<Ipv4> own_;
  bool complete_ = true;
};

}  // namespace ringroad::config

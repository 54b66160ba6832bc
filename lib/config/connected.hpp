// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The ports' subnets and the router's own addresses. Private to lib/config.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "config/model.hpp"
#include "config/value.hpp"

namespace ringroad::config {

// The subnets of one address family.
template <class Address>
class ConnectedOf {
 public:
  // Reports an address that the port already has. Ports may share addresses and subnets, and
  // subnets may overlap, as in Linux.
  void add(const Value& where, const std::string& port, InterfaceAddress<Address> address);
  // Some address could not be read, so an address on no known subnet may be on the unknown one.
  void set_incomplete() { complete_ = false; }

  [[nodiscard]] bool is_complete() const { return complete_; }
  // Whether the address is, or may be, the router's own.
  [[nodiscard]] bool is_own(Address address) const { return !complete_ || own_.contains(address); }
  // Whether the address is, or may be, on a subnet of any port, or of the given port. A link-local
  // address is on the link of its port (RFC 4291 2.5.6), and on no other.
  [[nodiscard]] bool is_on_link(Address address) const;
  [[nodiscard]] bool is_on_link(Address address, std::string_view port) const;
  // Why no gateway can have this address; nullopt if one can, provided it is reachable. `port`: the
  // one whose link it is on; may be empty.
  [[nodiscard]] std::optional<std::string> fault(Address address, std::string_view port) const;

 private:
  using Subnet = std::pair<std::string, Prefix<Address>>;  // with its port

  std::map<std::pair<Subnet, Address>, Position> addresses_;
  // The addresses that the port may have once only: without a peer, or of IPv6.
  std::map<std::pair<std::string, Address>, Position> plain_;
  std::unordered_set<Address> own_;
  bool complete_ = true;
};

struct Connected {
  ConnectedOf<Ipv4> v4{};
  ConnectedOf<Ipv6> v6{};

  void set_incomplete() {
    v4.set_incomplete();
    v6.set_incomplete();
  }
  template <class Address>
  [[nodiscard]] const ConnectedOf<Address>& of() const {
    if constexpr (Address::kBits == Ipv6::kBits) {
      return v6;
    } else {
      return v4;
    }
  }
};

// Reports, at `where`, a port that does not run IPv6.
void check_runs_ipv6(const Value& where, const std::string& port, const Connected& connected,
                     const std::vector<Port>& ports);

}  // namespace ringroad::config

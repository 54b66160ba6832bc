#pragma once
// The subnets that the ports are on, and the router's own addresses. Private to lib/config.
#include <optional>
#include <string>
#include <unordered_map>

#include "base/ipv4.hpp"
#include "config/value.hpp"

namespace ringroad::config {

class Connected {
 public:
  // Reports an address or subnet that is taken.
  void add(const Value& where, const std::string& port, InterfaceAddress address);
  // Some address could not be read: what is on no subnet here may still be on that one.
  void set_incomplete() { complete_ = false; }

  // Of the router, or possibly so.
  [[nodiscard]] bool is_own(Ipv4 address) const { return !complete_ || own_.contains(address); }
  // A station's address that is on no port's subnet: a gateway there is reached through a route.
  [[nodiscard]] bool is_elsewhere(Ipv4 address) const;
  // Why no neighbor can have this address, on `port` or where it is empty on any; nullopt: one can.
  [[nodiscard]] std::optional<std::string> fault(Ipv4 address, const std::string& port = {}) const;

 private:
  struct Subnet {
    std::string port;
    Position where;
  };

  std::unordered_map<Prefix4, Subnet> subnets_;
  std::unordered_map<Ipv4, Position> own_;
  bool complete_ = true;
};

}  // namespace ringroad::config

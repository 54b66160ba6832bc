// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>
#include <map>
#include <type_traits>
#include <utility>

#include "config/family.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

// As in Linux, a neighbor may have any address on a port, even outside the port's subnets.
template <class Address>
class NeighborsReader {
 public:
  NeighborsReader(const Names& ports, const Connected& connected, Config& config)
      : ports_{ports}, connected_{connected}, config_{config} {}

  void read_neighbor(const Value& item);

 private:
  const Names& ports_;
  const Connected& connected_;
  Config& config_;
  std::map<std::pair<std::string, Address>, Position> seen_;
};

template <class Address>
void NeighborsReader<Address>::read_neighbor(const Value& item) {
  static constexpr std::array<std::string_view, 3> kKeys{"address", "port", "mac"};
  const Fields fields{item, kKeys};
  StaticNeighborOf<Address> neighbor;
  const Value* const port = fields.require("port", "the port that the neighbor is behind");
  const auto name = read_text(port);
  const bool known = name && check_reference(*port, *name, "port", ports_);
  const Value* const value = fields.require("address", "the neighbor's IP address");
  const auto address = read_address<Address>(value);
  assign(neighbor.mac, read_mac(fields.require("mac", "the neighbor's Ethernet address")));
  if (!address || !known) {
    return;
  }
  if (!address->is_unicast()) {
    value->problem(address->to_string() + " is not a unicast address");
  }
  if (const auto [first, is_new] = seen_.try_emplace({*name, *address}, value->position());
      !is_new) {
    value->problem(fmt::format("{} is already a neighbor, on line {}", address->to_string(),
                               first->second.line));
  }
  neighbor.address = *address;
  neighbor.port = *name;
  if constexpr (std::is_same_v<Address, Ipv6>) {
    check_runs_ipv6(*port, neighbor.port, connected_, config_.ports);
  }
  lists_of<Address>(config_).neighbors.push_back(std::move(neighbor));
}

}  // namespace

void read_neighbors(const Value& section, const Names& ports, const Connected& connected,
                    Config& config) {
  NeighborsReader<Ipv4> ipv4{ports, connected, config};
  NeighborsReader<Ipv6> ipv6{ports, connected, config};
  for (const Value& item : section.items()) {
    if (is_ipv6(item.node())) {
      ipv6.read_neighbor(item);
    } else {
      ipv4.read_neighbor(item);
    }
  }
}

}  // namespace ringroad::config

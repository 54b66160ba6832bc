// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <array>
#include <map>
#include <utility>

#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
// As in Linux, a neighbor may have any address on a port, even outside the port's subnets.
std::vector<StaticNeighbor> read_neighbors(const Value& section, const Names& ports) {
  static constexpr std::array<std::string_view, 3> kKeys{"address", "port", "mac"};
  std::vector<StaticNeighbor> neighbors;
  std::map<std::pair<std::string, Ipv4>, Position> seen;
  for (const Value& item : section.items()) {
    const Fields fields{item, kKeys};
    StaticNeighbor neighbor;
    const Value* const port = fields.require("port", "the port that the neighbor is behind");
    const auto name = read_text(port);
    const bool known = name && check_reference(*port, *name, "port", ports);
    const Value* const value = fields.require("address", "the neighbor's IPv4 address");
    const auto address = read_address(value);
    assign(neighbor.mac, read_mac(fields.require("mac", "the neighbor's Ethernet address")));
    if (!address || !known) {
      continue;
    }
    if (!address->is_unicast()) {
      value->problem(address->to_string() + " is not a unicast address");
    }
    if (const auto [first, is_new] = seen.try_emplace({*name, *address}, value->position());
        !is_new) {
      value->problem(fmt::format("{} is already a neighbor, on line {}", address->to_string(),
                                 first->second.line));
    }
    neighbor.address = *address;
    neighbor.port = *name;
    neighbors.push_back(std::move(neighbor));
  }
  return neighbors;
}

}  // namespace ringroad::config

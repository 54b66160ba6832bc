// SPDX-License-Identifier: BSD-3-Clause
#include "host/use_reports.hpp"

#include <algorithm>
#include <span>

namespace ringroad::host {
namespace {

bool is_ipv6(const neigh::Adjacency& adjacency) {
  constexpr std::size_t kType = neigh::kEthernetHeader - sizeof(std::uint16_t);
  return adjacency.header[kType] == Ipv6::kEtherType >> 8 &&
         adjacency.header[kType + 1] == (Ipv6::kEtherType & 0xff);
}

}  // namespace

void UseReports::collect(Resolution<Ipv4>& neighbors, Resolution<Ipv6>& neighbors6) {
  if (!neighbors.wants_used() && !neighbors6.wants_used()) {
    return;
  }
  std::vector<AdjacencyId> used;
  for (worker::Worker* const worker : workers_) {
    worker->take_used(world_.adjacencies().end(), used);
  }
  const auto sixes = std::ranges::partition(
      used, [this](AdjacencyId id) { return !is_ipv6(world_.adjacencies()[id]); });
  const std::span all{used};
  neighbors.add_used(all.first(all.size() - sixes.size()));
  neighbors6.add_used(all.last(sixes.size()));
}

}  // namespace ringroad::host

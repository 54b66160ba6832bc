// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Logs neighbors that fail and recover. Hosts that never answered are not logged, because a scan
// asks for thousands of them; gateways always are.
#include <set>

#include "interface/world.hpp"
#include "neigh/table.hpp"

namespace ringroad::host {

template <class Address>
class NeighborNews {
 public:
  explicit NeighborNews(const interface::World& world) : world_{world} {}

  void failed(const neigh::Entry<Address>& entry, bool is_gateway);
  void resolved(const neigh::Entry<Address>& entry, bool is_gateway);
  void removed(neigh::Key<Address> key) { failed_.erase(key); }

 private:
  // The most failed neighbors that are remembered; others are not logged.
  static constexpr std::size_t kMost = 256;

  const interface::World& world_;
  std::set<neigh::Key<Address>> failed_;  // those that were logged
};

extern template class NeighborNews<Ipv4>;
extern template class NeighborNews<Ipv6>;

}  // namespace ringroad::host

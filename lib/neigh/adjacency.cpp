// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/adjacency.hpp"

#include <algorithm>

namespace ringroad::neigh {

AdjacencyTable::AdjacencyTable(std::uint32_t capacity, Reclaimer& reclaimer)
    : entries_{std::make_unique<Adjacency[]>(capacity)},
      capacity_{capacity},
      reclaimer_{reclaimer} {
  free_.reserve(capacity);
  for (std::uint32_t i = capacity; i > 0; --i) {
    free_.emplace_back(i - 1);
  }
}

std::optional<AdjacencyId> AdjacencyTable::allocate() {
  if (free_.empty()) {
    return std::nullopt;
  }
  const AdjacencyId id = free_.back();
  free_.pop_back();
  end_ = std::max(end_, id.value() + 1);
  Adjacency& fresh = at(id);
  fresh.kind = AdjacencyKind::kNoRoute;
  fresh.report_use.store(false, std::memory_order_relaxed);
  fresh.mtu.store(0, std::memory_order_relaxed);
  fresh.port = InterfaceId{};
  fresh.egress = PortId{};
  fresh.tags = nullptr;
  fresh.header = {};
  fresh.next_hop = Ipv4{};
  fresh.next_hop6 = Ipv6{};
  return id;
}

void AdjacencyTable::retire(AdjacencyId id) {
  reclaimer_.retire([this, id] { free_.push_back(id); });
}

std::array<std::uint8_t, kEthernetHeader> ethernet_header(Mac destination, Mac source,
                                                          std::uint16_t ether_type) {
  std::array<std::uint8_t, kEthernetHeader> header{};
  std::ranges::copy(destination.octets, header.begin());
  std::ranges::copy(source.octets, header.begin() + 6);
  header[12] = static_cast<std::uint8_t>(ether_type >> 8);
  header[13] = static_cast<std::uint8_t>(ether_type & 0xff);
  return header;
}

}  // namespace ringroad::neigh

#pragma once
// What a next hop resolves to: everything the packet path needs to send a packet on, in one cache
// line, or the reason why it cannot.
//
// One writer, the control thread; the workers read. An adjacency does not change while a reader
// may hold its id, but for `report_use`: a new MAC or MTU is a new adjacency, published by one
// store to the next-hop table, and the old one is reused after a quiescent state.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/mac.hpp"
#include "base/reclaim.hpp"
#include "base/units.hpp"

namespace ringroad::neigh {

enum class AdjacencyKind : std::uint8_t {
  kUnicast,     // send: the header is ready
  kUnresolved,  // the next hop's MAC is not known
  kGlean,       // on the link: the destination itself is the next hop, its MAC not known
  kLocal,       // the router's own address
  kBroadcast,
  kMulticast,
  kMartian,
  kNoRoute,
  kBlackhole,
  kUnreachable,
  kProhibit,
};

inline constexpr std::size_t kEthernetHeader = 14;

struct alignas(64) Adjacency {
  AdjacencyKind kind = AdjacencyKind::kNoRoute;
  // The packet path marks this adjacency used: its neighbour is STALE (NEI-17).
  std::atomic<bool> report_use{false};
  std::uint16_t mtu = 0;  // of the IPv4 packet, without the Ethernet header
  PortId port{};
  std::array<std::uint8_t, kEthernetHeader> header{};  // destination, source, 0x0800
  Ipv4 next_hop;                                       // of kUnicast and kUnresolved
};
static_assert(sizeof(Adjacency) == 64);

class AdjacencyTable {
 public:
  // Space for all of them is taken at once: readers index a plain array.
  AdjacencyTable(std::uint32_t capacity, Reclaimer& reclaimer);

  // Writer. A free one, as constructed; none where the table is full.
  [[nodiscard]] std::optional<AdjacencyId> allocate();
  // Writer. Before it is published.
  [[nodiscard]] Adjacency& at(AdjacencyId id) { return entries_[id.value()]; }
  // Writer. No next hop names it any more; it is reused after a quiescent state.
  void retire(AdjacencyId id);

  // Ids are below this, so far.
  [[nodiscard]] std::uint32_t end() const { return end_; }

  // Any reader.
  [[nodiscard]] const Adjacency* data() const { return entries_.get(); }
  [[nodiscard]] const Adjacency& operator[](AdjacencyId id) const { return entries_[id.value()]; }
  [[nodiscard]] std::uint32_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<Adjacency[]> entries_;
  std::uint32_t capacity_;
  std::uint32_t end_ = 0;
  std::vector<AdjacencyId> free_;
  Reclaimer& reclaimer_;
};

[[nodiscard]] std::array<std::uint8_t, kEthernetHeader> ethernet_header(Mac destination, Mac source,
                                                                        std::uint16_t ether_type);

}  // namespace ringroad::neigh

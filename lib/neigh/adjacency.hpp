// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a next hop resolves to: everything the packet path needs to forward a packet, in one cache
// line, or the reason why it cannot.
//
// The control thread is the only writer; workers read. While a reader may hold its id, an adjacency
// does not change, except `report_use` and `mtu`: a new MAC gets a new adjacency, which one store
// to the next-hop table publishes, and the old one is reused after a quiescent state.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "base/reclaim.hpp"

namespace ringroad::neigh {

enum class AdjacencyKind : std::uint8_t {
  kUnicast,     // the header is complete: send
  kUnresolved,  // the next hop's MAC is not known
  kGlean,       // the destination itself is on the link, and its MAC is not known
  kLocal,       // the router's own address
  kBroadcast,
  kMulticast,
  kLinkLocal,  // fe80::/10: the ingress interface says what it means
  kMartian,
  kNoRoute,
  kBlackhole,
  kUnreachable,
  kProhibit,
};

inline constexpr std::size_t kEthernetHeader = 14;
inline constexpr std::size_t kMacs = 12;  // of the header
inline constexpr std::size_t kTagBytes = 4;
inline constexpr std::size_t kTagsMax = 2;

// An IEEE 802.1Q or 802.1ad tag of a sub-interface's frames.
struct Tag {
  std::uint16_t protocol = 0x8100;
  std::uint16_t id = 0;
  // The PCP of each of the 16 priorities, four bits each, priority 0 lowest.
  std::uint64_t pcp_of_priority = 0;

  [[nodiscard]] std::uint16_t tci(std::uint8_t priority) const {
    const auto pcp = static_cast<std::uint16_t>(pcp_of_priority >> (priority % 16 * 4) & 7);
    return static_cast<std::uint16_t>(pcp << 13 | id);
  }
};

// The outermost tag comes first.
struct Tags {
  std::array<Tag, kTagsMax> tags{};
  std::uint8_t count = 0;
  // The device inserts the outermost tag.
  bool offload = false;
};

struct alignas(64) Adjacency {
  AdjacencyKind kind = AdjacencyKind::kNoRoute;
  // The packet path reports when it uses this adjacency, because its neighbor is STALE.
  std::atomic<bool> report_use{false};
  std::atomic<std::uint16_t> mtu{0};                   // without the Ethernet header
  InterfaceId port{};                                  // a port or a sub-interface
  PortId egress{};                                     // the port that sends for this interface
  std::array<std::uint8_t, kEthernetHeader> header{};  // destination, source, EtherType; no tags
  // For kUnicast and kUnresolved, if the neighbor has an IPv4 address.
  Ipv4 next_hop;
  const Tags* tags = nullptr;  // tags of the sub-interface (they outlive this), or null
  // For kUnresolved: the MAC is known, and the packets that waited for it are being sent. Workers
  // hold further packets, so that they do not overtake the waiting ones.
  std::atomic<bool> hold{false};
  Ipv6 next_hop6;  // like next_hop, if the neighbor has an IPv6 address

  void set_next_hop(Ipv4 address) { next_hop = address; }
  void set_next_hop(Ipv6 address) { next_hop6 = address; }
  template <class Address>
  [[nodiscard]] Address next_hop_of() const {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return next_hop;
    } else {
      return next_hop6;
    }
  }
  // The adjacency leads to another host, whether its MAC is known or not.
  [[nodiscard]] bool leads_on() const {
    return kind == AdjacencyKind::kUnicast || kind == AdjacencyKind::kUnresolved ||
           kind == AdjacencyKind::kGlean;
  }
  // The neighbor has an IPv6 address. IPv4 packets may be sent to it, too (RFC 8950).
  [[nodiscard]] bool leads_to_ipv6() const { return next_hop6 != Ipv6{}; }
  // The fields before `header` in one word, for comparison with another adjacency.
  [[nodiscard]] std::uint64_t summary() const;
};
static_assert(sizeof(Adjacency) == 64);

inline std::uint64_t Adjacency::summary() const {
  static_assert(offsetof(Adjacency, header) == sizeof(std::uint64_t));
  using Word [[gnu::may_alias]] = std::uint64_t;
  return __atomic_load_n(reinterpret_cast<const Word*>(this), __ATOMIC_RELAXED);
}

class AdjacencyTable {
 public:
  // The whole array is allocated at once: readers index a plain array.
  AdjacencyTable(std::uint32_t capacity, Reclaimer& reclaimer);

  // Called by the writer. Returns a free entry in its initial state, or nothing if the table is
  // full.
  [[nodiscard]] std::optional<AdjacencyId> allocate();
  // Called by the writer, before the entry is published.
  [[nodiscard]] Adjacency& at(AdjacencyId id) { return entries_[id.value()]; }
  // Called by the writer. No next hop names the entry any more; it is reused after a quiescent
  // state.
  void retire(AdjacencyId id);

  // All ids that were allocated so far are below this.
  [[nodiscard]] std::uint32_t end() const { return end_; }

  // Called by any reader.
  [[nodiscard]] const Adjacency* data() const { return entries_.get(); }
  [[nodiscard]] const Adjacency& operator[](AdjacencyId id) const { return entries_[id.value()]; }
  [[nodiscard]] std::uint32_t capacity() const { return capacity_; }
  // The number of entries that can still be allocated.
  [[nodiscard]] std::size_t free() const { return free_.size(); }

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

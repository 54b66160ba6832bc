// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Inserts and removes VLAN tags (IEEE 802.1Q, 802.1ad), in software or by the device.
#include <array>
#include <cstring>

#include "neigh/adjacency.hpp"
#include "packet/packet.hpp"

namespace ringroad {

inline constexpr std::size_t kMacBytes = 12;  // both addresses, which precede the tags

// Inserts the tags after the MAC addresses. Returns false if there is no room in front of the
// packet.
[[nodiscard]] inline bool push_tags(Packet& packet, const neigh::Tags& tags,
                                    std::uint8_t priority) {
  const std::size_t offloaded = tags.offload ? 1 : 0;
  if (tags.offload) {
    packet.vlan_tci = tags.tags[0].tci(priority);
    packet.ol_flags |= RTE_MBUF_F_TX_VLAN;
  }
  const std::size_t written = tags.count - offloaded;
  if (written == 0) {
    return true;
  }
  const auto bytes = static_cast<std::uint16_t>(written * neigh::kTagBytes);
  char* const start = rte_pktmbuf_prepend(&packet, bytes);
  if (start == nullptr) {
    return false;
  }
  auto* const octets = reinterpret_cast<std::uint8_t*>(start);
  std::memmove(octets, octets + bytes, kMacBytes);
  for (std::size_t i = 0; i < written; ++i) {
    const neigh::Tag& tag = tags.tags[offloaded + i];
    const std::array<std::uint16_t, 2> wire{rte_cpu_to_be_16(tag.protocol),
                                            rte_cpu_to_be_16(tag.tci(priority))};
    std::memcpy(octets + kMacBytes + i * neigh::kTagBytes, wire.data(), neigh::kTagBytes);
  }
  return true;
}

// Removes the first `count` tags, which lie in the first segment.
inline void pop_tags(Packet& packet, std::size_t count) {
  const auto bytes = static_cast<std::uint16_t>(count * neigh::kTagBytes);
  std::uint8_t* const start = frame(packet);
  std::memmove(start + bytes, start, kMacBytes);
  rte_pktmbuf_adj(&packet, bytes);
}

// While hooks look at a frame as it came, its outermost tag lies beside it (Linux's
// skb_vlan_untag), like one that the device has removed.
struct AsideTag {
  std::uint16_t protocol;
  std::uint16_t tci;

  [[nodiscard]] static bool is_in(const Packet& packet) {
    return (packet.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
  }
  [[nodiscard]] static AsideTag of(const Packet& packet) {
    return {packet.vlan_tci_outer, packet.vlan_tci};
  }
  // Drivers report no protocol; unless configured otherwise, they strip only 802.1Q.
  static constexpr std::uint16_t kStripped = 0x8100;
  static void note_protocol(Packet& packet) { packet.vlan_tci_outer = kStripped; }
  static void forget(Packet& packet) {
    packet.ol_flags &= ~(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
  }
  // The frame begins with a tag, and none is aside.
  static void take(Packet& packet) {
    std::array<std::uint16_t, 2> wire;
    std::memcpy(wire.data(), frame(packet) + kMacBytes, sizeof wire);
    packet.vlan_tci_outer = rte_be_to_cpu_16(wire[0]);
    packet.vlan_tci = rte_be_to_cpu_16(wire[1]);
    packet.ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
    pop_tags(packet, 1);
  }
  // After take(), whose room is still there.
  static void put_back(Packet& packet) {
    const std::array<std::uint16_t, 2> wire{rte_cpu_to_be_16(packet.vlan_tci_outer),
                                            rte_cpu_to_be_16(packet.vlan_tci)};
    forget(packet);
    rte_pktmbuf_prepend(&packet, sizeof wire);
    std::uint8_t* const start = frame(packet);
    std::memmove(start, start + sizeof wire, kMacBytes);
    std::memcpy(start + kMacBytes, wire.data(), sizeof wire);
  }
};

}  // namespace ringroad

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Packets of one address family that pass through the stages together, and what is known about
// each.
//
// | array        | holds after       | until                                              |
// |--------------|-------------------|----------------------------------------------------|
// | packets      | reception         |                                                    |
// | l2_classes   | ethernet::input   |                                                    |
// | frames       | input             |                                                    |
// | destinations | input of IPv4     |                                                    |
// | priorities   | input             |                                                    |
// | destinations6| input of IPv6     |                                                    |
// | ttl_words    | input of IPv4     | forward() or send_straight() wrote them            |
// | next_hops    | route             |                                                    |
// | adjacencies  | route             |                                                    |
//
// A stage that removes packets calls compact(), which moves all arrays. A stage that changes a
// header calls describe() of ip4/input.hpp or ip6/input.hpp.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/ids.hpp"
#include "neigh/adjacency.hpp"
#include "packet/interface.hpp"
#include "packet/packet.hpp"

namespace ringroad {

inline constexpr std::uint16_t kBurstMax = 64;

struct Burst {
  std::uint16_t count = 0;
  InterfaceId ingress{};
  std::uint8_t priority = kPriorityOfTos;
  bool is_ipv6 = false;
  // At least one packet has IPv4 options or IPv6 hop-by-hop options.
  bool has_options = false;
  // Every packet was sent to this station alone, has no options and a TTL or hop limit above 1; an
  // IPv6 packet has an address that may leave its link. `longest` and `bytes` are set then.
  bool plain = false;
  bool is_own = false;        // the router composed the packets: they arrived by no interface
  bool is_other = false;      // at the ingress: neither IPv4 nor IPv6
  bool one_way = false;       // route() found that all adjacencies have the same summary()
  std::uint32_t longest = 0;  // total length
  std::uint32_t bytes = 0;    // of the frames
  alignas(64) std::array<Packet*, kBurstMax> packets;
  alignas(64) std::array<std::uint8_t*, kBurstMax> frames;
  alignas(64) std::array<std::uint32_t, kBurstMax> destinations;  // host order
  alignas(64) std::array<Ipv6, kBurstMax> destinations6;
  alignas(64) std::array<NextHopId, kBurstMax> next_hops;
  alignas(64) std::array<const neigh::Adjacency*, kBurstMax> adjacencies;
  alignas(64) std::array<std::uint32_t, kBurstMax> ttl_words;  // TTL - 1, protocol, its checksum
  alignas(64) std::array<std::uint8_t, kBurstMax> priorities;
  alignas(64) std::array<L2Class, kBurstMax> l2_classes;

  // Prepares for the next burst. The arrays are not cleared.
  void begin(InterfaceId port, std::uint16_t packet_count) {
    count = packet_count;
    ingress = port;
    priority = kPriorityOfTos;
    is_ipv6 = false;
    has_options = false;
    plain = false;
    is_own = false;
    is_other = false;
    one_way = false;
    longest = 0;
    bytes = 0;
  }

  // A bit for each packet.
  [[nodiscard]] std::uint64_t all() const {
    return count == 0 ? 0 : ~std::uint64_t{0} >> (64 - count);
  }

  // Moves a packet, and what is known about it before the route lookup, to another index.
  void move_input(std::size_t from, std::size_t to) {
    packets[to] = packets[from];
    frames[to] = frames[from];
    destinations[to] = destinations[from];
    ttl_words[to] = ttl_words[from];
    priorities[to] = priorities[from];
    l2_classes[to] = l2_classes[from];
  }

  // Writes the decremented TTL and its checksum into the packet.
  void lower_ttl(std::size_t index) const { lower_ttl(index, frames[index]); }
  // The same where the caller has loaded burst.frames[index] already.
  void lower_ttl(std::size_t index, std::uint8_t* octets) const {
    std::memcpy(octets + kL2Bytes + offsetof(rte_ipv4_hdr, time_to_live), &ttl_words[index],
                sizeof(std::uint32_t));
  }

  // Keeps the packets whose bit is set, in their order.
  void compact(std::uint64_t keep) {
    keep &= all();
    if (keep == all()) {
      return;
    }
    std::uint16_t kept = 0;
    std::uint32_t kept_bytes = 0;
    for (; keep != 0; keep &= keep - 1, ++kept) {
      const auto from = static_cast<std::size_t>(std::countr_zero(keep));
      move_input(from, kept);
      if (is_ipv6) {
        destinations6[kept] = destinations6[from];
      }
      next_hops[kept] = next_hops[from];
      adjacencies[kept] = adjacencies[from];
      kept_bytes += packets[kept]->pkt_len;
    }
    count = kept;
    bytes = kept_bytes;
  }
};
static_assert(kBurstMax == 64);  // a bit each

// What hooks see together. Frames of another family pass only the ingress.
enum class PacketFamily : std::uint8_t { kIpv4, kIpv6, kOther };
inline constexpr std::size_t kPacketFamilies = 3;
[[nodiscard]] inline PacketFamily family_of(const Burst& burst) {
  return burst.is_other  ? PacketFamily::kOther
         : burst.is_ipv6 ? PacketFamily::kIpv6
                         : PacketFamily::kIpv4;
}

}  // namespace ringroad

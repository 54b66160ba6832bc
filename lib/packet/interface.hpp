// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the packet path knows about an interface: a port or a VLAN sub-interface. The control thread
// writes, workers read.
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "stats/counter.hpp"

namespace ringroad {

inline constexpr std::size_t kInterfacesMax = 1024;  // kPortsMax ports, then sub-interfaces

// Finds the sub-interface of an interface by the VLAN tag of a frame (IEEE 802.1Q 9.6, 802.1ad).
class VlanTable {
 public:
  static constexpr std::uint16_t kIds = 4096;

  VlanTable() {
    for (auto& ids : ports_) {
      ids.fill(kNone);
    }
  }
  void set(std::uint16_t protocol, std::uint16_t id, InterfaceId port) {
    ports_[row(protocol)][id % kIds] = port.value();
  }
  [[nodiscard]] std::optional<InterfaceId> find(std::uint16_t protocol, std::uint16_t id) const {
    const std::uint16_t port = ports_[row(protocol)][id % kIds];
    return port == kNone ? std::nullopt : std::optional{InterfaceId{port}};
  }
  // 0x8100 and 0x88a8; nothing else is a tag.
  [[nodiscard]] static constexpr bool is_tag(std::uint16_t ether_type) {
    return ether_type == 0x8100 || ether_type == 0x88a8;
  }

 private:
  static constexpr std::uint16_t kNone = 0xffff;
  static constexpr std::size_t row(std::uint16_t protocol) { return protocol == 0x88a8 ? 1 : 0; }

  std::array<std::array<std::uint16_t, kIds>, 2> ports_;
};

// A packet's priority comes from its TOS (Linux's rt_tos2priority) unless the PCP of its tag sets
// one.
inline constexpr std::uint8_t kPriorityOfTos = 0xff;

// Checks that an interface asks for in addition to those that all packets pass; a bit each.
enum class IngressCheck : std::uint8_t {
  kLooseReversePath = 1,   // there is a route to the source (RFC 3704 2.4)
  kStrictReversePath = 2,  // and it leads out by that port (RFC 3704 2.2)
  kNoForwarding = 4,       // packets that are not for the router are dropped
};

struct alignas(64) Interface {
  std::atomic<std::uint64_t> mac{0};  // the six octets as they lie in memory, then two zeros
  std::atomic<const VlanTable*> vlans{nullptr};  // null: no sub-interface
  std::atomic<bool> up{true};                    // false if the operator set the interface down
  std::atomic<std::uint8_t> checks{0};           // of IngressCheck
  std::atomic<bool> runs_ipv6{false};            // false: IPv6 is an EtherType like any unknown one
  // In each round a worker copies at most one packet of each sender for a redirect. 0 means that it
  // copies none.
  std::atomic<std::uint32_t> redirect_round{0};
  // For a sub-interface. Written before the sub-interface is in a VlanTable.
  std::array<std::uint8_t, 8> priority_of_pcp{};
};

// A worker's share of an interface's traffic, written by it alone.
struct alignas(64) InterfaceCounters {
  stats::Counter rx_packets;
  stats::Counter rx_bytes;
  stats::Counter tx_packets;  // of a sub-interface; ports are counted by their queues
  stats::Counter tx_bytes;
};

}  // namespace ringroad

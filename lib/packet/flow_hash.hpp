// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The hash that selects a group's next hop for a packet: all packets of a flow have the same hash.
#include <atomic>
#include <cstdint>
#include <span>

#include "base/enums.hpp"
#include "packet/flow_key.hpp"
#include "packet/packet.hpp"

namespace ringroad {

class FlowHash {
 public:
  using Policy = FlowHashPolicy;

  // Routers on the same path need different seeds. With equal seeds, all packets that reach the
  // second router would use the same next hop of its group (polarization).
  explicit FlowHash(Policy policy = Policy::kL3, std::uint64_t seed = 0);
  FlowHash(const FlowHash& other) : FlowHash{} { *this = other; }
  // May be called while other threads use this object: some packets then have a hash of neither.
  FlowHash& operator=(const FlowHash& other) {
    policy_.store(other.policy_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    first_key_.store(other.first_key_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    second_key_.store(other.second_key_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    return *this;
  }
  ~FlowHash() = default;

  // Both directions of a flow have the same hash, as in Linux. An ICMP error has the hash of the
  // flow that it quotes, so it takes the flow's path and reaches the same host of an anycast
  // address (RFC 7690; Linux does this for kL3). ~5 cycles in a burst, 14 alone; 7 and 23 for kL4.
  [[nodiscard]] std::uint32_t operator()(Packet& packet) const {
    return of({frame(packet) + kL2Bytes, static_cast<std::size_t>(packet.data_len) - kL2Bytes});
  }
  // The same for an IPv4 packet, of which at least the header must be contiguous.
  [[nodiscard]] std::uint32_t of(std::span<const std::uint8_t> packet) const;
  // The same for an IPv6 packet. kL3 uses the flow label and the first next header besides the
  // addresses, as Linux's ip6_multipath_l3_keys does.
  [[nodiscard]] std::uint32_t of_ipv6(Packet& packet) const {
    return of_ipv6(std::span<const std::uint8_t>{
        frame(packet) + kL2Bytes, static_cast<std::size_t>(packet.data_len) - kL2Bytes});
  }
  [[nodiscard]] std::uint32_t of_ipv6(std::span<const std::uint8_t> packet) const;
  // Of either family.
  [[nodiscard]] std::uint32_t at(std::span<const std::uint8_t> packet, bool is_ipv6) const {
    return is_ipv6 ? of_ipv6(packet) : of(packet);
  }
  // Returns the hash of all fields of the key, whatever the policy. Both directions have the same
  // hash.
  template <class Address>
  [[nodiscard]] std::uint32_t of(const FlowKey<Address>& key) const;

 private:
  [[nodiscard]] std::uint64_t end_of(Ipv4 address, be16 port) const;
  [[nodiscard]] std::uint64_t end_of(Ipv6 address, be16 port) const;

  // The control thread writes, workers read.
  std::atomic<Policy> policy_;
  std::atomic<std::uint64_t> first_key_;
  std::atomic<std::uint64_t> second_key_;
};

extern template std::uint32_t FlowHash::of(const FlowKey4&) const;
extern template std::uint32_t FlowHash::of(const FlowKey6&) const;

}  // namespace ringroad

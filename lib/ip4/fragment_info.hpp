// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the header of a fragment says, and to which datagram it belongs (RFC 791 3.2).
#include <cstddef>
#include <cstdint>

#include "base/ipv4.hpp"
#include "base/units.hpp"
#include "packet/packet.hpp"

namespace ringroad::ip4 {

// Identifies a datagram: all its fragments have the same key.
struct DatagramKey {
  Ipv4 source;
  Ipv4 destination;
  std::uint16_t identification = 0;
  std::uint8_t protocol = 0;

  friend bool operator==(const DatagramKey&, const DatagramKey&) = default;
};

// The hash is seeded, so that no sender can choose fragments that share a bucket.
struct DatagramHash {
  std::uint64_t seed = 0;
  [[nodiscard]] std::size_t operator()(const DatagramKey& key) const;
};

// The facts about a fragment.
struct FragmentInfo {
  DatagramKey key;
  std::uint32_t begin = 0;  // position of its payload in the datagram
  std::uint32_t end = 0;
  std::uint16_t header = 20;
  bool more = false;
  bool dont_fragment = false;
  std::uint8_t ecn = 0;  // from its TOS, RFC 3168 5
  Bytes size;            // the memory that it occupies
  std::uint32_t buffers = 1;
};

// The packet must be a fragment that input() accepted.
[[nodiscard]] FragmentInfo describe_fragment(Packet& packet);

}  // namespace ringroad::ip4

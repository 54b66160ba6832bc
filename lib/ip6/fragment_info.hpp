// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the header of a fragment says, and to which datagram it belongs (RFC 8200 4.5).
#include <cstddef>
#include <cstdint>
#include <expected>

#include "base/ids.hpp"
#include "base/ipv6.hpp"
#include "base/units.hpp"
#include "packet/packet.hpp"

namespace ringroad::ip6 {

// Identifies a datagram: all its fragments have the same key.
struct DatagramKey {
  Ipv6 source;
  Ipv6 destination;
  std::uint32_t identification = 0;
  // Where it arrived, if the destination is one on each link (Linux's fq_find).
  InterfaceId interface{};

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
  std::uint16_t header = sizeof(rte_ipv6_hdr);  // with the headers before the fragment header
  bool more = false;
  bool dont_fragment = false;  // never set: IPv6 has no such flag
  std::uint8_t ecn = 0;        // from its traffic class, RFC 3168 5
  Bytes size;                  // the memory that it occupies
  std::uint32_t buffers = 1;
};

// The parameter problem that a fragment is dropped for. It does not concern the other fragments.
struct FragmentFault {
  std::uint8_t code = 0;
  std::uint32_t pointer = 0;

  friend bool operator==(const FragmentFault&, const FragmentFault&) = default;
};

// `offset`: of the fragment header, where walk_to_upper() found it. A fault counts as a request for
// reassembly (Ip6ReasmReqds), which the caller counts.
[[nodiscard]] std::expected<FragmentInfo, FragmentFault> read_fragment(Packet& packet,
                                                                       std::uint32_t offset);

}  // namespace ringroad::ip6

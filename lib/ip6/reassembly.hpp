// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reassembles datagrams for the router itself (RFC 8200 4.5, RFC 5722), like Linux's reassembly.c.
// What walk_to_upper() calls atomic is no part of a datagram and does not come here (RFC 6946).
// Control thread only.
#include <chrono>
#include <cstdint>

#include "base/ipv6.hpp"
#include "ip6/fragment_info.hpp"
#include "packet/packet.hpp"
#include "packet/reassembly.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad::ip6 {

// What is IPv6's own in reassembly. Linux counts overlaps together with the other failures.
struct ReassemblyProtocol {
  using DatagramKey = ip6::DatagramKey;
  using DatagramHash = ip6::DatagramHash;
  using FragmentInfo = ip6::FragmentInfo;
  using Address = Ipv6;
  // The length in a header does not include the fixed header.
  static constexpr std::uint32_t kDatagramMax = 65535 + sizeof(rte_ipv6_hdr);
  static constexpr auto kRequests = stats::IpCounter::kReasm6Reqds;
  static constexpr auto kOks = stats::IpCounter::kReasm6Oks;
  static constexpr auto kFails = stats::IpCounter::kReasm6Fails;
  static constexpr auto kTimeout = stats::IpCounter::kReasm6Timeout;
};

template <class Packet>
using Reassembly = ringroad::Reassembly<ReassemblyProtocol, Packet>;

// RFC 8200 4.5, ip6frag_time. Identifications are long enough that a sender does not use one again
// soon, so any number of fragments may come in between.
[[nodiscard]] inline ReassemblySettings reassembly_settings() {
  ReassemblySettings settings;
  settings.timeout = std::chrono::seconds{60};
  settings.max_distance = 0;
  return settings;
}

// Returns the whole datagram without a copy: the headers of the first fragment become those of the
// datagram, without the fragment header.
[[nodiscard]] OwnedPacket join(Reassembly<OwnedPacket>::Datagram datagram);

}  // namespace ringroad::ip6

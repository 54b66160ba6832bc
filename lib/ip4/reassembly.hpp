// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reassembles datagrams for the router itself (RFC 791 3.2, RFC 1122 3.3.2), like Linux's
// ip_fragment.c. Control thread only.
#include <cstdint>

#include "base/ipv4.hpp"
#include "ip4/fragment_info.hpp"
#include "packet/packet.hpp"
#include "packet/reassembly.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad::ip4 {

// What is IPv4's own in reassembly.
struct ReassemblyProtocol {
  using DatagramKey = ip4::DatagramKey;
  using DatagramHash = ip4::DatagramHash;
  using FragmentInfo = ip4::FragmentInfo;
  using Address = Ipv4;
  static constexpr std::uint32_t kDatagramMax = 65535;
  static constexpr auto kRequests = stats::IpCounter::kReasmReqds;
  static constexpr auto kOks = stats::IpCounter::kReasmOks;
  static constexpr auto kFails = stats::IpCounter::kReasmFails;
  static constexpr auto kOverlaps = stats::IpCounter::kReasmOverlaps;
  static constexpr auto kTimeout = stats::IpCounter::kReasmTimeout;
};

using ReassemblySettings = ringroad::ReassemblySettings;
template <class Packet>
using Reassembly = ringroad::Reassembly<ReassemblyProtocol, Packet>;

// Returns the whole datagram without a copy: the first fragment's header is changed to that of the
// datagram.
[[nodiscard]] OwnedPacket join(Reassembly<OwnedPacket>::Datagram datagram);

}  // namespace ringroad::ip4

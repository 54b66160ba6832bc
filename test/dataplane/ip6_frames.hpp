// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// IPv6 frames as hosts send them. The hosts and addresses beside those of testbed.hpp.
#include <array>
#include <cstdint>
#include <vector>

#include "base/ipv6.hpp"
#include "testbed.hpp"

namespace ringroad::test {

inline constexpr Ipv6 kRouterA6{0x2001'0db8'0001'0000, 1};
inline constexpr Ipv6 kRouterB6{0x2001'0db8'0002'0000, 1};
inline constexpr Ipv6 kHostA6{0x2001'0db8'0001'0000, 2};
inline constexpr Ipv6 kHostB6{0x2001'0db8'0002'0000, 2};

struct Ipv6Fields {
  Mac destination_mac;
  Mac source_mac = kMacA;
  Ipv6 source = kHostA6;
  Ipv6 destination = kHostB6;
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::uint8_t next_header = 17;
  std::vector<std::uint8_t> payload = std::vector<std::uint8_t>(26, 0x5a);
};
[[nodiscard]] Frame make_ipv6(const Ipv6Fields& fields);
// Writes the right checksum if the payload begins with an ICMPv6 message.
void mend_icmp6_checksum(Ipv6Fields& fields);

// A host that answers a solicitation of the router.
[[nodiscard]] Frame advertisement_from(Ipv6 host, Mac mac, Ipv6 router, Mac router_mac);
// A host that solicits the router, which then knows the host too.
[[nodiscard]] Frame solicitation_from(Ipv6 host, Mac mac, Ipv6 router);
// Both hosts answer solicitations: the router knows their MAC addresses from here on.
void resolve_hosts6(Testbed& bed);

}  // namespace ringroad::test

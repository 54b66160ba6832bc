// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes in words, the same in traces and in explain.
#include <string>
#include <string_view>
#include <vector>

#include "control/router.hpp"

namespace ringroad::control {

// "192.168.2.2 matches 192.168.2.0/24 (connected, table main, metric 0)", as the tables are now.
[[nodiscard]] std::string match_text(const Router& router, Ipv4 destination);
// "on the link of b", "next hop 10.0.0.1 on b", "an address of this router".
[[nodiscard]] std::string way_text(const Router& router, const neigh::Adjacency& way);
// "192.168.2.2 on b is REACHABLE at 02:00:00:00:00:0b".
[[nodiscard]] std::string neighbor_text(const Router& router, InterfaceId port,
                                        EitherAddress address);
// What a neighbor with this address is asked by.
[[nodiscard]] constexpr std::string_view asked(const EitherAddress& address) {
  return address.as<Ipv4>() != nullptr ? "ARP" : "neighbor discovery";
}
// "no hooks at FORWARD", "2 hooks at FORWARD".
[[nodiscard]] std::string hooks_text(const Router& router, HookPoint point);
// "ICMP time exceeded (type 11, code 0)".
[[nodiscard]] std::string icmp_text(std::uint32_t type, std::uint32_t code);
// `record` has the kind kAnswered. Returns the ICMP error that the packet's sender gets, or why it
// gets none.
[[nodiscard]] std::string answer_text(const WatchRecord& record);
[[nodiscard]] std::string_view silence_text(Silence silence);

}  // namespace ringroad::control

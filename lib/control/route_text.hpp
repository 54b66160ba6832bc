// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes in words, the same in traces and in explain.
#include <string>
#include <string_view>
#include <vector>

#include "control/router.hpp"

namespace ringroad::control {

// "192.168.2.2 matches 192.168.2.0/24 (connected, table main, metric 0)", as the tables are now.
template <class Address>
[[nodiscard]] std::string match_text(const Router& router, Address destination);
// "on the link of b", "next hop 10.0.0.1 on b", "an address of this router". The way is that of a
// packet of this family.
template <class Address>
[[nodiscard]] std::string way_text(const Router& router, const neigh::Adjacency& way);
// "192.168.2.2 on b is REACHABLE at 02:00:00:00:00:0b".
template <class Address>
[[nodiscard]] std::string neighbor_text(const Router& router, neigh::Key<Address> key);
// What a neighbor answers: "ARP", "neighbor solicitations".
template <class Address>
inline constexpr std::string_view kAsked =
    std::is_same_v<Address, Ipv4> ? "ARP" : "neighbor solicitations";
[[nodiscard]] constexpr std::string_view asked(const EitherAddress& neighbor) {
  return neighbor.as<Ipv4>() != nullptr ? kAsked<Ipv4> : kAsked<Ipv6>;
}
// "no hooks at FORWARD", "2 hooks at FORWARD".
[[nodiscard]] std::string hooks_text(const Router& router, HookPoint point);
// "ICMP time exceeded (type 11, code 0)".
[[nodiscard]] std::string icmp_text(std::uint32_t type, std::uint32_t code);
// "ICMPv6 time exceeded (type 3, code 0)".
[[nodiscard]] std::string icmp6_text(std::uint32_t type, std::uint32_t code);
// `record` has the kind kAnswered. Returns the ICMP error that the packet's sender gets, or why it
// gets none.
[[nodiscard]] std::string answer_text(const WatchRecord& record, bool is_ipv6);
[[nodiscard]] std::string_view silence_text(Silence silence);

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What identifies one direction of a connection: Linux's nf_conntrack_tuple.
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "filter/multiply.hpp"

namespace ringroad::filter {

struct Tuple {
  Ipv6 source{};  // of IPv4, the address is the low 32 bits
  Ipv6 destination{};
  // In host order; 0 if the protocol has none. Of an ICMP query the source port is its identifier,
  // and the destination port its type and code.
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  bool is_ipv6 = false;

  // Without a branch for each member.
  friend constexpr bool operator==(const Tuple& a, const Tuple& b) {
    const auto differ = [](Ipv6 one, Ipv6 other) {
      return (one.high() ^ other.high()) | (one.low() ^ other.low());
    };
    const std::uint64_t rest = std::uint64_t{a.source_port != b.source_port} |
                               std::uint64_t{a.destination_port != b.destination_port} |
                               std::uint64_t{a.protocol != b.protocol} |
                               std::uint64_t{a.is_ipv6 != b.is_ipv6};
    return (differ(a.source, b.source) | differ(a.destination, b.destination) | rest) == 0;
  }
};
static_assert(sizeof(Tuple) == 40);

// `seed` is secret: a sender who knew it could choose tuples that all have the same hash.
[[nodiscard]] inline std::uint64_t hash_of(const Tuple& tuple, std::uint64_t seed) {
  const std::uint64_t rest = std::uint64_t{tuple.source_port} << 32U |
                             std::uint64_t{tuple.destination_port} << 16U | tuple.protocol;
  std::uint64_t hash =
      mixed(tuple.source.low() ^ seed, tuple.destination.low() ^ kHashFirst ^ seed);
  if (tuple.is_ipv6) {
    hash ^= mixed(tuple.source.high() ^ kHashSecond, tuple.destination.high() ^ seed ^ kHashFirst);
  }
  return mixed(hash ^ kHashSecond, rest ^ seed);
}
// Of the addresses only, and the same in both directions.
[[nodiscard]] std::uint64_t hash_of_addresses(const Tuple& tuple, std::uint64_t seed);

[[nodiscard]] constexpr Ipv6 widened(Ipv4 address) { return {0, address.value()}; }
[[nodiscard]] constexpr Ipv4 narrowed(Ipv6 address) {
  return Ipv4{static_cast<std::uint32_t>(address.low())};
}

// Whether the transport header begins with two ports.
[[nodiscard]] constexpr bool has_ports(std::uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
         protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}
// The number of ICMP or ICMPv6.
[[nodiscard]] constexpr std::uint8_t icmp_of(bool is_ipv6) { return is_ipv6 ? 58 : 1; }
[[nodiscard]] constexpr bool is_icmp(const Tuple& tuple) {
  return tuple.protocol == icmp_of(tuple.is_ipv6);
}
// The type of the message that answers this query, or that this one answers; nothing if it is
// neither. A connection begins with a query.
struct IcmpPair {
  std::uint8_t other;
  bool is_query;
};
[[nodiscard]] constexpr std::optional<IcmpPair> icmp_pair(std::uint8_t type, bool is_ipv6) {
  // Echo, timestamp, information and address mask (RFC 792, 950); echo and node information
  // (RFC 4443, 4620).
  constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 4> kPairs4{
      {{8, 0}, {13, 14}, {15, 16}, {17, 18}}};
  constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 4> kPairs6{
      {{128, 129}, {139, 140}, {128, 129}, {139, 140}}};
  for (const auto& [query, answer] : is_ipv6 ? kPairs6 : kPairs4) {
    if (type == query) {
      return IcmpPair{answer, true};
    }
    if (type == answer) {
      return IcmpPair{query, false};
    }
  }
  return std::nullopt;
}

// The tuple of the packets that answer; nothing for an ICMP message that nothing answers.
[[nodiscard]] constexpr std::optional<Tuple> inverse(const Tuple& tuple) {
  Tuple answer = tuple;
  std::swap(answer.source, answer.destination);
  if (!is_icmp(tuple)) {
    std::swap(answer.source_port, answer.destination_port);
    return answer;
  }
  const auto pair =
      icmp_pair(static_cast<std::uint8_t>(tuple.destination_port >> 8U), tuple.is_ipv6);
  if (!pair) {
    return std::nullopt;
  }
  answer.destination_port =
      static_cast<std::uint16_t>(unsigned{pair->other} << 8U | (tuple.destination_port & 0xffU));
  return answer;
}

}  // namespace ringroad::filter

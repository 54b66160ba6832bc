// SPDX-License-Identifier: BSD-3-Clause
// Which of its addresses the router sends from.
#include <algorithm>
#include <bit>
#include <ranges>

#include "interface/world.hpp"

namespace ringroad::interface {

std::optional<Ipv4> World::source(InterfaceId id, Ipv4 to) const {
  const InterfaceView& view = port(id);
  std::optional<Ipv4> primary;
  for (const InterfaceAddress4& own : view.addresses) {
    if (!view.uses(own)) {
      continue;
    }
    if (own.subnet().contains(to)) {
      return own.address;
    }
    primary = primary.value_or(own.address);
  }
  for (const InterfaceView& other : ports()) {
    for (const InterfaceAddress4& own : other.addresses) {
      if (!primary && other.uses(own)) {
        primary = own.address;
      }
    }
  }
  return primary;
}

namespace {

// RFC 6724 3.1 and 3.2: link-local 2, global 14; the scopes between are those of groups.
unsigned scope_of(Ipv6 address) {
  if (address.is_multicast()) {
    return address.multicast_scope();
  }
  return address.is_link_local() || address.is_loopback() ? 2 : 14;
}

// The policy table of Linux's addrlabel.c, which is that of RFC 6724 2.1 with other numbers, and
// with ORCHID (RFC 4843). The embedded IPv4 addresses of the table are never a port's.
unsigned label_of(Ipv6 address) {
  const std::uint64_t first = address.high() >> 32;
  if (first >> 25 == 0xfc >> 1) {
    return 5;  // unique local
  }
  if (first >> 22 == 0xfec0 >> 6) {
    return 11;  // site-local
  }
  if (first == 0x20010000) {
    return 6;  // Teredo
  }
  if (first >> 4 == 0x2001001) {
    return 7;  // ORCHID
  }
  return first >> 16 == 0x2002 ? 2 : first >> 16 == 0x3ffe ? 12 : 1;
}

unsigned common_bits(Ipv6 a, Ipv6 b) {
  const std::uint64_t high = a.high() ^ b.high();
  return static_cast<unsigned>(high != 0 ? std::countl_zero(high)
                                         : 64 + std::countl_zero(a.low() ^ b.low()));
}

}  // namespace

std::optional<Ipv6> World::source(InterfaceId id, Ipv6 to) const {
  struct Candidate {
    Ipv6 address;
    unsigned length;
    bool deprecated;
    bool outgoing;
  };
  // RFC 6724 5: rules 1, 2, 3, 5, 6 and 8. No address of a port is a home address or temporary.
  const auto is_better = [&](const Candidate& a, const Candidate& b) {
    if ((a.address == to) != (b.address == to)) {
      return a.address == to;
    }
    const unsigned scope = scope_of(to);
    if (const unsigned as = scope_of(a.address), bs = scope_of(b.address); as != bs) {
      return as < bs ? as >= scope : bs < scope;
    }
    if (a.deprecated != b.deprecated) {
      return b.deprecated;
    }
    if (a.outgoing != b.outgoing) {
      return a.outgoing;
    }
    const bool a_label = label_of(a.address) == label_of(to);
    if (a_label != (label_of(b.address) == label_of(to))) {
      return a_label;
    }
    return std::min(common_bits(a.address, to), a.length) >
           std::min(common_bits(b.address, to), b.length);
  };
  const bool is_of_link = scope_of(to) <= 2;
  std::optional<Candidate> best;
  for (const InterfaceView& view : ports()) {
    // Of equal ones Linux prefers the address that was added last.
    for (const InterfaceAddress6& own : view.addresses6 | std::views::reverse) {
      // A link-local address means nothing on another link, nor does one of its own to others.
      const bool fits = view.id == id || (!is_of_link && !own.address.is_link_local());
      const bool deprecated =
          std::ranges::find(view.deprecated6, own.address) != view.deprecated6.end();
      const Candidate candidate{own.address, own.length, deprecated, view.id == id};
      if (fits && view.uses(own) && (!best || is_better(candidate, *best))) {
        best = candidate;
      }
    }
  }
  return best ? std::optional{best->address} : std::nullopt;
}

}  // namespace ringroad::interface

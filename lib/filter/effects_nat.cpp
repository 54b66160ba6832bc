// SPDX-License-Identifier: BSD-3-Clause
// Translation by rules: Linux's nft_nat.c, nft_masq.c and nft_redir.c, and nf_nat_inet_fn.
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "filter/effects.hpp"
#include "ip6/extension_headers.hpp"
#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

using Kind = nft::Nat::Kind;

// Of the transport header of the packet that an error quotes (RFC 792); Linux drops an error with
// less of it.
constexpr std::uint32_t kQuotedLeast = 8;

Ipv6 address_of(const nft::Value& value) { return {value.high, value.low}; }

// What is on the link itself is its own next hop; of IPv6, the destination selects the source.
Ipv6 next_hop(Packet& packet, const neigh::Adjacency& way, bool is_ipv6) {
  if (is_ipv6) {
    return destination6_of(packet);
  }
  return widened(way.next_hop == Ipv4{} ? destination_of(packet) : way.next_hop);
}

// Whether the packet is an ICMP error, which quotes another one.
bool is_error(const Packet& packet, bool is_ipv6, const Transport& transport) {
  const auto type = read_at<std::uint8_t>(packet, transport.offset);
  const bool is_icmp = transport.protocol == icmp_of(is_ipv6);
  return is_icmp && transport.has_header && type && !icmp_pair(*type, is_ipv6);
}

// Whether the packet is a fragment, and not a whole datagram with a fragment header (RFC 6946).
bool is_piece(Packet& packet, bool is_ipv6) {
  if (!is_ipv6) {
    return is_fragment(ipv4(packet));
  }
  const std::uint8_t next = ipv6(packet).proto;
  if (next == IPPROTO_TCP || next == IPPROTO_UDP || next == IPPROTO_ICMPV6) [[likely]] {
    return false;
  }
  return ip6::walk(packet).is_fragment();
}

// What the rule's map says is the address, the port, or both. `interval`: a part of its data.
template <class IntervalOf>
void apply_map(const nft::Nat& nat, IntervalOf&& interval, NatRange& range) {
  const auto set_ports = [&](const nft::Interval& ports) {
    range.has_ports = true;
    range.first_port = static_cast<std::uint16_t>(ports.first.low);
    range.last_port = static_cast<std::uint16_t>(ports.last.low);
  };
  if (nat.map_gives_port) {
    set_ports(interval(0));
    return;
  }
  range.has_addresses = true;
  range.first = address_of(interval(0).first);
  range.last = address_of(interval(0).last);
  if (nat.map_has_port) {
    set_ports(interval(1));
  }
}

}  // namespace

void Effects::untrack(std::uint64_t m) {
  for (; m != 0; m &= m - 1) {
    Packet& packet = *run_.burst.packets[static_cast<std::size_t>(std::countr_zero(m))];
    if (!Tracked::is_set(packet)) {
      Tracked::set(packet, {.as = TrackedAs::kUntracked});
    }
  }
}

std::uint64_t Effects::defragment(std::uint64_t m) {
  std::uint64_t held = 0;
  if (run_.context == nullptr || !run_.context->is_worker) {
    return 0;
  }
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    if (is_piece(*run_.burst.packets[i], run_.burst.is_ipv6)) [[unlikely]] {
      run_.verdicts.hold(i);
      run_.context->punt(run_.burst, static_cast<std::uint16_t>(i), PuntReason::kOptions);
      run_.context->release(1);
      held |= std::uint64_t{1} << i;
    }
  }
  return held;
}

std::optional<NatRange> Effects::range_of(const nft::Nat& nat, std::size_t index) const {
  NatRange range{
      .random = nat.random, .fully_random = nat.fully_random, .persistent = nat.persistent};
  if (nat.ports) {
    range.has_ports = true;
    range.first_port = static_cast<std::uint16_t>(nat.ports->first.low);
    range.last_port = static_cast<std::uint16_t>(nat.ports->last.low);
  }
  if (nat.address) {
    range.has_addresses = true;
    range.first = address_of(nat.address->first);
    range.last = address_of(nat.address->last);
    return range;
  }
  if (nat.kind != Kind::kMasquerade && nat.kind != Kind::kRedirect) {
    return range;
  }
  const bool is_ipv6 = run_.burst.is_ipv6;
  std::optional<Ipv6> address;
  if (nat.kind == Kind::kRedirect && run_.point == HookPoint::kOutput) {
    address = is_ipv6 ? Ipv6{0, 1} : widened(Ipv4{0x7f000001});
  } else if (run_.context != nullptr && run_.context->tables.interface_addresses != nullptr) {
    const InterfaceAddresses& all =
        *run_.context->tables.interface_addresses->load(std::memory_order_acquire);
    const bool leaves = nat.kind == Kind::kMasquerade;
    const neigh::Adjacency* const way = leaves ? run_.burst.adjacencies[index] : nullptr;
    const InterfaceId interface = leaves ? way->port : run_.burst.ingress;
    const Ipv6 near = leaves ? next_hop(*run_.burst.packets[index], *way, is_ipv6) : Ipv6{};
    if (is_ipv6) {
      address = all.source(interface, near);
    } else if (const auto own = all.source(interface, narrowed(near))) {
      address = widened(*own);
    }
  }
  if (!address) {
    return std::nullopt;
  }
  range.has_addresses = true;
  range.first = range.last = *address;
  return range;
}

std::uint64_t Effects::undecided(std::uint64_t m) {
  std::array<const Connection*, kLanes> seen;
  std::size_t count = 0;
  std::uint64_t first = 0;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    const Tracked tracked = Tracked::of(*run_.burst.packets[i]);
    const Connection* const connection = run_.tracker->connection_of(tracked);
    // An error about a connection's packet decides nothing (Linux's nf_nat_ipv4_fn).
    if (tracked.as == TrackedAs::kRelated &&
        state_.facts.transport(i).protocol == icmp_of(run_.burst.is_ipv6)) {
      continue;
    }
    if (connection == nullptr || is_set_up(*connection, manip()) ||
        connection->has(connection_status::kConfirmed)) {
      continue;
    }
    const auto known = std::span{seen}.first(count);
    if (std::ranges::find(known, connection) == known.end()) {
      seen[count++] = connection;
      first |= std::uint64_t{1} << i;
    }
  }
  return first;
}

Effects::NatOutcome Effects::nat(const NatCode& code, std::uint64_t m) {
  const nft::Nat& nat = *code.nat;
  const Manip end = nat.kind == Kind::kSource || nat.kind == Kind::kMasquerade
                        ? Manip::kSource
                        : Manip::kDestination;
  std::array<std::uint32_t, kLanes> answers;
  if (code.key) {
    m &= comparisons_.look_up(code_.keys[*code.key], m, answers.data());
  }
  NatOutcome outcome;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    Connection* const connection =
        run_.tracker == nullptr ? nullptr : run_.tracker->connection_of(*run_.burst.packets[i]);
    if (connection == nullptr) {
      continue;
    }
    auto range = range_of(nat, i);
    if (range && code.key) {
      const auto interval = [&](unsigned part) {
        return comparisons_.data(code_.keys[*code.key], answers[i], i, part);
      };
      apply_map(nat, interval, *range);
    }
    if (!range || !set_up(run_.tracker->connections(), *connection, end, *range, state_.dice)) {
      outcome.dropped |= std::uint64_t{1} << i;
      continue;
    }
    outcome.decided |= std::uint64_t{1} << i;
    if (nat.kind == Kind::kMasquerade) {
      constexpr unsigned kMask = (1U << Connection::kMasqueradeBits) - 1;
      connection->masquerade = (run_.burst.adjacencies[i]->port.value() + 1U) & kMask;
    }
  }
  return outcome;
}

std::uint64_t Effects::nat_unchanged(std::uint64_t m) {
  std::uint64_t dropped = 0;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    Connection* const connection = run_.tracker->connection_of(*run_.burst.packets[i]);
    if (connection != nullptr && !is_set_up(*connection, manip()) &&
        !set_up(run_.tracker->connections(), *connection, manip(), {}, state_.dice)) {
      dropped |= std::uint64_t{1} << i;
    }
  }
  return dropped;
}

void Effects::translate_passed(std::uint64_t m) {
  const Manip end = manip();
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    Packet& packet = *run_.burst.packets[i];
    const Tracked& tracked = Tracked::in(packet);
    const Connection* const connection = run_.tracker->connection_of(tracked);
    if (connection == nullptr || !translates(*connection, end, tracked.direction)) {
      continue;
    }
    translate_plain(rte_pktmbuf_mtod(&packet, std::uint8_t*), end,
                    connection->tuple(filter::opposite(tracked.direction)));
    if (end == Manip::kDestination) {
      run_.verdicts.change(i);
    }
  }
}

std::optional<Step::End> Effects::translation(std::size_t index) const {
  const Tracked tracked = Tracked::of(*run_.burst.packets[index]);
  const Connection* const connection = run_.tracker->connection_of(tracked);
  if (connection == nullptr || !translates(*connection, manip(), tracked.direction)) {
    return std::nullopt;
  }
  const auto to = inverse(connection->tuple(filter::opposite(tracked.direction)));
  if (!to) {
    return std::nullopt;
  }
  const bool is_source = manip() == Manip::kSource;
  return Step::End{.which = manip(),
                   .is_ipv6 = to->is_ipv6,
                   .has_port = has_ports(to->protocol),
                   .port = is_source ? to->source_port : to->destination_port,
                   .address = is_source ? to->source : to->destination};
}

std::uint64_t Effects::translate(std::uint64_t m) {
  std::uint64_t dropped = 0;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    Packet& packet = *run_.burst.packets[i];
    const Tracked tracked = Tracked::of(packet);
    const Connection* const connection = run_.tracker->connection_of(tracked);
    if (connection == nullptr || !translates(*connection, manip(), tracked.direction)) {
      continue;
    }
    const Transport transport = state_.facts.transport(i);
    const HeaderPlaces places{.transport = transport.offset, .has_transport = transport.has_header};
    const Tuple& other = connection->tuple(filter::opposite(tracked.direction));
    if (tracked.as == TrackedAs::kRelated && is_error(packet, run_.burst.is_ipv6, transport)) {
      const auto quoted = read_quoted(packet, run_.burst.is_ipv6, transport.offset);
      if (quoted && packet.pkt_len < quoted->transport + kQuotedLeast) {
        dropped |= std::uint64_t{1} << i;
      } else if (quoted) {
        translate_error(packet, places, manip(), *quoted, other);
      }
    } else if (const auto to = inverse(other)) {
      filter::translate(packet, places, manip(), *to);
    }
    wrote_ = true;
    if (manip() == Manip::kDestination) {
      run_.verdicts.change(i);
    }
  }
  state_.facts.forget();
  return dropped;
}

}  // namespace ringroad::filter

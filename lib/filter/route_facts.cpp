// SPDX-License-Identifier: BSD-3-Clause
// Columns of what the routes say: `fib` is Linux's nft_fib_ipv4.c and nft_fib_ipv6.c, `rt mtu` its
// nft_rt.c.
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "filter/facts.hpp"
#include "packet/stage.hpp"

namespace ringroad::filter {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using nft::FibKey;

// Without addresses of interfaces, none of them has any.
const InterfaceAddresses kNoAddresses;

// Linux's ipv6_addr_type has IPV6_ADDR_LINKLOCAL: RFC 4291 2.5.6 and 2.7.
bool is_of_link(Ipv6 address) {
  constexpr std::uint64_t kScope = 0xf;
  return address.is_link_local() ||
         (address.is_multicast() && (address.high() >> 48U & kScope) == 2);
}

// The answers about one packet.
struct Question {
  const Tables& tables;
  const InterfaceAddresses& addresses;
  NextHopId route;
  // The interface that the rule names, iif or oif.
  std::optional<InterfaceId> device;
  // Where a packet of this link would go: Linux's skb->dev.
  InterfaceId link;

  // Linux's fib_lookup chooses no member of a group.
  [[nodiscard]] const Adjacency& way() const {
    return tables.adjacencies[tables.next_hops.resolve(route, [] { return 0U; })];
  }
  [[nodiscard]] std::uint32_t type_of(Ipv4 address) const;
  [[nodiscard]] std::uint32_t type_of(Ipv6 address) const;
  [[nodiscard]] std::optional<InterfaceId> interface_of(Ipv4 address) const;
  [[nodiscard]] std::optional<InterfaceId> interface_of(Ipv6 address) const;

 private:
  [[nodiscard]] const LinkAddresses& links() const {
    return *tables.link_addresses.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::optional<InterfaceId> way_out() const;
};

// Linux's __inet_dev_addr_type. Addresses of 127.0.0.0/8 are those of an interface lo.
std::uint32_t Question::type_of(Ipv4 address) const {
  if (address.is_this_network() || address == kLimitedBroadcast) {
    return RTN_BROADCAST;
  }
  if (address.is_multicast()) {
    return RTN_MULTICAST;
  }
  const AdjacencyKind kind = way().kind;
  if (kind == AdjacencyKind::kLocal && (!device || addresses.has(*device, address))) {
    return RTN_LOCAL;
  }
  if (kind == AdjacencyKind::kBroadcast && (!device || addresses.has_broadcast(*device, address))) {
    return RTN_BROADCAST;
  }
  return address.is_loopback() && !device ? RTN_LOCAL : RTN_UNICAST;
}

// Linux's __nft_fib6_eval_type.
std::uint32_t Question::type_of(Ipv6 address) const {
  if (address.is_multicast()) {
    return RTN_MULTICAST;
  }
  if (address.is_link_local()) {
    const InterfaceId here = device.value_or(link);
    return addresses.has(here, address) ? RTN_LOCAL : RTN_UNICAST;
  }
  if (address == Ipv6{0, 1}) {
    return device ? RTN_UNICAST : RTN_LOCAL;
  }
  switch (way().kind) {
    case AdjacencyKind::kBlackhole:
      return RTN_BLACKHOLE;
    case AdjacencyKind::kProhibit:
      return RTN_PROHIBIT;
    case AdjacencyKind::kUnreachable:
    case AdjacencyKind::kNoRoute:
      return RTN_UNREACHABLE;
    case AdjacencyKind::kLocal:
      if (links().contains(LinkAddresses::kAnycast, address)) {
        return RTN_ANYCAST;
      }
      return !device || addresses.has(*device, address) ? RTN_LOCAL : RTN_UNICAST;
    default:
      return address == Ipv6{} ? RTN_UNSPEC : RTN_UNICAST;
  }
}

// If the rule names an interface, a route must lead out by it.
std::optional<InterfaceId> Question::way_out() const {
  if (!device) {
    return way().leads_on() ? std::optional{way().port} : std::nullopt;
  }
  const bool leads = tables.next_hops.any(route, [&](AdjacencyId id) {
    const Adjacency& each = tables.adjacencies[id];
    return each.leads_on() && each.port == *device;
  });
  return leads ? device : std::nullopt;
}

std::optional<InterfaceId> Question::interface_of(Ipv4 address) const {
  if (way().kind != AdjacencyKind::kBroadcast || address == kLimitedBroadcast) {
    return way_out();
  }
  const auto owner = addresses.broadcast_of(address);
  return device ? addresses.has_broadcast(*device, address) ? device : std::nullopt : owner;
}

std::optional<InterfaceId> Question::interface_of(Ipv6 address) const {
  if (!is_of_link(address)) {
    return way_out();
  }
  const InterfaceId here = device.value_or(link);
  return addresses.has(here, address) ? std::nullopt : std::optional{here};
}

std::uint32_t number_of(std::optional<InterfaceId> interface) {
  return interface ? std::uint32_t{interface->value()} + 1 : 0;
}

// Hosts without an address, whose packets would be refused (nft_fib4_eval, nft_fib_v6_skip_icmpv6).
bool has_no_address_yet(Packet& packet, bool is_ipv6) {
  if (is_ipv6) {
    const Ipv6 destination = destination6_of(packet);
    return ipv6(packet).proto == IPPROTO_ICMPV6 && source6_of(packet) == Ipv6{} &&
           is_of_link(destination);
  }
  constexpr std::uint32_t kLocalMulticast = 0xe00000;  // 224.0.0.0/24
  const Ipv4 destination = destination_of(packet);
  return source_of(packet).is_this_network() &&
         (destination == kLimitedBroadcast || destination.value() >> 8U == kLocalMulticast);
}

}  // namespace

void Facts::load_fib(ColumnIndex index) {
  if (tables_ == nullptr) {
    load_all(index, [](std::size_t /*i*/) { return 0U; });
    return;
  }
  const Column column = columns_[index];
  const auto asked = static_cast<unsigned>(column.start);
  const bool by_source = (asked & FibKey::kSource) != 0;
  const std::size_t count = burst_->count;
  std::array<std::uint32_t, kLanes> keys;
  std::array<Ipv6, kLanes> keys6;
  std::array<NextHopId, kLanes> routes;
  if (burst_->is_ipv6) {
    for (std::size_t i = 0; i < count; ++i) {
      Packet& packet = *burst_->packets[i];
      keys6[i] = by_source ? source6_of(packet) : destination6_of(packet);
    }
    tables_->trie6.lookup(std::span<const Ipv6>{keys6}.first(count),
                          std::span{routes}.first(count));
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      Packet& packet = *burst_->packets[i];
      keys[i] = (by_source ? source_of(packet) : destination_of(packet)).value();
    }
    tables_->trie.lookup(std::span<const std::uint32_t>{keys}.first(count),
                         std::span{routes}.first(count));
  }
  const InterfaceAddresses* const addresses =
      tables_->interface_addresses == nullptr
          ? nullptr
          : tables_->interface_addresses->load(std::memory_order_acquire);
  const bool leaves = point_ == HookPoint::kOutput || point_ == HookPoint::kPostRouting;
  load_all(index, [&](std::size_t i) -> std::uint32_t {
    const bool has_way = leaves || point_ == HookPoint::kForward;
    const InterfaceId egress = has_way ? burst_->adjacencies[i]->port : InterfaceId{};
    Question question{.tables = *tables_,
                      .addresses = addresses == nullptr ? kNoAddresses : *addresses,
                      .route = routes[i],
                      .device = std::nullopt,
                      .link = leaves ? egress : burst_->ingress};
    if ((asked & FibKey::kIngress) != 0) {
      question.device = burst_->ingress;
    } else if ((asked & FibKey::kEgress) != 0) {
      question.device = egress;
    }
    if (column.find == Column::Find::kValue) {
      return burst_->is_ipv6 ? question.type_of(keys6[i]) : question.type_of(Ipv4{keys[i]});
    }
    const std::optional<InterfaceId> found =
        has_no_address_yet(*burst_->packets[i], burst_->is_ipv6) ? std::optional{question.link}
        : burst_->is_ipv6                                        ? question.interface_of(keys6[i])
                          : question.interface_of(Ipv4{keys[i]});
    return column.find == Column::Find::kPresence ? (found ? 1 : 0) : number_of(found);
  });
}

// Linux's get_tcpmss: what the routes in both directions let through.
void Facts::load_route_mtu(ColumnIndex index) {
  constexpr std::uint32_t kTcpHeader = 20;
  constexpr std::uint32_t kDefault = 536;  // Linux's TCP_MSS_DEFAULT
  const std::uint32_t headers = kTcpHeader + (burst_->is_ipv6 ? 40 : 20);
  load_all(index, [&](std::size_t i) -> std::uint32_t {
    Packet& packet = *burst_->packets[i];
    std::uint32_t mtu = burst_->adjacencies[i]->mtu.load(std::memory_order_relaxed);
    if (tables_ != nullptr) {
      const NextHopId route = burst_->is_ipv6 ? tables_->trie6.lookup(source6_of(packet))
                                              : tables_->trie.lookup(source_of(packet));
      const Adjacency& back =
          tables_->adjacencies[tables_->next_hops.resolve(route, [] { return 0U; })];
      if (back.leads_on()) {
        mtu = std::min<std::uint32_t>(mtu, back.mtu.load(std::memory_order_relaxed));
      }
    }
    return mtu <= headers ? kDefault : mtu - headers;
  });
}

}  // namespace ringroad::filter

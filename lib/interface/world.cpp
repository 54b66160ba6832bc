// SPDX-License-Identifier: BSD-3-Clause
#include "interface/world.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "interface/port_addresses.hpp"

namespace ringroad::interface {
namespace {

// Next hops besides those of neighbors: for ports, gateways and groups.
constexpr std::uint32_t kMoreNextHops = 65536;
// Adjacencies besides those of neighbors: for ports and gateways, and those that wait for a
// quiescent state.
constexpr std::uint32_t kMoreAdjacencies = 8192;

// Makes the list have the address, at its end, or not have it.
template <class Address>
void set_member(std::vector<Address>& list, Address address, bool there) {
  std::erase(list, address);
  if (there) {
    list.push_back(address);
  }
}

std::uint8_t checks_of(const InterfaceView& port) {
  unsigned checks = 0;
  const auto ask = [&](IngressCheck check) { checks |= static_cast<unsigned>(check); };
  if (!port.forwarding) {
    ask(IngressCheck::kNoForwarding);
  }
  if (port.rp_filter == config::ReversePath::kStrict) {
    ask(IngressCheck::kStrictReversePath);
  } else if (port.rp_filter == config::ReversePath::kLoose) {
    ask(IngressCheck::kLooseReversePath);
  }
  return static_cast<std::uint8_t>(checks);
}

}  // namespace

// The order of Linux's __inet_insert_ifa: the first address of a subnet comes before all secondary
// addresses.
std::vector<InterfaceAddress4> in_order(const std::vector<InterfaceAddress4>& addresses) {
  std::vector<InterfaceAddress4> ordered;
  std::ptrdiff_t primaries = 0;
  for (const InterfaceAddress4& own : addresses) {
    if (std::ranges::find(ordered, own.subnet(), &InterfaceAddress4::subnet) != ordered.end()) {
      ordered.push_back(own);
    } else {
      ordered.insert(ordered.begin() + primaries++, own);
    }
  }
  return ordered;
}

InterfaceAddress6 link_local_of(Mac mac) {
  const auto octet = [&](std::size_t i) { return std::uint64_t{mac.octets.at(i)}; };
  const std::uint64_t low = (octet(0) ^ 2U) << 56 | octet(1) << 48 | octet(2) << 40 |
                            std::uint64_t{0xfffe} << 24 | octet(3) << 16 | octet(4) << 8 | octet(5);
  return {.address = Ipv6{0xfe80'0000'0000'0000, low}, .length = kLinkLocalLength};
}

World::World(std::uint32_t workers, std::uint32_t neighbors_max)
    : workers_{workers},
      reclaimer_{workers},
      trie_{reclaimer_},
      trie6_{reclaimer_},
      next_hops_{neighbors_max + kMoreNextHops, reclaimer_},
      adjacencies_{2 * neighbors_max + kMoreAdjacencies, reclaimer_},
      interfaces_{std::make_unique<Interface[]>(kInterfacesMax)},
      own_{std::make_unique<OwnAddresses4>()},
      own_published_{own_.get()},
      links_{std::make_unique<LinkAddresses>()},
      links_published_{links_.get()},
      hooks_{reclaimer_},
      tables_{.trie = trie_,
              .trie6 = trie6_,
              .next_hops = next_hops_,
              .adjacencies = adjacencies_,
              .own_addresses = own_published_,
              .link_addresses = links_published_,
              .interfaces = {interfaces_.get(), kInterfacesMax},
              .hooks = hooks_,
              .flow_hash = FlowHash{},
              .interface_addresses = &addresses_published_} {
  for (const neigh::AdjacencyKind kind : kFixedKinds) {
    // The tables are new and empty: there is room.
    // NOLINTBEGIN(bugprone-unchecked-optional-access)
    const AdjacencyId adjacency = *adjacencies_.allocate();
    adjacencies_.at(adjacency).kind = kind;
    if (kind == neigh::AdjacencyKind::kLinkLocal) {
      // The MTU is that of the port by which the packet came: the control thread checks it.
      adjacencies_.at(adjacency).mtu = std::numeric_limits<std::uint16_t>::max();
    }
    fixed_.emplace(kind, *next_hops_.allocate(adjacency));
    // NOLINTEND(bugprone-unchecked-optional-access)
  }
}

void World::add_port(InterfaceView port) {
  if (!port.link) {
    port.egress = PortId{port.id.value()};
  }
  port.addresses = in_order(port.addresses);
  const InterfaceId id = port.id;
  const InterfaceView& view = ports_.insert_or_assign(id, std::move(port)).first->second;
  set_mac(id, view.mac);
  interfaces_[id.value()].checks.store(checks_of(view), std::memory_order_relaxed);
  publish_own_addresses();
  publish_link_addresses();
}

void World::next_redirect_round() {
  for (const InterfaceView& port : ports()) {
    if (port.send_redirects) {
      auto& round = interfaces_[port.id.value()].redirect_round;
      const std::uint32_t next = round.load(std::memory_order_relaxed) + 1;
      round.store(std::max(next, 1U), std::memory_order_relaxed);
    }
  }
}

void World::set_mac(InterfaceId id, Mac mac) {
  ports_.at(id).mac = mac;
  std::uint64_t octets = 0;
  std::memcpy(&octets, mac.octets.data(), mac.octets.size());
  interfaces_[id.value()].mac.store(octets, std::memory_order_relaxed);
}

void World::set_policy(InterfaceId id, const Policy& policy) {
  InterfaceView& port = ports_.at(id);
  port.forwarding = policy.forwarding;
  port.dad = policy.dad;
  port.rp_filter = policy.rp_filter;
  Interface& shared = interfaces_[id.value()];
  if (port.send_redirects && !policy.send_redirects) {
    shared.redirect_round.store(0, std::memory_order_relaxed);
  }
  port.send_redirects = policy.send_redirects;
  shared.checks.store(checks_of(port), std::memory_order_relaxed);
}

void World::set_addresses(InterfaceId id, const std::vector<InterfaceAddress4>& addresses) {
  ports_.at(id).addresses = in_order(addresses);
  publish_own_addresses();
}

void World::set_addresses(InterfaceId id, const std::vector<InterfaceAddress6>& addresses) {
  ports_.at(id).addresses6 = addresses;
  publish_link_addresses();
}

void World::set_runs_ipv6(InterfaceId id, bool runs) {
  ports_.at(id).runs_ipv6 = runs;
  interfaces_[id.value()].runs_ipv6.store(runs, std::memory_order_relaxed);
  publish_link_addresses();
}

void World::set_tentative(InterfaceId id, Ipv6 address, bool tentative) {
  set_member(ports_.at(id).tentative6, address, tentative);
  publish_link_addresses();
}

void World::set_deprecated(InterfaceId id, Ipv6 address, bool deprecated) {
  set_member(ports_.at(id).deprecated6, address, deprecated);
}

void World::set_tentative(InterfaceId id, Ipv4 address, bool tentative) {
  set_member(ports_.at(id).tentative, address, tentative);
  publish_own_addresses();
}

void World::set_up(InterfaceId id, bool up) {
  ports_.at(id).up = up;
  interfaces_[id.value()].up.store(up, std::memory_order_relaxed);
  publish_own_addresses();
  publish_link_addresses();
}

void World::set_gone(InterfaceId id, bool gone) {
  ports_.at(id).gone = gone;
  set_up(id, !gone);
}

void World::set_vlans(VlanTables tables) {
  for (const auto& [link, table] : vlans_) {
    if (!tables.contains(link)) {
      interfaces_[link.value()].vlans.store(nullptr, std::memory_order_release);
    }
  }
  for (const auto& [link, table] : tables) {
    interfaces_[link.value()].vlans.store(table.get(), std::memory_order_release);
  }
  reclaimer_.retire([old = std::make_shared<VlanTables>(std::move(vlans_))] {});
  vlans_ = std::move(tables);
}

void World::publish_interface_addresses() {
  std::vector<InterfaceAddresses::Entry> entries(ids_end());
  for (const InterfaceView& port : ports()) {
    InterfaceAddresses::Entry& entry = entries[port.id.value()];
    std::ranges::copy_if(port.addresses, std::back_inserter(entry.ipv4),
                         [&](const auto& own) { return port.uses(own); });
    std::ranges::copy_if(port.addresses6, std::back_inserter(entry.ipv6),
                         [&](const auto& own) { return port.uses(own); });
  }
  auto fresh = std::make_unique<const InterfaceAddresses>(std::move(entries));
  addresses_published_.store(fresh.get(), std::memory_order_release);
  reclaimer_.retire([old = std::shared_ptr<const InterfaceAddresses>{std::move(addresses_)}] {});
  addresses_ = std::move(fresh);
  ++addresses_version_;
}

void World::publish_own_addresses() {
  publish_interface_addresses();
  std::vector<Ipv4> addresses;
  for (const InterfaceView& port : ports()) {
    for (const InterfaceAddress4& own : port.addresses) {
      if (!port.uses(own)) {
        continue;
      }
      addresses.push_back(own.address);
      if (own.has_broadcast()) {
        addresses.push_back(own.subnet().last());
      }
    }
  }
  auto fresh = std::make_unique<const OwnAddresses4>(std::move(addresses));
  own_published_.store(fresh.get(), std::memory_order_release);
  reclaimer_.retire([old = std::shared_ptr<const OwnAddresses4>{std::move(own_)}] {});
  own_ = std::move(fresh);
}

std::vector<Ipv6> World::groups_of(const InterfaceView& port) {
  if (!port.runs_ipv6 || !port.up) {
    return {};
  }
  std::vector<Ipv6> groups{kAllNodes};
  if (port.forwarding) {
    groups.push_back(kAllRouters);
    groups.push_back(kAllRoutersOfSite);
  }
  const auto add = [&](Ipv6 group) {
    if (std::ranges::find(groups, group) == groups.end()) {
      groups.push_back(group);
    }
  };
  // An address that is being probed for is listened for already (RFC 4862 5.4.2).
  for (const InterfaceAddress6& own : port.addresses6) {
    add(own.address.solicited_node());
    if (port.forwarding && has_anycast(own)) {
      add(own.subnet().address().solicited_node());
    }
  }
  return groups;
}

void World::publish_link_addresses() {
  publish_interface_addresses();
  std::vector<LinkAddresses::Entry> entries;
  for (const InterfaceView& port : ports()) {
    for (const InterfaceAddress6& own : port.addresses6) {
      if (own.address.is_link_local() && port.uses(own)) {
        entries.emplace_back(port.id, own.address);
      }
    }
    for (const Ipv6 group : groups_of(port)) {
      entries.emplace_back(port.id, group);
    }
    for (const InterfaceAddress6& own : port.addresses6) {
      if (port.forwarding && has_anycast(own) && port.uses(own)) {
        const Ipv6 anycast = own.subnet().address();
        entries.emplace_back(anycast.is_link_local() ? port.id : LinkAddresses::kAnycast, anycast);
      }
    }
  }
  auto fresh = std::make_unique<const LinkAddresses>(std::move(entries));
  links_published_.store(fresh.get(), std::memory_order_release);
  reclaimer_.retire([old = std::shared_ptr<const LinkAddresses>{std::move(links_)}] {});
  links_ = std::move(fresh);
}

const InterfaceView* World::find_port(std::string_view name) const {
  for (const InterfaceView& port : ports()) {
    if (port.name == name) {
      return &port;
    }
  }
  return nullptr;
}

namespace {

bool is_of_every_link(Ipv4 /*address*/) { return false; }
bool is_of_every_link(Ipv6 address) { return address.is_link_local(); }

}  // namespace

template <class Address>
std::optional<World::Subnet<Address>> World::subnet_of(Address address) const {
  if (is_of_every_link(address)) {
    return std::nullopt;
  }
  std::optional<Subnet<Address>> best;
  const auto place = [](const Subnet<Address>& subnet) {
    return std::pair{subnet.port->up, subnet.prefix.length()};
  };
  for (const InterfaceView& port : ports()) {
    for (const auto& own : port.addresses_of<Address>()) {
      const Subnet<Address> subnet{&port, own.subnet()};
      if (subnet.prefix.contains(address) && (!best || place(subnet) > place(*best))) {
        best = subnet;
      }
    }
  }
  return best;
}

template <class Address>
bool World::is_on_link(InterfaceId id, Address address) const {
  return is_of_every_link(address) ||
         std::ranges::any_of(port(id).addresses_of<Address>(),
                             [&](const auto& own) { return own.subnet().contains(address); });
}

template <class Address>
bool World::is_configured(Address address) const {
  return std::ranges::any_of(ports(), [&](const InterfaceView& port) {
    const auto& own = port.addresses_of<Address>();
    return std::ranges::find(own, address, &InterfaceAddress<Address>::address) != own.end();
  });
}

template <class Address>
bool World::is_edge(Address address) const {
  return std::ranges::any_of(ports(), [&](const InterfaceView& port) {
    return std::ranges::any_of(port.addresses_of<Address>(),
                               [&](const auto& own) { return own.subnet().is_edge(address); });
  });
}

template std::optional<World::Subnet<Ipv4>> World::subnet_of(Ipv4) const;
template std::optional<World::Subnet<Ipv6>> World::subnet_of(Ipv6) const;
template bool World::is_on_link(InterfaceId, Ipv4) const;
template bool World::is_on_link(InterfaceId, Ipv6) const;
template bool World::is_configured(Ipv4) const;
template bool World::is_configured(Ipv6) const;
template bool World::is_edge(Ipv4) const;
template bool World::is_edge(Ipv6) const;

bool World::is_own(Ipv4 address) const {
  // Nearly always a single bit rules the address out; this matters in an ARP storm.
  return own_->contains(address.value()) &&
         std::ranges::any_of(ports(), [&](const InterfaceView& port) {
           return std::ranges::any_of(port.addresses, [&](const InterfaceAddress4& own) {
             return own.address == address && port.uses(own);
           });
         });
}

bool World::is_own(InterfaceId id, Ipv6 address) const {
  return std::ranges::any_of(ports(), [&](const InterfaceView& port) {
    return std::ranges::any_of(port.addresses6, [&](const InterfaceAddress6& own) {
      const bool is_here = !own.address.is_link_local() || port.id == id;
      return own.address == address && is_here && port.uses(own);
    });
  });
}

bool World::is_anycast(Ipv6 address) const {
  return std::ranges::any_of(
      ports(), [&](const InterfaceView& port) { return is_anycast_of(port, address); });
}

std::optional<Ipv6> World::link_local(InterfaceId id) const {
  const InterfaceView& view = port(id);
  for (const InterfaceAddress6& own : view.addresses6) {
    if (own.address.is_link_local() && view.uses(own)) {
      return own.address;
    }
  }
  return std::nullopt;
}

bool World::is_broadcast(Ipv4 address) const {
  return std::ranges::any_of(ports(), [&](const InterfaceView& port) {
    return std::ranges::any_of(port.addresses, [&](const InterfaceAddress4& own) {
      return port.uses(own) && own.subnet().is_edge(address);
    });
  });
}

}  // namespace ringroad::interface

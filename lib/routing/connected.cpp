// SPDX-License-Identifier: BSD-3-Clause
#include "routing/connected.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace ringroad::routing {
namespace {

using fib::Protocol;
using fib::Table;

// Link-local addresses have no routes, because they mean another network on each link.
bool has_routes(const InterfaceAddress4& /*own*/) { return true; }
bool has_routes(const InterfaceAddress6& own) { return !own.address.is_link_local(); }

template <class Address>
bool has_subnet(const InterfaceAddress<Address>& own) {
  return own.length < Address::kBits || own.subnet().address() != own.address;
}

// Whether the address is "secondary", as Linux calls it: an earlier address of the port has the
// same subnet.
template <class Address>
bool is_secondary(const interface::InterfaceView& port, const InterfaceAddress<Address>& own) {
  for (const auto& before : port.addresses_of<Address>()) {
    if (before == own) {
      return false;
    }
    if (port.uses(before) && before.subnet() == own.subnet()) {
      return true;
    }
  }
  return false;
}

}  // namespace

template <class Address>
std::vector<typename Connected<Address>::Own> Connected<Address>::by_arrival(
    const interface::World& world) {
  std::vector<Own> all;
  decltype(order_.arrivals) arrivals;
  for (const interface::InterfaceView& port : world.ports()) {
    for (const auto& address : port.addresses_of<Address>()) {
      const std::pair key{port.id, address};
      const auto known = order_.arrivals.find(key);
      const std::uint64_t arrival =
          known == order_.arrivals.end() ? order_.next_arrival++ : known->second;
      arrivals.emplace(key, arrival);
      all.push_back({&port, address, arrival});
    }
  }
  order_.arrivals = std::move(arrivals);
  std::ranges::sort(all, {}, &Own::arrival);
  return all;
}

template <class Address>
void Connected<Address>::rank_as_at_start(const interface::World& world,
                                          const std::vector<InterfaceId>& in_order) {
  order_ = {};
  for (const InterfaceId id : in_order) {
    for (const auto& address : world.port(id).addresses_of<Address>()) {
      order_.arrivals.emplace(std::pair{id, address}, order_.next_arrival++);
      order_.late.emplace(address.subnet(), false);
    }
  }
}

template <class Address>
void Connected<Address>::find_late(const std::vector<Own>& all, const HasStatic& has_static) {
  decltype(order_.late) late;
  for (const Own& own : all) {
    const Prefix subnet = own.address.subnet();
    const auto known = order_.late.find(subnet);
    late.try_emplace(subnet, known == order_.late.end() ? has_static(subnet) : known->second);
  }
  order_.late = std::move(late);
}

template <class Address>
std::vector<fib::RouteEdit<Address>> Connected<Address>::changes(const interface::World& world,
                                                                 const HasStatic& has_static) {
  std::vector<Own> used = by_arrival(world);
  find_late(used, has_static);
  std::erase_if(used, [](const Own& own) {
    return !own.port->uses(own.address) || !has_routes(own.address);
  });
  wanted_.clear();
  // If ports share an address, or addresses a broadcast address, they share one route.
  const auto want_local = [this](Address address, RouteType type, Address source) {
    wanted_.try_emplace({Table::kLocal, Prefix{address, Address::kBits}, 0},
                        Path{.protocol = Protocol::kKernel, .type = type, .source = source});
  };
  for (const Own& own : used) {
    want_local(own.address.address, RouteType::kLocal, own.address.address);
  }
  if constexpr (std::is_same_v<Address, Ipv6>) {
    for (const Own& own : used) {
      if (own.port->forwarding && has_anycast(own.address)) {
        want_local(own.address.subnet().address(), RouteType::kLocal, own.address.address);
      }
    }
  }
  std::map<Prefix, fib::Rank> shared;
  for (const auto& [port, own, arrival] : used) {
    if (!has_subnet(own) || is_secondary(*port, own)) {
      continue;
    }
    const Prefix subnet = own.subnet();
    const auto first = static_cast<fib::Rank>(order_.late.at(subnet) ? fib::kOrdinaryRank + 1 : 0);
    const fib::Rank rank = shared.try_emplace(subnet, first).first->second++;
    // IPv6 chooses the source of the router's own packets by RFC 6724, not by the subnet's route.
    const auto source =
        Address::kHasBroadcast ? std::optional{own.address} : std::optional<Address>{};
    wanted_[{Table::kMain, subnet, rank}] = {
        .protocol = Protocol::kConnected,
        .source = source,
        .next_hops = {{.via = std::nullopt, .port = port->id, .weight = 1}}};
    if (own.has_broadcast()) {
      // The all-zeros form is a broadcast address too: RFC 1122 3.3.6, and Linux.
      want_local(subnet.last(), RouteType::kBroadcast, own.address);
      want_local(subnet.address(), RouteType::kBroadcast, own.address);
    }
  }
  std::vector<fib::RouteEdit<Address>> edits;
  const auto edit = [&](const Place& place, std::optional<Path> path) {
    const auto& [table, prefix, rank] = place;
    edits.push_back({.prefix = prefix, .table = table, .rank = rank, .path = std::move(path)});
  };
  for (const auto& [place, path] : wanted_) {
    const auto there = installed_.find(place);
    if (there == installed_.end() || there->second != path) {
      edit(place, path);
    }
  }
  for (const auto& [place, path] : installed_) {
    if (!wanted_.contains(place)) {
      edit(place, std::nullopt);
    }
  }
  return edits;
}

template <class Address>
void Connected<Address>::confirm() {
  installed_ = wanted_;
}

template class Connected<Ipv4>;
template class Connected<Ipv6>;

}  // namespace ringroad::routing

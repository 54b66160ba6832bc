// SPDX-License-Identifier: BSD-3-Clause
#include "bench/fib/table.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <random>
#include <type_traits>

namespace ringroad::bench {
namespace {

constexpr std::uint32_t kNextHops = 64;
constexpr std::uint32_t kUplinks = 4;
constexpr std::uint32_t kUplinkPercent = 80;
constexpr std::size_t kUpdatedRoutes = 32'768;

// The output function of Steele et al., "Fast splittable pseudorandom number generators" (2014).
constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ value >> 27) * 0x94d049bb133111ebULL;
  return value ^ value >> 31;
}

// The block that one network owns: a /16 of IPv4, a /32 of IPv6.
template <class Address>
Address origin(Prefix<Address> prefix) {
  return prefix.address().masked(std::is_same_v<Address, Ipv4> ? 16 : 32);
}

template <class Address>
std::uint32_t next_hop_of(Prefix<Address> prefix, Spread spread) {
  const std::uint64_t hash = mix(std::hash<Prefix<Address>>{}(prefix));
  if (spread == Spread::kHashed) {
    return 1 + static_cast<std::uint32_t>(hash % kNextHops);
  }
  if (hash % 100 < kUplinkPercent) {
    const std::uint64_t origin_hash = mix(std::hash<Address>{}(origin(prefix)));
    return 1 + static_cast<std::uint32_t>(origin_hash % kUplinks);
  }
  return 1 + kUplinks + static_cast<std::uint32_t>(hash / 100 % (kNextHops - kUplinks));
}

constexpr std::uint32_t another(std::uint32_t next_hop) { return 1 + next_hop % kNextHops; }

}  // namespace

template <class Address>
Routes<Address> with_next_hops(std::span<const Prefix<Address>> prefixes, Spread spread) {
  Routes<Address> routes;
  routes.reserve(prefixes.size());
  std::uint32_t previous = kNone.value();
  for (const Prefix<Address> prefix : prefixes) {
    std::uint32_t next_hop = next_hop_of(prefix, spread);
    if (spread == Spread::kHashed && next_hop == previous) {
      next_hop = another(next_hop);
    }
    routes.push_back({prefix, NextHopId{next_hop}});
    previous = next_hop;
  }
  return routes;
}

template <class Address>
std::vector<Prefix<Address>> subset(std::span<const Prefix<Address>> prefixes, std::size_t count) {
  std::vector<Prefix<Address>> chosen;
  std::mt19937_64 random{2};
  std::ranges::sample(prefixes, std::back_inserter(chosen), static_cast<std::ptrdiff_t>(count),
                      random);
  return chosen;
}

template <class Address>
Tbl8s tbl8s(std::span<const Route<Address>> routes) {
  Tbl8s result{};
  std::vector<Address> nodes;
  for (unsigned bits = 24; bits < Address::kBits; bits += 8) {
    nodes.clear();
    for (const Route<Address>& route : routes) {
      if (route.prefix.length() > bits) {
        nodes.push_back(route.prefix.address().masked(bits));
      }
    }
    result.reserved += nodes.size();
    std::ranges::sort(nodes);
    result.used += nodes.size() - std::ranges::unique(nodes).size();
  }
  return result;
}

template <class Address>
Routes<Address> updates(std::span<const Route<Address>> routes) {
  std::mt19937_64 random{3};
  Routes<Address> chosen;
  std::ranges::sample(routes, std::back_inserter(chosen),
                      static_cast<std::ptrdiff_t>(kUpdatedRoutes), random);
  // Each route occurs three times, in random order: the first time it is withdrawn, then announced
  // with another next hop, then with the original one.
  std::vector<std::size_t> order(3 * chosen.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i / 3;
  }
  std::ranges::shuffle(order, random);
  std::vector<unsigned> seen(chosen.size());
  Routes<Address> result;
  result.reserve(order.size());
  for (const std::size_t i : order) {
    const auto [prefix, next_hop] = chosen[i];
    const std::array steps{kNone, NextHopId{another(next_hop.value())}, next_hop};
    result.push_back({prefix, steps.at(seen[i]++)});
  }
  return result;
}

template Routes<Ipv4> with_next_hops(std::span<const Prefix4>, Spread);
template Routes<Ipv6> with_next_hops(std::span<const Prefix6>, Spread);
template std::vector<Prefix4> subset(std::span<const Prefix4>, std::size_t);
template std::vector<Prefix6> subset(std::span<const Prefix6>, std::size_t);
template Tbl8s tbl8s(std::span<const Route<Ipv4>>);
template Tbl8s tbl8s(std::span<const Route<Ipv6>>);
template Routes<Ipv4> updates(std::span<const Route<Ipv4>>);
template Routes<Ipv6> updates(std::span<const Route<Ipv6>>);

}  // namespace ringroad::bench

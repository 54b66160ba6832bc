// SPDX-License-Identifier: BSD-3-Clause
#include "bench/fib/streams.hpp"

#include <algorithm>
#include <random>

namespace ringroad::bench {
namespace {

constexpr std::size_t kDestinations = 1'000'000;

using Random = std::mt19937_64;

Ipv4 address_in(Prefix4 prefix, Random& random) {
  const std::uint32_t first = prefix.address().value();
  return Ipv4{first | (static_cast<std::uint32_t>(random()) & (prefix.last().value() ^ first))};
}

Ipv6 address_in(Prefix6 prefix, Random& random) {
  const Ipv6 first = prefix.address();
  const Ipv6 last = prefix.last();
  return {first.high() | (random() & (last.high() ^ first.high())),
          first.low() | (random() & (last.low() ^ first.low()))};
}

Ipv4 step(Ipv4 address) { return Ipv4{address.value() + 1}; }
Ipv6 step(Ipv6 address) { return {address.high() + (1U << 16), address.low()}; }

Prefix4 whole_space(Ipv4 /*family*/) { return {Ipv4{}, 0}; }
Prefix6 whole_space(Ipv6 /*family*/) { return {Ipv6{std::uint64_t{1} << 61, 0}, 3}; }

template <class Address>
std::vector<Address> routed_addresses(std::span<const Prefix<Address>> prefixes, std::size_t count,
                                      Random& random) {
  std::uniform_int_distribution<std::size_t> pick{0, prefixes.size() - 1};
  std::vector<Address> addresses(count);
  for (Address& address : addresses) {
    address = address_in(prefixes[pick(random)], random);
  }
  return addresses;
}

}  // namespace

WireIpv6 wire(Ipv6 address) {
  WireIpv6 bytes;
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(address.high() >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(address.low() >> (56 - 8 * i));
  }
  return bytes;
}

Stream<Ipv4>::Stream(const std::vector<Ipv4>& addresses) {
  values_.reserve(addresses.size());
  for (const Ipv4 address : addresses) {
    values_.push_back(address.value());
  }
}

Stream<Ipv6>::Stream(const std::vector<Ipv6>& addresses) : addresses_{addresses} {
  wire_.reserve(addresses.size());
  for (const Ipv6 address : addresses) {
    wire_.push_back(wire(address));
  }
}

template <class Address>
Stream<Address> uniform() {
  Random random{11};
  std::vector<Address> addresses(kAddresses);
  for (Address& address : addresses) {
    address = address_in(whole_space(Address{}), random);
  }
  return Stream<Address>{addresses};
}

template <class Address>
Stream<Address> routed(std::span<const Prefix<Address>> prefixes) {
  Random random{12};
  return Stream<Address>{routed_addresses(prefixes, kAddresses, random)};
}

template <class Address>
Stream<Address> zipf(std::span<const Prefix<Address>> prefixes) {
  Random random{13};
  // Prefixes by rank; their order is random.
  std::vector<Prefix<Address>> ranked{prefixes.begin(), prefixes.end()};
  std::ranges::shuffle(ranked, random);
  std::vector<double> cumulative;
  double sum = 0;
  for (std::size_t rank = 1; rank <= ranked.size(); ++rank) {
    sum += 1.0 / static_cast<double>(rank);
    cumulative.push_back(sum);
  }
  std::uniform_real_distribution<double> pick{0, sum};
  std::vector<Address> addresses(kAddresses);
  for (Address& address : addresses) {
    const auto found = std::ranges::lower_bound(cumulative, pick(random));
    address = address_in(ranked[static_cast<std::size_t>(found - cumulative.begin())], random);
  }
  return Stream<Address>{addresses};
}

template <class Address>
Stream<Address> sequential(std::span<const Prefix<Address>> prefixes) {
  std::vector<Address> addresses(kAddresses);
  Address next = prefixes[prefixes.size() / 2].address();
  for (Address& address : addresses) {
    address = next;
    next = step(next);
  }
  return Stream<Address>{addresses};
}

template <class Address>
Stream<Address> destinations(std::span<const Prefix<Address>> prefixes) {
  Random random{14};
  const std::vector<Address> fixed = routed_addresses(prefixes, kDestinations, random);
  std::uniform_int_distribution<std::size_t> pick{0, fixed.size() - 1};
  std::vector<Address> addresses(kAddresses);
  for (Address& address : addresses) {
    address = fixed[pick(random)];
  }
  return Stream<Address>{addresses};
}

template Stream<Ipv4> uniform();
template Stream<Ipv6> uniform();
template Stream<Ipv4> routed(std::span<const Prefix4>);
template Stream<Ipv6> routed(std::span<const Prefix6>);
template Stream<Ipv4> zipf(std::span<const Prefix4>);
template Stream<Ipv6> zipf(std::span<const Prefix6>);
template Stream<Ipv4> sequential(std::span<const Prefix4>);
template Stream<Ipv6> sequential(std::span<const Prefix6>);
template Stream<Ipv4> destinations(std::span<const Prefix4>);
template Stream<Ipv6> destinations(std::span<const Prefix6>);

}  // namespace ringroad::bench

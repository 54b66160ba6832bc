// SPDX-License-Identifier: BSD-3-Clause
// Writing the messages of nd_message.hpp.
#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "neigh/nd_message.hpp"
#include "neigh/nd_options.hpp"

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class Message>
Icmp6Frame begin(const Message& message, NdType type, Mac destination, Mac source) {
  return {{.destination_mac = destination,
           .source_mac = source,
           .source = message.source,
           .destination = message.destination,
           .hop_limit = kHopLimitOfNd},
          static_cast<std::uint8_t>(type)};
}

// In whole units, or the largest number of the field.
template <class Field, class Unit>
Field count(Nanoseconds time) {
  return static_cast<Field>(std::clamp<Nanoseconds::rep>(
      std::chrono::duration_cast<Unit>(time).count(), 0, std::numeric_limits<Field>::max()));
}

void put_option(Icmp6Frame& frame, NdOption type, std::size_t units) {
  frame.put8(static_cast<std::uint8_t>(type));
  frame.put8(static_cast<std::uint8_t>(units));
}

void put_mac(Icmp6Frame& frame, NdOption type, const std::optional<Mac>& mac) {
  if (mac) {
    put_option(frame, type, 1);
    frame.put(mac->octets);
  }
}

std::uint8_t preference_bits(Preference preference) {
  const unsigned value = preference == Preference::kHigh  ? 1
                         : preference == Preference::kLow ? 3
                                                          : 0;
  return static_cast<std::uint8_t>(value << kPreferenceShift);
}

void put_prefix(Icmp6Frame& frame, const PrefixInformation& prefix) {
  put_option(frame, NdOption::kPrefix, 4);
  frame.put8(prefix.prefix.length());
  frame.put8(static_cast<std::uint8_t>((prefix.on_link ? kOnLinkFlag : 0) |
                                       (prefix.autonomous ? kAutonomousFlag : 0)));
  frame.put32(count<std::uint32_t, seconds>(prefix.valid));
  frame.put32(count<std::uint32_t, seconds>(prefix.preferred));
  frame.put32(0);
  frame.put(prefix.prefix.address());
}

void put_route(Icmp6Frame& frame, const RouteInformation& route) {
  put_option(frame, NdOption::kRoute, 3);
  frame.put8(route.prefix.length());
  frame.put8(preference_bits(route.preference));
  frame.put32(count<std::uint32_t, seconds>(route.lifetime));
  frame.put(route.prefix.address());
}

void put_dns(Icmp6Frame& frame, std::span<const Ipv6> servers, Nanoseconds lifetime) {
  // An option has room for at most 127 addresses.
  const std::size_t fitting = std::min<std::size_t>((frame.room() - kOptionUnit) / 16, 127);
  servers = servers.first(std::min(servers.size(), fitting));
  if (servers.empty()) {
    return;
  }
  put_option(frame, NdOption::kDns, 1 + 2 * servers.size());
  frame.put16(0);
  frame.put32(count<std::uint32_t, seconds>(lifetime));
  for (const Ipv6 server : servers) {
    frame.put(server);
  }
}

// A name as labels (RFC 1035 3.1); empty if it is none.
std::vector<std::uint8_t> domain_labels(std::string_view name) {
  std::vector<std::uint8_t> labels;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > 63 || labels.size() + label.size() + 2 > 255) {
      return {};
    }
    labels.push_back(static_cast<std::uint8_t>(label.size()));
    labels.insert(labels.end(), label.begin(), label.end());
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  if (!labels.empty()) {
    labels.push_back(0);
  }
  return labels;
}

void put_search(Icmp6Frame& frame, std::span<const std::string> domains, Nanoseconds lifetime) {
  std::vector<std::uint8_t> names;
  for (const std::string& domain : domains) {
    const auto labels = domain_labels(domain);
    // The rest of the last unit is padding.
    if (names.size() + labels.size() + 2 * kOptionUnit <= frame.room()) {
      names.insert(names.end(), labels.begin(), labels.end());
    }
  }
  if (names.empty()) {
    return;
  }
  const std::size_t units = (names.size() + kOptionUnit - 1) / kOptionUnit;
  put_option(frame, NdOption::kSearch, 1 + units);
  frame.put16(0);
  frame.put32(count<std::uint32_t, seconds>(lifetime));
  frame.put(names);
  frame.put_zeros(units * kOptionUnit - names.size());
}

// RFC 8781 4: the lifetime counts 8 s, rounded up, in 13 bits; the length has a code.
void put_pref64(Icmp6Frame& frame, Prefix6 prefix, Nanoseconds lifetime) {
  constexpr std::array<std::uint8_t, 6> kLengths{96, 64, 56, 48, 40, 32};
  const auto* const code = std::ranges::find(kLengths, prefix.length());
  if (code == kLengths.end()) {
    return;
  }
  const unsigned scaled = std::min((count<std::uint16_t, seconds>(lifetime) + 7U) / 8, 0x1fffU);
  put_option(frame, NdOption::kPref64, 2);
  frame.put16(static_cast<std::uint16_t>(scaled << 3 | (code - kLengths.begin())));
  std::array<std::uint8_t, 16> octets{};
  prefix.address().write(octets.data());
  frame.put(std::span{octets}.first(12));
}

}  // namespace

Frame frame(const NeighborSolicitation& message, Mac destination, Mac source) {
  Icmp6Frame frame = begin(message, NdType::kNeighborSolicitation, destination, source);
  frame.put32(0);
  frame.put(message.target);
  put_mac(frame, NdOption::kSourceMac, message.source_mac);
  if (message.nonce) {
    put_option(frame, NdOption::kNonce, 1);
    frame.put(*message.nonce);
  }
  return std::move(frame).finish();
}

Frame frame(const NeighborAdvertisement& message, Mac destination, Mac source) {
  Icmp6Frame frame = begin(message, NdType::kNeighborAdvertisement, destination, source);
  frame.put8(static_cast<std::uint8_t>((message.router ? kRouterFlag : 0) |
                                       (message.solicited ? kSolicitedFlag : 0) |
                                       (message.override_ ? kOverrideFlag : 0)));
  frame.put_zeros(3);
  frame.put(message.target);
  put_mac(frame, NdOption::kTargetMac, message.target_mac);
  return std::move(frame).finish();
}

Frame frame(const RouterSolicitation& message, Mac destination, Mac source) {
  Icmp6Frame frame = begin(message, NdType::kRouterSolicitation, destination, source);
  frame.put32(0);
  put_mac(frame, NdOption::kSourceMac, message.source_mac);
  return std::move(frame).finish();
}

Frame frame(const RouterAdvertisement& message, Mac destination, Mac source) {
  Icmp6Frame frame = begin(message, NdType::kRouterAdvertisement, destination, source);
  const auto lifetime = count<std::uint16_t, seconds>(message.lifetime);
  frame.put8(message.hop_limit);
  frame.put8(static_cast<std::uint8_t>((message.managed ? kManagedFlag : 0) |
                                       (message.other ? kOtherFlag : 0) |
                                       (lifetime == 0 ? 0 : preference_bits(message.preference))));
  frame.put16(lifetime);
  frame.put32(count<std::uint32_t, milliseconds>(message.reachable));
  frame.put32(count<std::uint32_t, milliseconds>(message.retransmit));
  put_mac(frame, NdOption::kSourceMac, message.source_mac);
  if (message.mtu) {
    put_option(frame, NdOption::kMtu, 1);
    frame.put16(0);
    frame.put32(*message.mtu);
  }
  if (message.pref64) {
    put_pref64(frame, *message.pref64, message.pref64_lifetime);
  }
  // Room for one name server is left over.
  constexpr std::size_t kReserve = 3 * kOptionUnit;
  for (const PrefixInformation& prefix : message.prefixes) {
    if (frame.room() >= 4 * kOptionUnit + kReserve) {
      put_prefix(frame, prefix);
    }
  }
  for (const RouteInformation& route : message.routes) {
    if (frame.room() >= 3 * kOptionUnit + kReserve) {
      put_route(frame, route);
    }
  }
  put_dns(frame, message.dns, message.dns_lifetime);
  put_search(frame, message.search, message.dns_lifetime);
  return std::move(frame).finish();
}

Frame frame(const Redirect& message, Octets packet, Mac destination, Mac source) {
  Icmp6Frame frame = begin(message, NdType::kRedirect, destination, source);
  frame.put32(0);
  frame.put(message.target);
  frame.put(message.about);
  put_mac(frame, NdOption::kTargetMac, message.target_mac);
  // As in Linux, the packet is cut to a multiple of 8 octets.
  const std::size_t units = std::min(packet.size() + kOptionUnit, frame.room()) / kOptionUnit;
  put_option(frame, NdOption::kRedirectedHeader, units);
  frame.put_zeros(6);
  frame.put(packet.first((units - 1) * kOptionUnit));
  return std::move(frame).finish();
}

}  // namespace ringroad::neigh

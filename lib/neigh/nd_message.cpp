// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/nd_message.hpp"

#include <algorithm>
#include <utility>

#include "neigh/nd_options.hpp"

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A sender fills at most one packet; this also limits what a jumbo frame costs.
constexpr std::size_t kPrefixesMax = 64;
constexpr std::size_t kRoutesMax = 64;

// An option with a MAC address; the first one of its kind counts.
struct MacOption {
  bool is_there = false;
  std::optional<Mac> mac;  // none: it is no Ethernet address of a station

  [[nodiscard]] bool is_bad() const { return is_there && !mac; }
};

// What the options say, in a message that can have some of them.
struct Options {
  MacOption source_mac;
  MacOption target_mac;
  std::optional<std::uint32_t> mtu;
  std::optional<Nonce> nonce;
  std::vector<PrefixInformation> prefixes;
  std::vector<RouteInformation> routes;
};

void read_mac(Octets option, MacOption& found) {
  if (std::exchange(found.is_there, true) || option.size() != kOptionUnit) {
    return;
  }
  Mac mac;
  std::ranges::copy(option.subspan(2), mac.octets.begin());
  if (!mac.is_multicast()) {
    found.mac = mac;
  }
}

// Nothing for the reserved value.
std::optional<Preference> read_preference(std::uint8_t flags) {
  switch (flags >> kPreferenceShift & 3U) {
    case 0:
      return Preference::kMedium;
    case 1:
      return Preference::kHigh;
    case 3:
      return Preference::kLow;
    default:
      return std::nullopt;
  }
}

void read_prefix(Octets option, std::vector<PrefixInformation>& prefixes) {
  if (option.size() != 4 * kOptionUnit || option[2] > Ipv6::kBits ||
      prefixes.size() == kPrefixesMax) {
    return;
  }
  prefixes.push_back({.prefix = {Ipv6::read(&option[16]), option[2]},
                      .valid = seconds{read32(option, 4)},
                      .preferred = seconds{read32(option, 8)},
                      .on_link = (option[3] & kOnLinkFlag) != 0,
                      .autonomous = (option[3] & kAutonomousFlag) != 0});
}

// RFC 4191 2.3: the option has only as much of the prefix as its length needs, and one with the
// reserved preference is ignored.
void read_route(Octets option, std::vector<RouteInformation>& routes) {
  if (option.size() > 3 * kOptionUnit || option[2] > Ipv6::kBits || routes.size() == kRoutesMax) {
    return;
  }
  const std::size_t needed = option[2] == 0 ? 1 : option[2] <= 64 ? 2 : 3;
  const auto preference = read_preference(option[3]);
  if (option.size() < needed * kOptionUnit || !preference) {
    return;
  }
  std::array<std::uint8_t, 16> address{};
  std::ranges::copy(option.subspan(kOptionUnit), address.begin());
  routes.push_back({.prefix = {Ipv6::read(address.data()), option[2]},
                    .lifetime = seconds{read32(option, 4)},
                    .preference = *preference});
}

void read_option(Octets option, Options& options) {
  switch (static_cast<NdOption>(option[0])) {
    case NdOption::kSourceMac:
      read_mac(option, options.source_mac);
      break;
    case NdOption::kTargetMac:
      read_mac(option, options.target_mac);
      break;
    case NdOption::kMtu:
      if (!options.mtu && option.size() == kOptionUnit) {
        options.mtu = read32(option, 4);
      }
      break;
    case NdOption::kNonce:
      if (!options.nonce && option.size() == kOptionUnit) {
        options.nonce.emplace();
        std::ranges::copy(option.subspan(2), options.nonce->begin());
      }
      break;
    case NdOption::kPrefix:
      read_prefix(option, options.prefixes);
      break;
    case NdOption::kRoute:
      read_route(option, options.routes);
      break;
    default:
      break;  // RFC 4861 4.6: options that are not known are skipped
  }
}

// Nothing if an option is empty or cut off.
std::optional<Options> read_options(Octets bytes) {
  Options options;
  while (!bytes.empty()) {
    if (bytes.size() < kOptionUnit) {
      return std::nullopt;
    }
    const std::size_t length = bytes[1] * kOptionUnit;
    if (length == 0 || length > bytes.size()) {
      return std::nullopt;
    }
    read_option(bytes.first(length), options);
    bytes = bytes.subspan(length);
  }
  return options;
}

bool is_solicited_node(Ipv6 address) {
  return address.is_multicast() && address == address.solicited_node();
}

// RFC 4861 7.1.1.
std::optional<NdMessage> neighbor_solicitation(const Icmp6Message& message,
                                               const Options& options) {
  const Ipv6 target = Ipv6::read(&message.bytes[8]);
  const bool probe = message.source.is_unspecified();
  if (target.is_multicast() || options.source_mac.is_bad() ||
      (probe && (!is_solicited_node(message.destination) || options.source_mac.is_there))) {
    return std::nullopt;
  }
  return NeighborSolicitation{.source = message.source,
                              .destination = message.destination,
                              .target = target,
                              .source_mac = options.source_mac.mac,
                              .nonce = options.nonce};
}

// RFC 4861 7.1.2.
std::optional<NdMessage> neighbor_advertisement(const Icmp6Message& message,
                                                const Options& options) {
  const Ipv6 target = Ipv6::read(&message.bytes[8]);
  const std::uint8_t flags = message.bytes[4];
  const bool solicited = (flags & kSolicitedFlag) != 0;
  if (target.is_multicast() || options.target_mac.is_bad() ||
      (solicited && message.destination.is_multicast())) {
    return std::nullopt;
  }
  return NeighborAdvertisement{.source = message.source,
                               .destination = message.destination,
                               .target = target,
                               .router = (flags & kRouterFlag) != 0,
                               .solicited = solicited,
                               .override_ = (flags & kOverrideFlag) != 0,
                               .target_mac = options.target_mac.mac};
}

// RFC 4861 6.1.1.
std::optional<NdMessage> router_solicitation(const Icmp6Message& message, const Options& options) {
  if (options.source_mac.is_bad() ||
      (message.source.is_unspecified() && options.source_mac.is_there)) {
    return std::nullopt;
  }
  return RouterSolicitation{.source = message.source,
                            .destination = message.destination,
                            .source_mac = options.source_mac.mac};
}

// RFC 4861 6.1.2. RFC 4191 2.2: without a lifetime there is no preference, and the reserved value
// means medium.
std::optional<NdMessage> router_advertisement(const Icmp6Message& message, Options&& options) {
  if (!message.source.is_link_local() || options.source_mac.is_bad()) {
    return std::nullopt;
  }
  const std::uint8_t flags = message.bytes[5];
  const std::uint16_t lifetime = read16(message.bytes, 6);
  return RouterAdvertisement{
      .source = message.source,
      .destination = message.destination,
      .hop_limit = message.bytes[4],
      .managed = (flags & kManagedFlag) != 0,
      .other = (flags & kOtherFlag) != 0,
      .preference = lifetime == 0 ? Preference::kMedium
                                  : read_preference(flags).value_or(Preference::kMedium),
      .lifetime = seconds{lifetime},
      .reachable = milliseconds{read32(message.bytes, 8)},
      .retransmit = milliseconds{read32(message.bytes, 12)},
      .source_mac = options.source_mac.mac,
      .mtu = options.mtu,
      .prefixes = std::move(options.prefixes),
      .routes = std::move(options.routes)};
}

// RFC 4861 8.1.
std::optional<NdMessage> redirect(const Icmp6Message& message, const Options& options) {
  const Ipv6 target = Ipv6::read(&message.bytes[8]);
  const Ipv6 about = Ipv6::read(&message.bytes[24]);
  if (!message.source.is_link_local() || about.is_multicast() || options.target_mac.is_bad() ||
      (target != about && !target.is_link_local())) {
    return std::nullopt;
  }
  return Redirect{.source = message.source,
                  .destination = message.destination,
                  .target = target,
                  .about = about,
                  .target_mac = options.target_mac.mac};
}

// The octets before the options; nothing for a type that is not neighbor discovery's.
std::optional<std::size_t> fixed_part(NdType type) {
  switch (type) {
    case NdType::kRouterSolicitation:
      return kRouterSolicitationBytes;
    case NdType::kRouterAdvertisement:
      return kRouterAdvertisementBytes;
    case NdType::kNeighborSolicitation:
    case NdType::kNeighborAdvertisement:
      return kSolicitationBytes;
    case NdType::kRedirect:
      return kRedirectBytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<NdMessage> parse_nd(Octets packet) {
  const auto message = find_icmp6(packet);
  if (!message || message->hop_limit != kHopLimitOfNd || message->bytes[1] != 0) {
    return std::nullopt;
  }
  const auto type = static_cast<NdType>(message->bytes[0]);
  const auto fixed = fixed_part(type);
  if (!fixed || message->bytes.size() < *fixed) {
    return std::nullopt;
  }
  auto options = read_options(message->bytes.subspan(*fixed));
  if (!options) {
    return std::nullopt;
  }
  switch (type) {
    case NdType::kRouterSolicitation:
      return router_solicitation(*message, *options);
    case NdType::kRouterAdvertisement:
      return router_advertisement(*message, std::move(*options));
    case NdType::kNeighborSolicitation:
      return neighbor_solicitation(*message, *options);
    case NdType::kNeighborAdvertisement:
      return neighbor_advertisement(*message, *options);
    case NdType::kRedirect:
      return redirect(*message, *options);
  }
  return std::nullopt;
}

}  // namespace ringroad::neigh

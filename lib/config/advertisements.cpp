// SPDX-License-Identifier: BSD-3-Clause
// What a port's router advertisements say.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "config/scalars.hpp"
#include "config/sections.hpp"
#include "config/units.hpp"

namespace ringroad::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// RFC 4861 6.2.1.
constexpr Range<Nanoseconds> kIntervals{seconds{4}, seconds{1800}};
constexpr Nanoseconds kLifetimeMax = seconds{9000};
constexpr Range<Nanoseconds> kTimers{Nanoseconds{0}, hours{1}};
// 32 bits of seconds, of which all ones are forever (RFC 4861 4.6.2).
constexpr Range<Nanoseconds> kLifetimes{Nanoseconds{0},
                                        seconds{std::numeric_limits<std::uint32_t>::max()}};

// Times of a packet are whole seconds or milliseconds.
std::optional<Nanoseconds> read_whole(const Value* value, Range<Nanoseconds> range,
                                      Nanoseconds unit) {
  const auto time = read(value, range);
  if (time && *time % unit != Nanoseconds{0}) {
    value->problem(fmt::format("{} is not a whole number of {}", to_string(*time),
                               unit == seconds{1} ? "seconds" : "milliseconds"));
    return std::nullopt;
  }
  return time;
}
std::optional<Nanoseconds> read_lifetime(const Value* value) {
  return read_whole(value, kLifetimes, seconds{1});
}

// Reads a list whose items are a prefix or a mapping with `prefix` and more; `set` receives the
// other keys of the mapping.
template <class Item, std::size_t N, class Set>
void read_prefixes(const Value* list, const std::array<std::string_view, N>& keys,
                   std::vector<Item>& items, Set set) {
  if (list == nullptr) {
    return;
  }
  for (const Value& value : list->items()) {
    Item item{};
    std::optional<Prefix6> prefix;
    const Value* where = &value;
    std::optional<Fields> fields;
    if (value.node().kind == Node::Kind::kScalar) {
      prefix = read_prefix<Ipv6>(&value);
    } else {
      fields.emplace(value, keys);
      where = fields->require("prefix", "a prefix such as 2001:db8::/64");
      prefix = read_prefix<Ipv6>(where);
      set(*fields, item);
    }
    if (!prefix) {
      continue;
    }
    item.prefix = *prefix;
    // RFC 4861 4.6.2: the link-local prefix is every link's, and not advertised.
    if (prefix->address().is_multicast() || prefix->address().is_link_local()) {
      where->problem(prefix->to_string() + " cannot be advertised");
    } else if (std::ranges::find(items, *prefix, &Item::prefix) != items.end()) {
      where->problem(prefix->to_string() + " is here twice");
    }
    items.push_back(std::move(item));
  }
}

void read_prefix_keys(const Fields& fields, RouterAdvertisements::AdvertisedPrefix& prefix) {
  const Value* const preferred = fields.find("preferred");
  const auto valid = read_lifetime(fields.find("valid"));
  assign(prefix.valid, valid);
  const auto given = read_lifetime(preferred);
  prefix.preferred = given.value_or(std::min(prefix.preferred, prefix.valid));
  assign(prefix.on_link, read_flag(fields.find("on_link")));
  assign(prefix.autonomous, read_flag(fields.find("autonomous")));
  if (given && prefix.preferred > prefix.valid && fields.has("valid") == valid.has_value()) {
    preferred->problem(fmt::format("{} is more than valid, {}", to_string(prefix.preferred),
                                   to_string(prefix.valid)));
  }
}

void read_route_keys(const Fields& fields, RouterAdvertisements::AdvertisedRoute& route) {
  assign(route.lifetime, read_lifetime(fields.find("lifetime")));
  assign(route.preference, read(fields.find("preference"), kRouterPreferenceWords));
}

void read_dns(const Value* list, std::vector<Ipv6>& servers) {
  if (list == nullptr) {
    return;
  }
  for (const Value& item : list->items()) {
    const auto server = read_address<Ipv6>(&item);
    if (!server) {
      continue;
    }
    if (!server->is_unicast()) {
      item.problem(server->to_string() + " is not a unicast address");
    } else if (std::ranges::find(servers, *server) != servers.end()) {
      item.problem(server->to_string() + " is here twice");
    }
    servers.push_back(*server);
  }
}

// RFC 1035 2.3.4, 3.1: labels of 1 to 63 octets, 255 with their lengths and the root.
bool is_domain(std::string_view name) {
  constexpr std::size_t kLabelMax = 63;
  constexpr std::size_t kNameMax = 253;
  constexpr std::string_view kCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  bool good = !name.empty() && name.size() <= kNameMax;
  while (good) {
    const std::string_view label = name.substr(0, name.find('.'));
    good = !label.empty() && label.size() <= kLabelMax && !label.starts_with('-') &&
           !label.ends_with('-') && label.find_first_not_of(kCharacters) == std::string_view::npos;
    if (label.size() == name.size()) {
      break;
    }
    name.remove_prefix(label.size() + 1);
  }
  return good;
}

void read_search(const Value* list, std::vector<std::string>& domains) {
  if (list == nullptr) {
    return;
  }
  for (const Value& item : list->items()) {
    auto domain = item.text();
    if (!domain) {
      continue;
    }
    if (!is_domain(*domain)) {
      item.problem(shown(*domain) + " is not a domain name");
    } else if (std::ranges::find(domains, *domain) != domains.end()) {
      item.problem(*domain + " is here twice");
    }
    domains.push_back(*std::move(domain));
  }
}

void read_pref64(const Value* value, std::optional<Prefix6>& pref64) {
  constexpr std::array<std::uint8_t, 6> kLengths{96, 64, 56, 48, 40, 32};  // RFC 8781 4
  pref64 = read_prefix<Ipv6>(value);
  if (pref64 && std::ranges::find(kLengths, pref64->length()) == kLengths.end()) {
    value->problem(fmt::format("{} has none of the lengths {}", pref64->to_string(),
                               fmt::join(kLengths, ", ")));
  }
}

// The octets of an advertisement with its IPv6 header (RFC 4861 4.2 and 4.6, RFC 4191 2.3, RFC 8106
// 5, RFC 8781 4).
std::size_t size_of(const RouterAdvertisements& ra) {
  constexpr std::size_t kUnit = 8;  // of the length of an option
  const auto rounded = [](std::size_t octets) { return (octets + kUnit - 1) / kUnit * kUnit; };
  std::size_t size = 40 + 16 + kUnit;  // headers and the router's link-layer address
  size += ra.mtu ? kUnit : 0;
  size += 32 * ra.prefixes.size() + 24 * ra.routes.size();
  size += ra.dns.empty() ? 0 : kUnit + 16 * ra.dns.size();
  std::size_t names = 0;
  for (const std::string& domain : ra.search) {
    names += domain.size() + 2;
  }
  return size + (names == 0 ? 0 : kUnit + rounded(names)) + (ra.pref64 ? 2 * kUnit : 0);
}

void read_lifetimes(const Fields& fields, RouterAdvertisements& ra) {
  const Value* const lifetime = fields.find("lifetime");
  assign(ra.interval, read_whole(fields.find("interval"), kIntervals, milliseconds{1}));
  ra.lifetime = read_whole(lifetime, {Nanoseconds{0}, kLifetimeMax}, seconds{1});
  if (ra.lifetime && *ra.lifetime != Nanoseconds{0} && *ra.lifetime < ra.interval) {
    lifetime->problem(fmt::format("{} is neither 0 nor as long as the interval, {}",
                                  to_string(*ra.lifetime), to_string(ra.interval)));
  }
}

}  // namespace

RouterAdvertisements read_router_advertisements(const Value& section) {
  static constexpr std::array<std::string_view, 15> kKeys{
      "interval",  "lifetime",  "preference", "managed",      "other",
      "hop_limit", "reachable", "retransmit", "mtu",          "prefixes",
      "routes",    "dns",       "search",     "dns_lifetime", "pref64"};
  static constexpr std::array<std::string_view, 5> kPrefixKeys{"prefix", "valid", "preferred",
                                                               "on_link", "autonomous"};
  static constexpr std::array<std::string_view, 3> kRouteKeys{"prefix", "lifetime", "preference"};
  RouterAdvertisements ra;
  const Fields fields{section, kKeys};
  read_lifetimes(fields, ra);
  assign(ra.preference, read(fields.find("preference"), kRouterPreferenceWords));
  assign(ra.managed, read_flag(fields.find("managed")));
  assign(ra.other, read_flag(fields.find("other")));
  assign(ra.hop_limit, read(fields.find("hop_limit"), Range<std::uint8_t>{0, 255}));
  assign(ra.reachable_time, read_whole(fields.find("reachable"), kTimers, milliseconds{1}));
  assign(ra.retransmit, read_whole(fields.find("retransmit"), kTimers, milliseconds{1}));
  assign(ra.mtu, read_flag(fields.find("mtu")));
  read_prefixes(fields.find("prefixes"), kPrefixKeys, ra.prefixes, read_prefix_keys);
  read_prefixes(fields.find("routes"), kRouteKeys, ra.routes, read_route_keys);
  read_dns(fields.find("dns"), ra.dns);
  read_search(fields.find("search"), ra.search);
  ra.dns_lifetime = read_lifetime(fields.find("dns_lifetime"));
  read_pref64(fields.find("pref64"), ra.pref64);
  if (const std::size_t size = size_of(ra); size > kMtuMin6) {
    section.missing(fmt::format("has {} bytes as a packet; one has at most {}", size, kMtuMin6));
  }
  return ra;
}

}  // namespace ringroad::config

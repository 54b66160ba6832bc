// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/router_discovery.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ringroad::neigh {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Event = RouterDiscovery::Event;
using Kind = Event::Kind;

// RFC 4861 10 and RFC 7559 3; the latter is Linux's default, router_solicitations = -1.
constexpr Nanoseconds kDelay = seconds{1};
constexpr Nanoseconds kInterval = seconds{4};
constexpr Nanoseconds kIntervalMax = hours{1};
// RFC 4862 5.5.3 (e): a forged advertisement cannot shorten an address's life to less.
constexpr Nanoseconds kLifetimeKept = hours{2};
constexpr std::uint8_t kAutonomousLength = 64;

Nanoseconds end_of(Nanoseconds lifetime, Nanoseconds now) {
  return lifetime >= kInfiniteLifetime ? Nanoseconds::max() : now + lifetime;
}

// What undoes an event that adds something.
Kind removal_of(Kind kind) {
  switch (kind) {
    case Kind::kAddRouter:
      return Kind::kRemoveRouter;
    case Kind::kAddRoute:
      return Kind::kRemoveRoute;
    case Kind::kAddPrefix:
      return Kind::kRemovePrefix;
    case Kind::kAddAddress:
      return Kind::kRemoveAddress;
    default:
      return kind;
  }
}

void remove(Event event, RouterDiscovery::Events& events) {
  event.kind = removal_of(event.kind);
  event.lifetime = {};
  events.push_back(event);
}

bool is_same(const Event& a, const Event& b) {
  return a.router == b.router && a.prefix == b.prefix && a.address == b.address;
}

// The entry that the event is about, or the end.
auto find(auto& entries, const Event& wanted) {
  return std::ranges::find_if(entries,
                              [&](const auto& entry) { return is_same(entry.event, wanted); });
}

}  // namespace

Ipv6 eui64_address(Prefix6 prefix, Mac mac) {
  const auto& octets = mac.octets;
  std::uint64_t low = 0;
  // The universal/local bit is inverted.
  for (const std::uint8_t octet :
       std::array<std::uint8_t, 8>{static_cast<std::uint8_t>(octets[0] ^ 2U), octets[1], octets[2],
                                   0xff, 0xfe, octets[3], octets[4], octets[5]}) {
    low = low << 8 | octet;
  }
  return {prefix.address().high(), low};
}

void RouterDiscovery::start(InterfaceId id, const Interface& interface, Nanoseconds now) {
  Port& port = ports_[id];
  port.interface = interface;
  if (!std::exchange(port.started, true)) {
    solicit_anew(port, now);
  }
}

void RouterDiscovery::stop(InterfaceId id, Events& events) {
  const auto found = ports_.find(id);
  if (found == ports_.end()) {
    return;
  }
  for (const Entries& entries : found->second.tables) {
    for (const Entry& entry : entries) {
      remove(entry.event, events);
    }
  }
  if (found->second.mtu != 0) {
    events.push_back({.kind = Kind::kMtu, .port = id, .mtu = 0});
  }
  found->second = {.has_link = found->second.has_link};
}

void RouterDiscovery::set_link(InterfaceId id, bool up, Nanoseconds now) {
  Port& port = ports_[id];
  port.has_link = up;
  solicit_anew(port, now);
}

void RouterDiscovery::solicit_anew(Port& port, Nanoseconds now) {
  port.interval = {};
  port.next = port.started && port.has_link ? now + random(Nanoseconds{}, kDelay) : kNever;
}

// The intervals of RFC 8415 15: 4 s, then about twice the last, up to about an hour.
void RouterDiscovery::solicit(InterfaceId id, Port& port, Nanoseconds now, Events& events) {
  const auto about = [this](Nanoseconds interval) {
    return random(interval * 9 / 10, interval * 11 / 10);
  };
  if (port.interval == Nanoseconds{}) {
    port.interval = about(kInterval);
  } else {
    port.interval = random(port.interval * 19 / 10, port.interval * 21 / 10);
    if (port.interval > kIntervalMax) {
      port.interval = about(kIntervalMax);
    }
  }
  port.next = now + port.interval;
  events.push_back({.kind = Kind::kSolicit, .port = id});
}

// Adds, updates, or with a lifetime of 0 removes.
void RouterDiscovery::set(Entries& entries, const Event& wanted, Nanoseconds now, Events& events) {
  const auto found = find(entries, wanted);
  const Nanoseconds until = end_of(wanted.lifetime, now);
  if (found == entries.end()) {
    if (wanted.lifetime > Nanoseconds{} && entries.size() < kEntriesMax) {
      entries.push_back({.event = wanted, .until = until});
      events.push_back(wanted);
    }
    return;
  }
  if (wanted.lifetime == Nanoseconds{}) {
    remove(found->event, events);
    entries.erase(found);
    return;
  }
  found->until = until;
  if (found->event.preference != wanted.preference) {
    found->event = wanted;
    events.push_back(wanted);
  }
}

// RFC 4862 5.5.3 (e), as Linux addrconf_prefix_rcv_add_addr() has it.
void RouterDiscovery::hear_address(Port& port, Event wanted, Nanoseconds preferred, Nanoseconds now,
                                   Events& events) {
  Entries& entries = port.tables[kAddresses];
  if (const auto found = find(entries, wanted); found != entries.end()) {
    const Nanoseconds remaining = found->until == kNever ? kInfiniteLifetime : found->until - now;
    wanted.lifetime = std::max(wanted.lifetime, std::min(remaining, kLifetimeKept));
    if (wanted.lifetime <= Nanoseconds{}) {
      return;  // it is about to be removed
    }
  }
  set(entries, wanted, now, events);
  if (const auto found = find(entries, wanted); found != entries.end()) {
    found->preferred_until = end_of(preferred, now);
    set_deprecated(*found, preferred <= Nanoseconds{}, events);
  }
}

void RouterDiscovery::set_deprecated(Entry& entry, bool deprecated, Events& events) {
  if (std::exchange(entry.deprecated, deprecated) != deprecated) {
    Event event = entry.event;
    event.kind = deprecated ? Kind::kDeprecateAddress : Kind::kPreferAddress;
    events.push_back(event);
  }
}

void RouterDiscovery::hear_prefix(InterfaceId id, Port& port, const PrefixInformation& information,
                                  Nanoseconds now, Events& events) {
  const Prefix6 prefix = information.prefix;
  if (!is_routable(prefix) || prefix.address().is_link_local() ||
      information.preferred > information.valid) {
    return;
  }
  Event wanted{
      .kind = Kind::kAddPrefix, .port = id, .prefix = prefix, .lifetime = information.valid};
  if (information.on_link) {
    set(port.tables[kPrefixes], wanted, now, events);
  }
  if (information.autonomous && prefix.length() == kAutonomousLength) {
    wanted.kind = Kind::kAddAddress;
    wanted.address = eui64_address(prefix, port.interface.mac);
    hear_address(port, wanted, information.preferred, now, events);
  }
}

void RouterDiscovery::hear(InterfaceId id, const RouterAdvertisement& message, Nanoseconds now,
                           Events& events) {
  const auto found = ports_.find(id);
  if (found == ports_.end() || !found->second.started) {
    return;
  }
  Port& port = found->second;
  // RFC 4861 6.3.7: at least one solicitation is sent.
  if (port.interval > Nanoseconds{}) {
    port.next = kNever;
  }
  Event router{.kind = Kind::kAddRouter,
               .port = id,
               .router = message.source,
               .preference = message.preference,
               .lifetime = message.lifetime};
  // RFC 4191 3.1: a route to everywhere overrides what the header says.
  for (const RouteInformation& route : message.routes) {
    if (route.prefix.length() == 0) {
      router.preference = route.preference;
      router.lifetime = route.lifetime;
    }
  }
  set(port.tables[kRouters], router, now, events);
  for (const RouteInformation& route : message.routes) {
    if (route.prefix.length() > 0 && is_routable(route.prefix) &&
        !route.prefix.address().is_link_local()) {
      set(port.tables[kRoutes],
          {.kind = Kind::kAddRoute,
           .port = id,
           .router = message.source,
           .prefix = route.prefix,
           .preference = route.preference,
           .lifetime = route.lifetime},
          now, events);
    }
  }
  for (const PrefixInformation& prefix : message.prefixes) {
    hear_prefix(id, port, prefix, now, events);
  }
  if (message.mtu && *message.mtu >= kIpv6MinMtu && *message.mtu <= port.interface.mtu &&
      *message.mtu != port.mtu) {
    port.mtu = *message.mtu;
    events.push_back({.kind = Kind::kMtu, .port = id, .mtu = port.mtu});
  }
}

void RouterDiscovery::tick(Nanoseconds now, Events& events) {
  for (auto& [id, port] : ports_) {
    if (port.next <= now) {
      solicit(id, port, now, events);
    }
    for (Entries& entries : port.tables) {
      std::erase_if(entries, [&](const Entry& entry) {
        const bool over = entry.until <= now;
        if (over) {
          remove(entry.event, events);
        }
        return over;
      });
    }
    for (Entry& entry : port.tables[kAddresses]) {
      if (entry.preferred_until <= now) {
        set_deprecated(entry, true, events);
      }
    }
  }
}

std::optional<Nanoseconds> RouterDiscovery::next_deadline() const {
  Nanoseconds next = kNever;
  for (const auto& [id, port] : ports_) {
    next = std::min(next, port.next);
    for (const Entries& entries : port.tables) {
      for (const Entry& entry : entries) {
        next = std::min(next, entry.until);
        if (!entry.deprecated) {
          next = std::min(next, entry.preferred_until);
        }
      }
    }
  }
  return next == kNever ? std::nullopt : std::optional{next};
}

Nanoseconds RouterDiscovery::random(Nanoseconds least, Nanoseconds most) {
  return Nanoseconds{
      std::uniform_int_distribution<Nanoseconds::rep>{least.count(), most.count()}(random_)};
}

}  // namespace ringroad::neigh

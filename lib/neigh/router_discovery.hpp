// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The host's part of router discovery, for a port that accepts router advertisements (RFC 4861 6.3,
// RFC 4862 5.5.3, RFC 4191, RFC 7559): which default routers, routes, on-link prefixes and
// addresses a port has from them. This class sends nothing and owns no routes: its calls return
// events, which the caller carries out in order. Control thread only.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "base/units.hpp"
#include "neigh/nd_message.hpp"

namespace ringroad::neigh {

// The modified EUI-64 interface identifier (RFC 4291 appendix A) after a prefix of 64 bits.
[[nodiscard]] Ipv6 eui64_address(Prefix6 prefix, Mac mac);

class RouterDiscovery {
 public:
  // Of each kind, a port takes this many.
  static constexpr std::size_t kEntriesMax = 16;

  struct Event {
    enum class Kind : std::uint8_t {
      kSolicit,    // send all routers a router solicitation
      kAddRouter,  // a default route via `router`; if there is one already, `preference` is new
      kRemoveRouter,
      kAddRoute,  // a route to `prefix` via `router`, like kAddRouter
      kRemoveRoute,
      kAddPrefix,  // `prefix` is on the link
      kRemovePrefix,
      kAddAddress,  // the port gets `address` in `prefix`; it is to be probed for
      kRemoveAddress,
      kDeprecateAddress,  // its preferred lifetime is over (RFC 4862 5.5.4)
      kPreferAddress,     // a router has prolonged it
      kMtu,               // the link's MTU for IPv6 is `mtu`; 0: no router says one
    };
    Kind kind;
    InterfaceId port;
    Ipv6 router{};
    Prefix6 prefix{};
    Ipv6 address{};
    Preference preference = Preference::kMedium;
    // Of what is added, as it is now; later advertisements change it without an event.
    Nanoseconds lifetime{};
    std::uint32_t mtu = 0;

    friend bool operator==(const Event&, const Event&) = default;
  };
  using Events = std::vector<Event>;

  struct Interface {
    Mac mac;                   // of which addresses are made
    std::uint32_t mtu = 1500;  // of the port; a router can only say less
  };

  explicit RouterDiscovery(std::uint64_t seed) : random_{seed} {}

  // The port accepts advertisements from now on, and solicits them while it has a link. It must
  // have a usable link-local address. A port whose MAC changes is stopped and started.
  void start(InterfaceId id, const Interface& interface, Nanoseconds now);
  // All that the port has from routers is removed.
  void stop(InterfaceId id, Events& events);
  // A link that comes up may be a different one, so routers are solicited; what was learned stays
  // until it expires, as in Linux.
  void set_link(InterfaceId id, bool up, Nanoseconds now);
  // A valid advertisement, not the router's own. A port that was not started ignores it.
  void hear(InterfaceId id, const RouterAdvertisement& message, Nanoseconds now, Events& events);

  void tick(Nanoseconds now, Events& events);
  // The time at which tick() next has something to do.
  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

 private:
  static constexpr Nanoseconds kNever = Nanoseconds::max();
  // A router, route, prefix or address; the event that announced it has its fields.
  struct Entry {
    Event event;
    Nanoseconds until = kNever;
    // Of an address.
    Nanoseconds preferred_until = kNever;
    bool deprecated = false;
  };
  using Entries = std::vector<Entry>;
  enum Table : std::uint8_t { kRouters, kRoutes, kPrefixes, kAddresses, kTables };
  struct Port {
    bool started = false;
    bool has_link = false;
    Interface interface{};
    std::uint32_t mtu = 0;  // the last that was said; 0: none
    std::array<Entries, kTables> tables{};
    Nanoseconds interval{};  // between the last solicitation and the next; 0: none was sent
    Nanoseconds next = kNever;
  };

  void solicit_anew(Port& port, Nanoseconds now);
  void solicit(InterfaceId id, Port& port, Nanoseconds now, Events& events);
  static void set(Entries& entries, const Event& wanted, Nanoseconds now, Events& events);
  static void hear_address(Port& port, Event wanted, Nanoseconds preferred, Nanoseconds now,
                           Events& events);
  static void set_deprecated(Entry& entry, bool deprecated, Events& events);
  static void hear_prefix(InterfaceId id, Port& port, const PrefixInformation& information,
                          Nanoseconds now, Events& events);
  [[nodiscard]] Nanoseconds random(Nanoseconds least, Nanoseconds most);

  std::mt19937_64 random_;
  std::map<InterfaceId, Port> ports_;
};

}  // namespace ringroad::neigh

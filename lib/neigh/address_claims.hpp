// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// IPv4 address conflict detection (RFC 5227): finds out whether an address may be used on a link,
// announces it, and defends it when another host uses it. This class sends nothing: its calls
// return events, which the caller carries out in order. Control thread only.
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/mac.hpp"
#include "base/units.hpp"
#include "neigh/arp_message.hpp"
#include "neigh/key.hpp"

namespace ringroad::neigh {

class AddressClaims {
 public:
  struct Event {
    enum class Kind : std::uint8_t {
      kProbe,     // broadcast a request for the address from 0.0.0.0
      kAnnounce,  // broadcast a request for the address from the address itself
      kUsable,    // no host answered the probes: use it; announcements follow
      kRefused,   // `other` has the address: do not use it; the claim was removed
      kConflict,  // `other` uses an address in use; one event a claim; all are counted
    };
    Kind kind;
    Key4 key;
    Mac other{};
  };
  using Events = std::vector<Event>;

  struct Settings {
    bool announce = true;  // if false, only probes and defenses are sent
    std::uint64_t seed = 0;
  };
  explicit AddressClaims(const Settings& settings)
      : announce_{settings.announce}, random_{settings.seed} {}

  // Whether later claims are announced.
  void set_announce(bool announce) { announce_ = announce; }

  // A claim lasts until withdraw() or kRefused; nothing is sent while its port has no link. This
  // claim may be used if no host answers the probes, 4 to 7 s from now (RFC 5227 2.1).
  void probe(Key4 key, Nanoseconds now, Events& events);
  // The address is in use from now on, without probes. If it is in use already, it is announced
  // again, because its port's MAC is new.
  void use(Key4 key, Nanoseconds now, Events& events);
  void withdraw(Key4 key);

  // When a link comes up, the port's claims start again, because it may be a different link.
  void set_link(InterfaceId port, bool up, Nanoseconds now, Events& events);
  // Whether the message conflicts with a claim.
  [[nodiscard]] bool concerns(InterfaceId port, const ArpMessage& message) const;
  // Handles an ARP message that another station sent and this port received.
  void hear(InterfaceId port, const ArpMessage& message, Nanoseconds now, Events& events);

  void tick(Nanoseconds now, Events& events);
  // The time at which tick() next has something to do.
  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

  // The address is claimed but must not be used yet.
  [[nodiscard]] bool is_tentative(Key4 key) const;
  // The number of messages in which other hosts used an address of this port, including refused
  // claims.
  [[nodiscard]] std::uint64_t conflicts(InterfaceId port) const;

 private:
  static constexpr Nanoseconds kNever = Nanoseconds::max();
  struct Claim {
    bool in_use = false;
    unsigned sent = 0;  // probes, or announcements if the address is in use
    Nanoseconds next = kNever;
    std::optional<Nanoseconds> defended;
    bool told = false;
  };
  using Claims = std::map<Key4, Claim>;
  struct Port {
    bool has_link = false;
    std::uint64_t conflicts = 0;
  };

  void start(const Key4& key, Claim& claim, Nanoseconds now, Events& events);
  void run(const Key4& key, Claim& claim, Nanoseconds now, Events& events);
  [[nodiscard]] Nanoseconds random(Nanoseconds least, Nanoseconds most);

  bool announce_;
  std::mt19937_64 random_;
  Claims claims_;
  std::map<InterfaceId, Port> ports_;
};

}  // namespace ringroad::neigh

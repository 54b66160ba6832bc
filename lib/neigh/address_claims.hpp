// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// IPv4 address conflict detection, RFC 5227: whether an address may be used on a link, telling the
// link that it is, and holding on to it when somebody else takes it. It sends nothing: calls answer
// with the events that the caller carries out in order. Control thread only.
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
      kUsable,    // nobody answered the probes: use it; announcements follow
      kRefused,   // `other` has the address: do not use it; the claim is gone
      kConflict,  // `other` speaks as an address in use; told once a claim, counted each time
    };
    Kind kind;
    Key4 key;
    Mac other{};
  };
  using Events = std::vector<Event>;

  struct Settings {
    bool announce = true;  // false: nothing is sent but probes and defense
    std::uint64_t seed = 0;
  };
  explicit AddressClaims(const Settings& settings)
      : announce_{settings.announce}, random_{settings.seed} {}

  // A claim lasts until withdraw() or kRefused; nothing is sent while its port has no link. This
  // one is to be used once nobody answered for it, 4 to 7 s from now (RFC 5227 2.1).
  void probe(Key4 key, Nanoseconds now, Events& events);
  // In use from now on, without asking. Of one in use: announced again, for its port's MAC is new.
  void use(Key4 key, Nanoseconds now, Events& events);
  void withdraw(Key4 key);

  // A port that gets its link begins as if its claims were new: it may be another link.
  void set_link(InterfaceId port, bool up, Nanoseconds now, Events& events);
  // Somebody else may send no such message where all is well.
  [[nodiscard]] bool concerns(InterfaceId port, const ArpMessage& message) const;
  // An ARP message that came by that port from no station of our own.
  void hear(InterfaceId port, const ArpMessage& message, Nanoseconds now, Events& events);

  void tick(Nanoseconds now, Events& events);
  // When tick() next has something to do.
  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

  // Claimed and not yet to be used.
  [[nodiscard]] bool is_tentative(Key4 key) const;
  // Messages by others that spoke as an address of this port, refused claims included.
  [[nodiscard]] std::uint64_t conflicts(InterfaceId port) const;

 private:
  static constexpr Nanoseconds kNever = Nanoseconds::max();
  struct Claim {
    bool in_use = false;
    unsigned sent = 0;  // probes, or announcements once it is in use
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

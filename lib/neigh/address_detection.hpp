// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Duplicate address detection for IPv6 (RFC 4862 5.4, with the nonces of RFC 7527): finds out
// whether an address may be used on a link, and which solicited-node groups the router's addresses
// need. This class sends nothing: its calls return events, which the caller carries out in order.
// Control thread only.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "base/mac.hpp"
#include "base/units.hpp"
#include "neigh/key.hpp"
#include "neigh/nd_message.hpp"

namespace ringroad::neigh {

class AddressDetection {
 public:
  struct Event {
    enum class Kind : std::uint8_t {
      kJoin,       // listen to the group that is the key's address
      kLeave,      // no address needs this group any more
      kProbe,      // solicit the address from :: with `nonce`, in its solicited-node group
      kUsable,     // no node answered the probes: use it
      kDuplicate,  // `other` has the address: it stays unused until it is withdrawn
      kConflict,   // `other` uses an address in use; one event an address; all are counted
      kAnnounce,   // send all nodes an unsolicited advertisement that overrides
    };
    Kind kind;
    Key6 key;
    Mac other{};
    Nonce nonce{};
  };
  using Events = std::vector<Event>;

  // Linux's defaults: dad_transmits, retrans_time_ms, router_solicitation_delay, ndisc_notify.
  struct Settings {
    unsigned transmits = 1;  // 0: addresses are usable at once
    Nanoseconds retransmit = std::chrono::seconds{1};
    Nanoseconds delay_max = std::chrono::seconds{1};  // before the first probe
    bool announce = false;
    std::uint64_t seed = 0;
  };
  explicit AddressDetection(const Settings& settings)
      : settings_{settings}, random_{settings.seed} {}

  // Whether addresses are announced from now on.
  void set_transmits(unsigned transmits) { settings_.transmits = transmits; }
  void set_announce(bool announce) { settings_.announce = announce; }

  // The address may be used if no other node has it, at most delay_max and `transmits` times
  // `retransmit` after the port has a link. Nothing is sent without a link.
  void probe(Key6 key, Nanoseconds now, Events& events);
  // The address is in use from now on, without probes. If it is in use already, it is announced
  // again, because its port's MAC is new.
  void use(Key6 key, Events& events);
  void withdraw(Key6 key, Events& events);

  // When a link comes up, it may be a different link: probing starts again, and what is in use is
  // announced.
  void set_link(InterfaceId port, bool up, Nanoseconds now, Events& events);
  // Messages that this port received from the MAC `other`, which is not the port's own.
  void hear_solicitation(InterfaceId port, const NeighborSolicitation& message, Mac other,
                         Events& events);
  void hear_advertisement(InterfaceId port, const NeighborAdvertisement& message, Mac other,
                          Events& events);

  void tick(Nanoseconds now, Events& events);
  // The time at which tick() next has something to do.
  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

  // The address was named but must not be used: it is being probed for, or a duplicate.
  [[nodiscard]] bool is_tentative(Key6 key) const;
  [[nodiscard]] bool is_duplicate(Key6 key) const;
  // The number of messages in which other nodes used an address of this port, including duplicates.
  [[nodiscard]] std::uint64_t conflicts(InterfaceId port) const;

 private:
  static constexpr Nanoseconds kNever = Nanoseconds::max();
  enum class State : std::uint8_t { kTentative, kInUse, kDuplicate };
  struct Entry {
    State state = State::kTentative;
    bool told = false;  // of a conflict
    unsigned sent = 0;
    Nonce nonce{};
    Nanoseconds next = kNever;
  };
  using Entries = std::map<Key6, Entry>;
  struct Port {
    bool has_link = false;
    std::uint64_t conflicts = 0;
  };

  Entry& add(const Key6& key, Events& events);
  void start(const Key6& key, Entry& entry, Nanoseconds now, Events& events);
  void run(const Key6& key, Entry& entry, Nanoseconds now, Events& events);
  void announce(const Key6& key, Events& events) const;
  void refuse(const Key6& key, Entry& entry, Mac other, Events& events);

  Settings settings_;
  std::mt19937_64 random_;
  Entries entries_;
  std::map<Key6, unsigned> groups_;  // how many addresses need each
  std::map<InterfaceId, Port> ports_;
};

}  // namespace ringroad::neigh

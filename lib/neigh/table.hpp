// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The neighbor table of one address family: an entry with NUD state and timer for each (port,
// address). The table neither holds nor sends packets: each call returns events, which its caller
// must carry out, in order, before the next call; only then are ids of removed entries reused.
//
// The control thread is the only writer and the only reader. The hash is seeded at random, so that
// a sender cannot choose colliding addresses.
#include <absl/container/btree_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/mac.hpp"
#include "neigh/key.hpp"
#include "neigh/nud.hpp"

namespace ringroad::neigh {

template <class Address>
struct Entry {
  Key<Address> key;
  State state = State::kIncomplete;
  Mac mac;                   // meaningful where has_mac(state)
  Nanoseconds updated{};     // when MAC or state last changed
  Nanoseconds confirmed{};   // when reachability of this MAC was last confirmed; zero: never
  Nanoseconds used{};        // when the packet path was last seen to use the entry
  std::uint32_t probes = 0;  // sent in this state
};

struct Event {
  enum class Kind : std::uint8_t {
    kSolicitBroadcast,  // broadcast an ARP request
    kSolicitUnicast,    // send an ARP request to entry.mac
    kResolved,          // entry.mac is new or has changed: publish it, send waiting packets
    kStateChanged,      // the MAC is unchanged; the packet path may need to report use
    kFailed,            // unreachable: unpublish it, answer waiting packets with host unreachable
    kRemoved,           // removed after this event; treat it as kFailed if it was published
  };
  Kind kind;
  NeighborId id;
};
using Events = std::vector<Event>;

// Counters of the whole table, named as in /proc/net/stat/arp_cache.
struct Counters {
  std::uint64_t allocs = 0, destroys = 0, lookups = 0, hits = 0, res_failed = 0;
  std::uint64_t hash_grows = 0, periodic_gc_runs = 0, forced_gc_runs = 0, table_fulls = 0;
};

template <class Address>
class Table {
 public:
  using Key = neigh::Key<Address>;
  using Entry = neigh::Entry<Address>;

  // `defaults`: the settings of all ports without settings of their own.
  Table(const Parameters& defaults, const Limits& limits, std::uint64_t seed);

  // Applies to later transitions of that port's entries; a running timer keeps its deadline.
  void set_parameters(InterfaceId id, const Parameters& parameters);
  // Entries above a new limit stay until the next collection.
  void set_limits(const Limits& limits) { limits_ = limits; }

  // A packet needs this neighbor and the packet path had no MAC for it. Creates the entry
  // (kIncomplete, with an immediate request) or marks it used. Returns nullopt if the table is
  // full.
  std::optional<NeighborId> resolve(Key key, Nanoseconds now, Events& events);
  // What resolve() would find now. Changes nothing (table_rehearsal.hpp).
  class Rehearsal;

  // The packet path has sent to this neighbor since the last query. A report after the entry was
  // removed has no effect.
  void mark_used(NeighborId id, Nanoseconds now, Events& events);

  // An ARP message from `key` says that its MAC is `mac`. `solicited`: a unicast reply to our
  // request. `for_us`: the message is directed at an address of ours, so an entry may be created
  // (RFC 826). `overrides`: a gratuitous message or a request to us, which as in Linux may replace
  // a MAC that was learned less than locktime ago.
  struct Advertisement {
    Key key;
    Mac mac;
    bool solicited = false;
    bool for_us = false;
    bool overrides = false;
  };
  void learn(const Advertisement& advertisement, Nanoseconds now, Events& events);
  // Another station may have the address now (RFC 4861 7.2.5): an entry that is kReachable becomes
  // kStale. Returns whether it did.
  bool suspect(NeighborId id, Nanoseconds now, Events& events);

  // `ip neigh replace ... nud permanent`.
  NeighborId set_permanent(Key key, Mac mac, Nanoseconds now, Events& events);
  // `ip neigh del`; returns false if there is no entry.
  bool erase(Key key, Events& events);
  // `ip neigh flush`: removes all entries except permanent ones, of one port or of every port.
  std::size_t flush(std::optional<InterfaceId> port, Events& events);

  // Runs the timers that are due, including garbage collection, but examines at most `most`
  // entries. If entries remain, the next deadline is in the past.
  void tick(Nanoseconds now, Events& events,
            std::size_t most = std::numeric_limits<std::size_t>::max());
  // The time at which tick() next has something to do; nullopt while the table is empty.
  [[nodiscard]] std::optional<Nanoseconds> next_deadline() const;

  // Also works for an entry that the last call removed. The reference is valid as long as the entry
  // exists.
  [[nodiscard]] const Entry& entry(NeighborId id) const;
  [[nodiscard]] std::optional<NeighborId> find(Key key) const;
  [[nodiscard]] std::size_t size() const;
  // The number of entries in that state.
  [[nodiscard]] std::size_t count(State state) const {
    return counts_.at(static_cast<std::size_t>(state));
  }
  [[nodiscard]] const Counters& counters() const;
  [[nodiscard]] const Parameters& parameters(InterfaceId id) const;
  [[nodiscard]] const Limits& limits() const;
  // The number of entries whose use must be reported.
  [[nodiscard]] std::size_t stale() const;
  // Entries sorted by port, then by address: at most `most` entries after `after`, of one port or
  // of all ports.
  [[nodiscard]] std::vector<NeighborId> page(std::optional<Key> after, std::size_t most,
                                             std::optional<InterfaceId> port = std::nullopt) const;
  // Visits all entries in the same order.
  void for_each(const std::function<void(NeighborId, const Entry&)>& visit) const;

 private:
  // Linux's "5 * HZ": above gc_thresh2, forced collection runs at most this often, and it spares
  // entries that changed more recently. Here periodic collection spares them too: the packet path
  // reports use of STALE entries only, so nothing is known yet about the use of a newly STALE
  // entry.
  static constexpr Nanoseconds kFresh = std::chrono::seconds{5};

  struct KeyHash {
    std::uint64_t mask;
    std::uint64_t factor;
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Port {
    Parameters parameters;
    Nanoseconds reachable_time{};
    Nanoseconds redraw_at = Nanoseconds::min();
  };
  // If its state has a queue, an entry is in that queue at `position`.
  struct Slot {
    Entry entry;
    Nanoseconds position{};
  };
  using Queue = std::set<std::pair<Nanoseconds, NeighborId>>;

  [[nodiscard]] Slot& slot(NeighborId id) { return slots_[id.value()]; }
  [[nodiscard]] Queue* queue_of(State state);
  [[nodiscard]] std::size_t collectable() const { return index_.size() - count(State::kPermanent); }
  [[nodiscard]] Nanoseconds reachable_time(InterfaceId id, Nanoseconds now);

  void recycle();
  std::optional<NeighborId> look_up(Key key);
  std::optional<NeighborId> create(Key key, Nanoseconds now, Events& events);
  NeighborId allocate(Key key, Nanoseconds now);
  void remove(NeighborId id, Events& events);
  void enter(NeighborId id, State state, Nanoseconds position, Nanoseconds now);
  void use(NeighborId id, Nanoseconds now, Events& events);
  void probe(NeighborId id, Nanoseconds now, Events& events);
  void run_timer(NeighborId id, Nanoseconds now, Events& events);
  void start_collection(Nanoseconds now);
  void collect_periodically(Queue::value_type from, Nanoseconds now, Events& events,
                            std::size_t most);
  void collect_by_force(Nanoseconds now, Events& events);
  // Whether a new entry must be preceded by a forced collection.
  [[nodiscard]] bool must_collect(std::size_t collectable, Nanoseconds next_forced_gc,
                                  Nanoseconds now) const;
  // The number of entries below which a forced collection ends.
  [[nodiscard]] std::size_t collection_target() const;

  [[nodiscard]] Port& port(InterfaceId id);

  Parameters defaults_;
  Limits limits_;
  std::vector<Port> ports_;  // by InterfaceId, up to the highest seen
  Counters counters_;
  std::mt19937_64 random_;

  std::deque<Slot> slots_;
  std::vector<NeighborId> free_;
  std::vector<NeighborId> removed_;  // by the last call: these entries can still be read
  std::unordered_map<Key, NeighborId, KeyHash> index_;
  absl::btree_map<Key, NeighborId> ordered_;   // the same entries, sorted for pages
  std::array<std::size_t, kStates> counts_{};  // by state

  // These queues spare timers and garbage collection the entries that do not concern them.
  Queue timers_;  // kIncomplete, kReachable, kDelay and kProbe, by deadline
  Queue stale_;   // kStale, by the time of the transition or of a new MAC
  Queue failed_;  // kFailed, by time of failure
  Nanoseconds next_periodic_gc_{};
  // The position in `stale_` where a periodic collection continues; empty: it is finished.
  std::optional<Queue::value_type> collect_from_;
  Nanoseconds next_forced_gc_ = Nanoseconds::min();
};

using Entry4 = Entry<Ipv4>;
using Table4 = Table<Ipv4>;
using Table6 = Table<Ipv6>;

extern template class Table<Ipv4>;
extern template class Table<Ipv6>;

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A table of connections, found by the tuple of either direction: Linux's nf_conntrack_hash.
//
// One thread at a time uses a table. A connection is confirmed when its first packet is known to
// leave the router or to be delivered. Until then only packets of the same burst and direction find
// it, as if each packet came after the one before had gone.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/units.hpp"
#include "fib/reserved_array.hpp"
#include "filter/connection.hpp"
#include "filter/flow_owners.hpp"

namespace ringroad::filter {

// The number of a connection in its table, and which connection at that place is meant.
struct ConnectionId {
  std::uint32_t number = 0;
  std::uint16_t generation = 0;

  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
};

class Connections {
 public:
  // 200 bytes for each connection that was ever there at the same time.
  Connections(std::uint32_t most, std::uint64_t seed);
  // The table of one worker of several. The seed is that of `owners`. Before the first connection.
  void share(FlowOwners& owners, std::uint8_t owner) {
    owners_ = &owners;
    owner_ = owner;
  }

  struct Counters {
    std::uint64_t found = 0;
    std::uint64_t invalid = 0;
    std::uint64_t inserted = 0;
    std::uint64_t expired = 0;
    std::uint64_t refused = 0;        // the table was full
    std::uint64_t early_drops = 0;    // evicted because the table was full
    std::uint64_t insert_failed = 0;  // another one with the same tuple was confirmed before

    void add(const Counters& more);
  };

  // Begins a burst: what is not confirmed of the last one is not found any more.
  void begin(Nanoseconds now);
  [[nodiscard]] Milliseconds32 now() const { return now_; }

  [[nodiscard]] std::uint64_t hash(const Tuple& tuple) const { return hash_of(tuple, seed_); }
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&heads_[hash & mask_]); }
  void prefetch_connection(std::uint64_t hash) const {
    if (const std::uint32_t node = heads_[hash & mask_]; node != 0) {
      const auto* const connection = &connections_[number_of(node)];
      __builtin_prefetch(connection);
      __builtin_prefetch(reinterpret_cast<const char*>(connection) + 64);
      __builtin_prefetch(reinterpret_cast<const char*>(connection) + 128);
    }
  }

  struct Found {
    Connection* connection;
    Direction direction;
  };
  [[nodiscard]] std::optional<Found> find(const Tuple& tuple, std::uint64_t hash);
  // The first connection with the tuple, if it is confirmed and has not expired, otherwise null.
  // Changes nothing: what it does not find, find() may.
  [[nodiscard]] Found find_confirmed(const Tuple& tuple, std::uint64_t hash) const {
    for (std::uint32_t node = heads_[hash & mask_]; node != 0;) {
      Connection& connection = connections_[number_of(node)];
      const Direction direction = direction_of(node);
      if (connection.tuple(direction) == tuple) [[likely]] {
        const bool is_there =
            connection.has(connection_status::kConfirmed) && !has_expired(connection);
        return {is_there ? &connection : nullptr, direction};
      }
      node = connection.next[index_of(direction)];
    }
    return {nullptr, Direction::kOriginal};
  }
  [[nodiscard]] std::optional<Found> find(const Tuple& tuple) { return find(tuple, hash(tuple)); }
  // Whether packets with this tuple would be those of another connection, confirmed or of this
  // burst.
  [[nodiscard]] bool is_taken(const Tuple& tuple, const Connection* but = nullptr) const;

  // Connections of the other table are found here as copies, and its tuples are taken. It must not
  // change as long as this one is used.
  void lie_over(const Connections& other) { below_ = &other; }

  // Returns null if the table is full of connections that may not be evicted.
  [[nodiscard]] Connection* create(const Tuple& original, const Tuple& reply);
  // Returns false, and changes nothing, if another worker has taken the tuple in the meantime.
  [[nodiscard]] bool set_reply(Connection& connection, const Tuple& reply);
  // Makes sure that packets of this direction come to this worker. Returns false if another one has
  // a connection with the tuple.
  [[nodiscard]] bool claim(Connection& connection, Direction direction);
  // Likewise, and then the connection is gone.
  [[nodiscard]] bool claim_or_remove(Connection& connection, Direction direction);
  // Returns false, and the connection is gone, if another one was confirmed before.
  [[nodiscard]] bool confirm(Connection& connection);
  void remove(Connection& connection);
  // Nothing finds the connection any more, but the packet that ended it still has it (Linux's
  // nf_ct_delete). It must be confirmed.
  void retire(Connection& connection);
  // Nothing is known any more about what rules do with the packets of any connection.
  void forget_outcomes() {
    for (std::uint32_t i = 0; i < used_; ++i) {
      connections_[i].outcome = 0;
    }
  }
  void set_timeout(Connection& connection, Nanoseconds timeout) const {
    connection.deadline =
        now_ + static_cast<Milliseconds32>(timeout / std::chrono::milliseconds{1});
  }

  // Until it expires.
  [[nodiscard]] Nanoseconds remaining(const Connection& connection) const {
    return std::chrono::milliseconds{static_cast<std::int32_t>(connection.deadline - now_)};
  }

  [[nodiscard]] ConnectionId id(const Connection& connection) const {
    return {static_cast<std::uint32_t>(&connection - connections_.data()), connection.generation};
  }
  // Null if it is gone.
  [[nodiscard]] Connection* at(ConnectionId id);

  // Calls `visit` for each confirmed connection that has not expired, from the place `from` on, and
  // for at most `most` places. Returns the place after the last one; the number of places is
  // places().
  template <class Visit>
  std::uint32_t visit(std::uint32_t from, std::uint32_t most, Visit&& visit);
  [[nodiscard]] std::uint32_t places() const { return used_; }
  // Confirmed or not, expired ones included.
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::uint32_t most() const { return most_; }
  // The memory of the chains, and of all places that were ever used.
  [[nodiscard]] std::uint64_t bytes() const {
    return (mask_ + 1) * sizeof(std::uint32_t) +
           used_ * std::uint64_t{sizeof(Connection) + sizeof(std::uint32_t)};
  }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] Counters& counters() { return counters_; }

 private:
  static constexpr std::size_t kFreshMost = 64;
  static constexpr std::uint32_t kUndecidedPlaces = 4096;
  // A node stands for one direction of a connection; 0: none.
  [[nodiscard]] static std::uint32_t node_of(std::uint32_t number, Direction direction) {
    return (number + 1) << 1U | static_cast<std::uint32_t>(direction);
  }
  [[nodiscard]] static std::uint32_t number_of(std::uint32_t node) { return (node >> 1U) - 1; }
  [[nodiscard]] static Direction direction_of(std::uint32_t node) {
    return static_cast<Direction>(node & 1U);
  }
  [[nodiscard]] static std::uint8_t bit_of(Direction direction) {
    return static_cast<std::uint8_t>(1U << index_of(direction));
  }
  static void set_claim(Connection& connection, Direction direction, bool is_claimed);
  void release(Connection& connection, Direction direction);
  void leave(Connection& connection);  // the chains
  void link(Connection& connection, Direction direction);
  void unlink(Connection& connection, Direction direction);
  [[nodiscard]] bool has_expired(const Connection& connection) const {
    return static_cast<std::int32_t>(connection.deadline - now_) <= 0;
  }
  [[nodiscard]] bool is_there(const Connection& connection) const {
    return connection.in_use != 0 && connection.has(connection_status::kConfirmed) &&
           !connection.is_retired() && !has_expired(connection);
  }
  // Whether a connection but this one has the tuple, and any of these bits of the status.
  [[nodiscard]] bool has_other(const Tuple& tuple, std::uint64_t hash, const Connection* but,
                               std::uint16_t bits) const;
  [[nodiscard]] std::optional<Found> find_below(const Tuple& tuple, std::uint64_t hash);
  [[nodiscard]] Connection* allot();
  void collect(std::uint32_t places);
  void forget_undecided();
  void remember(ConnectionId id);
  [[nodiscard]] bool evict(std::uint64_t hash);

  std::uint32_t most_;
  std::uint64_t mask_;
  std::uint64_t seed_;
  Milliseconds32 now_ = 0;
  std::uint32_t used_ = 0;  // places that were ever used
  std::uint32_t size_ = 0;
  std::uint32_t collected_ = 0;                 // the place at which collect() goes on
  std::vector<std::uint32_t> free_;             // places below used_
  std::array<ConnectionId, kFreshMost> fresh_;  // created in this burst
  std::uint32_t fresh_count_ = 0;
  // A ring of connections whose packets may wait for the control thread: those that an earlier
  // burst began and that are not confirmed, and those that were retired.
  struct Undecided {
    ConnectionId id;
    Milliseconds32 since;
  };
  std::array<Undecided, kUndecidedPlaces> undecided_;
  std::uint32_t undecided_first_ = 0;
  std::uint32_t undecided_count_ = 0;
  const Connections* below_ = nullptr;
  FlowOwners* owners_ = nullptr;
  std::uint8_t owner_ = 0;
  fib::ReservedArray<std::uint32_t> heads_;
  fib::ReservedArray<Connection> connections_;
  Counters counters_;
};

template <class Visit>
std::uint32_t Connections::visit(std::uint32_t from, std::uint32_t most, Visit&& visit) {
  const std::uint32_t end = from + std::min(most, used_ - std::min(from, used_));
  for (std::uint32_t i = from; i < end; ++i) {
    if (is_there(connections_[i])) {
      visit(connections_[i]);
    }
  }
  return end;
}

}  // namespace ringroad::filter

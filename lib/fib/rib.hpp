// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Every route the router knows, of one address family; the trie holds the best of each prefix.
//
// One writer, which is also the only reader: the control thread. A packet is forwarded by the
// longest match in table local, else in main, else in default (ip-rule(8)): a short prefix of local
// beats a longer one of main. One trie can say the same, if it holds no prefix that lies under one
// of a table that is asked before. Within a table the longest prefix wins, then the lowest metric
// (RFC 1812 5.2.4.3), then the lowest rank. Two routes never tie: prefix, table, metric and rank
// name one. Dead routes take no part; of a prefix's others in a table the doubtful come after the
// usable.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "fib/route.hpp"
#include "fib/route_change.hpp"
#include "fib/route_table.hpp"

namespace ringroad::fib {

// Routes of one table, metric and rank. Sorted by prefix they are added fastest.
template <class Address>
struct RouteBatch {
  struct Entry {
    Prefix<Address> prefix;
    std::uint32_t path = 0;  // which of `paths`

    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  Table table = Table::kMain;
  std::uint32_t metric = 0;
  std::span<const Path<Address>> paths;
  std::span<const Entry> entries;
  Rank rank = kOrdinaryRank;
};

// One of the changes that commit() makes together: the route that prefix, table, metric and rank
// name has that path from then on, or is no more.
template <class Address>
struct RouteEdit {
  Prefix<Address> prefix;
  Table table = Table::kMain;
  std::uint32_t metric = 0;
  Rank rank = kOrdinaryRank;
  std::optional<Path<Address>> path;
};

// What a path is good for now.
enum class Usability : std::uint8_t {
  kUsable,
  kDoubtful,  // nobody answers there: taken where the prefix has no usable one in that table
  kDead,      // as if it were not there: a shorter prefix may take its place
};

// A route as the RIB holds it; good until the next change.
template <class Address>
struct RouteView {
  Prefix<Address> prefix;
  Table table;
  std::uint32_t metric;
  Rank rank;
  bool best;  // the trie holds it
  Usability usability;
  const Path<Address>& path;
};

// What the RIB asks and tells. Each may be empty but `acquire`.
template <class Address>
struct RibListener {
  // A path's first route comes: what the trie holds for its prefixes. An error refuses the routes.
  std::function<Result<NextHopId>(const Path<Address>&)> acquire;
  // The path's last route went.
  std::function<void(NextHopId)> release;
  // Asked when the path comes, and by reconsider(). Where it is empty all are usable.
  std::function<Usability(const Path<Address>&)> usability;
  // Once for each call that changes routes; no prefix comes twice. Carried out in this order, an
  // address never gets an answer that is of neither before nor after.
  std::function<void(std::span<const RouteChange<Address>>)> best_changed;
};

template <class Address>
class Rib {
 public:
  using Prefix = ringroad::Prefix<Address>;
  using Path = fib::Path<Address>;
  using Route = fib::Route<Address>;
  using Batch = RouteBatch<Address>;
  using Edit = RouteEdit<Address>;
  using View = RouteView<Address>;
  using Change = RouteChange<Address>;
  using Listener = RibListener<Address>;
  // Where a route stands in its table.
  struct Position {
    Prefix prefix;
    std::uint32_t metric = 0;
    Rank rank = kOrdinaryRank;
  };

  explicit Rib(Listener listener);
  Rib(const Rib&) = delete;
  Rib& operator=(const Rib&) = delete;

  // All or none. Fails where table, prefix, metric and rank are taken, as `ip route add` does with
  // "File exists".
  Status add(const Batch& batch);
  Status add(const Route& route);
  // What add() of the same batch added. All or none: fails where one is not there, or leads
  // elsewhere by now.
  Status erase(const Batch& batch);
  // All or none, in one step: a lookup finds what was before or what is after, and never nothing
  // where both have a route. Fails only where a new path is refused.
  Status commit(std::span<const Edit> edits);
  // Removes the first match in the order of tables and metrics, as `ip route del`; the error says
  // that there is none.
  Result<Route> erase(const RouteSelector<Address>& selector);

  // What one slice of choosing anew may cost: a route that is looked at counts 1, one that is
  // chosen anew 16. ~1 ms.
  static constexpr std::size_t kSlice = 32768;
  // Asks again what each path is good for, and chooses anew for the prefixes it concerns: the first
  // slice at once, the rest by advance(). Each prefix is as before or as after at any moment, and
  // so is each address: first come the answers that are gained, the longest prefixes first, then
  // those go that are lost, the shortest first.
  void reconsider(std::size_t work = kSlice);
  // The next slice of what reconsider() began, or a change of a prefix that hides very many routes
  // of other tables. False where there is nothing left to do.
  bool advance(std::size_t work = kSlice);

  // What the trie holds for exactly this prefix.
  [[nodiscard]] std::optional<View> best(Prefix prefix) const;
  // What forwards a packet to the address.
  [[nodiscard]] std::optional<View> lookup(Address address) const;
  // Every route that covers the address, dead ones too, in the order of table, length and metric.
  [[nodiscard]] std::vector<View> covering(Address address) const;
  // Every route of exactly this prefix.
  [[nodiscard]] std::vector<View> at(Prefix prefix) const;
  // The route of exactly that place.
  [[nodiscard]] std::optional<View> find(Table table, Prefix prefix, std::uint32_t metric,
                                         Rank rank = kOrdinaryRank) const;
  // Whether some route's path `is`; paths are few where routes are many.
  [[nodiscard]] bool any_path(const std::function<bool(const Path&)>& is) const;

  // The tables that have routes: those that forwarding asks, in its order, then the others.
  [[nodiscard]] std::vector<Table> tables() const;
  // By prefix, then by metric, those after `after` until the visitor answers false.
  void for_each(Table table, const std::function<bool(const View&)>& visit,
                std::optional<Position> after = std::nullopt) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t size(Table table) const;

 private:
  using Routes = RouteTable<Address>;
  using Key = typename Routes::Key;
  using Value = typename Routes::Value;
  using Place = typename Routes::Place;
  struct Known {
    std::size_t order;  // of the table, in forwarding_
    const Place& place;
  };
  // A path is stored once and counted: its routes name it by its place.
  struct Interned {
    const Path* path = nullptr;
    NextHopId next_hop;
    std::uint32_t routes = 0;
    Usability usability = Usability::kUsable;
    std::uint64_t turned = 0;  // the pass that sees to its change of usability
  };
  // A part of a pass: the routes of a table below a prefix, all or those whose path turned.
  struct Sweep {
    std::size_t order;  // of the table, in forwarding_
    Prefix within;
    bool all;
  };
  // A prefix whose route went, and whose answer stays until what it hid is there.
  struct Departure {
    Prefix prefix;
    std::uint32_t path;  // one reference
  };

  [[nodiscard]] Routes* find(Table table);
  [[nodiscard]] const Routes* find(Table table) const;
  [[nodiscard]] Routes& find_or_make(Table table);
  [[nodiscard]] Result<std::uint32_t> intern(const Path& path);
  [[nodiscard]] Result<std::vector<std::uint32_t>> intern(std::span<const Path> paths);
  void drop(std::uint32_t path);
  void drop_all(std::span<const std::uint32_t> paths);

  [[nodiscard]] View view(Table table, const Key& key, Value value) const;
  [[nodiscard]] Usability usability(Value value) const { return paths_[value.path].usability; }
  [[nodiscard]] bool dead(Value value) const { return usability(value) == Usability::kDead; }
  void take_back(Routes& routes, const Batch& batch,
                 std::span<const typename Batch::Entry> entries);
  void carry_out(const Edit& edit, std::optional<std::uint32_t> path);
  void remove(Routes& routes, Table table, const Place& place);
  void changed(Table table, Prefix prefix, const Place& place,
               std::optional<std::uint32_t> erased_best = std::nullopt);
  enum class Losses : bool { kNow, kLater };
  void choose(Prefix prefix, const Known* known = nullptr,
              std::optional<NextHopId> before = std::nullopt, Losses losses = Losses::kNow);
  bool choose_hidden(Prefix prefix, std::size_t order);
  void choose_later(Prefix prefix, std::optional<NextHopId> before = std::nullopt);
  void choose_now();
  [[nodiscard]] bool is_hidden(std::size_t order, Prefix prefix) const;
  void publish();
  void cancel_out();
  // What the trie holds for a prefix whose route is gone.
  [[nodiscard]] std::optional<NextHopId> departing(Prefix prefix) const;
  bool begin_pass();
  void end_pass();
  [[nodiscard]] std::size_t sweep(const Sweep& sweep, std::size_t work);

  Listener listener_;
  static constexpr std::array kForwarding{Table::kLocal, Table::kMain, Table::kDefault};
  std::array<Routes, kForwarding.size()> forwarding_;  // in the order in which they are asked
  std::map<Table, Routes> named_;
  std::map<Path, std::uint32_t> path_numbers_;
  std::vector<Interned> paths_;
  std::vector<std::uint32_t> free_paths_;
  std::vector<std::uint32_t> unused_paths_;  // let go when the trie has let go
  std::vector<Change> changes_;
  std::vector<NextHopId> befores_;  // what each of them takes the place of
  // Prefixes whose choice waits until the last of a batch's routes came or went, and what the trie
  // holds for them where no route is marked any more.
  std::vector<std::pair<Prefix, std::optional<NextHopId>>> later_;

  // Choosing anew by slices: a pass goes through its sweeps twice, for gains and for losses.
  std::uint64_t pass_ = 0;
  bool turned_ = false;  // some path waits for the next pass
  std::vector<Sweep> sweeps_;
  std::vector<Sweep> queued_;
  std::vector<Departure> departures_;
  std::vector<Departure> queued_departures_;
  bool losses_ = false;         // in the second half
  std::size_t sweep_ = 0;       // the one it is at
  std::optional<Key> reached_;  // in there
};

using Rib4 = Rib<Ipv4>;
using Rib6 = Rib<Ipv6>;

extern template class Rib<Ipv4>;
extern template class Rib<Ipv6>;

}  // namespace ringroad::fib

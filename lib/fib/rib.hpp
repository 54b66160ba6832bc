// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// All routes of one address family that the router knows; the trie holds the best route of each
// prefix.
//
// The control thread is the only writer and the only reader. A packet is forwarded by the longest
// match in table local, else in main, else in default (ip-rule(8)): a short prefix in local beats a
// longer one in main. One trie gives the same answers if it holds no prefix that lies under a
// prefix of an earlier table. Within a table the longest prefix wins, then the lowest metric (RFC
// 1812 5.2.4.3), then the lowest rank. Prefix, table, metric and rank identify a route, so two
// routes never tie. Dead routes are ignored; among the other routes of a prefix in a table,
// doubtful ones come after usable ones.
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

// Routes with the same table, metric and rank. Adding is fastest if they are sorted by prefix.
template <class Address>
struct RouteBatch {
  struct Entry {
    Prefix<Address> prefix;
    std::uint32_t path = 0;  // index into `paths`

    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  Table table = Table::kMain;
  std::uint32_t metric = 0;
  std::span<const Path<Address>> paths;
  std::span<const Entry> entries;
  Rank rank = kOrdinaryRank;
};

// One of the changes that commit() applies together: it sets the path of the route with this
// prefix, table, metric and rank, or removes that route.
template <class Address>
struct RouteEdit {
  Prefix<Address> prefix;
  Table table = Table::kMain;
  std::uint32_t metric = 0;
  Rank rank = kOrdinaryRank;
  std::optional<Path<Address>> path;
};

// Whether a path can be used at present.
enum class Usability : std::uint8_t {
  kUsable,
  kDoubtful,  // no neighbor answers: used if the prefix has no usable route in the table
  kDead,      // ignored: a shorter prefix may take its place
};

// A route as the RIB holds it; valid until the next change.
template <class Address>
struct RouteView {
  Prefix<Address> prefix;
  Table table;
  std::uint32_t metric;
  Rank rank;
  bool best;  // the trie holds this route
  Usability usability;
  const Path<Address>& path;
};

// Callbacks of the RIB. Each may be empty except `acquire`.
template <class Address>
struct RibListener {
  // Called for the first route with a path; returns the next hop that the trie stores for its
  // prefixes. An error refuses the routes.
  std::function<Result<NextHopId>(const Path<Address>&)> acquire;
  // The last route with this path was removed.
  std::function<void(NextHopId)> release;
  // Called when a path is added, and by reconsider(). If it is empty, all paths are usable.
  std::function<Usability(const Path<Address>&)> usability;
  // Called once for each call that changes routes; each prefix occurs at most once. If the changes
  // are applied in this order, an address always has its answer from before or from after them.
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
  // The position of a route in its table.
  struct Position {
    Prefix prefix;
    std::uint32_t metric = 0;
    Rank rank = kOrdinaryRank;
  };

  explicit Rib(Listener listener);
  Rib(const Rib&) = delete;
  Rib& operator=(const Rib&) = delete;

  // Adds all routes or none. Fails if a route with this table, prefix, metric and rank exists, as
  // `ip route add` does with "File exists".
  Status add(const Batch& batch);
  Status add(const Route& route);
  // Removes the routes that add() of the same batch added: all or none. Fails if one of them is
  // missing or has another path now.
  Status erase(const Batch& batch);
  // Applies all edits or none, in one step: a lookup finds the old or the new route, and never none
  // if both exist. Fails only if a new path is refused.
  Status commit(std::span<const Edit> edits);
  // Removes the first match in the order of tables and metrics, as `ip route del` does; fails if
  // there is none.
  Result<Route> erase(const RouteSelector<Address>& selector);

  // The limit on the work of one slice: a route that is examined counts 1, a prefix whose best
  // route is chosen anew counts 16. ~1 ms.
  static constexpr std::size_t kSlice = 32768;
  // Queries the usability of each path and chooses the best route of the affected prefixes: the
  // first slice at once, the rest by advance(). At any moment each prefix and each address has its
  // old or its new answer: answers are first added, the longest prefixes first, and then withdrawn,
  // the shortest first.
  void reconsider(std::size_t work = kSlice);
  // Runs the next slice of the work that reconsider() began, or that a change of a prefix began
  // which hides very many routes of later tables. Returns false if no work is left.
  bool advance(std::size_t work = kSlice);

  // The route that the trie holds for exactly this prefix.
  [[nodiscard]] std::optional<View> best(Prefix prefix) const;
  // The route by which a packet to the address is forwarded.
  [[nodiscard]] std::optional<View> lookup(Address address) const;
  // All routes that cover the address, including dead ones, in the order of table, length and
  // metric.
  [[nodiscard]] std::vector<View> covering(Address address) const;
  // All routes with exactly this prefix.
  [[nodiscard]] std::vector<View> at(Prefix prefix) const;
  // The route at exactly this position.
  [[nodiscard]] std::optional<View> find(Table table, Prefix prefix, std::uint32_t metric,
                                         Rank rank = kOrdinaryRank) const;
  // Whether `is` is true for the path of some route. There are few paths even if there are many
  // routes.
  [[nodiscard]] bool any_path(const std::function<bool(const Path&)>& is) const;

  // The tables that have routes: first those used for forwarding, in their order, then the others.
  [[nodiscard]] std::vector<Table> tables() const;
  // Visits routes by prefix, then by metric, starting after `after`, until the visitor returns
  // false.
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
    std::size_t order;  // index of the table in forwarding_
    const Place& place;
  };
  // A path is stored once with a reference count; routes refer to it by index.
  struct Interned {
    const Path* path = nullptr;
    NextHopId next_hop;
    std::uint32_t routes = 0;
    Usability usability = Usability::kUsable;
    std::uint64_t turned = 0;  // the pass that handles its change of usability
  };
  // A part of a pass: the routes of a table below a prefix, either all of them or those whose path
  // changed its usability.
  struct Sweep {
    std::size_t order;  // index of the table in forwarding_
    Prefix within;
    bool all;
  };
  // A prefix whose route was removed, and whose answer stays until the routes that it hid are in
  // the trie.
  struct Departure {
    Prefix prefix;
    std::uint32_t path;  // holds one reference
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
  // The trie's entry for a prefix whose route was removed.
  [[nodiscard]] std::optional<NextHopId> departing(Prefix prefix) const;
  bool begin_pass();
  void end_pass();
  [[nodiscard]] std::size_t sweep(const Sweep& sweep, std::size_t work);

  Listener listener_;
  static constexpr std::array kForwarding{Table::kLocal, Table::kMain, Table::kDefault};
  std::array<Routes, kForwarding.size()> forwarding_;  // in the order of lookup
  std::map<Table, Routes> named_;
  std::map<Path, std::uint32_t> path_numbers_;
  std::vector<Interned> paths_;
  std::vector<std::uint32_t> free_paths_;
  std::vector<std::uint32_t> unused_paths_;  // released after the trie has dropped them
  std::vector<Change> changes_;
  std::vector<NextHopId> befores_;  // the entry that each change replaces
  // Prefixes whose best route is chosen after the last route of a batch was added or removed, and
  // the trie's entry for them if its route is no longer marked best.
  std::vector<std::pair<Prefix, std::optional<NextHopId>>> later_;

  // State of choosing anew in slices: a pass runs through its sweeps twice, first for gains, then
  // for losses.
  std::uint64_t pass_ = 0;
  bool turned_ = false;  // some path waits for the next pass
  std::vector<Sweep> sweeps_;
  std::vector<Sweep> queued_;
  std::vector<Departure> departures_;
  std::vector<Departure> queued_departures_;
  bool losses_ = false;         // whether the pass is in its second half
  std::size_t sweep_ = 0;       // index of the current sweep
  std::optional<Key> reached_;  // the position in this sweep
};

using Rib4 = Rib<Ipv4>;
using Rib6 = Rib<Ipv6>;

extern template class Rib<Ipv4>;
extern template class Rib<Ipv6>;

}  // namespace ringroad::fib

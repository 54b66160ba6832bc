#pragma once
// Every route the router knows, of one address family; the trie holds the best of each prefix.
//
// One writer, which is also the only reader: the control thread. A packet is forwarded by the
// longest match in table local, else in main, else in default (ip-rule(8)): a short prefix of local
// beats a longer one of main. One trie can say the same, if it holds no prefix that lies under one
// of a table that is asked before. Within a table the longest prefix wins, then the lowest metric
// (RFC 1812 5.2.4.3). Two routes never tie: prefix, table and metric name one. Dead routes take no
// part; of a prefix's others in a table the doubtful come after the usable.
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

// Routes of one table and metric. Sorted by prefix they are added fastest.
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
  using View = RouteView<Address>;
  using Change = RouteChange<Address>;
  using Listener = RibListener<Address>;
  // Where a route stands in its table.
  struct Position {
    Prefix prefix;
    std::uint32_t metric = 0;
  };

  explicit Rib(Listener listener);
  Rib(const Rib&) = delete;
  Rib& operator=(const Rib&) = delete;

  // All or none. Fails where table, prefix and metric are taken, as `ip route add` does with "File
  // exists".
  Status add(const Batch& batch);
  Status add(const Route& route);
  // What add() of the same batch added. All or none: fails where one is not there.
  Status erase(const Batch& batch);
  // Removes the first match in the order of tables and metrics, as `ip route del`; the error says
  // that there is none.
  Result<Route> erase(const RouteSelector<Address>& selector);

  // Asks again what each path is good for. A scan of all routes where an answer changed, ~6 ms a
  // million, and what choosing anew costs for the prefixes it concerns.
  void reconsider();

  // What the trie holds for exactly this prefix.
  [[nodiscard]] std::optional<View> best(Prefix prefix) const;
  // What forwards a packet to the address.
  [[nodiscard]] std::optional<View> lookup(Address address) const;
  // Every route that covers the address, dead ones too, in the order of table, length and metric.
  [[nodiscard]] std::vector<View> covering(Address address) const;
  // Every route of exactly this prefix.
  [[nodiscard]] std::vector<View> at(Prefix prefix) const;

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
  void take_back(Routes& routes, Table table, std::uint32_t metric,
                 std::span<const typename Batch::Entry> entries);
  void remove(Routes& routes, Table table, const Place& place);
  void changed(Table table, Prefix prefix, const Place& place,
               std::optional<NextHopId> erased_best = std::nullopt);
  void choose(Prefix prefix, const Known* known = nullptr,
              std::optional<NextHopId> before = std::nullopt);
  void choose_hidden(Prefix prefix, std::size_t order);
  void choose_later(Prefix prefix, std::optional<NextHopId> before = std::nullopt);
  void choose_now();
  [[nodiscard]] bool is_hidden(std::size_t order, Prefix prefix) const;
  void publish();

  Listener listener_;
  std::array<Routes, 3> forwarding_;  // local, main, default: in the order they are asked
  std::map<Table, Routes> named_;
  std::map<Path, std::uint32_t> path_numbers_;
  std::vector<Interned> paths_;
  std::vector<std::uint32_t> free_paths_;
  std::vector<std::uint32_t> unused_paths_;  // let go when the trie has let go
  std::vector<Change> changes_;
  // Prefixes whose choice waits until the last of a batch's routes came or went, and what the trie
  // holds for them where no route is marked any more.
  std::vector<std::pair<Prefix, std::optional<NextHopId>>> later_;
};

using Rib4 = Rib<Ipv4>;
using Rib6 = Rib<Ipv6>;

extern template class Rib<Ipv4>;
extern template class Rib<Ipv6>;

}  // namespace ringroad::fib

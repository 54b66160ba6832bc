// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The difference between the static routes in the RIB and those that are wanted, found by one walk
// through both in order, a slice at a time. Control thread only.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "fib/rib.hpp"
#include "routing/wanted_routes.hpp"

namespace ringroad::routing {

// The number of changes of each kind.
struct RouteCounts {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;

  friend RouteCounts operator+(const RouteCounts& one, const RouteCounts& other) {
    return {one.added + other.added, one.removed + other.removed, one.changed + other.changed};
  }
};

template <class Address>
class RouteDifference {
 public:
  using Rib = fib::Rib<Address>;
  using Wanted = WantedRoutesOf<Address>;
  using Path = fib::Path<Address>;

  // No static route may change before the walk is over. Both must outlive this object.
  RouteDifference(const Rib& rib, const Wanted& wanted);

  static constexpr std::size_t kSlice = 16384;
  // Compares at most so many routes more, ~1 ms. Returns true at the end.
  bool advance(std::size_t most = kSlice);

  static constexpr std::uint32_t kNoPath = std::numeric_limits<std::uint32_t>::max();
  struct Change {
    Prefix<Address> prefix;
    std::uint32_t metric;
    fib::Table table;
    std::uint32_t before;  // numbers of paths; kNoPath: no such route
    std::uint32_t after;
  };
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] const Path& path(std::uint32_t number) const { return paths_[number]; }
  [[nodiscard]] const RouteCounts& counts() const { return counts_; }

 private:
  using Entry = Wanted::Entry;
  using View = fib::RouteView<Address>;

  void compare(const View& route);
  void add_before(fib::Table table, const View* route);
  [[nodiscard]] std::uint32_t number_of(const Path& path);
  void note(const Change& change);

  const Rib& rib_;
  const Wanted& wanted_;
  std::vector<fib::Table> tables_;  // sorted
  std::size_t table_ = 0;           // index of the current one
  std::optional<typename Rib::Position> after_;
  std::size_t next_ = 0;  // the first wanted route that was not compared
  std::size_t left_ = 0;  // of this slice
  std::vector<Path> paths_;
  // The numbers of the RIB's paths, which each route refers to.
  std::map<const Path*, std::uint32_t> numbers_;
  std::map<Path, std::uint32_t> known_;
  std::vector<Change> changes_;
  RouteCounts counts_;
};

using RouteDifference4 = RouteDifference<Ipv4>;
using RouteDifference6 = RouteDifference<Ipv6>;

extern template class RouteDifference<Ipv4>;
extern template class RouteDifference<Ipv6>;

}  // namespace ringroad::routing

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

class RouteDifference {
 public:
  // No static route may change before the walk is over. Both must outlive this object.
  RouteDifference(const fib::Rib4& rib, const WantedRoutes& wanted);

  static constexpr std::size_t kSlice = 16384;
  // Compares at most so many routes more, ~1 ms. Returns true at the end.
  bool advance(std::size_t most = kSlice);

  static constexpr std::uint32_t kNoPath = std::numeric_limits<std::uint32_t>::max();
  struct Change {
    Prefix4 prefix;
    std::uint32_t metric;
    fib::Table table;
    std::uint32_t before;  // numbers of paths; kNoPath: no such route
    std::uint32_t after;
  };
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] const fib::Path4& path(std::uint32_t number) const { return paths_[number]; }
  // The number of changes of each kind.
  struct Counts {
    std::size_t added = 0;
    std::size_t removed = 0;
    std::size_t changed = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  using Entry = WantedRoutes::Entry;

  void compare(const fib::Rib4::View& route);
  void add_before(fib::Table table, const fib::Rib4::View* route);
  [[nodiscard]] std::uint32_t number_of(const fib::Path4& path);
  void note(const Change& change);

  const fib::Rib4& rib_;
  const WantedRoutes& wanted_;
  std::vector<fib::Table> tables_;  // sorted
  std::size_t table_ = 0;           // index of the current one
  std::optional<fib::Rib4::Position> after_;
  std::size_t next_ = 0;  // the first wanted route that was not compared
  std::size_t left_ = 0;  // of this slice
  std::vector<fib::Path4> paths_;
  // The numbers of the RIB's paths, which each route refers to.
  std::map<const fib::Path4*, std::uint32_t> numbers_;
  std::map<fib::Path4, std::uint32_t> known_;
  std::vector<Change> changes_;
  Counts counts_;
};

}  // namespace ringroad::routing

// SPDX-License-Identifier: BSD-3-Clause
#include "routing/route_difference.hpp"

#include <algorithm>
#include <set>

namespace ringroad::routing {

template <class Address>
RouteDifference<Address>::RouteDifference(const Rib& rib, const Wanted& wanted)
    : rib_{rib}, wanted_{wanted}, paths_{wanted.paths} {
  std::set<fib::Table> tables;
  for (const fib::Table table : rib.tables()) {
    tables.insert(table);
  }
  // The entries are sorted by table.
  for (auto entry = wanted.entries.begin(); entry != wanted.entries.end();) {
    tables.insert(entry->table);
    entry = std::ranges::upper_bound(wanted.entries, entry->table, {}, &Entry::table);
  }
  tables_.assign(tables.begin(), tables.end());
  for (std::uint32_t i = 0; i < paths_.size(); ++i) {
    known_.emplace(paths_[i], i);
  }
}

template <class Address>
std::uint32_t RouteDifference<Address>::number_of(const Path& path) {
  const auto number = numbers_.find(&path);
  if (number != numbers_.end()) {
    return number->second;
  }
  const auto [known, is_new] = known_.try_emplace(path, static_cast<std::uint32_t>(paths_.size()));
  if (is_new) {
    paths_.push_back(path);
  }
  numbers_.emplace(&path, known->second);
  return known->second;
}

template <class Address>
void RouteDifference<Address>::note(const Change& change) {
  if (change.before == change.after) {
    return;
  }
  changes_.push_back(change);
  ++(change.before == kNoPath  ? counts_.added
     : change.after == kNoPath ? counts_.removed
                               : counts_.changed);
}

// Notes the wanted routes that come before this one in its table; without a route, all that are
// left of the table.
template <class Address>
void RouteDifference<Address>::add_before(fib::Table table, const View* route) {
  while (next_ < wanted_.entries.size() && left_ > 0) {
    const Entry& entry = wanted_.entries[next_];
    if (entry.table != table || (route != nullptr && std::pair{entry.prefix, entry.metric} >=
                                                         std::pair{route->prefix, route->metric})) {
      return;
    }
    note({entry.prefix, entry.metric, table, kNoPath, entry.path});
    ++next_;
    --left_;
  }
}

template <class Address>
void RouteDifference<Address>::compare(const View& route) {
  const std::uint32_t before = number_of(route.path);
  std::uint32_t after = kNoPath;
  if (next_ < wanted_.entries.size()) {
    const Entry& entry = wanted_.entries[next_];
    if (entry.place() == std::tuple{route.table, route.prefix, route.metric}) {
      after = entry.path;
      ++next_;
    }
  }
  note({route.prefix, route.metric, route.table, before, after});
}

template <class Address>
bool RouteDifference<Address>::advance(std::size_t most) {
  left_ = most;
  while (table_ < tables_.size() && left_ > 0) {
    const fib::Table table = tables_[table_];
    bool over = true;
    rib_.for_each(
        table,
        [&](const View& route) {
          if (route.path.protocol == fib::Protocol::kStatic && route.rank == fib::kOrdinaryRank) {
            add_before(table, &route);
            if (left_ == 0) {
              over = false;  // continues with this route
              return false;
            }
            compare(route);
          }
          after_ = {.prefix = route.prefix, .metric = route.metric, .rank = route.rank};
          over = --left_ > 0;
          return over;
        },
        after_);
    if (!over) {
      return false;
    }
    add_before(table, nullptr);
    if (left_ > 0) {
      ++table_;
      after_.reset();
    }
  }
  return table_ == tables_.size();
}

template class RouteDifference<Ipv4>;
template class RouteDifference<Ipv6>;

}  // namespace ringroad::routing

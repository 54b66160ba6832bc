// SPDX-License-Identifier: BSD-3-Clause
// Garbage collection of neighbors: periodic, and forced if the table is full (Linux's
// neigh_periodic_work, neigh_forced_gc).
#include <algorithm>

#include "neigh/table.hpp"

namespace ringroad::neigh {
template <class Address>
void Table<Address>::start_collection(Nanoseconds now) {
  ++counters_.periodic_gc_runs;
  next_periodic_gc_ = now + limits_.gc_interval;
  if (index_.size() >= limits_.gc_thresh[0]) {
    collect_from_ = {Nanoseconds::min(), NeighborId{0}};
  }
}

template <class Address>
void Table<Address>::collect_periodically(Queue::value_type from, Nanoseconds now, Events& events,
                                          std::size_t most) {
  for (; most > 0 && !failed_.empty(); --most) {
    remove(failed_.begin()->second, events);
  }
  if (!failed_.empty()) {
    return;
  }
  auto next = stale_.lower_bound(from);
  for (; next != stale_.end() && next->first + kFresh <= now; --most) {
    if (most == 0) {
      collect_from_ = *next;
      return;
    }
    const NeighborId id = (next++)->second;
    const Entry& candidate = entry(id);
    const Nanoseconds last_needed = std::max(candidate.used, candidate.confirmed);
    if (last_needed + parameters(candidate.key.port).gc_stale <= now) {
      remove(id, events);
    }
  }
  collect_from_ = std::nullopt;
}

// Removes the oldest entries until there is room for one entry below gc_thresh2. As in Linux,
// entries with a timer are spared however old they are: a scan must not harm forwarding to known
// neighbors.
template <class Address>
void Table<Address>::collect_by_force(Nanoseconds now, Events& events) {
  ++counters_.forced_gc_runs;
  next_forced_gc_ = now + kFresh;
  const std::size_t target = collection_target();
  while (collectable() >= target && !failed_.empty()) {
    remove(failed_.begin()->second, events);
  }
  while (collectable() >= target && !stale_.empty() && stale_.begin()->first + kFresh <= now) {
    remove(stale_.begin()->second, events);
  }
}

template <class Address>
bool Table<Address>::must_collect(std::size_t collectable, Nanoseconds next_forced_gc,
                                  Nanoseconds now) const {
  return collectable >= limits_.gc_thresh[2] ||
         (collectable >= limits_.gc_thresh[1] && now >= next_forced_gc);
}

template <class Address>
std::size_t Table<Address>::collection_target() const {
  return std::min(limits_.gc_thresh[1], limits_.gc_thresh[2]);
}

template class Table<Ipv4>;
template class Table<Ipv6>;

}  // namespace ringroad::neigh

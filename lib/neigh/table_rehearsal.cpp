// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/table_rehearsal.hpp"

#include <utility>

namespace ringroad::neigh {

template <class Address>
Table<Address>::Rehearsal::Rehearsal(const Table& table, Nanoseconds now)
    : table_{table},
      now_{now},
      collectable_{table.collectable()},
      next_forced_gc_{table.next_forced_gc_},
      oldest_failed_{table.failed_.begin()},
      oldest_stale_{table.stale_.begin()},
      changed_{0, table.index_.hash_function()} {}

template <class Address>
typename Table<Address>::Rehearsal::Found Table<Address>::Rehearsal::resolve(Key key) {
  const auto state = state_of(key);
  if (state && *state != State::kFailed) {
    // An entry that is used has a timer, and is not collected then.
    if (*state == State::kStale) {
      changed_[key] = State::kDelay;
    }
    return has_mac(*state) ? Found::kMac : Found::kWaits;
  }
  if (!state && !make_room()) {
    return Found::kFull;
  }
  collectable_ += state ? 0U : 1U;
  const bool asks = table_.parameters(key.port).multicast_probes > 0;
  changed_[key] = asks ? State::kIncomplete : State::kFailed;
  return asks ? Found::kWaits : Found::kFails;
}

template <class Address>
std::optional<State> Table<Address>::Rehearsal::state_of(Key key) const {
  if (const auto changed = changed_.find(key); changed != changed_.end()) {
    return changed->second;
  }
  const auto id = table_.find(key);
  if (!id) {
    return std::nullopt;
  }
  const auto& [entry, position] = table_.slots_[id->value()];
  const auto is_removed = [place = std::pair{position, *id}](
                              const Queue& queue, typename Queue::const_iterator oldest) {
    return oldest == queue.end() || place < *oldest;
  };
  if ((entry.state == State::kFailed && is_removed(table_.failed_, oldest_failed_)) ||
      (entry.state == State::kStale && is_removed(table_.stale_, oldest_stale_))) {
    return std::nullopt;
  }
  return entry.state;
}

template <class Address>
bool Table<Address>::Rehearsal::make_room() {
  if (table_.must_collect(collectable_, next_forced_gc_, now_)) {
    collect_by_force();
  }
  return collectable_ < table_.limits_.gc_thresh[2];
}

// The order is that of Table::collect_by_force().
template <class Address>
void Table<Address>::Rehearsal::collect_by_force() {
  next_forced_gc_ = now_ + kFresh;
  const std::size_t target = table_.collection_target();
  while (collectable_ >= target && oldest_failed_ != table_.failed_.end()) {
    collect(oldest_failed_);
  }
  // These failed now, so they are the newest.
  for (auto next = changed_.begin(); collectable_ >= target && next != changed_.end();) {
    const auto one = next++;
    if (one->second == State::kFailed) {
      changed_.erase(one);
      --collectable_;
    }
  }
  while (collectable_ >= target && oldest_stale_ != table_.stale_.end() &&
         oldest_stale_->first + kFresh <= now_) {
    collect(oldest_stale_);
  }
}

template <class Address>
void Table<Address>::Rehearsal::collect(typename Queue::const_iterator& oldest) {
  const NeighborId id = (oldest++)->second;
  collectable_ -= changed_.contains(table_.entry(id).key) ? 0U : 1U;
}

template class Table<Ipv4>::Rehearsal;
template class Table<Ipv6>::Rehearsal;

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What calls of Table::resolve() would find if they were made now, one after the other. Each call
// may create an entry, and the collection that makes room for it may remove others, which the next
// call then does not find. Nothing of the table changes, and it must not change meanwhile.
#include <unordered_map>

#include "neigh/table.hpp"

namespace ringroad::neigh {

template <class Address>
class Table<Address>::Rehearsal {
 public:
  enum class Found : std::uint8_t {
    kMac,
    kWaits,  // until a request is answered
    kFails,  // at once, because no request may be sent
    kFull,   // no room for a new entry
  };

  Rehearsal(const Table& table, Nanoseconds now);

  // Costs O(1), and O(1) for each entry that a collection would remove.
  Found resolve(Key key);

 private:
  [[nodiscard]] std::optional<State> state_of(Key key) const;
  [[nodiscard]] bool make_room();
  void collect_by_force();
  void collect(typename Queue::const_iterator& oldest);

  const Table& table_;
  Nanoseconds now_;
  std::size_t collectable_;
  Nanoseconds next_forced_gc_;
  // Entries before these would be removed, except those whose state the rehearsal changed.
  typename Queue::const_iterator oldest_failed_;
  typename Queue::const_iterator oldest_stale_;
  std::unordered_map<Key, State, KeyHash> changed_;  // states that differ from the table's
};

extern template class Table<Ipv4>::Rehearsal;
extern template class Table<Ipv6>::Rehearsal;

}  // namespace ringroad::neigh

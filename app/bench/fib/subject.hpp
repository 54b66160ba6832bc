// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The concepts of what is measured: a table that can be loaded and changed, and its lookup
// functions.
#include <concepts>
#include <cstddef>
#include <span>

#include "base/ids.hpp"
#include "base/units.hpp"
#include "bench/fib/table.hpp"

namespace ringroad::bench {

inline constexpr std::size_t kBurst = 32;  // packets, and addresses in a bulk lookup

// `keys` and `answers` have kBurst elements of the subject's own types. The measuring loops are
// templates of the subject, so that its functions are inlined.
template <class Subject>
concept Lookup = requires(const Subject& subject, const typename Subject::Key* keys,
                          typename Subject::Answer* answers) {
  subject.prepare();  // called before the measurement
  subject.bulk(keys, answers);
  { subject.one(*keys) } -> std::same_as<typename Subject::Answer>;
  { Subject::next_hop(*answers) } -> std::same_as<NextHopId>;
  { subject.bulk_only() } -> std::same_as<bool>;  // one() belongs to another subject
};

// The constructor loads the table.
template <class Subject>
concept Table = requires(const Subject& table) {
  { table.lookup_bytes() } -> std::same_as<Bytes>;  // memory that lookups read
  { table.total_bytes() } -> std::same_as<Bytes>;   // including the writer's own memory
};

template <class Subject>
concept UpdatableTable =
    Table<Subject> && requires(Subject& table, Route<typename Subject::Address> route) {
      table.insert(route);  // adds the prefix or changes its next hop
      table.erase(route.prefix);
    };

// Fails after many changes, but can be loaded again with its original routes.
template <class Subject>
concept ReloadableTable = UpdatableTable<Subject> && requires(Subject& table) { table.reload(); };

// Applies many changes at once; kNone withdraws.
template <class Subject>
concept BatchTable =
    UpdatableTable<Subject> &&
    requires(Subject& table, std::span<const Route<typename Subject::Address>> changes) {
      table.apply(changes);
    };

template <UpdatableTable Subject>
void update(Subject& table, const Route<typename Subject::Address>& change) {
  if (change.next_hop == kNone) {
    table.erase(change.prefix);
  } else {
    table.insert(change);
  }
}

}  // namespace ringroad::bench

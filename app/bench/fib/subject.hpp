// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What is measured: a table, which is loaded and changed, and the ways to look things up in it.
#include <concepts>
#include <cstddef>
#include <span>

#include "base/ids.hpp"
#include "base/units.hpp"
#include "bench/fib/table.hpp"

namespace ringroad::bench {

inline constexpr std::size_t kBurst = 32;  // packets, and addresses a bulk lookup

// `keys` and `answers` are kBurst long, in the subject's own types. The measuring loops are made
// for each subject, so that what it inlines is inlined in them too.
template <class Subject>
concept Lookup = requires(const Subject& subject, const typename Subject::Key* keys,
                          typename Subject::Answer* answers) {
  subject.prepare();  // before it is measured
  subject.bulk(keys, answers);
  { subject.one(*keys) } -> std::same_as<typename Subject::Answer>;
  { Subject::next_hop(*answers) } -> std::same_as<NextHopId>;
  { subject.bulk_only() } -> std::same_as<bool>;  // one() is that of another subject
};

// Loaded when constructed.
template <class Subject>
concept Table = requires(const Subject& table) {
  { table.lookup_bytes() } -> std::same_as<Bytes>;  // what lookups read
  { table.total_bytes() } -> std::same_as<Bytes>;   // with the books that its writer keeps
};

template <class Subject>
concept UpdatableTable =
    Table<Subject> && requires(Subject& table, Route<typename Subject::Address> route) {
      table.insert(route);  // adds the prefix or changes its next hop
      table.erase(route.prefix);
    };

// Does not survive many changes: it can begin anew with what it was loaded with.
template <class Subject>
concept ReloadableTable = UpdatableTable<Subject> && requires(Subject& table) { table.reload(); };

// Takes many changes at once; kNone withdraws.
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

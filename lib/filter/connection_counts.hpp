// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which connections `ct count` has seen: Linux's nf_conncount. Lists of connections, each of which
// knows how many there are; a connection is in a list once, and leaves it when it is gone or
// closed.
//
// The worker that owns the connections uses it. The memory is bounded; what is left of connections
// that are gone makes room when it is needed.
#include <atomic>
#include <cstdint>
#include <span>

#include "fib/reserved_array.hpp"
#include "filter/connections.hpp"

namespace ringroad::filter {

class ConnectionCounts {
 public:
  static constexpr std::uint32_t kMost = std::uint32_t{1} << 20U;  // of all lists, 32 bytes each
  // The first entry and their number; when the list was looked through. Two zeros are an empty one.
  using List = std::span<std::uint64_t, 2>;

  explicit ConnectionCounts(std::uint64_t seed, std::uint32_t most = kMost);

  // Adds a connection to the list. Returns how many there are, which is exact up to `enough` + 1
  // and may be too much above. Without a connection, one is counted that is in no list.
  std::uint32_t add(List list, Connections& connections, const Connection* connection,
                    std::uint32_t enough);
  // How many there are, perhaps with some that are gone. Any thread.
  [[nodiscard]] static std::uint32_t size_of(List list) {
    return static_cast<std::uint32_t>(std::atomic_ref{list[0]}.load(std::memory_order_relaxed) >>
                                      32U);
  }
  void clear(List list);
  // Whether no connection of the list is there any more.
  [[nodiscard]] bool is_over(List list, Connections& connections);

 private:
  static constexpr std::uint32_t kCollected = 4;  // entries that are looked at for each new one

  struct Entry {
    std::uint64_t* list;  // null: the entry is free
    ConnectionId id;
    std::uint32_t next;  // in the list; of a free one, the next free one
    std::uint32_t previous;
    std::uint32_t chain;  // in the hash table
  };
  static_assert(sizeof(Entry) == 32);

  [[nodiscard]] static std::uint32_t first_of(List list) {
    return static_cast<std::uint32_t>(list[0]);
  }
  [[nodiscard]] std::uint32_t& chain_of(const std::uint64_t* list, std::uint32_t number) const;
  [[nodiscard]] bool has(List list, ConnectionId id) const;
  [[nodiscard]] static bool is_there(Connections& connections, ConnectionId id);
  [[nodiscard]] std::uint32_t allot(Connections& connections);
  void remove(std::uint32_t entry);
  void collect(Connections& connections);
  void purge(List list, Connections& connections, const Connection* but, std::uint32_t enough);

  std::uint64_t seed_;
  std::uint32_t most_;
  std::size_t mask_;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = 0;
  std::uint32_t collected_ = 0;
  fib::ReservedArray<std::uint32_t> chains_;  // twice as many as entries
  fib::ReservedArray<Entry> entries_;         // from 1 on
};

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/connection_counts.hpp"

#include <netinet/in.h>

#include <bit>

#include "filter/multiply.hpp"

namespace ringroad::filter {
namespace {

// A list of more connections is looked through once a millisecond, as Linux does once a jiffy.
constexpr std::uint32_t kFew = 64;

}  // namespace

ConnectionCounts::ConnectionCounts(std::uint64_t seed, std::uint32_t most)
    : seed_{seed},
      most_{most},
      mask_{std::bit_ceil(std::size_t{most} * 2) - 1},
      chains_{mask_ + 1},
      entries_{most + 1U} {
  chains_.grow(mask_ + 1);
  entries_.grow(most + 1U);  // the pages come when they are used
}

std::uint32_t& ConnectionCounts::chain_of(const std::uint64_t* list, std::uint32_t number) const {
  std::uint64_t hash = (reinterpret_cast<std::uintptr_t>(list) ^ seed_) * kHashFirst;
  hash = (hash ^ hash >> 32U ^ number) * kHashSecond;
  return chains_[(hash >> 32U) & mask_];
}

bool ConnectionCounts::has(List list, ConnectionId id) const {
  for (std::uint32_t entry = chain_of(list.data(), id.number); entry != 0;
       entry = entries_[entry].chain) {
    const Entry& each = entries_[entry];
    if (each.list == list.data() && each.id.number == id.number &&
        each.id.generation == id.generation) {
      return true;
    }
  }
  return false;
}

// Linux's find_or_evict, and its already_closed.
bool ConnectionCounts::is_there(Connections& connections, ConnectionId id) {
  const Connection* const connection = connections.at(id);
  if (connection == nullptr || connections.remaining(*connection) <= Nanoseconds{0}) {
    return false;
  }
  if (connection->has(connection_status::kDying)) {
    return false;  // its first packet was rejected, or it has ended
  }
  const TcpState state = connection->tcp.state;
  return connection->protocol() != IPPROTO_TCP ||
         (state != TcpState::kTimeWait && state != TcpState::kClose);
}

std::uint32_t ConnectionCounts::add(List list, Connections& connections,
                                    const Connection* connection, std::uint32_t enough) {
  std::uint32_t others = 1;
  if (connection != nullptr) {
    others = 0;
    const ConnectionId id = connections.id(*connection);
    if (!has(list, id)) {
      const std::uint32_t entry = allot(connections);
      if (entry == 0) {
        return ~std::uint32_t{0};
      }
      std::uint32_t& chain = chain_of(list.data(), id.number);
      const std::uint32_t first = first_of(list);
      entries_[entry] = {
          .list = list.data(), .id = id, .next = first, .previous = 0, .chain = chain};
      chain = entry;
      if (first != 0) {
        entries_[first].previous = entry;
      }
      list[0] = std::uint64_t{size_of(list) + 1} << 32U | entry;
    }
  }
  if (size_of(list) + others > enough) {
    purge(list, connections, connection, enough);
  }
  return size_of(list) + others;
}

// Removes what is gone, until more than enough are known to be there.
void ConnectionCounts::purge(List list, Connections& connections, const Connection* but,
                             std::uint32_t enough) {
  const std::uint64_t now = std::uint64_t{connections.now()} + 1;
  if (enough > kFew && list[1] == now) {
    return;
  }
  list[1] = now;
  std::uint32_t there = 0;
  for (std::uint32_t entry = first_of(list); entry != 0 && there <= enough;) {
    const Entry& each = entries_[entry];
    const std::uint32_t next = each.next;
    if ((but != nullptr && connections.at(each.id) == but) || is_there(connections, each.id)) {
      ++there;
    } else {
      remove(entry);
    }
    entry = next;
  }
}

void ConnectionCounts::clear(List list) {
  while (first_of(list) != 0) {
    remove(first_of(list));
  }
}

bool ConnectionCounts::is_over(List list, Connections& connections) {
  while (first_of(list) != 0 && !is_there(connections, entries_[first_of(list)].id)) {
    remove(first_of(list));
  }
  return first_of(list) == 0;
}

std::uint32_t ConnectionCounts::allot(Connections& connections) {
  collect(connections);
  if (free_ != 0) {
    const std::uint32_t entry = free_;
    free_ = entries_[entry].next;
    return entry;
  }
  return used_ == most_ ? 0 : ++used_;
}

void ConnectionCounts::collect(Connections& connections) {
  for (std::uint32_t i = 0; i < std::min(kCollected, used_); ++i) {
    collected_ = collected_ < used_ ? collected_ + 1 : 1;
    if (entries_[collected_].list != nullptr && !is_there(connections, entries_[collected_].id)) {
      remove(collected_);
    }
  }
}

void ConnectionCounts::remove(std::uint32_t entry) {
  Entry& each = entries_[entry];
  std::uint32_t* chain = &chain_of(each.list, each.id.number);
  while (*chain != entry) {
    chain = &entries_[*chain].chain;
  }
  *chain = each.chain;
  std::uint64_t* const list = each.list;
  const std::uint32_t first = each.previous == 0 ? each.next : static_cast<std::uint32_t>(list[0]);
  list[0] = ((list[0] >> 32U) - 1) << 32U | first;
  if (each.previous != 0) {
    entries_[each.previous].next = each.next;
  }
  if (each.next != 0) {
    entries_[each.next].previous = each.previous;
  }
  each.list = nullptr;
  each.next = free_;
  free_ = entry;
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Many lookups at once, so that their cache misses overlap, in one version for each instruction
// set.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "fib/block.hpp"

namespace ringroad::fib {

template <class Address>
using BulkKey = std::conditional_t<std::is_same_v<Address, Ipv4>, std::uint32_t, Address>;

[[nodiscard]] constexpr std::uint32_t bulk_key(Ipv4 address) { return address.value(); }
[[nodiscard]] constexpr Ipv6 bulk_key(Ipv6 address) { return address; }

[[nodiscard]] constexpr std::uint32_t root_index(std::uint32_t key) { return key >> 16; }
[[nodiscard]] constexpr std::uint32_t root_index(Ipv6 key) {
  return static_cast<std::uint32_t>(key.high() >> 48);
}
// Returns the octet that a block at this depth looks up, in the low bits; other bits may be set
// above it. Below the last depth, where only a prefetch may ask, the result is arbitrary.
[[nodiscard]] constexpr std::uint32_t octet_at(std::uint32_t key, unsigned depth) {
  return key >> (8 - 8 * depth) % 32;
}
[[nodiscard]] constexpr std::uint32_t octet_at(Ipv6 key, unsigned depth) {
  return static_cast<std::uint32_t>(depth < 6 ? key.high() >> (40 - 8 * depth)
                                              : key.low() >> (104 - 8 * depth) % 64);
}

// The default route is stored beside the arena, where an answer of 0 stands for it, so that one
// store changes it. A reader loads it before and after the lookup: if it had changed in between, an
// address that was always covered could be answered with an outdated default route.
class DefaultRoute {
 public:
  struct Value {
    std::uint32_t next_hop = 0;
    std::uint32_t version = 0;
    friend bool operator==(const Value&, const Value&) = default;
  };

  // Called by the writer.
  void set(std::uint32_t next_hop) {
    const Value now = value_.load(std::memory_order_relaxed);
    value_.store({next_hop, now.version + 1}, std::memory_order_release);
  }
  // Called by readers. `look(next_hop)` uses the given default route where no longer prefix
  // matches.
  template <class Look>
  void with(Look&& look) const {
    Value before = value_.load(std::memory_order_acquire);
    for (;;) {
      look(before.next_hop);
      std::atomic_thread_fence(std::memory_order_acquire);
      const Value after = value_.load(std::memory_order_acquire);
      if (after == before) [[likely]] {
        return;
      }
      before = after;
    }
  }

 private:
  std::atomic<Value> value_{};
  static_assert(std::atomic<Value>::is_always_lock_free);
};

// The levels that nearly all of a deep trie's prefixes share, because most networks have their
// addresses from one allocation: bulk lookups of addresses under `prefix` begin behind them. The
// writer replaces the whole for another prefix, and the word whenever its block is replaced.
struct Trunk {
  // Of the upper half of an address. By default, no address is under it.
  std::uint64_t mask = 0;
  std::uint64_t prefix = 1;
  unsigned depth = 0;  // of the block that `word` names
  std::atomic<std::uint32_t> word{0};

  [[nodiscard]] bool covers(Ipv6 key) const { return (key.high() & mask) == prefix; }
};
inline constexpr unsigned kTrunkDepthMax = 5;
// Loaded after the default route, as the root is.
using TrunkPointer = std::atomic<const Trunk*>;

// Deep tries have flat blocks below the root and no long leaves (block.hpp).
template <class Key>
inline constexpr bool kDeep = !std::is_same_v<Key, std::uint32_t>;
// The depth of the blocks that first_word() names.
template <class Key>
inline constexpr unsigned kFirstDepth = kDeep<Key> ? 1 : 0;

template <class Key>
[[nodiscard]] std::uint32_t first_word(const std::byte* arena, Key key) {
  const std::uint32_t word = root_word(arena, root_index(key));
  if constexpr (kDeep<Key>) {
    return load_word(flat_word_of(arena, word, octet_at(key, 0)));
  }
  return word;
}

// One lookup. Returns 0 if at most the default route covers the address.
template <class Key>
[[nodiscard]] std::uint32_t walk(const std::byte* arena, Key key) {
  std::uint32_t word = first_word(arena, key);
  for (unsigned depth = kFirstDepth<Key>; is_block(word); ++depth) {
    word = step<!kDeep<Key>>(arena, word, octet_at(key, depth));
  }
  return word;
}

enum class LookupWay : std::uint8_t { kScalar, kAvx2, kAvx512 };
[[nodiscard]] std::string_view to_string(LookupWay way);
// The versions that this processor supports.
[[nodiscard]] std::span<const LookupWay> lookup_ways();
template <class Address>
[[nodiscard]] LookupWay preferred_way();
template <>
LookupWay preferred_way<Ipv4>();
template <>
LookupWay preferred_way<Ipv6>();

using BulkLookup4 = void(const std::byte* arena, const DefaultRoute& default_route,
                         std::span<const std::uint32_t> keys, NextHopId* next_hops);
using BulkLookup6 = void(const std::byte* arena, const DefaultRoute& default_route,
                         const TrunkPointer& trunk, std::span<const Ipv6> keys,
                         NextHopId* next_hops);
template <class Address>
using BulkLookup = std::conditional_t<std::is_same_v<Address, Ipv4>, BulkLookup4, BulkLookup6>;

template <class Address>
[[nodiscard]] BulkLookup<Address>* bulk_lookup(LookupWay way);

}  // namespace ringroad::fib

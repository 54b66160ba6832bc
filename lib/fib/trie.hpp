// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Longest-prefix match: a multibit trie of strides 16, 8, 8, ... whose nodes hold runs of equal
// answers (block.hpp), for IPv4 and IPv6.
//
// One writer; any number of readers, which take no lock and make no atomic read-modify-write.
// A reader sees each address's answer from before or after an update, never another and never none:
// a block is filled before it is linked, and freed through the Reclaimer after it is unlinked. The
// Reclaimer must run what it was given on the writer's thread; it may do so after the trie is gone.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/reclaim.hpp"
#include "base/units.hpp"
#include "fib/block_store.hpp"
#include "fib/bulk_lookup.hpp"
#include "fib/route_change.hpp"
#include "fib/stride.hpp"

namespace ringroad::fib {

// Explicitly instantiated for Ipv4 and Ipv6.
template <class Address>
class Trie {
 public:
  using Prefix = ringroad::Prefix<Address>;
  // What bulk lookup takes an address as: a number in host order for IPv4.
  using Key = BulkKey<Address>;
  using Change = RouteChange<Address>;

  explicit Trie(Reclaimer& reclaimer);

  // Writer. Every block that the changes touch is compiled once, so that a batch costs less than
  // its changes one by one, least of all if ordered by prefix. For each address they are one
  // update, but that a change of the default route divides those before it from those after. Ids
  // must be below 2^31. Throws std::bad_alloc when the blocks would exceed 512 MiB; the trie is of
  // no use then.
  void apply(std::span<const Change> changes);
  // Writer. Adds the prefix or changes its next hop, which is not kNoRoute.
  void insert(Prefix prefix, NextHopId next_hop);
  // Writer. The covering prefix answers again. False if the prefix was not there.
  bool erase(Prefix prefix);
  // Writer. Exactly this prefix.
  [[nodiscard]] std::optional<NextHopId> find(Prefix prefix) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  // What lookups read. The writer's books come on top (README).
  [[nodiscard]] Bytes memory() const { return Bytes{store_.bytes()}; }

  // Any reader, inside a read-side section.
  [[nodiscard]] NextHopId lookup(Address address) const {
    std::uint32_t answer = 0;
    default_route_.with([&](std::uint32_t otherwise) {
      answer = walk(store_.arena(), bulk_key(address));
      answer = answer != 0 ? answer : otherwise;
    });
    return NextHopId{answer};
  }
  // `next_hops` is at least as long as `keys`. The fastest way on this machine.
  void lookup(std::span<const Key> keys, std::span<NextHopId> next_hops) const {
    bulk_(store_.arena(), default_route_, keys, next_hops.data());
  }
  // The same in one way among those of lookup_ways().
  void lookup(std::span<const Key> keys, std::span<NextHopId> next_hops, LookupWay way) const {
    bulk_lookup<Address>(way)(store_.arena(), default_route_, keys, next_hops.data());
  }

 private:
  static constexpr std::uint32_t kNever = ~std::uint32_t{0};  // no answer
  static constexpr std::uint16_t kNone = 512;                 // of a node's children
  static constexpr std::uint16_t kSeveral = 256;

  // A block to be. Nodes are named by number; 0 is none.
  struct alignas(64) Node {
    Stride stride;
    std::uint32_t inherited = kNever;   // the answer of the prefixes above, when last compiled
    std::uint32_t word = 0;             // what it was compiled to: a block's word or an answer
    std::uint8_t dirty = kAllQuarters;  // quarters whose answers may have changed
    std::uint16_t dirty_child = kNone;  // the octet of the one that is, itself or below
  };
  // The nodes from the root to where a prefix ends.
  struct Path {
    std::array<std::uint32_t, Address::kBits / 8 - 2> nodes;
    unsigned depth;  // of the last
    StrideKey key;   // in it
  };

  void stage(Prefix prefix, std::uint32_t next_hop);
  void publish();
  [[nodiscard]] static unsigned depth_of(Prefix prefix) { return (prefix.length() - 17U) / 8; }
  [[nodiscard]] static StrideKey key_of(Prefix prefix);
  [[nodiscard]] std::uint32_t find_node(Prefix prefix) const;
  void stage_short(Prefix prefix, std::uint32_t next_hop);
  void stage_long(Prefix prefix, std::uint32_t next_hop);
  [[nodiscard]] Path descend(Prefix prefix);
  void prefetch(const Node& node) const;
  void prune(Prefix prefix, const Path& path);
  void touch_root(std::uint32_t index);
  [[nodiscard]] std::uint32_t new_node();
  [[nodiscard]] std::uint32_t compile(std::uint32_t number, std::uint32_t inherited);
  [[nodiscard]] std::uint32_t compile_flat(std::uint32_t number, std::uint32_t inherited);
  void paint(const Node& node, unsigned quarter, Quarter::Words& words);
  template <class Visit>
  void each_dirty_child(Node& node, const Visit& visit);
  void count_change(bool before, bool after);

  BlockStore store_;
  DefaultRoute default_route_;
  BulkLookup<Address>* bulk_ = bulk_lookup<Address>(preferred_way<Address>());

  // Prefixes of up to 16 bits as a complete binary tree: the root's at 1, the children of i at 2i
  // and 2i + 1. 0: not there.
  std::vector<std::uint32_t> short_prefixes_;
  struct RootAnswer {
    std::uint32_t next_hop = 0;
    std::uint32_t node = 0;
    std::uint8_t length = 0;  // of the prefix that the answer is of
    bool dirty = false;
  };
  std::vector<RootAnswer> root_;
  std::vector<std::uint32_t> dirty_root_;
  std::vector<std::uint32_t> unlinked_;  // blocks that readers may see until publish() is done
  std::vector<Node> nodes_{1};
  std::vector<std::uint32_t> free_nodes_;
  std::size_t size_ = 0;
};

using Trie4 = Trie<Ipv4>;
using Trie6 = Trie<Ipv6>;

extern template class Trie<Ipv4>;
extern template class Trie<Ipv6>;

}  // namespace ringroad::fib

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Longest-prefix match: a multibit trie of strides 16, 8, 8, ... whose nodes hold runs of equal
// answers (block.hpp), for IPv4 and IPv6.
//
// There is one writer and any number of readers, which take no lock and make no atomic
// read-modify-write. During an update a reader gets each address's answer from before or after it,
// and never another one or none: a block is filled before it is linked, and freed through the
// Reclaimer after it is unlinked. The Reclaimer must run its callbacks on the writer's thread; it
// may do so after the trie was destroyed.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
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
  // The form of an address in bulk lookup: for IPv4, a number in host order.
  using Key = BulkKey<Address>;
  using Change = RouteChange<Address>;

  explicit Trie(Reclaimer& reclaimer);

  // Called by the writer. Each block that the changes affect is compiled once, so a batch costs
  // less than single changes, and least if sorted by prefix. For each address the batch is one
  // update, except that a change of the default route separates the changes before it from those
  // after it. Ids must be below 2^31. Throws std::bad_alloc if the blocks would exceed 512 MiB; the
  // trie must not be used afterwards.
  void apply(std::span<const Change> changes);
  // Called by the writer. Adds the prefix or changes its next hop, which must not be kNoRoute.
  void insert(Prefix prefix, NextHopId next_hop);
  // Called by the writer. The covering prefix answers again. Returns false if the prefix was not
  // there.
  bool erase(Prefix prefix);
  // Called by the writer. Finds exactly this prefix.
  [[nodiscard]] std::optional<NextHopId> find(Prefix prefix) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  // The memory that lookups read. The writer's own structures are additional (README).
  [[nodiscard]] Bytes memory() const { return Bytes{store_.bytes()}; }

  // Called by any reader, inside a read-side section.
  [[nodiscard]] NextHopId lookup(Address address) const {
    std::uint32_t answer = 0;
    default_route_.with([&](std::uint32_t otherwise) {
      answer = walk(store_.arena(), bulk_key(address));
      answer = answer != 0 ? answer : otherwise;
    });
    return NextHopId{answer};
  }
  // `next_hops` must be at least as long as `keys`. Uses the fastest version for this machine.
  void lookup(std::span<const Key> keys, std::span<NextHopId> next_hops) const {
    lookup(keys, next_hops, bulk_);
  }
  // The same with one of the versions in lookup_ways().
  void lookup(std::span<const Key> keys, std::span<NextHopId> next_hops, LookupWay way) const {
    lookup(keys, next_hops, bulk_lookup<Address>(way));
  }

 private:
  void lookup(std::span<const Key> keys, std::span<NextHopId> next_hops,
              BulkLookup<Address>* bulk) const {
    if constexpr (kDeep<Key>) {
      bulk(store_.arena(), default_route_, trunk_, keys, next_hops.data());
    } else {
      bulk(store_.arena(), default_route_, keys, next_hops.data());
    }
  }

  static constexpr std::uint32_t kNever = ~std::uint32_t{0};  // not a valid answer
  static constexpr std::uint16_t kNone = 512;                 // none of a node's children
  static constexpr std::uint16_t kSeveral = 256;

  // The source of a block. Nodes are identified by number; 0 means none.
  struct alignas(64) Node {
    Stride stride;
    std::uint32_t inherited = kNever;   // the answer of the shorter prefixes, when last compiled
    std::uint32_t word = 0;             // the result of compiling: a block's word or an answer
    std::uint32_t prefixes = 0;         // of a deep trie: that end in it or below
    std::uint8_t dirty = kAllQuarters;  // quarters whose answers may have changed
    std::uint16_t dirty_child = kNone;  // octet of a child with dirty nodes, itself or below
  };
  // The nodes from the root to the one in which a prefix ends.
  struct Path {
    std::array<std::uint32_t, Address::kBits / 8 - 2> nodes;
    unsigned depth;  // of the last node
    StrideKey key;   // of the prefix in the last node
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
  void count_prefix(std::uint32_t root, const Path& path, bool added);
  void settle_trunk();
  void choose_trunk();

  BlockStore store_;
  DefaultRoute default_route_;
  static inline const Trunk kNoTrunk{};
  TrunkPointer trunk_{&kNoTrunk};
  BulkLookup<Address>* bulk_ = bulk_lookup<Address>(preferred_way<Address>());
  Reclaimer& reclaimer_;

  // Prefixes of up to 16 bits as a complete binary tree: the root has index 1, the children of i
  // have indices 2i and 2i + 1. 0 means that the prefix is not there.
  std::vector<std::uint32_t> short_prefixes_;
  struct RootAnswer {
    std::uint32_t next_hop = 0;
    std::uint32_t node = 0;
    std::uint8_t length = 0;  // of the prefix that gives the answer
    bool dirty = false;
  };
  std::vector<RootAnswer> root_;
  std::vector<std::uint32_t> dirty_root_;
  std::vector<std::uint32_t> unlinked_;  // blocks that readers may use until publish() ends
  std::vector<Node> nodes_{1};
  std::vector<std::uint32_t> free_nodes_;
  std::size_t size_ = 0;

  std::uint32_t heaviest_root_ = 0;      // the index of the node with the most prefixes, as a rule
  std::shared_ptr<Trunk> chosen_trunk_;  // null if there is none
  std::uint32_t trunk_node_ = 0;         // the source of its block
  std::size_t chosen_at_ = 0;            // size_ when it was chosen
};

using Trie4 = Trie<Ipv4>;
using Trie6 = Trie<Ipv6>;

extern template class Trie<Ipv4>;
extern template class Trie<Ipv6>;

}  // namespace ringroad::fib

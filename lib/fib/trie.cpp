// SPDX-License-Identifier: BSD-3-Clause
#include "fib/trie.hpp"

#include <algorithm>
#include <utility>

namespace ringroad::fib {
namespace {

constexpr std::size_t kShortPrefixes = std::size_t{2} << kRootBits;

// The index of a prefix of up to 16 bits in the complete binary tree.
template <class Address>
std::uint32_t short_place(Prefix<Address> prefix) {
  const std::uint32_t top = root_index(bulk_key(prefix.address()));
  return (1U << prefix.length()) + (top >> (kRootBits - prefix.length()));
}

}  // namespace

template <class Address>
Trie<Address>::Trie(Reclaimer& reclaimer)
    : store_{reclaimer, kDeep<Key>},
      reclaimer_{reclaimer},
      short_prefixes_(kShortPrefixes),
      root_(kRootEntries) {}

template <class Address>
StrideKey Trie<Address>::key_of(Prefix prefix) {
  const unsigned depth = depth_of(prefix);
  return {static_cast<std::uint8_t>(octet_at(bulk_key(prefix.address()), depth)),
          static_cast<std::uint8_t>(prefix.length() - kRootBits - 8 * depth)};
}

template <class Address>
void Trie<Address>::apply(std::span<const Change> changes) {
  // In random order, each change misses the cache at three steps; prefetching for the next changes
  // overlaps these misses.
  constexpr std::size_t kAhead = 6;
  const auto ahead = [&](std::size_t i) -> const RootAnswer* {
    return i < changes.size() ? &root_[root_index(bulk_key(changes[i].prefix.address()))] : nullptr;
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (const RootAnswer* const entry = ahead(i + 3 * kAhead)) {
      __builtin_prefetch(entry);
    }
    if (const RootAnswer* const entry = ahead(i + 2 * kAhead)) {
      __builtin_prefetch(&nodes_[entry->node]);
    }
    if (const RootAnswer* const entry = ahead(i + kAhead)) {
      prefetch(nodes_[entry->node]);
    }
    stage(changes[i].prefix, changes[i].next_hop.value());
  }
  publish();
  store_.flush();
}

template <class Address>
void Trie<Address>::insert(Prefix prefix, NextHopId next_hop) {
  stage(prefix, next_hop.value());
  publish();
}

template <class Address>
bool Trie<Address>::erase(Prefix prefix) {
  const std::size_t before = size_;
  stage(prefix, 0);
  publish();
  return size_ != before;
}

template <class Address>
std::optional<NextHopId> Trie<Address>::find(Prefix prefix) const {
  std::uint32_t next_hop = 0;
  if (prefix.length() <= kRootBits) {
    next_hop = short_prefixes_[short_place(prefix)];
  } else if (const std::uint32_t node = find_node(prefix); node != 0) {
    next_hop = nodes_[node].stride.find(key_of(prefix));
  }
  return next_hop != 0 ? std::optional{NextHopId{next_hop}} : std::nullopt;
}

// The node in which a prefix ends; 0 if there is none.
template <class Address>
std::uint32_t Trie<Address>::find_node(Prefix prefix) const {
  const auto key = bulk_key(prefix.address());
  std::uint32_t node = root_[root_index(key)].node;
  for (unsigned depth = 0; node != 0 && depth < depth_of(prefix); ++depth) {
    node = nodes_[node].stride.child(static_cast<std::uint8_t>(octet_at(key, depth)));
  }
  return node;
}

template <class Address>
void Trie<Address>::count_change(bool before, bool after) {
  size_ = size_ + (after ? 1 : 0) - (before ? 1 : 0);
}

template <class Address>
void Trie<Address>::stage(Prefix prefix, std::uint32_t next_hop) {
  if (prefix.length() <= kRootBits) {
    stage_short(prefix, next_hop);
  } else {
    stage_long(prefix, next_hop);
  }
}

template <class Address>
void Trie<Address>::stage_short(Prefix prefix, std::uint32_t next_hop) {
  std::uint32_t place = short_place(prefix);
  const std::uint32_t before = std::exchange(short_prefixes_[place], next_hop);
  count_change(before != 0, next_hop != 0);
  if (before == next_hop) {
    return;
  }
  if (prefix.length() == 0) {
    // The default route takes effect at once, so all changes staged before it must be published
    // first: otherwise an address for which a longer prefix is staged could get the new default
    // route, or lose the old one before the longer prefix takes effect.
    publish();
    default_route_.set(next_hop);
    return;
  }
  // The answer for addresses whose longest short prefix is this one: its own next hop, or that of
  // the longest prefix above it.
  std::uint8_t length = prefix.length();
  for (; length > 0 && short_prefixes_[place] == 0; --length) {
    place /= 2;
  }
  const std::uint32_t answer = length > 0 ? short_prefixes_[place] : 0;
  const std::uint32_t first = root_index(bulk_key(prefix.address()));
  const std::uint32_t last = first + static_cast<std::uint32_t>(kRootEntries >> prefix.length());
  for (std::uint32_t i = first; i < last; ++i) {
    RootAnswer& entry = root_[i];
    if (entry.length <= prefix.length()) {
      entry.next_hop = answer;
      entry.length = length;
      touch_root(i);
    }
  }
}

template <class Address>
void Trie<Address>::stage_long(Prefix prefix, std::uint32_t next_hop) {
  const bool withdraw = next_hop == 0;
  if (withdraw && depth_of(prefix) > 0 && find_node(prefix) == 0) {
    return;  // do not make nodes for a prefix that is not there
  }
  const Path path = descend(prefix);
  Node& node = nodes_[path.nodes[path.depth]];
  prefetch(node);
  const std::uint32_t before = node.stride.set(path.key, next_hop);
  // The most frequent change by far sets another next hop for a prefix that ends at an octet
  // boundary, and needs only one store.
  if (before != 0 && !withdraw && path.key.length == 8 && node.dirty == 0 && is_block(node.word) &&
      !(kDeep<Key> && path.depth == 0) && node.stride.child(path.key.first) == 0 &&
      store_.change_leaf(node.word, path.key.first, next_hop)) {
    return;
  }
  if (before != next_hop) {
    count_change(before != 0, !withdraw);
    node.dirty |= path.key.quarters();
    for (unsigned depth = 0; depth < path.depth; ++depth) {
      std::uint16_t& dirty = nodes_[path.nodes[depth]].dirty_child;
      const auto octet = static_cast<std::uint8_t>(octet_at(bulk_key(prefix.address()), depth));
      dirty = dirty == kNone || dirty == octet ? octet : kSeveral;
    }
    touch_root(root_index(bulk_key(prefix.address())));
    if (kDeep<Key> && (before == 0 || withdraw)) {
      count_prefix(root_index(bulk_key(prefix.address())), path, !withdraw);
    }
  }
  if (withdraw) {
    prune(prefix, path);
  }
}

// Prefetches the memory that a change of one of the node's prefixes will read.
template <class Address>
void Trie<Address>::prefetch(const Node& node) const {
  node.stride.prefetch();
  if (is_block(node.word)) {
    store_.prefetch(node.word);
  }
}

// Creates the missing nodes on the path to the prefix.
template <class Address>
typename Trie<Address>::Path Trie<Address>::descend(Prefix prefix) {
  const auto key = bulk_key(prefix.address());
  Path path{.nodes = {}, .depth = depth_of(prefix), .key = key_of(prefix)};
  std::uint32_t node = root_[root_index(key)].node;
  if (node == 0) {
    node = root_[root_index(key)].node = new_node();
  }
  path.nodes[0] = node;
  for (unsigned depth = 0; depth < path.depth; ++depth) {
    const auto octet = static_cast<std::uint8_t>(octet_at(key, depth));
    std::uint32_t child = nodes_[node].stride.child(octet);
    if (child == 0) {
      child = new_node();
      nodes_[node].stride.add_child(octet, child);
      nodes_[node].dirty |= StrideKey{octet, 8}.quarters();
    }
    node = path.nodes[depth + 1] = child;
  }
  return path;
}

// Frees nodes that have no prefixes and no children any more, the deepest first.
template <class Address>
void Trie<Address>::prune(Prefix prefix, const Path& path) {
  const auto key = bulk_key(prefix.address());
  for (unsigned depth = path.depth;; --depth) {
    const std::uint32_t number = path.nodes[depth];
    Node& node = nodes_[number];
    if (!node.stride.empty()) {
      return;
    }
    if (is_block(node.word)) {
      unlinked_.push_back(node.word);
    }
    if (number == trunk_node_) {
      trunk_node_ = 0;
    }
    node = Node{};
    free_nodes_.push_back(number);
    if (depth == 0) {
      root_[root_index(key)].node = 0;
      return;
    }
    Node& parent = nodes_[path.nodes[depth - 1]];
    const auto octet = static_cast<std::uint8_t>(octet_at(key, depth - 1));
    parent.stride.remove_child(octet);
    parent.dirty |= StrideKey{octet, 8}.quarters();
  }
}

template <class Address>
std::uint32_t Trie<Address>::new_node() {
  if (free_nodes_.empty()) {
    nodes_.emplace_back();
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  const std::uint32_t number = free_nodes_.back();
  free_nodes_.pop_back();
  return number;
}

template <class Address>
void Trie<Address>::touch_root(std::uint32_t index) {
  if (!std::exchange(root_[index].dirty, true)) {
    dirty_root_.push_back(index);
  }
}

// Makes all staged changes visible to readers, and retires the blocks that were unlinked.
template <class Address>
void Trie<Address>::publish() {
  for (const std::uint32_t index : dirty_root_) {
    RootAnswer& entry = root_[index];
    entry.dirty = false;
    std::uint32_t word = entry.next_hop;
    if (entry.node != 0) {
      word = kDeep<Key> ? compile_flat(entry.node, word) : compile(entry.node, word);
    }
    store_.link_root(index, is_block(word) ? word : store_.uniform(word));
  }
  if (kDeep<Key> && !dirty_root_.empty()) {
    settle_trunk();
  }
  dirty_root_.clear();
  std::ranges::for_each(unlinked_, [&](std::uint32_t word) { store_.retire(word); });
  unlinked_.clear();
}

// Returns the word of the node's new block, or the answer if the whole block has only one. The
// caller links the new block, which unlinks the old one.
template <class Address>
std::uint32_t Trie<Address>::compile(std::uint32_t number, std::uint32_t inherited) {
  Node& node = nodes_[number];
  const std::uint32_t before = node.word;
  if (std::exchange(node.inherited, inherited) != inherited || !is_block(before)) {
    node.dirty = kAllQuarters;
  }
  // A child's new block replaces its old one in this node's block in place, unless that quarter is
  // compiled anyway.
  each_dirty_child(node, [&](Stride::Child child) {
    const std::uint8_t quarter = StrideKey{child.octet, 8}.quarters();
    if ((node.dirty & quarter) == 0) {
      const std::uint32_t word = compile(child.node, nodes_[child.node].inherited);
      if (!is_block(word) || !store_.relink(before, child.octet, word)) {
        node.dirty |= quarter;
      }
    }
  });
  if (node.dirty == 0) {
    return before;
  }
  Quarters quarters;
  for (unsigned i = 0; i < kQuarters; ++i) {
    if ((node.dirty >> i & 1) == 0) {
      continue;
    }
    if (const auto answer = node.stride.uniform_answer(i, inherited)) {
      quarters[i].boundaries = 0;
      quarters[i].count = 1;
      quarters[i].leaves[0] = *answer;
    } else {
      Quarter::Words words;
      paint(node, i, words);
      Quarter::encode(words, quarters[i]);
    }
  }
  node.word = store_.make(quarters, node.dirty, before);
  node.dirty = 0;
  if (is_block(before)) {
    unlinked_.push_back(before);
  }
  return node.word;
}

// A flat block is changed in place: each of its words is the complete answer for one octet value.
template <class Address>
std::uint32_t Trie<Address>::compile_flat(std::uint32_t number, std::uint32_t inherited) {
  Node& node = nodes_[number];
  if (std::exchange(node.inherited, inherited) != inherited || !is_block(node.word)) {
    node.dirty = kAllQuarters;
  }
  if (!is_block(node.word)) {
    node.word = store_.make_flat();
  }
  each_dirty_child(node, [&](Stride::Child child) {
    if ((node.dirty & StrideKey{child.octet, 8}.quarters()) == 0) {
      store_.set_flat(node.word, child.octet, compile(child.node, nodes_[child.node].inherited));
    }
  });
  for (unsigned i = 0; i < kQuarters; ++i) {
    if ((node.dirty >> i & 1) != 0) {
      Quarter::Words words;
      paint(node, i, words);
      for (unsigned j = 0; j < kQuarterValues; ++j) {
        store_.set_flat(node.word, i * kQuarterValues + j, words[j]);
      }
    }
  }
  node.dirty = 0;
  return node.word;
}

// Writes the quarter's answers and the words of the blocks below it.
template <class Address>
void Trie<Address>::paint(const Node& node, unsigned quarter, Quarter::Words& words) {
  node.stride.paint(quarter, node.inherited, words);
  for (const Stride::Child& child : node.stride.children_of(quarter)) {
    std::uint32_t& word = words[child.octet % kQuarterValues];
    word = compile(child.node, word);
  }
}

template <class Address>
template <class Visit>
void Trie<Address>::each_dirty_child(Node& node, const Visit& visit) {
  const std::uint16_t which = std::exchange(node.dirty_child, kNone);
  if (which < kSeveral) {
    const auto octet = static_cast<std::uint8_t>(which);
    if (const std::uint32_t child = node.stride.child(octet); child != 0) {
      visit(Stride::Child{octet, child});
    }
  } else if (which == kSeveral) {
    for (const Stride::Child& child : node.stride.children()) {
      const Node& below = nodes_[child.node];
      if (below.dirty != 0 || below.dirty_child != kNone) {
        visit(child);
      }
    }
  }
}

template class Trie<Ipv4>;
template class Trie<Ipv6>;

}  // namespace ringroad::fib

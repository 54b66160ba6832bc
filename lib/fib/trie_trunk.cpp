// SPDX-License-Identifier: BSD-3-Clause
// Which levels of a deep trie bulk lookups skip (Trunk).
#include <algorithm>

#include "fib/trie.hpp"

namespace ringroad::fib {
namespace {

// A few prefixes are always elsewhere: those of own addresses, or of a second network.
bool is_nearly_all(std::size_t part, std::size_t whole) { return part >= whole - whole / 16; }

}  // namespace

template <class Address>
void Trie<Address>::count_prefix(std::uint32_t root, const Path& path, bool added) {
  for (unsigned depth = 0; depth <= path.depth; ++depth) {
    std::uint32_t& prefixes = nodes_[path.nodes[depth]].prefixes;
    prefixes = added ? prefixes + 1 : prefixes - 1;
  }
  if (nodes_[path.nodes[0]].prefixes > nodes_[root_[heaviest_root_].node].prefixes) {
    heaviest_root_ = root;
  }
}

// The search for a trunk looks at many nodes, so there is another one only when the trie has halved
// or doubled, or when the trunk's node is gone.
template <class Address>
void Trie<Address>::settle_trunk() {
  if (size_ / 2 >= chosen_at_ || size_ <= chosen_at_ / 2 || (chosen_trunk_ && trunk_node_ == 0)) {
    choose_trunk();
  } else if (chosen_trunk_) {
    const std::uint32_t word = nodes_[trunk_node_].word;
    // Readers have the line of a word that stays.
    if (word != chosen_trunk_->word.load(std::memory_order_relaxed)) {
      chosen_trunk_->word.store(word, std::memory_order_release);
    }
  }
}

template <class Address>
void Trie<Address>::choose_trunk() {
  chosen_at_ = size_;
  std::uint64_t prefix = std::uint64_t{heaviest_root_} << 48;
  std::uint32_t number = root_[heaviest_root_].node;
  unsigned depth = 0;
  if (is_nearly_all(nodes_[number].prefixes, size_)) {
    for (; depth < kTrunkDepthMax; ++depth) {
      const auto children = nodes_[number].stride.children();
      const auto heaviest = std::ranges::max_element(
          children, {}, [&](const Stride::Child& child) { return nodes_[child.node].prefixes; });
      if (heaviest == children.end() ||
          !is_nearly_all(nodes_[heaviest->node].prefixes, nodes_[number].prefixes)) {
        break;
      }
      number = heaviest->node;
      prefix |= std::uint64_t{heaviest->octet} << (40 - 8 * depth);
    }
  }
  std::shared_ptr<Trunk> trunk;
  trunk_node_ = 0;
  if (depth >= kFirstDepth<Key>) {
    trunk = std::make_shared<Trunk>(~std::uint64_t{0} << (48 - 8 * depth), prefix, depth,
                                    nodes_[number].word);
    trunk_node_ = number;
  }
  trunk_.store(trunk ? trunk.get() : &kNoTrunk, std::memory_order_release);
  if (chosen_trunk_) {
    reclaimer_.retire([old = std::move(chosen_trunk_)] {});
  }
  chosen_trunk_ = std::move(trunk);
}

template class Trie<Ipv4>;
template class Trie<Ipv6>;

}  // namespace ringroad::fib

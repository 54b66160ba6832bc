#include "fib/trie.hpp"

#include <algorithm>
#include <cassert>

namespace ringroad::fib {
namespace {

// Enough independent loads to keep a core's miss buffers busy; a burst is one or two blocks.
constexpr std::size_t kBlock = 32;

}  // namespace

Trie::Trie(Reclaimer& reclaimer)
    : reclaimer_{reclaimer},
      entries_{std::size_t{kMaxNodes} * kNodeEntries},
      depths_{std::size_t{kMaxNodes} * kNodeEntries},
      inhabitants_(kRootNodes),
      free_nodes_{std::make_shared<std::vector<std::uint32_t>>()} {
  static_assert(kNoRoute == NextHopId{0}, "a fresh root is all zero");
  entries_.grow(std::size_t{kRootNodes} * kNodeEntries);
  depths_.grow(std::size_t{kRootNodes} * kNodeEntries);
}

Trie::~Trie() = default;

void Trie::insert(Prefix4 prefix, NextHopId next_hop) {
  assert(!is_node(next_hop.value()));
  const bool added = prefixes_.insert_or_assign(prefix, next_hop).second;
  const Range range = descend(prefix);
  if (added) {
    ++lengths_[prefix.length()];
    ++inhabitants_[range.first / kNodeEntries];
  }
  paint(range.first, range.count, prefix.length(), {next_hop.value(), prefix.length()});
}

bool Trie::erase(Prefix4 prefix) {
  if (prefixes_.erase(prefix) == 0) {
    return false;
  }
  --lengths_[prefix.length()];
  const Range range = descend(prefix);
  paint(range.first, range.count, prefix.length(), covering(prefix));
  --inhabitants_[range.first / kNodeEntries];
  for (std::size_t level = range.path_length; level-- > 0;) {
    collapse(range.path[level]);
  }
  return true;
}

std::optional<NextHopId> Trie::find(Prefix4 prefix) const {
  const auto found = prefixes_.find(prefix);
  return found == prefixes_.end() ? std::nullopt : std::optional{found->second};
}

Bytes Trie::memory() const { return {inhabitants_.size() * kNodeEntries * sizeof(std::uint32_t)}; }

// ~3 cycles an address where the nodes are in L1, ~30 where each second load misses to L3. All
// first loads, then all second ones: the misses of a block overlap. An address that has its answer
// loads entry 0 again rather than take a branch that no predictor can know.
inline void Trie::lookup_block(const std::uint32_t* addresses, NextHopId* next_hops,
                               std::size_t count) const {
  std::array<std::uint32_t, kBlock> entries;
  std::uint32_t unfinished = 0;
  for (std::size_t i = 0; i < count; ++i) {
    entries[i] = load(addresses[i] >> 16);
    unfinished |= entries[i];
  }
  for (const unsigned shift : {8U, 0U}) {
    if (!is_node(unfinished)) {
      break;
    }
    unfinished = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const bool inner = is_node(entries[i]);
      const std::uint32_t next = load(inner ? slot(entries[i], addresses[i] >> shift) : 0);
      entries[i] = inner ? next : entries[i];
      unfinished |= entries[i];
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    next_hops[i] = NextHopId{entries[i]};
  }
}

void Trie::lookup(std::span<const std::uint32_t> addresses, std::span<NextHopId> next_hops) const {
  assert(next_hops.size() >= addresses.size());
  std::size_t done = 0;
  for (; addresses.size() - done >= kBlock; done += kBlock) {
    lookup_block(&addresses[done], &next_hops[done], kBlock);
  }
  if (done < addresses.size()) {
    lookup_block(&addresses[done], &next_hops[done], addresses.size() - done);
  }
}

// Makes the nodes that are missing on the way, which for a prefix that is there are none.
Trie::Range Trie::descend(Prefix4 prefix) {
  const std::uint32_t address = prefix.address().value();
  Range range{address >> 16, 0, {}, 0};
  unsigned end = 16;  // the bits that an entry of this level has consumed
  for (const unsigned shift : {8U, 0U}) {
    if (prefix.length() <= end) {
      break;
    }
    if (!is_node(entries_[range.first])) {
      split(range.first);
    }
    range.path[range.path_length++] = range.first;
    range.first = slot(entries_[range.first], address >> shift);
    end += 8;
  }
  range.count = std::size_t{1} << (end - prefix.length());
  return range;
}

Trie::Leaf Trie::covering(Prefix4 prefix) const {
  for (std::uint8_t length = prefix.length(); length-- > 0;) {
    if (lengths_[length] == 0) {
      continue;
    }
    if (const auto found = prefixes_.find({prefix.address(), length}); found != prefixes_.end()) {
      return {found->second.value(), length};
    }
  }
  return {kNoRoute.value(), 0};
}

// Puts a node with the answer of the leaf in its place.
void Trie::split(std::size_t index) {
  std::uint32_t node = 0;
  if (free_nodes_->empty()) {
    node = static_cast<std::uint32_t>(inhabitants_.size());
    entries_.grow((std::size_t{node} + 1) * kNodeEntries);
    depths_.grow((std::size_t{node} + 1) * kNodeEntries);
    inhabitants_.push_back(0);
  } else {
    node = free_nodes_->back();
    free_nodes_->pop_back();
  }
  // Plain stores: no reader is in a node that is not linked, and ThreadSanitizer sees to that.
  const std::size_t first = std::size_t{node} * kNodeEntries;
  std::fill_n(&entries_[first], kNodeEntries, entries_[index]);
  std::fill_n(&depths_[first], kNodeEntries, depths_[index]);
  ++inhabitants_[index / kNodeEntries];
  std::atomic_ref{entries_[index]}.store(node | kNodeBit, std::memory_order_release);
}

// Puts the leaf back in the place of a node in which no prefix ends any more. Its entries are then
// all alike: each has the longest prefix that covers the whole node.
void Trie::collapse(std::size_t index) {
  const std::uint32_t node = entries_[index] & ~kNodeBit;
  if (inhabitants_[node] != 0) {
    return;
  }
  const std::size_t first = std::size_t{node} * kNodeEntries;
  set(index, {entries_[first], depths_[first]});
  --inhabitants_[index / kNodeEntries];
  reclaimer_.retire([nodes = free_nodes_, node] { nodes->push_back(node); });
}

// Gives `leaf` to the addresses in these entries whose prefix is no longer than `max_depth`.
void Trie::paint(std::size_t first, std::size_t count, std::uint8_t max_depth, Leaf leaf) {
  for (std::size_t i = first; i < first + count; ++i) {
    if (is_node(entries_[i])) {
      paint(slot(entries_[i], 0), kNodeEntries, max_depth, leaf);
    } else if (depths_[i] <= max_depth) {
      set(i, leaf);
    }
  }
}

// Release: what the caller wrote to the next hop is seen by whoever is led to it.
void Trie::set(std::size_t index, Leaf leaf) {
  depths_[index] = leaf.depth;
  std::atomic_ref{entries_[index]}.store(leaf.next_hop, std::memory_order_release);
}

}  // namespace ringroad::fib

#pragma once
// Longest-prefix match over IPv4: a multibit trie of strides 16, 8 and 8, leaf-pushed.
//
// One writer; any number of readers, which take no lock and make no atomic read-modify-write.
// A reader sees each address's answer from before or after an update, never another and never none:
// a node is filled before it is linked, and freed through the Reclaimer after it is unlinked. The
// Reclaimer must run what it was given on the writer's thread; it may do so after the trie is gone.
// Reference: Srinivasan and Varghese, "Faster IP lookups using controlled prefix expansion" (1998).
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/reclaim.hpp"
#include "base/units.hpp"
#include "fib/reserved_array.hpp"

namespace ringroad::fib {

// What an address that no prefix covers gets.
inline constexpr NextHopId kNoRoute{0};

class Trie {
 public:
  explicit Trie(Reclaimer& reclaimer);
  ~Trie();
  Trie(const Trie&) = delete;
  Trie& operator=(const Trie&) = delete;

  // Writer. Adds the prefix or changes its next hop. The id must be below 2^31.
  void insert(Prefix4 prefix, NextHopId next_hop);
  // Writer. The covering prefix answers again. False if the prefix was not there.
  bool erase(Prefix4 prefix);
  // Writer. Exactly this prefix.
  [[nodiscard]] std::optional<NextHopId> find(Prefix4 prefix) const;
  [[nodiscard]] std::size_t size() const { return prefixes_.size(); }
  // What lookups read: the root and every node. The writer's books come on top (README).
  [[nodiscard]] Bytes memory() const;

  // Any reader, inside a read-side section.
  [[nodiscard]] NextHopId lookup(Ipv4 address) const {
    const std::uint32_t value = address.value();
    std::uint32_t entry = load(value >> 16);
    if (is_node(entry)) {
      entry = load(slot(entry, value >> 8));
      if (is_node(entry)) {
        entry = load(slot(entry, value));
      }
    }
    return NextHopId{entry};
  }
  // Addresses in host order; `next_hops` is at least as long as `addresses`.
  void lookup(std::span<const std::uint32_t> addresses, std::span<NextHopId> next_hops) const;

 private:
  // An entry is a NextHopId or, with the top bit, the number of a node. A node is 256 entries; the
  // root is the first 256 "nodes", so that one base pointer serves every level.
  static constexpr std::uint32_t kNodeBit = 1U << 31;
  static constexpr std::uint32_t kNodeEntries = 256;
  static constexpr std::uint32_t kRootNodes = 256;
  static constexpr std::uint32_t kMaxNodes = kRootNodes + (1U << 16) + (1U << 24);

  [[nodiscard]] static bool is_node(std::uint32_t entry) { return (entry & kNodeBit) != 0; }
  [[nodiscard]] static std::size_t slot(std::uint32_t entry, std::uint32_t octet) {
    return std::size_t{entry & ~kNodeBit} * kNodeEntries + (octet & 255U);
  }
  [[nodiscard]] std::uint32_t load(std::size_t index) const {
    return std::atomic_ref{entries_[index]}.load(std::memory_order_acquire);
  }
  void lookup_block(const std::uint32_t* addresses, NextHopId* next_hops, std::size_t count) const;

  struct Leaf {
    std::uint32_t next_hop;
    std::uint8_t depth;  // length of the prefix it comes from; 0 also where there is none
  };
  // The entries that a prefix covers in the table that its length ends in, and the entries that
  // were followed to that table.
  struct Range {
    std::size_t first;
    std::size_t count;
    std::array<std::size_t, 2> path;
    std::size_t path_length;
  };
  [[nodiscard]] Range descend(Prefix4 prefix);
  [[nodiscard]] Leaf covering(Prefix4 prefix) const;
  void split(std::size_t index);
  void collapse(std::size_t index);
  void paint(std::size_t first, std::size_t count, std::uint8_t max_depth, Leaf leaf);
  void set(std::size_t index, Leaf leaf);

  Reclaimer& reclaimer_;
  ReservedArray<std::uint32_t> entries_;
  // The writer's own, apart from what lookups read.
  ReservedArray<std::uint8_t> depths_;      // an entry's Leaf::depth
  std::vector<std::uint16_t> inhabitants_;  // a node's prefixes and children; none: collapse it
  std::shared_ptr<std::vector<std::uint32_t>> free_nodes_;
  std::unordered_map<Prefix4, NextHopId> prefixes_;
  std::array<std::uint32_t, 33> lengths_{};  // how many prefixes have each length
};

}  // namespace ringroad::fib

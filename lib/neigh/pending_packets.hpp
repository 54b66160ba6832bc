// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Packets that wait for neighbors' MACs, in a FIFO for each neighbor. They are limited in bytes of
// memory for each neighbor (Linux's arp_queue and unres_qlen_bytes) and in buffers for all
// neighbors together; Linux does not need the second limit, because its packets do not come from a
// pool that reception needs too. Beyond a limit the oldest packets are dropped. Control thread
// only.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/units.hpp"

namespace ringroad::neigh {

// Packet: a movable type that owns a packet. Each call costs O(1) for each packet added or removed.
template <class Packet>
class PendingPackets {
 public:
  struct Limits {
    Bytes neighbor{212992};                                             // unres_qlen_bytes
    std::uint32_t buffers = std::numeric_limits<std::uint32_t>::max();  // all neighbors together
  };
  // The memory that a packet occupies with its buffers, not its length.
  struct Size {
    Bytes memory;
    std::uint32_t buffers = 1;
  };
  // The limit for which a packet was dropped.
  enum class Exceeded : std::uint8_t { kNeighbor, kBuffers };

  explicit PendingPackets(const Limits& limits) : limits_{limits} {}
  // Takes effect with each neighbor's next packet.
  void set_limit_of_each(Bytes neighbor) { limits_.neighbor = neighbor; }

  // Passes packets beyond a limit to `drop`, oldest first, with the neighbors for which they
  // waited. As in Linux, the newest packet is kept even if it alone exceeds its neighbor's limit.
  template <class Drop>
  void push(NeighborId id, Packet packet, const Size& size, Drop&& drop) {
    if (size.buffers > limits_.buffers) {
      drop(id, std::move(packet), Exceeded::kBuffers);
      return;
    }
    while (buffers_ + size.buffers > limits_.buffers) {
      const NeighborId owner = nodes_[oldest_].neighbor;
      drop(owner, remove(oldest_), Exceeded::kBuffers);
    }
    for (auto queue = queues_.find(id);
         queue != queues_.end() && queue->second.bytes + size.memory.count > limits_.neighbor.count;
         queue = queues_.find(id)) {
      drop(id, remove(queue->second.first), Exceeded::kNeighbor);
    }
    append(id, std::move(packet), size);
  }

  // The oldest packet that waits for this neighbor, or null.
  [[nodiscard]] const Packet* oldest(NeighborId id) const {
    const auto queue = queues_.find(id);
    return queue == queues_.end() ? nullptr : &nodes_[queue->second.first].packet;
  }
  [[nodiscard]] const Packet* newest(NeighborId id) const {
    const auto queue = queues_.find(id);
    return queue == queues_.end() ? nullptr : &nodes_[queue->second.last].packet;
  }
  // Removes the oldest packet of this neighbor, if there is one.
  [[nodiscard]] std::optional<Packet> pop(NeighborId id) {
    const auto queue = queues_.find(id);
    return queue == queues_.end() ? std::nullopt : std::optional{remove(queue->second.first)};
  }
  // Removes all packets of this neighbor, oldest first.
  [[nodiscard]] std::vector<Packet> remove_all(NeighborId id) {
    std::vector<Packet> taken;
    taken.reserve(size(id));
    while (auto packet = pop(id)) {
      taken.push_back(*std::move(packet));
    }
    return taken;
  }

  [[nodiscard]] bool has(NeighborId id) const { return queues_.contains(id); }
  // Neighbors for which packets wait.
  [[nodiscard]] std::vector<NeighborId> neighbors() const {
    std::vector<NeighborId> ids;
    ids.reserve(queues_.size());
    for (const auto& [id, queue] : queues_) {
      ids.push_back(id);
    }
    return ids;
  }
  [[nodiscard]] std::size_t size(NeighborId id) const {
    const auto queue = queues_.find(id);
    return queue == queues_.end() ? 0 : queue->second.packets;
  }
  [[nodiscard]] std::size_t size() const { return nodes_.size() - free_.size(); }
  // The buffers that all packets occupy.
  [[nodiscard]] std::uint32_t buffers() const { return buffers_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = std::numeric_limits<Index>::max();

  // A node is in two lists: all packets by age, and the packets of its neighbor.
  struct Node {
    Packet packet{};
    Size size{};
    NeighborId neighbor{};
    Index older = kNone;
    Index newer = kNone;
    Index next = kNone;  // same neighbor; the first is always removed first
  };
  struct Queue {
    Index first = kNone;
    Index last = kNone;
    std::size_t packets = 0;
    std::uint64_t bytes = 0;
  };

  void append(NeighborId id, Packet packet, const Size& size) {
    auto index = static_cast<Index>(nodes_.size());
    if (free_.empty()) {
      nodes_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Node& node = nodes_[index];
    node = {std::move(packet), size, id, newest_, kNone, kNone};
    (newest_ == kNone ? oldest_ : nodes_[newest_].newer) = index;
    newest_ = index;
    Queue& queue = queues_[id];
    (queue.packets == 0 ? queue.first : nodes_[queue.last].next) = index;
    queue.last = index;
    ++queue.packets;
    queue.bytes += size.memory.count;
    buffers_ += size.buffers;
  }

  // The packet is the first of its neighbor; the oldest of all packets always is.
  Packet remove(Index index) {
    Node& node = nodes_[index];
    (node.older == kNone ? oldest_ : nodes_[node.older].newer) = node.newer;
    (node.newer == kNone ? newest_ : nodes_[node.newer].older) = node.older;
    const auto queue = queues_.find(node.neighbor);
    queue->second.first = node.next;
    queue->second.bytes -= node.size.memory.count;
    if (--queue->second.packets == 0) {
      queues_.erase(queue);
    }
    buffers_ -= node.size.buffers;
    free_.push_back(index);
    return std::move(node.packet);
  }

  Limits limits_;
  std::deque<Node> nodes_;
  std::vector<Index> free_;
  Index oldest_ = kNone;
  Index newest_ = kNone;
  std::unordered_map<NeighborId, Queue> queues_;
  std::uint32_t buffers_ = 0;
};

}  // namespace ringroad::neigh

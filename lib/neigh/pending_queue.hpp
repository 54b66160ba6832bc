#pragma once
// Packets that wait for one neighbour's MAC: first in first out, bounded in bytes of memory, the
// oldest dropped first (Linux's arp_queue and unres_qlen_bytes).
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/units.hpp"

namespace ringroad::neigh {

// Packet: a movable owner of a packet. Control thread only.
template <class Packet>
class PendingQueue {
 public:
  // `size` is what the packet occupies, buffer and all, not its length (BUF-08). Returns the
  // packets that had to go to keep within `limit`, oldest first. As in Linux the newest is
  // kept even if it alone exceeds the limit.
  [[nodiscard]] std::vector<Packet> push(Packet packet, Bytes size, Bytes limit) {
    std::vector<Packet> dropped;
    while (!packets_.empty() && bytes_ + size.count > limit.count) {
      bytes_ -= packets_.front().size.count;
      dropped.push_back(std::move(packets_.front().packet));
      packets_.pop_front();
    }
    bytes_ += size.count;
    packets_.push_back({std::move(packet), size});
    return dropped;
  }

  // All of them, oldest first.
  [[nodiscard]] std::vector<Packet> take() {
    std::vector<Packet> taken;
    taken.reserve(packets_.size());
    for (auto& waiting : packets_) {
      taken.push_back(std::move(waiting.packet));
    }
    packets_.clear();
    bytes_ = 0;
    return taken;
  }

  // Null where nothing waits.
  [[nodiscard]] const Packet* newest() const {
    return packets_.empty() ? nullptr : &packets_.back().packet;
  }
  [[nodiscard]] std::size_t size() const { return packets_.size(); }
  [[nodiscard]] Bytes bytes() const { return Bytes{bytes_}; }

 private:
  struct Waiting {
    Packet packet;
    Bytes size;
  };
  std::deque<Waiting> packets_;
  std::uint64_t bytes_ = 0;
};

}  // namespace ringroad::neigh

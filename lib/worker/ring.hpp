// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Passes packets between threads: a bounded rte_ring that never blocks. Packets for which there is
// no room stay with the sender.
#include <rte_ring.h>

#include <memory>
#include <string>

#include "base/error.hpp"
#include "packet/packet.hpp"

namespace ringroad::worker {

class PacketRing {
 public:
  // One thread dequeues packets; one or several enqueue them.
  enum class Producers : std::uint8_t { kOne, kSeveral };

  PacketRing() = default;
  [[nodiscard]] static Result<PacketRing> make(const std::string& name, unsigned size,
                                               Producers producers) {
    const unsigned flags =
        RING_F_SC_DEQ | (producers == Producers::kOne ? unsigned{RING_F_SP_ENQ} : 0U);
    PacketRing ring;
    ring.ring_.reset(rte_ring_create(name.c_str(), size, SOCKET_ID_ANY, flags));
    if (!ring.ring_) {
      return fail("no memory for a packet ring; raise engine.memory.size");
    }
    return ring;
  }

  [[nodiscard]] bool push(Packet* packet) { return rte_ring_enqueue(ring_.get(), packet) == 0; }
  // Returns the number of packets.
  [[nodiscard]] unsigned pop(Packet** packets, unsigned most) {
    return rte_ring_dequeue_burst(ring_.get(), reinterpret_cast<void**>(packets), most, nullptr);
  }
  [[nodiscard]] unsigned size() const { return rte_ring_count(ring_.get()); }

 private:
  struct Free {
    void operator()(rte_ring* ring) const { rte_ring_free(ring); }
  };
  std::unique_ptr<rte_ring, Free> ring_;
};

}  // namespace ringroad::worker

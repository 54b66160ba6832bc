// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// DPDK's hierarchical scheduler. With one pipe it does the same as bands; it is intended for many
// pipes.
#include <rte_sched.h>

#include <cstdint>
#include <memory>

#include "bench/sched/subjects.hpp"

namespace ringroad::bench {

class RteSched {
 public:
  enum class Order : std::uint8_t {
    kStrict,  // traffic classes 0, 1, 2
    kShared,  // three queues of the lowest class, by weighted round robin
  };
  // Flows are distributed over the pipes, a power of two; priorities are strict only within a pipe.
  explicit RteSched(Order order, std::uint32_t pipes = 1);

  // rte_sched expects the class in the packet; reading it from the header is additional work for
  // the caller.
  void prepare(Burst& burst);
  void step(Burst& burst, Ring& ring) {
    rte_sched_port_enqueue(port_.get(), burst.packets.data(), kBurst);
    const int taken = rte_sched_port_dequeue(port_.get(), ring.end(), ring.left());
    ring.took(static_cast<std::uint16_t>(taken));
  }
  void clear() { port_.reset(); }

 private:
  struct Free {
    void operator()(rte_sched_port* port) const { rte_sched_port_free(port); }
  };

  Order order_;
  std::uint32_t pipes_;
  std::unique_ptr<rte_sched_port, Free> port_;
};
static_assert(Subject<RteSched>);

}  // namespace ringroad::bench

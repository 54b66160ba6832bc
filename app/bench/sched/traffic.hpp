// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Bursts in the state in which a worker sends them: frames of many flows with freshly written
// headers, and the priorities that were read from them.
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "bench/fib/subject.hpp"

namespace ringroad::bench {

inline constexpr std::size_t kTrafficBands = 3;

struct Burst {
  std::array<rte_mbuf*, kBurst> packets;
  std::array<std::uint8_t, kBurst> priorities;  // Linux's
  std::array<std::uint8_t, kBurst> bands;       // the bands in pfifo_fast
  std::array<std::uint16_t, kBurst> flows;
};

struct PoolFree {
  void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
};
using Pool = std::unique_ptr<rte_mempool, PoolFree>;
[[nodiscard]] Pool make_pool(const char* name);

// 64, 576 and 1514 bytes as 7 to 4 to 1: mean 355.5.
[[nodiscard]] std::uint16_t frame_length(std::mt19937& random);

class Traffic {
 public:
  enum class Mix : std::uint8_t {
    kBestEffort,  // all packets, as in most bursts
    kMixed,       // 10 % in band 0, 30 % in band 1, 60 % in band 2
  };
  explicit Traffic(Mix mix);

  // Prepares the next burst; the sequence is the same in every run.
  void next(Burst& burst);
  [[nodiscard]] rte_mempool& pool() { return *pool_; }

 private:
  static constexpr std::size_t kFrames = 8192;  // then the sequence repeats
  static constexpr std::size_t kFlows = 256;

  struct Frame {
    std::uint16_t length;
    std::uint8_t band;
    std::uint16_t flow;
  };

  Pool pool_;
  std::vector<Frame> frames_;
  std::size_t next_ = 0;
};

}  // namespace ringroad::bench

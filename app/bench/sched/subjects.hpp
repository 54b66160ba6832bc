// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The measured subjects: each accepts a burst and gives a device as many packets as the device
// accepts.
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "bench/sched/traffic.hpp"
#include "sched/bands.hpp"

namespace ringroad::bench {

// A ring with room for `left` packets.
class Ring {
 public:
  explicit Ring(std::uint16_t left) : left_{left} {}

  [[nodiscard]] static std::int64_t room(std::uint64_t /*bytes*/) { return sched::kNoLimit; }
  // This is a function call, as for a driver.
  [[gnu::noinline]] std::uint16_t transmit(rte_mbuf** packets, std::uint16_t count) {
    const std::uint16_t taken = std::min(count, left_);
    std::copy_n(packets, taken, sent_.begin() + size_);
    took(taken);
    return taken;
  }
  static void sent(std::uint16_t /*packets*/, std::uint64_t /*bytes*/) {}

  // For subjects that write to the ring directly: the next position, and the remaining room.
  [[nodiscard]] rte_mbuf** end() { return sent_.data() + size_; }
  [[nodiscard]] std::uint16_t left() const { return left_; }
  void took(std::uint16_t count) {
    size_ = static_cast<std::uint16_t>(size_ + count);
    left_ = static_cast<std::uint16_t>(left_ - count);
  }

  [[nodiscard]] std::span<rte_mbuf*> packets() { return {sent_.data(), size_}; }

 private:
  std::uint16_t left_;
  std::uint16_t size_ = 0;
  std::array<rte_mbuf*, sched::kBatch> sent_;
};

template <class S>
concept Subject = requires(S& subject, Burst& burst, Ring& ring) {
  subject.prepare(burst);     // not measured
  subject.step(burst, ring);  // measured
  subject.clear();            // frees the packets that it holds
};

// The work that all subjects have in common: the ring gets the packets, and refused ones are freed.
class Nothing {
 public:
  static void prepare(Burst& /*burst*/) {}
  static void step(Burst& burst, Ring& ring) {
    const std::uint16_t taken = ring.transmit(burst.packets.data(), kBurst);
    for (std::size_t i = taken; i < kBurst; ++i) {
      rte_pktmbuf_free(burst.packets[i]);
    }
  }
  static void clear() {}
};
static_assert(Subject<Nothing>);

// The bands as a worker uses them: a burst is sent, then waiting packets are drained.
class Ringroad {
 public:
  explicit Ringroad(const sched::Discipline& discipline) : bands_{discipline, clock_} {}

  void prepare(Burst& /*burst*/) {}
  void step(Burst& burst, Ring& ring) {
    constexpr std::uint32_t kQuota = 64;
    const auto drop = [](rte_mbuf* packet, sched::Lost /*lost*/) { rte_pktmbuf_free(packet); };
    bands_.send(burst.packets, burst.priorities, sched::bytes_of(burst.packets), ring, drop);
    if (bands_.backlog() > 0) {
      bands_.drain(kQuota, ring, drop);
    }
  }
  void clear() {
    bands_.clear([](rte_mbuf* packet) { rte_pktmbuf_free(packet); });
  }

 private:
  Clock clock_;
  sched::Bands bands_;
};
static_assert(Subject<Ringroad>);

}  // namespace ringroad::bench

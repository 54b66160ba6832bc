// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// One TX queue of one port: its bands, and the buffers that the device has not freed yet. Owned by
// one worker.
#include <rte_ethdev.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/ids.hpp"
#include "base/own_lines.hpp"
#include "packet/stage.hpp"
#include "port/profile.hpp"
#include "port/tx_completions.hpp"
#include "sched/bands.hpp"
#include "sched/bands_take_over.hpp"
#include "sched/byte_limit.hpp"

namespace ringroad::port {

// The number of packets that a drain may send before the worker polls its RX queues: Linux's
// dev_weight.
inline constexpr std::uint32_t kTxQuota = 64;

// Aligned, so that it shares no cache line with another worker's data on the heap.
class alignas(kCacheLine) TxQueue {
 public:
  struct Settings {
    PortId port;
    std::uint16_t device = 0;
    std::uint16_t queue = 0;
    std::uint16_t descriptors = 0;  // of its ring; 0: the device does not report what it has sent
    bool limit_bytes = true;        // if the device reports what it has sent
    TxRetry retry{};
  };
  TxQueue(const Settings& settings, const sched::Discipline& discipline, const Clock& clock,
          std::shared_ptr<sched::Shaper> shaper)
      : settings_{settings},
        clock_{clock},
        completions_{settings.descriptors},
        limits_bytes_{settings.limit_bytes && settings.descriptors > 0},
        bands_{discipline, clock, std::move(shaper)} {}

  // Sends all staged packets, or queues them in the bands.
  void send(StageContext& context, Egress::Stage& stage) {
    bands_.send({stage.packets.data(), stage.count}, {stage.priorities.data(), stage.count},
                stage.bytes, Wire{*this, context}, Lose{*this, context});
  }
  std::uint32_t drain(StageContext& context) {
    return bands_.drain(kTxQuota, Wire{*this, context}, Lose{*this, context});
  }
  // Queues all staged packets in the bands and does not call the driver.
  void hold(StageContext& context, Egress::Stage& stage) {
    bands_.send({stage.packets.data(), stage.count}, {stage.priorities.data(), stage.count},
                stage.bytes, Closed{}, Lose{*this, context});
  }
  // Drops packets from the bands until at most `most` wait.
  void shed(StageContext& context, std::uint32_t most) { bands_.shed(most, Lose{*this, context}); }
  // Sends in place of another queue of the same ring from now on: takes over the packets that wait
  // there, and what is known of the ring.
  void take_over(TxQueue& other, StageContext& context) {
    can_reclaim_ = other.can_reclaim_;
    used_ = other.used_;
    std::swap(completions_, other.completions_);
    std::swap(limit_, other.limit_);
    if (other.settings_.limit_bytes && !other.limits_bytes()) {
      limits_bytes_.store(false, std::memory_order_relaxed);  // the device cannot report it
    } else if (!other.settings_.limit_bytes) {
      completions_.reset();  // nothing was noted of the packets in the ring
      limit_.reset();
    }
    bands_.take_over(other.bands_, Lose{*this, context});
  }
  template <class Take>
  void clear(Take&& take) {
    bands_.clear(take);
  }

  // Called from time to time. An idle queue frees the buffers that its device has sent; a busy one
  // frees them as it sends, and here only where buffers run low. It frees at most a quarter of a
  // ring, so that the worker is soon back at its RX queues.
  void reclaim(bool buffers_are_low) {
    if (can_reclaim_ && (!used_ || buffers_are_low)) {
      can_reclaim_ =
          rte_eth_tx_done_cleanup(settings_.device, settings_.queue, kReclaimBatch) != -ENOTSUP;
    }
    if (!used_ && settings_.retry.call != nullptr) {
      settings_.retry.call(settings_.retry.descriptor);
    }
    used_ = false;
  }
  // Called after the device was stopped, which lost the packets in its ring, and opened again, with
  // whatever number it has now. No worker sends meanwhile.
  void reset(std::uint16_t device, TxRetry retry) {
    settings_.device = device;
    settings_.retry = retry;
    completions_.reset();
    limit_.reset();
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] std::uint16_t number() const { return settings_.queue; }
  [[nodiscard]] const sched::Bands& bands() const { return bands_; }
  [[nodiscard]] sched::Bands& bands() { return bands_; }
  [[nodiscard]] std::uint32_t backlog() const { return bands_.backlog(); }
  // Whether and how the bytes in the ring are limited, as far as is known.
  [[nodiscard]] bool limits_bytes() const { return limits_bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t byte_limit() const { return shown_limit_.get(); }
  [[nodiscard]] std::uint64_t bytes_in_flight() const { return shown_in_flight_.get(); }

 private:
  static constexpr std::uint32_t kReclaimBatch = 256;

  struct Wire {
    TxQueue& queue;
    const StageContext& context;

    [[nodiscard]] std::int64_t room(std::uint64_t wanted) const {
      return queue.limits_bytes() ? queue.room(wanted) : sched::kNoLimit;
    }
    std::uint16_t transmit(Packet** packets, std::uint16_t count) const {
      if (context.watch != nullptr) [[unlikely]] {
        context.watch->offered(queue.settings_.port, {packets, count});
      }
      const std::uint16_t taken =
          rte_eth_tx_burst(queue.settings_.device, queue.settings_.queue, packets, count);
      if (context.watch != nullptr) [[unlikely]] {
        context.watch->sent(taken);
      }
      queue.used_ = true;
      return taken;
    }
    void sent(std::uint16_t packets, std::uint64_t bytes) const {
      if (queue.limits_bytes()) {
        queue.completions_.hand_over(packets, bytes);
        queue.limit_.hand_over(bytes);
      }
    }
  };
  struct Closed {
    [[nodiscard]] static std::int64_t room(std::uint64_t /*wanted*/) { return 0; }
    static std::uint16_t transmit(Packet** /*packets*/, std::uint16_t /*count*/) { return 0; }
    static void sent(std::uint16_t /*packets*/, std::uint64_t /*bytes*/) {}
  };
  struct Lose {
    const TxQueue& queue;
    StageContext& context;
    [[nodiscard]] static stats::DropReason reason(sched::Lost lost) {
      switch (lost) {
        case sched::Lost::kFull:
          break;
        case sched::Lost::kManaged:
          return stats::DropReason::kQueueManaged;
        case sched::Lost::kMemory:
          return stats::DropReason::kBandMemory;
      }
      return stats::DropReason::kBandFull;
    }
    void operator()(Packet* packet, sched::Lost lost) const {
      context.drop(packet, reason(lost), interface_of(queue.settings_.port));
    }
  };

  [[nodiscard]] std::int64_t room(std::uint64_t wanted) {
    if (limit_.room() < static_cast<std::int64_t>(wanted)) {
      const std::uint64_t done =
          completions_.poll([this](std::uint16_t offset) { return is_done(offset); });
      if (!limits_bytes()) {
        return sched::kNoLimit;
      }
      limit_.complete(done, clock_.now());
      if (limit_.room() < static_cast<std::int64_t>(wanted)) {
        limit_.hold_back();
      }
      shown_limit_.set(limit_.limit());
      shown_in_flight_.set(limit_.in_flight());
    }
    return limit_.room();
  }

  [[nodiscard]] bool is_done(std::uint16_t offset) {
    const int status = rte_eth_tx_descriptor_status(settings_.device, settings_.queue, offset);
    if (status < 0) {
      limits_bytes_.store(false, std::memory_order_relaxed);  // the device cannot report it
    }
    return status == RTE_ETH_TX_DESC_DONE;
  }

  Settings settings_;
  const Clock& clock_;
  bool can_reclaim_ = true;
  bool used_ = false;  // since the last reclaim
  sched::ByteLimit limit_;
  TxCompletions completions_;
  std::atomic<bool> limits_bytes_;
  stats::Counter shown_limit_;
  stats::Counter shown_in_flight_;
  sched::Bands bands_;
};

}  // namespace ringroad::port

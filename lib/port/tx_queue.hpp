#pragma once
// One TX queue of one port, the bands before it and what the device has yet to give back. One
// worker's own.
#include <rte_ethdev.h>

#include <cstdint>

#include "base/ids.hpp"
#include "ip/stage.hpp"
#include "sched/bands.hpp"

namespace ringroad::port {

// Packets a drain may send before the worker looks at its RX queues again: Linux's dev_weight.
inline constexpr std::uint32_t kTxQuota = 64;

class TxQueue {
 public:
  TxQueue(std::uint16_t device, std::uint16_t queue, const sched::Discipline& discipline,
          const Clock& clock)
      : device_{device}, queue_{queue}, bands_{discipline, clock} {}

  // Takes all that is staged.
  void send(ip::StageContext& context, const ip::Egress::Stage& stage) {
    bands_.send({stage.packets.data(), stage.count}, {stage.priorities.data(), stage.count},
                transmit(context),
                [&](ip::Packet* packet) { context.drop(packet, stats::DropReason::kBandFull); });
  }
  std::uint32_t drain(const ip::StageContext& context) {
    return bands_.drain(kTxQuota, transmit(context));
  }
  // Frees what the device has sent, so that an idle port pins no buffers. A device that cannot say
  // frees as it sends.
  void reclaim() {
    if (can_reclaim_) {
      can_reclaim_ = rte_eth_tx_done_cleanup(device_, queue_, kReclaimBatch) != -ENOTSUP;
    }
  }
  template <class Drop>
  void clear(Drop&& drop) {
    bands_.clear(drop);
  }

  [[nodiscard]] const sched::Bands& bands() const { return bands_; }
  [[nodiscard]] std::uint32_t backlog() const { return bands_.backlog(); }

 private:
  static constexpr std::uint32_t kReclaimBatch = 64;

  struct Transmit {
    const ip::StageContext& context;
    std::uint16_t device;
    std::uint16_t queue;

    std::uint16_t operator()(ip::Packet** packets, std::uint16_t count) const {
      context.lap(stats::Stage::kBands);
      const std::uint16_t taken = rte_eth_tx_burst(device, queue, packets, count);
      context.lap(stats::Stage::kTx);
      return taken;
    }
  };

  [[nodiscard]] Transmit transmit(const ip::StageContext& context) const {
    return {context, device_, queue_};
  }

  std::uint16_t device_;
  std::uint16_t queue_;
  bool can_reclaim_ = true;
  sched::Bands bands_;
};

}  // namespace ringroad::port

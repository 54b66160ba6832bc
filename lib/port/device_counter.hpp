// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The losses and transmissions that a port's device reports. Each lost packet is in exactly one
// Loss: the packets offered to a port are those received and those lost, and the packets given to
// it for transmission are those completed, those lost, and those in its ring. Control thread only.
#include <rte_ethdev.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ringroad::port {

enum class LossKind : std::uint8_t {
  kMissed,    // arrived while the queue before the worker was full
  kNoBuffer,  // arrived while no packet buffer was free
  kRxError,   // damaged, too long, or dropped by the kernel before the port
  kTxError,   // refused by the driver or by the kernel under it
};

struct Loss {
  std::string_view name;  // the name in the source of this counter
  LossKind kind{};
  std::uint64_t packets = 0;
};

struct DeviceCounts {
  std::vector<Loss> losses;
  std::uint64_t tx_completed = 0;

  [[nodiscard]] std::uint64_t of(LossKind kind) const;
};

// Provides the losses of a driver family if rte_eth_stats lacks them or counts differently.
class LossSource {
 public:
  LossSource() = default;
  virtual ~LossSource() = default;
  LossSource(const LossSource&) = delete;
  LossSource& operator=(const LossSource&) = delete;

  // Appends the losses, always in the same order; tx_completed is the driver's number of sent
  // packets.
  virtual void read(const rte_eth_stats& stats, DeviceCounts& counts) = 0;
};

class DeviceCounter {
 public:
  // A null source means that rte_eth_stats is correct.
  explicit DeviceCounter(std::unique_ptr<LossSource> source) : source_{std::move(source)} {}

  // The device is closed and opened anew later: counters keep their values although the device
  // starts at 0.
  void close();
  void open_anew(std::unique_ptr<LossSource> source) {
    source_ = std::move(source);
    closed_ = false;
  }
  [[nodiscard]] bool closed() const { return closed_; }
  // The counters of the last update.
  [[nodiscard]] const DeviceCounts& last() const { return counts_; }

  // No counter decreases, whatever the driver reports.
  const DeviceCounts& update(const rte_eth_stats& stats);

 private:
  [[nodiscard]] std::uint64_t completed(const rte_eth_stats& stats);

  std::unique_ptr<LossSource> source_;
  DeviceCounts counts_;
  bool closed_ = false;
  DeviceCounts before_;  // the counters when the device was last closed
  std::array<std::uint64_t, RTE_ETHDEV_QUEUE_STAT_CNTRS> sent_{};  // for each queue
};

}  // namespace ringroad::port

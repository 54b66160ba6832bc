// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a port's device says that it lost and sent. Each lost packet is in exactly one Loss, so that
// what was offered to a port is what it received and these, and what it was given to send is what
// it completed, these, and what its ring still holds. Control thread only.
#include <rte_ethdev.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace ringroad::port {

enum class LossKind : std::uint8_t {
  kMissed,    // came while the queue before the worker was full
  kNoBuffer,  // came while no packet buffer was free
  kRxError,   // damaged, too long, or dropped by the kernel before the port
  kTxError,   // refused by the driver or by the kernel under it
};

struct Loss {
  std::string_view name;  // that of who counts it
  LossKind kind{};
  std::uint64_t packets = 0;
};

struct DeviceCounts {
  std::vector<Loss> losses;
  std::uint64_t tx_completed = 0;

  [[nodiscard]] std::uint64_t of(LossKind kind) const;
};

// Where a family's losses are counted when rte_eth_stats does not say it, or not so.
class LossSource {
 public:
  LossSource() = default;
  virtual ~LossSource() = default;
  LossSource(const LossSource&) = delete;
  LossSource& operator=(const LossSource&) = delete;

  // Adds its losses, the same ones in the same order each time; tx_completed is what the driver
  // says that it sent.
  virtual void read(const rte_eth_stats& stats, DeviceCounts& counts) = 0;
};

class DeviceCounter {
 public:
  // Null: what rte_eth_stats says is right.
  explicit DeviceCounter(std::unique_ptr<LossSource> source) : source_{std::move(source)} {}

  // The device is closed, and opened anew later: what it counted stays, and it begins at 0.
  void close();
  void open_anew(std::unique_ptr<LossSource> source) {
    source_ = std::move(source);
    closed_ = false;
  }
  [[nodiscard]] bool closed() const { return closed_; }
  // As they were when they were last read.
  [[nodiscard]] const DeviceCounts& last() const { return counts_; }

  // No counter goes backwards, whatever the driver says now.
  const DeviceCounts& update(const rte_eth_stats& stats);

 private:
  [[nodiscard]] std::uint64_t completed(const rte_eth_stats& stats);

  std::unique_ptr<LossSource> source_;
  DeviceCounts counts_;
  bool closed_ = false;
  DeviceCounts before_;  // of the device before it was opened anew
  std::array<std::uint64_t, RTE_ETHDEV_QUEUE_STAT_CNTRS> sent_{};  // by each queue
};

}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
#include "port/device_counter.hpp"

#include <algorithm>
#include <numeric>

namespace ringroad::port {

std::uint64_t DeviceCounts::of(LossKind kind) const {
  std::uint64_t packets = 0;
  for (const Loss& loss : losses) {
    packets += loss.kind == kind ? loss.packets : 0;
  }
  return packets;
}

// net_memif counts for each queue, but its total includes only connected queues: while its peer is
// away, or after it returned with fewer queues, the total is smaller.
std::uint64_t DeviceCounter::completed(const rte_eth_stats& stats) {
  const std::uint64_t of_queues =
      std::reduce(std::begin(stats.q_opackets), std::end(stats.q_opackets), std::uint64_t{0});
  if (of_queues != stats.opackets) {
    return stats.opackets;
  }
  for (std::size_t queue = 0; queue < sent_.size(); ++queue) {
    sent_[queue] = std::max(sent_[queue], stats.q_opackets[queue]);
  }
  return std::reduce(sent_.begin(), sent_.end(), std::uint64_t{0});
}

void DeviceCounter::close() {
  source_.reset();
  closed_ = true;
  sent_ = {};
  before_ = counts_;
}

const DeviceCounts& DeviceCounter::update(const rte_eth_stats& stats) {
  DeviceCounts now{.losses = {}, .tx_completed = completed(stats)};
  if (source_) {
    source_->read(stats, now);
  } else {
    now.losses = {{"missed", LossKind::kMissed, stats.imissed},
                  {"no_buffer", LossKind::kNoBuffer, stats.rx_nombuf},
                  {"rx_errors", LossKind::kRxError, stats.ierrors},
                  {"tx_errors", LossKind::kTxError, stats.oerrors}};
  }
  now.tx_completed += before_.tx_completed;
  for (std::size_t i = 0; i < std::min(now.losses.size(), before_.losses.size()); ++i) {
    now.losses[i].packets += before_.losses[i].packets;
  }
  counts_.tx_completed = std::max(counts_.tx_completed, now.tx_completed);
  counts_.losses.resize(now.losses.size());
  for (std::size_t i = 0; i < now.losses.size(); ++i) {
    now.losses[i].packets = std::max(now.losses[i].packets, counts_.losses[i].packets);
    counts_.losses[i] = now.losses[i];
  }
  return counts_;
}

}  // namespace ringroad::port

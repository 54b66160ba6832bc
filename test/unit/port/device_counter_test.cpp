// SPDX-License-Identifier: BSD-3-Clause
#include "port/device_counter.hpp"

#include <catch2/catch.hpp>

using namespace ringroad::port;

namespace {

// Sums the connected queues, as net_memif does.
rte_eth_stats sent_by_queue(std::initializer_list<std::uint64_t> queues) {
  rte_eth_stats stats{};
  std::size_t queue = 0;
  for (const std::uint64_t packets : queues) {
    stats.q_opackets[queue++] = packets;
    stats.opackets += packets;
  }
  return stats;
}

class TwoLosses : public LossSource {
 public:
  void read(const rte_eth_stats& stats, DeviceCounts& counts) override {
    counts.losses = {{"full", LossKind::kMissed, stats.imissed},
                     {"refused", LossKind::kTxError, stats.oerrors},
                     {"too_long", LossKind::kTxError, 1}};
    counts.tx_completed -= 1;
  }
};

}  // namespace

TEST_CASE("what a device completed goes on from where its peer left") {
  DeviceCounter counter{nullptr};
  CHECK(counter.update(sent_by_queue({100, 20})).tx_completed == 120);
  // The peer disconnects, and connects again with one queue.
  CHECK(counter.update(sent_by_queue({})).tx_completed == 120);
  CHECK(counter.update(sent_by_queue({101})).tx_completed == 121);
  CHECK(counter.update(sent_by_queue({110, 25})).tx_completed == 135);
}

TEST_CASE("a driver that counts no queues is believed unless it goes backwards") {
  DeviceCounter counter{nullptr};
  rte_eth_stats stats{};
  stats.opackets = 7;
  stats.imissed = 3;
  CHECK(counter.update(stats).tx_completed == 7);
  stats.opackets = 5;
  stats.imissed = 1;
  const DeviceCounts& counts = counter.update(stats);
  CHECK(counts.tx_completed == 7);
  CHECK(counts.of(LossKind::kMissed) == 3);
}

TEST_CASE("what rte_eth_stats calls lost is lost, each once") {
  DeviceCounter counter{nullptr};
  rte_eth_stats stats{};
  stats.imissed = 1;
  stats.rx_nombuf = 2;
  stats.ierrors = 4;
  stats.oerrors = 8;
  const DeviceCounts& counts = counter.update(stats);
  CHECK(counts.of(LossKind::kMissed) == 1);
  CHECK(counts.of(LossKind::kNoBuffer) == 2);
  CHECK(counts.of(LossKind::kRxError) == 4);
  CHECK(counts.of(LossKind::kTxError) == 8);
}

TEST_CASE("a family that knows better is asked instead") {
  DeviceCounter counter{std::make_unique<TwoLosses>()};
  rte_eth_stats stats = sent_by_queue({10});
  stats.imissed = 2;
  stats.oerrors = 3;
  stats.ierrors = 99;
  const DeviceCounts& counts = counter.update(stats);
  CHECK(counts.tx_completed == 9);
  CHECK(counts.of(LossKind::kMissed) == 2);
  CHECK(counts.of(LossKind::kRxError) == 0);
  CHECK(counts.of(LossKind::kTxError) == 4);
  CHECK(counts.losses.size() == 3);
}

TEST_CASE("a device that is closed and opened anew goes on from what it counted") {
  DeviceCounter counter{nullptr};
  rte_eth_stats stats{};
  stats.opackets = 100;
  stats.imissed = 7;
  counter.update(stats);
  counter.close();
  CHECK(counter.closed());
  CHECK(counter.last().tx_completed == 100);
  counter.open_anew(nullptr);
  stats.opackets = 3;
  stats.imissed = 1;
  const DeviceCounts& counts = counter.update(stats);
  CHECK(counts.tx_completed == 103);
  CHECK(counts.of(LossKind::kMissed) == 8);
}

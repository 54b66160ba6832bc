// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the router does now: traffic, load, delays and drops of the last second, and drops of the
// last minute. Samples the counters of all threads once a second, which takes 1 us for two ports
// and one worker, and up to 100 us for each worker with 1024 interfaces. Control thread only.
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "host/sender.hpp"
#include "interface/world.hpp"
#include "stats/recent.hpp"
#include "worker/worker.hpp"

namespace ringroad::control {

// The traffic of a port or sub-interface: totals, or per second.
struct Traffic {
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;

  void add(const InterfaceCounters& counters);
};

// What a worker spent its time on: in total, or in the last second.
struct Load {
  std::uint64_t packets = 0;  // received
  std::uint64_t busy_cycles = 0;
  std::uint64_t control_cycles = 0;
  std::uint64_t idle_cycles = 0;
  std::uint64_t timed_packets = 0;  // those whose stages were timed
  std::array<std::uint64_t, stats::kStageNames.size()> stage_cycles{};
};
[[nodiscard]] Load load_of(const worker::Worker& worker);

// What a band did in the last second.
struct BandActivity {
  std::uint64_t sent_packets = 0;  // per second
  std::uint64_t sent_bytes = 0;
  std::uint64_t dropped = 0;
  // Null unless delays are measured.
  const stats::Histogram::Counts* delays_ns = nullptr;
};

class Recent {
 public:
  struct Parts {
    const interface::World& world;
    const std::vector<std::unique_ptr<worker::Worker>>& workers;
    const host::Sender& sender;
  };
  explicit Recent(const Parts& parts) : parts_{parts} {}

  // Takes a sample if one is due. Returns whether it did.
  bool run(Nanoseconds now);

  // All workers' and the control thread's counters.
  [[nodiscard]] Traffic total(const interface::InterfaceView& view) const;
  [[nodiscard]] Traffic per_second(InterfaceId port) const;
  [[nodiscard]] Load load(WorkerId worker) const;
  [[nodiscard]] std::uint64_t packets_per_second(WorkerId worker) const;
  [[nodiscard]] BandActivity band(WorkerId worker, PortId port, std::size_t band) const;

  struct Drops {
    std::uint64_t total = 0;
    std::uint64_t per_second = 0;
    std::uint64_t last_minute = 0;
  };
  [[nodiscard]] Drops drops(InterfaceId port, stats::DropReason reason) const;
  // The sum over all ports.
  [[nodiscard]] Drops drops(stats::DropReason reason) const;

 private:
  static constexpr std::size_t kLoadValues = 5 + stats::kStageNames.size();
  struct Band {
    stats::RecentCounters<3> counters;
    std::unique_ptr<stats::RecentHistogram> delays;
  };

  void sample_drops();
  void sample_bands();
  [[nodiscard]] std::uint64_t dropped(InterfaceId port, stats::DropReason reason) const;

  Parts parts_;
  stats::SampleTimer timer_;
  std::vector<stats::RecentCounters<4>> ports_;  // by InterfaceId
  std::vector<stats::RecentCounters<kLoadValues>> workers_;
  std::map<std::pair<WorkerId, PortId>, std::vector<Band>> bands_;
  // Only of the ports and reasons that were counted at least once.
  std::map<std::pair<InterfaceId, stats::DropReason>, stats::RecentCounter> drops_;
};

}  // namespace ringroad::control

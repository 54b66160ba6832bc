// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The numbers of the router at one moment, copied so that another thread can write them down. The
// control thread copies; nothing is counted by walking over routes or neighbors.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/router.hpp"
#include "http/desk.hpp"

namespace ringroad::http {

// The upper bounds of the buckets of a histogram of delays.
inline constexpr std::array<std::uint64_t, 13> kDelayBoundsNs{
    1'000,     5'000,      10'000,     50'000,      100'000,     500'000,      1'000'000,
    5'000'000, 10'000'000, 50'000'000, 100'000'000, 500'000'000, 1'000'000'000};

struct DelaySample {
  std::array<std::uint64_t, kDelayBoundsNs.size()> up_to{};  // cumulative
  std::uint64_t samples = 0;
  double sum_seconds = 0;  // of the middles of the histogram's steps: within a sixteenth

  void add(const stats::Histogram& delays);
};

// One band of a port, the sum over its TX queues.
struct BandSample {
  std::uint64_t queued = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t managed = 0;
  std::uint64_t marked = 0;
  std::uint64_t requeued = 0;
  bool has_delays = false;
  DelaySample delays{};
};

struct LossSample {
  std::string source;
  port::LossKind kind{};
  std::uint64_t packets = 0;
};

struct PortSample : control::Traffic {
  std::string name;
  std::string driver;
  std::string mac;
  std::string link;  // the port of a sub-interface; empty: it is a port itself
  bool linked = false;
  std::uint32_t speed_mbps = 0;
  std::uint16_t mtu = 0;
  std::uint64_t conflicts = 0;
  std::array<std::uint64_t, stats::kDropReasons> drops{};
  // Of a port only.
  std::uint64_t tx_completed = 0;
  std::uint64_t tx_hangs = 0;
  std::uint64_t rate_limited = 0;
  std::vector<LossSample> losses{};
  std::vector<BandSample> bands{};
};

struct WorkerSample : control::Load {
  unsigned core = 0;
  std::uint64_t polls = 0;
  std::uint64_t busy_polls = 0;
  std::uint64_t control_polls = 0;
  std::uint64_t sleeps = 0;
  std::uint64_t wakes = 0;
  std::uint64_t missed_interrupts = 0;
  std::uint64_t copied_bytes = 0;
  std::uint64_t lost_records = 0;
};

// The tables of IPv4 or IPv6.
struct FamilySample {
  std::string_view family;
  std::vector<std::pair<std::string, std::size_t>> routes;  // by table
  std::size_t fib_prefixes = 0;
  std::uint64_t fib_bytes = 0;
  std::array<std::size_t, neigh::kStates> neighbors{};
  std::uint32_t neighbors_most = 0;
  std::uint64_t neighbor_failures = 0;
  std::uint64_t neighbor_table_fulls = 0;
};

// Of a ruleset.
struct NamedCounterSample {
  std::string_view family;
  std::string table;
  std::string name;
  filter::Total total{};
};

struct Snapshot {
  std::vector<PortSample> ports;
  std::vector<WorkerSample> workers;
  std::array<std::uint64_t, stats::kIpCounters> ip_counters{};
  std::array<FamilySample, 2> families;
  control::Firewall::Tracking tracking;
  std::vector<NamedCounterSample> named_counters;
  std::vector<port::Pools::Level> pools;
  std::vector<std::pair<std::string_view, std::uint32_t>> waiting;  // buffers by holder
};

// Takes a snapshot, a few ports a slice.
class TakeSnapshot final : public Errand {
 public:
  explicit TakeSnapshot(control::Router& router) : router_{router} {
    for (const interface::InterfaceView& view : router.world().ports()) {
      ids_.push_back(view.id);
    }
  }

  bool advance() override;
  // Complete after advance() returned true.
  Snapshot snapshot;

 private:
  void take_port(const interface::InterfaceView& view);
  void take_queue(const port::TxQueue& queue, PortSample& sample);
  void take_workers();
  void take_tables();

  control::Router& router_;
  std::vector<InterfaceId> ids_;
  std::size_t next_ = 0;
};

}  // namespace ringroad::http

// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr Range<Bytes> kQueueBytes{{0}, {1ULL << 30U}};

void read_gc_thresh(const Value& list, std::array<std::uint32_t, 3>& gc_thresh) {
  const std::vector<Value> items = list.items();
  if (!list.is_list()) {
    return;
  }
  if (items.size() != gc_thresh.size()) {
    list.problem(
        fmt::format("has {} numbers; it takes 3: no collection below, soft limit, hard "
                    "limit",
                    items.size()));
    return;
  }
  bool readable = true;
  std::array<std::uint32_t, 3> thresholds{};
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto threshold = read(&items[i], Range<std::uint32_t>{1, 4U << 20U});
    readable = readable && threshold;
    assign(thresholds.at(i), threshold);
  }
  if (readable && !std::ranges::is_sorted(thresholds)) {
    list.problem(fmt::format("[{}] is not in ascending order", fmt::join(thresholds, ", ")));
  }
  gc_thresh = thresholds;
}

ArpTimers read_timers(const Fields& fields, ArpTimers timers) {
  static constexpr Range<Nanoseconds> kTimes{milliseconds{10}, hours{1}};
  static constexpr Range<std::uint32_t> kProbes{0, 100};
  assign(timers.base_reachable, read(fields.find("base_reachable"), kTimes));
  assign(timers.retransmit, read(fields.find("retransmit"), kTimes));
  assign(timers.delay_first_probe, read(fields.find("delay_first_probe"), kTimes));
  assign(timers.gc_stale, read(fields.find("gc_stale"), kTimes));
  assign(timers.locktime,
         read(fields.find("locktime"), Range<Nanoseconds>{Nanoseconds{0}, hours{1}}));
  assign(timers.unicast_probes, read(fields.find("unicast_probes"), kProbes));
  assign(timers.multicast_probes, read(fields.find("multicast_probes"), kProbes));
  return timers;
}

}  // namespace

ArpTimers read_arp_timers(const Value& section, const ArpTimers& defaults) {
  static constexpr std::array<std::string_view, 7> kKeys{
      "base_reachable", "retransmit",     "delay_first_probe", "gc_stale",
      "locktime",       "unicast_probes", "multicast_probes"};
  return read_timers(Fields{section, kKeys}, defaults);
}

Arp read_arp(const Value& section) {
  static constexpr std::array<std::string_view, 10> kKeys{
      "base_reachable", "retransmit",       "gc_thresh", "queue_bytes", "delay_first_probe",
      "unicast_probes", "multicast_probes", "gc_stale",  "locktime",    "notify"};
  Arp arp;
  const Fields fields{section, kKeys};
  arp.timers = read_timers(fields, arp.timers);
  if (const Value* gc_thresh = fields.find("gc_thresh")) {
    read_gc_thresh(*gc_thresh, arp.gc_thresh);
  }
  assign(arp.queue_bytes, read(fields.find("queue_bytes"), kQueueBytes));
  assign(arp.notify, read_flag(fields.find("notify")));
  return arp;
}

ArpTimers read_nd_timers(const Value& section, const ArpTimers& defaults) {
  static constexpr std::array<std::string_view, 6> kKeys{"base_reachable",    "retransmit",
                                                         "delay_first_probe", "gc_stale",
                                                         "unicast_probes",    "multicast_probes"};
  return read_timers(Fields{section, kKeys}, defaults);
}

Nd read_nd(const Value& section) {
  static constexpr std::array<std::string_view, 9> kKeys{
      "base_reachable", "retransmit",     "gc_thresh",        "queue_bytes",  "delay_first_probe",
      "gc_stale",       "unicast_probes", "multicast_probes", "dad_transmits"};
  Nd nd;
  const Fields fields{section, kKeys};
  nd.timers = read_timers(fields, nd.timers);
  if (const Value* gc_thresh = fields.find("gc_thresh")) {
    read_gc_thresh(*gc_thresh, nd.gc_thresh);
  }
  assign(nd.queue_bytes, read(fields.find("queue_bytes"), kQueueBytes));
  assign(nd.dad_transmits, read(fields.find("dad_transmits"), Range<std::uint32_t>{0, 10}));
  return nd;
}

Icmp read_icmp(const Value& section) {
  static constexpr std::array<std::string_view, 3> kKeys{"rate", "burst", "per_destination"};
  static constexpr Range<std::uint32_t> kMessages{0, 1'000'000'000};
  Icmp icmp;
  const Fields fields{section, kKeys};
  assign(icmp.rate, read(fields.find("rate"), kMessages));
  assign(icmp.burst, read(fields.find("burst"), kMessages));
  assign(icmp.per_destination,
         read(fields.find("per_destination"), Range<Nanoseconds>{Nanoseconds{0}, hours{1}}));
  return icmp;
}

Ecmp read_ecmp(const Value& section) {
  static constexpr std::array<std::string_view, 2> kKeys{"hash", "seed"};
  static constexpr Range<std::uint32_t> kSeeds{0, std::numeric_limits<std::uint32_t>::max()};
  Ecmp ecmp;
  const Fields fields{section, kKeys};
  assign(ecmp.hash, read(fields.find("hash"), kFlowHashWords));
  assign(ecmp.seed, read(fields.find("seed"), kSeeds));
  return ecmp;
}

}  // namespace ringroad::config

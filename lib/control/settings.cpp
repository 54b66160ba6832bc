// SPDX-License-Identifier: BSD-3-Clause
#include "control/settings.hpp"

#include <algorithm>

#include "base/random_seed.hpp"

namespace ringroad::control {
namespace {

sched::BandSettings band_of(const config::Scheduler& scheduler, std::size_t number) {
  const config::SchedulerBand& own = scheduler.each.at(number);
  sched::BandSettings band;
  band.limit = own.limit.value_or(scheduler.limit);
  band.limit_bytes = own.limit_bytes.value_or(scheduler.limit_bytes.value_or(band.limit_bytes));
  band.rate = own.rate;
  band.ceil = own.ceil != own.rate ? own.ceil : std::nullopt;
  band.burst = own.burst.value_or(scheduler.burst);
  band.weight = own.weight;
  band.aqm = own.aqm;
  band.codel = {.target = own.target, .interval = own.interval, .ecn = own.ecn};
  band.flows = own.flows;
  band.quantum = static_cast<std::uint32_t>(own.quantum.count);
  return band;
}

}  // namespace

sched::Discipline discipline_of(const config::Scheduler& scheduler) {
  sched::Discipline discipline;
  discipline.bands = scheduler.bands;
  discipline.strict =
      scheduler.discipline == config::Discipline::kDrr ? scheduler.strict : scheduler.bands;
  discipline.priomap = scheduler.priomap;
  discipline.dscp = scheduler.dscp;
  discipline.rate = scheduler.rate;
  discipline.burst = scheduler.burst;
  discipline.overhead = scheduler.overhead;
  for (std::size_t band = 0; band < scheduler.bands; ++band) {
    discipline.each.at(band) = band_of(scheduler, band);
  }
  return discipline;
}

neigh::Parameters parameters_of(const config::ArpTimers& timers) {
  neigh::Parameters parameters;
  parameters.base_reachable = timers.base_reachable;
  parameters.retransmit = timers.retransmit;
  parameters.delay_first_probe = timers.delay_first_probe;
  parameters.gc_stale = timers.gc_stale;
  parameters.locktime = timers.locktime;
  parameters.unicast_probes = timers.unicast_probes;
  parameters.multicast_probes = timers.multicast_probes;
  return parameters;
}

FlowHash flow_hash_of(const config::Ecmp& ecmp) {
  return FlowHash{ecmp.hash, ecmp.seed != 0 ? ecmp.seed : random_seed()};
}

filter::TrackingSettings tracking_of(const config::Connections& connections) {
  const config::ConnectionTimeouts& timeouts = connections.timeouts;
  filter::TrackingSettings settings;
  settings.connections_most = connections.max;
  settings.udp = timeouts.udp;
  settings.udp_stream = timeouts.udp_stream;
  settings.icmp = timeouts.icmp;
  settings.icmpv6 = timeouts.icmpv6;
  settings.generic = timeouts.generic;
  filter::TcpSettings& tcp = settings.tcp;
  tcp.loose = connections.loose;
  tcp.be_liberal = connections.liberal;
  tcp.timeout_max_retransmissions = timeouts.tcp_max_retrans;
  tcp.timeout_unacknowledged = timeouts.tcp_unacknowledged;
  using enum filter::TcpState;
  const auto set = [&](filter::TcpState state, Nanoseconds timeout) {
    tcp.timeouts.at(static_cast<std::size_t>(state)) = timeout;
  };
  set(kSynSent, timeouts.tcp_syn_sent);
  set(kSynRecv, timeouts.tcp_syn_recv);
  set(kEstablished, timeouts.tcp_established);
  set(kFinWait, timeouts.tcp_fin_wait);
  set(kCloseWait, timeouts.tcp_close_wait);
  set(kLastAck, timeouts.tcp_last_ack);
  set(kTimeWait, timeouts.tcp_time_wait);
  set(kClose, timeouts.tcp_close);
  return settings;
}

// The memory bound is Linux's, but at most a quarter of the pool, so that a flood of fragments
// leaves enough buffers for other packets.
namespace {

ReassemblySettings limited(ReassemblySettings settings, const rte_mempool& pool,
                           std::uint32_t share) {
  settings.buffers = share;
  settings.memory.count =
      std::min<std::uint64_t>(settings.memory.count, std::uint64_t{pool.size} * pool.elt_size / 4);
  settings.seed = random_seed();
  return settings;
}

}  // namespace

ReassemblySettings reassembly_settings(const rte_mempool& pool, std::uint32_t share) {
  return limited({}, pool, share);
}

ReassemblySettings reassembly6_settings(const rte_mempool& pool, std::uint32_t share) {
  return limited(ip6::reassembly_settings(), pool, share);
}

}  // namespace ringroad::control

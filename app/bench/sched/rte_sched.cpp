// SPDX-License-Identifier: BSD-3-Clause
#include "bench/sched/rte_sched.hpp"

#include <fmt/format.h>
#include <rte_errno.h>

#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "bench/sched/disciplines.hpp"

namespace ringroad::bench {
namespace {

constexpr std::uint64_t kBytesPerSecond = kLineRate.count / 8;
constexpr std::uint64_t kBucket = 1'000'000;
constexpr std::uint64_t kPeriodMs = 10;

void must(int error, std::string_view call) {
  if (error != 0) {
    throw std::runtime_error{fmt::format("{}: {}", call, rte_strerror(std::abs(error)))};
  }
}

}  // namespace

RteSched::RteSched(Order order, std::uint32_t pipes) : order_{order}, pipes_{pipes} {
  rte_sched_subport_profile_params profile{};
  rte_sched_pipe_params pipe{};
  rte_sched_subport_params subport{};
  profile.tb_rate = pipe.tb_rate = kBytesPerSecond;
  profile.tb_size = pipe.tb_size = kBucket;
  profile.tc_period = pipe.tc_period = kPeriodMs;
  for (unsigned tc = 0; tc < RTE_SCHED_TRAFFIC_CLASSES_PER_PIPE; ++tc) {
    profile.tc_rate[tc] = kBytesPerSecond;
    if (tc < kTrafficBands || tc == RTE_SCHED_TRAFFIC_CLASS_BE) {
      pipe.tc_rate[tc] = kBytesPerSecond;
      subport.qsize[tc] = static_cast<std::uint16_t>(kLimit / pipes);
    }
  }
  pipe.tc_ov_weight = 1;
  for (std::size_t queue = 0; queue < RTE_SCHED_BE_QUEUES_PER_PIPE; ++queue) {
    pipe.wrr_weights[queue] = queue < kTrafficBands ? kWeights.at(queue) : 1;
  }
  subport.n_pipes_per_subport_enabled = pipes;
  subport.pipe_profiles = &pipe;
  subport.n_pipe_profiles = 1;
  subport.n_max_pipe_profiles = 1;

  rte_sched_port_params port{};
  port.name = "bench";
  port.socket = 0;
  port.rate = kBytesPerSecond;
  port.mtu = 1522;
  port.frame_overhead = RTE_SCHED_FRAME_OVERHEAD_DEFAULT;
  port.n_subports_per_port = 1;
  port.subport_profiles = &profile;
  port.n_subport_profiles = 1;
  port.n_max_subport_profiles = 1;
  port.n_pipes_per_subport = pipes;
  port_.reset(rte_sched_port_config(&port));
  if (!port_) {
    throw std::runtime_error{"rte_sched_port_config refuses"};
  }
  must(rte_sched_subport_config(port_.get(), 0, &subport, 0), "rte_sched_subport_config");
  for (std::uint32_t number = 0; number < pipes; ++number) {
    must(rte_sched_pipe_config(port_.get(), 0, number, 0), "rte_sched_pipe_config");
  }
}

void RteSched::prepare(Burst& burst) {
  for (std::size_t i = 0; i < kBurst; ++i) {
    const std::uint32_t band = burst.bands[i];
    const bool strict = order_ == Order::kStrict;
    rte_sched_port_pkt_write(port_.get(), burst.packets[i], 0, burst.flows[i] % pipes_,
                             strict ? band : RTE_SCHED_TRAFFIC_CLASS_BE, strict ? 0 : band,
                             RTE_COLOR_GREEN);
  }
}

}  // namespace ringroad::bench

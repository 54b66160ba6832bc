// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Converts the configuration into the settings of each part.
#include <rte_mempool.h>

#include <cstdint>

#include "config/model.hpp"
#include "filter/tracker.hpp"
#include "ip4/reassembly.hpp"
#include "ip6/reassembly.hpp"
#include "neigh/table.hpp"
#include "packet/flow_hash.hpp"
#include "sched/bands.hpp"

namespace ringroad::control {

[[nodiscard]] sched::Discipline discipline_of(const config::Scheduler& scheduler);
[[nodiscard]] neigh::Parameters parameters_of(const config::ArpTimers& timers);
[[nodiscard]] FlowHash flow_hash_of(const config::Ecmp& ecmp);
[[nodiscard]] filter::TrackingSettings tracking_of(const config::Connections& connections);
// `share` is the number of buffers that fragments may hold.
[[nodiscard]] ReassemblySettings reassembly_settings(const rte_mempool& pool, std::uint32_t share);

[[nodiscard]] ReassemblySettings reassembly6_settings(const rte_mempool& pool, std::uint32_t share);

}  // namespace ringroad::control

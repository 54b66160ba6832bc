// SPDX-License-Identifier: BSD-3-Clause
// What a port's device counts.
#include <rte_ethdev.h>

#include "port/port.hpp"

namespace ringroad::port {

std::vector<std::pair<std::string, std::uint64_t>> Port::extended_stats() const {
  std::vector<std::pair<std::string, std::uint64_t>> stats;
  const int count = closed_ ? 0 : rte_eth_xstats_get(device_, nullptr, 0);
  if (count <= 0) {
    return stats;
  }
  const auto size = static_cast<unsigned>(count);
  std::vector<rte_eth_xstat> values(size);
  std::vector<rte_eth_xstat_name> names(size);
  if (rte_eth_xstats_get(device_, values.data(), size) != count ||
      rte_eth_xstats_get_names(device_, names.data(), size) != count) {
    return stats;
  }
  for (const rte_eth_xstat& one : values) {
    if (one.value != 0) {
      stats.emplace_back(names.at(one.id).name, one.value);
    }
  }
  return stats;
}

const DeviceCounts& Port::device_counts() {
  if (closed_) {
    return counter_->last();  // NOLINT(bugprone-unchecked-optional-access): configure() made it
  }
  rte_eth_stats stats{};
  rte_eth_stats_get(device_, &stats);
  return counter_->update(stats);  // NOLINT(bugprone-unchecked-optional-access): the same
}

}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The metrics of /metrics: docs/monitoring/README.md lists them. No label is a route, a neighbor or
// a flow, so that the number of series depends on the configuration only.
#include <cstdint>
#include <string>

#include "http/metrics_text.hpp"
#include "http/snapshot.hpp"

namespace ringroad::http {

// What does not change while the router runs.
struct About {
  std::string version;
  std::string commit;
  std::string dpdk;
  double started = 0;            // seconds since 1970
  double cycles_a_second = 1e9;  // of the workers' counters
};

// `config_hash` is of the configuration that the router started with.
[[nodiscard]] std::string write_metrics(const Snapshot& snapshot, const About& about,
                                        const std::string& config_hash, MetricsFormat format);

}  // namespace ringroad::http

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Collects which neighbors the workers used. Control thread only.
#include <vector>

#include "host/resolution.hpp"

namespace ringroad::host {

class UseReports {
 public:
  explicit UseReports(const interface::World& world) : world_{world} {}
  void set_workers(std::vector<worker::Worker*> workers) { workers_ = std::move(workers); }
  // Passes the adjacencies that were used since the last call on to their family. Reads a byte of
  // each adjacency and worker, unless no family has a neighbor whose use must be reported.
  void collect(Resolution<Ipv4>& neighbors, Resolution<Ipv6>& neighbors6);

 private:
  const interface::World& world_;
  std::vector<worker::Worker*> workers_;
};

}  // namespace ringroad::host

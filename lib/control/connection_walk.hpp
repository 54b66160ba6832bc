// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Walks over the connections of all workers, some hundred places of a table at a time. Each worker
// visits its own, between two bursts, while the control thread waits. Connections that begin or end
// meanwhile may or may not be visited. Control thread.
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "filter/firewall.hpp"

namespace ringroad::control {

struct ConnectionPlace {
  std::size_t worker = 0;
  std::uint32_t number = 0;  // of the connection in the worker's table
};

class ConnectionWalk {
 public:
  // Up to 30 us of a worker, most of it cache misses.
  static constexpr std::uint32_t kPlacesAStep = 256;

  // Begins at that place. The firewall and the clock must outlive the walk.
  ConnectionWalk(filter::Firewall& firewall, const Clock& clock, ConnectionPlace from = {})
      : firewall_{&firewall}, clock_{&clock}, next_{from} {}

  [[nodiscard]] bool is_over() const { return next_.worker >= firewall_->trackers(); }
  // The worker whose connections the next step visits.
  [[nodiscard]] std::size_t worker() const { return next_.worker; }
  // Not after the last step. Calls visit(filter::Connections&, filter::Connection&), which may
  // remove the connection, on the worker's thread.
  template <class Visit>
  void step(Visit&& visit) {
    bool is_last = false;
    firewall_->with_tracker(next_.worker, [&](filter::Tracker& tracker) {
      filter::Connections& connections = tracker.connections();
      // The time of the table is that of its last packet.
      connections.begin(clock_->now());
      next_.number = connections.visit(
          next_.number, kPlacesAStep,
          [&](filter::Connection& connection) { visit(connections, connection); });
      is_last = next_.number >= connections.places();
    });
    if (is_last) {
      next_ = {.worker = next_.worker + 1, .number = 0};
    }
  }

 private:
  filter::Firewall* firewall_;
  const Clock* clock_;
  ConnectionPlace next_;
};

}  // namespace ringroad::control

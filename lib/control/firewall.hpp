// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The firewall that runs: its rules and connections, and what it tells senders and the log. Control
// thread only.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/model.hpp"
#include "control/connection_walk.hpp"
#include "control/firewall_log.hpp"
#include "filter/firewall.hpp"
#include "filter/rehearsal.hpp"
#include "host/slow_path.hpp"
#include "host/slow_path6.hpp"
#include "interface/world.hpp"
#include "worker/worker.hpp"

namespace ringroad::control {

class Firewall {
 public:
  using Workers = std::vector<std::unique_ptr<worker::Worker>>;
  // The slow paths of both families.
  struct SlowPaths {
    host::SlowPath& ipv4;
    host::SlowPath6& ipv6;
  };
  Firewall(interface::World& world, const Clock& clock, const Workers& workers,
           const SlowPaths& slow_paths);

  // Rules that begin to act together, for all threads, or an error, and nothing changes. Rules that
  // run already keep their counters; if there are none, all packets pass.
  Status load(const config::Firewall& rules);
  // The error that load() would return.
  [[nodiscard]] Status check(const config::Firewall& rules) const;
  // What runs, as the configuration has it.
  [[nodiscard]] const config::Firewall& rules() const { return rules_; }
  // Null if there are no rules.
  [[nodiscard]] filter::Program* program() const { return firewall_.program(); }
  // As `nft -a list ruleset`, with what has been counted.
  // `chain`: only chains of that name; empty: all there is.
  [[nodiscard]] std::string listing(std::string_view chain = {}) const;
  // Writes what rules log. Returns false if there was nothing.
  bool write_log() { return log_.write(world_); }

  // Gives hooks that evaluate the rules for one packet, with no effect on any other.
  [[nodiscard]] std::unique_ptr<filter::Rehearsal> rehearse(Hooks& hooks) const {
    return std::make_unique<filter::Rehearsal>(firewall_, hooks, world_.workers() + 1);
  }
  // A walk over the connections, of which there are none before rules need them.
  [[nodiscard]] ConnectionWalk connections(ConnectionPlace from = {}) {
    return {firewall_, clock_, from};
  }
  // Of all workers together.
  struct Tracking {
    std::uint64_t count = 0;  // connections, unconfirmed and expired ones included
    std::uint64_t max = 0;
    std::uint64_t bytes = 0;
    filter::Connections::Counters counters{};
  };
  // Asks each worker once.
  [[nodiscard]] Tracking tracking();
  // Forgets connections whose packets are masqueraded with an address that their interface has no
  // more (Linux's masq_inet_event), one step a call. Returns false if there is nothing to do.
  bool forget_masqueraded();

 private:
  [[nodiscard]] filter::InterfaceNames names() const;
  [[nodiscard]] Result<std::unique_ptr<filter::Program>> compile(
      const config::Firewall& rules, const filter::InterfaceNames& names) const;

  interface::World& world_;
  const Clock& clock_;
  SlowPaths slow_paths_;
  FirewallLog log_;
  filter::Firewall firewall_;
  config::Firewall rules_;
  filter::InterfaceNames names_;  // that the rules were compiled with
  std::uint64_t addresses_version_ = 0;
  std::optional<ConnectionWalk> forgetting_;
};

}  // namespace ringroad::control

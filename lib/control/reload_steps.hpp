// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The steps of a reload, each of which can be undone, and none of which does more than a slice at a
// time. Control thread only.
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mac.hpp"
#include "control/links.hpp"
#include "control/port_set.hpp"
#include "host/resolution.hpp"
#include "routing/next_hops.hpp"
#include "routing/route_difference.hpp"
#include "routing/routing.hpp"
#include "tap/taps.hpp"
#include "worker/worker.hpp"

namespace ringroad::control {

// The key of the file whose value the router refuses, and why.
struct Refusal {
  std::string key;
  std::string what;
};

class ReloadStep {
 public:
  ReloadStep() = default;
  ReloadStep(const ReloadStep&) = delete;
  ReloadStep& operator=(const ReloadStep&) = delete;
  virtual ~ReloadStep() = default;
  // Does a slice, ~2 ms. Returns true at the end of the step.
  virtual std::expected<bool, Refusal> apply() = 0;
  // Undoes a slice of what was applied, also after a refusal. Returns true at the end.
  virtual bool undo() = 0;
  // What was applied is not undone any more.
  virtual void keep() {}
};

// A step that is done in one go. `undo` is called only if it was done.
class WholeStep final : public ReloadStep {
 public:
  using Apply = std::function<std::expected<void, Refusal>()>;
  WholeStep(Apply apply, std::function<void()> undo, std::function<void()> keep = {})
      : apply_{std::move(apply)}, undo_{std::move(undo)}, keep_{std::move(keep)} {}

  std::expected<bool, Refusal> apply() override;
  bool undo() override;
  void keep() override {
    if (keep_) {
      keep_();
    }
  }

 private:
  Apply apply_;
  std::function<void()> undo_;
  std::function<void()> keep_;  // empty: nothing is to be done
  bool done_ = false;
};

// Opens the device of a new port, and adds the port without addresses.
class PortStep final : public ReloadStep {
 public:
  struct Parts {
    interface::World& world;
    routing::NextHops4& next_hops;
    routing::NextHops6& next_hops6;
    Links& links;
    PortSet& ports;
    tap::Taps& taps;
    const std::vector<std::unique_ptr<worker::Worker>>& workers;
    std::function<bool()> workers_run;
  };
  struct Wanted {
    InterfaceId id;
    config::Port port;
    config::Scheduler scheduler;
    std::vector<std::uint16_t> vlans;
  };
  PortStep(Parts parts, Wanted wanted) : parts_{std::move(parts)}, wanted_{std::move(wanted)} {}

  std::expected<bool, Refusal> apply() override;
  bool undo() override;

 private:
  [[nodiscard]] std::optional<Refusal> open();
  void add();

  Parts parts_;
  Wanted wanted_;
  bool added_ = false;
  bool released_ = false;
};

// Sets and removes routes of one family. Each slice is one step for the packets.
template <class Address>
class RouteStep final : public ReloadStep {
 public:
  using Difference = routing::RouteDifference<Address>;

  RouteStep(routing::Routing<Address>& routing, Links& links,
            std::shared_ptr<const Difference> difference)
      : routing_{routing}, links_{links}, difference_{std::move(difference)} {}

  std::expected<bool, Refusal> apply() override;
  bool undo() override;

 private:
  bool at_end(bool over);
  Status commit(std::size_t begin, std::size_t end, bool back);

  routing::Routing<Address>& routing_;
  Links& links_;
  std::shared_ptr<const Difference> difference_;
  std::size_t done_ = 0;
};

extern template class RouteStep<Ipv4>;
extern template class RouteStep<Ipv6>;

// Sets and removes permanent neighbors of one family.
template <class Address>
class NeighborStep final : public ReloadStep {
 public:
  using Key = neigh::Key<Address>;
  struct Edit {
    Key key;
    std::optional<Mac> before;
    std::optional<Mac> after;
  };
  NeighborStep(host::Resolution<Address>& neighbors, const routing::Routing<Address>& routing,
               std::vector<Edit> edits)
      : neighbors_{neighbors}, routing_{routing}, edits_{std::move(edits)} {}

  std::expected<bool, Refusal> apply() override;
  bool undo() override;

 private:
  void set(Key key, std::optional<Mac> mac);

  host::Resolution<Address>& neighbors_;
  const routing::Routing<Address>& routing_;
  std::vector<Edit> edits_;
  std::size_t done_ = 0;
};

extern template class NeighborStep<Ipv4>;
extern template class NeighborStep<Ipv6>;

// Gives ports other schedulers: each worker takes over what waits in its queues.
class SchedulerStep final : public ReloadStep {
 public:
  struct Edit {
    PortId port;
    config::Scheduler before;
    config::Scheduler after;
  };
  struct Parts {
    const std::vector<std::unique_ptr<worker::Worker>>& workers;
    const PortSet& ports;
    std::function<bool()> workers_run;
  };
  SchedulerStep(Parts parts, std::vector<Edit> edits)
      : parts_{std::move(parts)}, edits_{std::move(edits)} {}

  std::expected<bool, Refusal> apply() override;
  bool undo() override;

 private:
  void give(PortId port, const config::Scheduler& scheduler);
  [[nodiscard]] bool is_taken(PortId port);

  Parts parts_;
  std::vector<Edit> edits_;
  std::size_t done_ = 0;
  bool given_ = false;   // the workers have new queues of the port at `done_`
  bool undoes_ = false;  // and these are those from before
};

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Puts a program into the packet path, and replaces it while packets flow.
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/reclaim.hpp"
#include "filter/flow_owners.hpp"
#include "filter/program.hpp"
#include "packet/hooks.hpp"
#include "packet/steering.hpp"

namespace ringroad::filter {

// Control thread. A point without base chains has no hook and costs nothing.
class Firewall {
 public:
  // `threads`: the workers and the control thread.
  Firewall(Hooks& hooks, Reclaimer& reclaimer, const Clock& clock, std::size_t threads,
           Sinks sinks = {});
  Firewall(const Firewall&) = delete;
  Firewall& operator=(const Firewall&) = delete;
  // No thread may run hooks any more.
  ~Firewall() = default;

  // Bursts that begin from now on are evaluated by this program; a packet never meets half of each,
  // at one hook point. The one before is freed after a quiescent state.
  void load(std::unique_ptr<Program> program);
  void unload() { publish(nullptr); }
  // Null: none.
  [[nodiscard]] Program* program() const { return owned_.get(); }

  // A worker owns its connections: what the control thread does with them is done by the worker,
  // between two bursts, while the control thread waits. By default it is done at once, for workers
  // that do not run.
  using Call = std::function<void(std::size_t worker, const std::function<void()>& what)>;
  void set_call(Call call) { call_ = std::move(call); }
  // Called with the steering that workers need where rules track connections, before the first such
  // rules are evaluated; and with nothing, after the last.
  using Steer = std::function<void(std::optional<FlowSteering> steering)>;
  void set_steer(Steer steer) { steer_ = std::move(steer); }
  // The number of workers with a tracker: none before rules need them.
  [[nodiscard]] std::size_t trackers() const { return trackers_.size(); }
  void with_tracker(std::size_t worker, const std::function<void(Tracker& tracker)>& what) const {
    call_(worker, [&] { what(*trackers_[worker]); });
  }
  // Calls `what` for the tracker of each worker, in turn.
  void with_trackers(const std::function<void(Tracker& tracker)>& what);
  // The worker whose connection the packet belongs to.
  [[nodiscard]] std::size_t owner_of(const Packet& packet, bool is_ipv6) const {
    return owners_ != nullptr ? owners_->owner_of(packet, kL2Bytes, is_ipv6) : 0;
  }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const Sinks& sinks() const { return sinks_; }
  // For the packets that follow. Tables that are there stay as large as they are.
  void set_tracking(const TrackingSettings& settings);

 private:
  // The state of a point's hook.
  struct Point {
    Firewall* firewall = nullptr;
    HookPoint point{};
    std::optional<Hooks::Id> hook{};
  };

  static void run(void* state, StageContext& context, const Burst& burst, HookVerdicts& verdicts);
  static bool wants(void* state, InterfaceId interface);
  // Likewise, of a burst of the control thread.
  [[nodiscard]] std::size_t owner_of(const Burst& burst) const;
  // What one worker's tracker has of the settings.
  [[nodiscard]] TrackingSettings share() const;
  void add_trackers();
  void publish(std::shared_ptr<Program> program);

  Hooks& hooks_;
  Reclaimer& reclaimer_;
  const Clock& clock_;
  std::size_t threads_;
  Sinks sinks_;
  TrackingSettings settings_;
  Call call_ = [](std::size_t /*worker*/, const std::function<void()>& what) { what(); };
  Steer steer_ = [](std::optional<FlowSteering> /*steering*/) {};
  bool steers_ = false;
  std::unique_ptr<FlowOwners> owners_;              // if there are several workers
  std::vector<std::unique_ptr<Tracker>> trackers_;  // by worker
  std::array<Point, kHookPoints> points_;
  std::atomic<Program*> current_{nullptr};
  std::shared_ptr<Program> owned_;
};

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/firewall.hpp"

#include <span>
#include <utility>
#include <vector>

#include "filter/rehearsal.hpp"

namespace ringroad::filter {

Firewall::Firewall(Hooks& hooks, Reclaimer& reclaimer, const Clock& clock, std::size_t threads,
                   Sinks sinks)
    : hooks_{hooks}, reclaimer_{reclaimer}, clock_{clock}, threads_{threads}, sinks_{sinks} {
  for (std::size_t i = 0; i < points_.size(); ++i) {
    points_[i] = {.firewall = this, .point = static_cast<HookPoint>(i)};
  }
}

namespace {

void evaluate(Program& program, const Run& run) {
  const StageContext& context = *run.context;
  const auto packets = std::span{run.burst.packets}.first(run.burst.count);
  if (context.watch == nullptr || !context.watch->traces(packets)) [[likely]] {
    program.run(context.thread, run);
  } else {
    program.trace(context.thread, run, recorder(run));
  }
}

}  // namespace

void Firewall::run(void* state, StageContext& context, const Burst& burst, HookVerdicts& verdicts) {
  const Point& point = *static_cast<const Point*>(state);
  const Firewall& self = *point.firewall;
  Program* const program = self.current_.load(std::memory_order_acquire);
  if (program == nullptr) {
    return;
  }
  Run evaluated{.point = point.point,
                .context = &context,
                .burst = burst,
                .verdicts = verdicts,
                .clock = self.clock_,
                .sinks = self.sinks_};
  if (!program->tracks(point.point, burst.is_ipv6)) {
    evaluate(*program, evaluated);
  } else if (context.thread < self.trackers_.size()) {
    evaluated.tracker = self.trackers_[context.thread].get();
    evaluate(*program, evaluated);
  } else {
    const std::size_t owner = self.owner_of(burst);
    evaluated.tracker = self.trackers_[owner].get();
    self.call_(owner, [&] { evaluate(*program, evaluated); });
  }
}

bool Firewall::wants(void* state, InterfaceId interface) {
  const Program* const program =
      static_cast<const Point*>(state)->firewall->current_.load(std::memory_order_acquire);
  return program != nullptr && program->has_ingress(interface);
}

std::size_t Firewall::owner_of(const Burst& burst) const {
  const Packet& packet = *burst.packets[0];
  const Tracked tracked = Tracked::of(packet);
  if (tracked.has_connection && tracked.table < trackers_.size()) {
    return tracked.table;
  }
  return owner_of(packet, burst.is_ipv6);
}

TrackingSettings Firewall::share() const {
  const std::size_t workers = threads_ - 1;
  TrackingSettings share = settings_;
  share.connections_most =
      static_cast<std::uint32_t>((settings_.connections_most + workers - 1) / workers);
  return share;
}

void Firewall::add_trackers() {
  const std::size_t workers = threads_ - 1;
  if (workers > 1) {
    owners_ = std::make_unique<FlowOwners>(workers, settings_.connections_most, random_seed());
  }
  for (std::size_t i = 0; i < workers; ++i) {
    const auto table = static_cast<std::uint8_t>(i);
    trackers_.push_back(owners_ != nullptr
                            ? std::make_unique<Tracker>(share(), table, *owners_)
                            : std::make_unique<Tracker>(share(), table, random_seed()));
  }
}

void Firewall::with_trackers(const std::function<void(Tracker& tracker)>& what) {
  for (std::size_t i = 0; i < trackers_.size(); ++i) {
    with_tracker(i, what);
  }
}

void Firewall::set_tracking(const TrackingSettings& settings) {
  settings_ = settings;
  with_trackers([settings = share()](Tracker& tracker) { tracker.set_settings(settings); });
}

void Firewall::load(std::unique_ptr<Program> program) { publish(std::move(program)); }

void Firewall::publish(std::shared_ptr<Program> program) {
  const bool tracks = program != nullptr && program->tracks();
  if (tracks && trackers_.empty()) {
    add_trackers();
  }
  const bool steers = tracks && owners_ != nullptr;
  if (steers && !steers_) {
    steer_(FlowSteering{.state = owners_.get(), .choose = FlowOwners::choose});
  }
  current_.store(program.get(), std::memory_order_release);
  // Where the program has chains, hooks are added after it is there; the others are removed.
  for (Point& point : points_) {
    const bool is_needed = program != nullptr && program->has_chains(point.point);
    if (is_needed && !point.hook) {
      point.hook = hooks_.add(point.point, {.priority = hook_priority::kFilter,
                                            .run = run,
                                            .states = std::vector<void*>(threads_, &point),
                                            .wants = wants});
    } else if (!is_needed && point.hook) {
      hooks_.remove(*point.hook);
      point.hook.reset();
    }
  }
  reclaimer_.retire([old = std::exchange(owned_, std::move(program))] {});
  if (!steers && steers_) {
    steer_({});
  }
  steers_ = steers;
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/rehearsal.hpp"

#include <bit>
#include <cstring>

namespace ringroad::filter {
namespace {

// More than the packets of a rehearsal have, which are one and the answers to it.
constexpr std::uint32_t kConnections = 64;

}  // namespace

Observer recorder(const Run& run) {
  return [&run](const Step& step, std::uint64_t packets) {
    std::array<std::uint8_t, sizeof(Step)> octets;
    std::memcpy(octets.data(), &step, sizeof step);
    for (; packets != 0; packets &= packets - 1) {
      run.context->watch->note(
          *run.burst.packets[static_cast<std::size_t>(std::countr_zero(packets))],
          {.kind = WatchRecord::Kind::kFirewall, .detail = static_cast<std::uint8_t>(run.point)},
          octets);
    }
  };
}

Rehearsal::Rehearsal(const Firewall& firewall, Hooks& hooks, std::size_t threads)
    : firewall_{firewall}, sinks_{firewall.sinks()} {
  sinks_.log = nullptr;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    points_[i] = {.rehearsal = this, .point = static_cast<HookPoint>(i)};
    if (firewall.program() != nullptr && firewall.program()->has_chains(points_[i].point)) {
      hooks.add(points_[i].point, {.priority = hook_priority::kFilter,
                                   .run = run,
                                   .states = std::vector<void*>(threads, &points_[i]),
                                   .wants = wants});
    }
  }
}

void Rehearsal::run(void* state, StageContext& context, const Burst& burst,
                    HookVerdicts& verdicts) {
  const Point& point = *static_cast<const Point*>(state);
  Rehearsal& self = *point.rehearsal;
  Program& program = *self.firewall_.program();
  Run run{.point = point.point,
          .context = &context,
          .burst = burst,
          .verdicts = verdicts,
          .clock = self.firewall_.clock(),
          .sinks = self.sinks_};
  if (program.tracks(point.point, burst.is_ipv6)) {
    self.track(program, run);
  } else {
    program.explain(run, recorder(run));
  }
}

bool Rehearsal::wants(void* state, InterfaceId interface) {
  return static_cast<const Point*>(state)->rehearsal->firewall_.program()->has_ingress(interface);
}

void Rehearsal::track(Program& program, Run& run) {
  if (tracker_ == nullptr) {
    owner_ = firewall_.owner_of(*run.burst.packets[0], run.burst.is_ipv6);
  }
  firewall_.with_tracker(owner_, [&](Tracker& real) {
    if (tracker_ == nullptr) {
      TrackingSettings settings = real.settings();
      settings.connections_most = kConnections;
      tracker_ = std::make_unique<Tracker>(settings, real.table(), real.connections().seed());
      tracker_->connections().lie_over(real.connections());
    }
    run.tracker = tracker_.get();
    program.explain(run, recorder(run));
  });
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#include "filter/firewall.hpp"

#include <utility>
#include <vector>

namespace ringroad::filter {

Firewall::Firewall(Hooks& hooks, Reclaimer& reclaimer, const Clock& clock, std::size_t threads,
                   Sinks sinks)
    : hooks_{hooks}, reclaimer_{reclaimer}, clock_{clock}, threads_{threads}, sinks_{sinks} {
  for (std::size_t i = 0; i < points_.size(); ++i) {
    points_[i] = {.firewall = this, .point = static_cast<HookPoint>(i)};
  }
}

void Firewall::run(void* state, StageContext& context, const Burst& burst, HookVerdicts& verdicts) {
  const Point& point = *static_cast<const Point*>(state);
  const Firewall& self = *point.firewall;
  Program* const program = self.current_.load(std::memory_order_acquire);
  if (program == nullptr) {
    return;
  }
  program->run(context.thread, {.point = point.point,
                                .context = &context,
                                .burst = burst,
                                .verdicts = verdicts,
                                .clock = self.clock_,
                                .sinks = self.sinks_});
}

void Firewall::load(std::unique_ptr<Program> program) { publish(std::move(program)); }

void Firewall::publish(std::shared_ptr<Program> program) {
  current_.store(program.get(), std::memory_order_release);
  // Where the program has chains, hooks are added after it is there; the others are removed.
  for (Point& point : points_) {
    const bool is_needed = program != nullptr && program->has_chains(point.point);
    if (is_needed && !point.hook) {
      point.hook = hooks_.add(point.point, {.priority = hook_priority::kFilter,
                                            .run = run,
                                            .states = std::vector<void*>(threads_, &point)});
    } else if (!is_needed && point.hook) {
      hooks_.remove(*point.hook);
      point.hook.reset();
    }
  }
  reclaimer_.retire([old = std::exchange(owned_, std::move(program))] {});
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a firewall would do with a packet now: its rules are evaluated at hooks of a packet path
// that sends nothing. Connections that begin, and changes to those that there are, last as long as
// the rehearsal; nothing is counted, limited or logged. Control thread.
#include <array>
#include <memory>

#include "filter/firewall.hpp"

namespace ringroad::filter {

class Rehearsal {
 public:
  // Adds hooks where the firewall has some, for threads with the same numbers.
  Rehearsal(const Firewall& firewall, Hooks& hooks, std::size_t threads);
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;
  ~Rehearsal() = default;

 private:
  struct Point {
    Rehearsal* rehearsal = nullptr;
    HookPoint point{};
  };

  static void run(void* state, StageContext& context, const Burst& burst, HookVerdicts& verdicts);
  static bool wants(void* state, InterfaceId interface);
  void track(Program& program, Run& run);

  const Firewall& firewall_;
  Sinks sinks_;
  std::array<Point, kHookPoints> points_;
  std::size_t owner_ = 0;             // of the packet's connection
  std::unique_ptr<Tracker> tracker_;  // once the packet has come to a hook that tracks
};

// Records each step of traced packets. `run` must outlive it, and have a context that is watched.
[[nodiscard]] Observer recorder(const Run& run);

}  // namespace ringroad::filter

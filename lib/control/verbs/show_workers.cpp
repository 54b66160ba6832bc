// SPDX-License-Identifier: BSD-3-Clause
// Reports the counters and the load of the workers.
#include <fmt/format.h>

#include <algorithm>

#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Returns the idle mode that the worker uses. Without device interrupts it uses "timed" instead of
// "interrupt".
std::string_view idle_of(const worker::Worker& worker) {
  switch (worker.sleeper().idle()) {
    case IdleMode::kPoll:
      break;
    case IdleMode::kPause:
      return "pause";
    case IdleMode::kInterrupt:
      return worker.sleeper().has_interrupts() ? "interrupt" : "timed";
  }
  return "poll";
}

Reply show_workers(Router& router, Options& options) {
  options.only({"core"});
  const std::optional<std::uint32_t> wanted =
      options.has("core") ? std::optional{options.number("core", 0xffffU)} : std::nullopt;
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  Json workers = Json::array();
  for (const auto& worker : router.workers()) {
    if (wanted && worker->settings().core != *wanted) {
      continue;
    }
    const auto& counters = worker->counters();
    const std::uint64_t polls = counters.polls.get();
    const std::uint64_t busy_polls = counters.busy_polls.get();
    const std::uint64_t control_polls = counters.control_polls.get();
    const std::uint64_t busy = counters.busy_cycles.get();
    const std::uint64_t control = counters.control_cycles.get();
    const std::uint64_t idle = counters.idle_cycles.get();
    const auto percent = [&](std::uint64_t cycles) {
      return round_to_tenth(100 * ratio(cycles, busy + control + idle));
    };
    Json stages = Json::object();
    for (std::size_t i = 0; i < stats::kStageNames.size(); ++i) {
      stages[std::string{stats::kStageNames[i]}] =
          round_to_tenth(ratio(worker->times().cycles(i), worker->times().packets()));
    }
    workers.push_back(
        {{"core", worker->settings().core},
         {"packets", counters.packets.get()},
         {"polls", polls},
         {"busy_polls", busy_polls},
         {"control_polls", control_polls},
         // The worker polls meanwhile: one may have been counted since the others were read.
         {"empty_polls", polls - std::min(polls, busy_polls + control_polls)},
         {"busy_percent", percent(busy)},
         {"control_percent", percent(control)},
         {"idle_percent", percent(idle)},
         {"cycles_per_packet", round_to_tenth(ratio(busy, counters.packets.get()))},
         {"idle", idle_of(*worker)},
         {"sleeps", worker->sleeper().counters().sleeps.get()},
         {"wakes", worker->sleeper().counters().wakes.get()},
         {"missed_interrupts", worker->sleeper().counters().missed.get()},
         {"cycles", stages},
         {"copied_bytes", worker->copied_bytes()}});
  }
  if (wanted && workers.empty()) {
    return fail(fmt::format("there is no worker on core {}", *wanted));
  }
  return at_once(std::move(workers));
}

const Verb kShowWorkers{"show workers", show_workers};

}  // namespace

}  // namespace ringroad::control

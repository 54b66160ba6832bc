// SPDX-License-Identifier: BSD-3-Clause
// Reports the counters of the workers, and their load in the last second and since the start.
#include <fmt/format.h>

#include <algorithm>

#include "control/json.hpp"
#include "control/now_json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

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
    const Load load = router.recent().load(worker->settings().id);
    Json answer{{"core", worker->settings().core},
                {"packets", counters.packets.get()},
                {"packets_per_second", router.recent().packets_per_second(worker->settings().id)},
                {"polls", polls},
                {"busy_polls", busy_polls},
                {"control_polls", control_polls},
                // The worker polls meanwhile: one may have been counted since the others were read.
                {"empty_polls", polls - std::min(polls, busy_polls + control_polls)}};
    answer.update(load_json(load));
    answer.update({{"idle", idle_of(*worker)},
                   {"sleeps", worker->sleeper().counters().sleeps.get()},
                   {"wakes", worker->sleeper().counters().wakes.get()},
                   {"missed_interrupts", worker->sleeper().counters().missed.get()},
                   {"copied_bytes", worker->copied_bytes()},
                   {"since_start", load_json(load_of(*worker))}});
    workers.push_back(std::move(answer));
  }
  if (wanted && workers.empty()) {
    return fail(fmt::format("there is no worker on core {}", *wanted));
  }
  return at_once(std::move(workers));
}

const Verb kShowWorkers{"show workers", show_workers};

}  // namespace

}  // namespace ringroad::control

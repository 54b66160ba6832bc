// SPDX-License-Identifier: BSD-3-Clause
// Reports the schedulers of the ports as JSON, in tc's terms.
#include <string_view>

#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

std::string_view name_of(const sched::Discipline& discipline) {
  if (discipline.strict < discipline.bands) {
    return "drr";
  }
  if (discipline.bands == 1) {
    return "pfifo";
  }
  const sched::Discipline linux_default;
  return discipline.bands == linux_default.bands && discipline.priomap == linux_default.priomap
             ? "pfifo_fast"
             : "prio";
}

std::string_view name_of(Aqm aqm) {
  switch (aqm) {
    case Aqm::kNone:
      break;
    case Aqm::kCodel:
      return "codel";
    case Aqm::kFqCodel:
      return "fq_codel";
  }
  return "fifo";
}

Json delays_of(const stats::Histogram& delays) {
  return {{"samples", delays.samples()},
          {"p50", delays.quantile(0.5)},
          {"p99", delays.quantile(0.99)},
          {"p999", delays.quantile(0.999)},
          {"max", delays.quantile(1)}};
}

Json band_of(const sched::Bands& bands, std::size_t number) {
  const sched::BandSettings& settings = bands.discipline().each[number];
  const sched::BandCounters& counters = bands.counters()[number];
  const bool strict = number < bands.discipline().strict;
  Json band{{"band", number}, {"kind", name_of(settings.aqm)}, {"strict", strict}};
  if (!strict) {
    band["weight"] = settings.weight;
  }
  if (settings.rate) {
    band["rate_bps"] = settings.rate->count;
  }
  if (settings.ceil) {
    band["ceil_bps"] = settings.ceil->count;
  }
  band["limit"] = settings.limit;
  band["queued"] = counters.queued.get();
  band["queued_bytes"] = counters.queued_bytes.get();
  band["sent_packets"] = counters.sent_packets.get();
  band["sent_bytes"] = counters.sent_bytes.get();
  band["dropped"] = counters.dropped.get();
  band["dropped_by_aqm"] = counters.managed.get();
  band["marked"] = counters.marked.get();
  band["requeued"] = counters.requeued.get();
  if (bands.measures_delays()) {
    band["delay_ns"] = delays_of(bands.delays_ns(number));
  }
  return band;
}

Json queue_of(const port::TxQueue& queue) {
  const sched::Bands& bands = queue.bands();
  const sched::Discipline& discipline = bands.discipline();
  const sched::BandTotals totals = bands.totals();
  Json answer{{"qdisc", name_of(discipline)},
              {"priomap", discipline.priomap},
              {"limit", discipline.each[0].limit},
              {"sent_packets", totals.sent_packets},
              {"sent_bytes", totals.sent_bytes},
              {"dropped", totals.dropped},
              {"overlimits", bands.overlimits()},
              {"requeued", totals.requeued},
              {"backlog_packets", totals.queued},
              {"backlog_bytes", totals.queued_bytes},
              {"direct_packets", bands.direct_packets()}};
  if (discipline.rate) {
    answer["rate_bps"] = discipline.rate->count;
    answer["burst_bytes"] = discipline.burst.count;
  }
  if (discipline.overhead > 0) {
    answer["overhead_bytes"] = discipline.overhead;
  }
  if (queue.limits_bytes() && queue.byte_limit() > 0) {
    answer["byte_limit"] = {{"limit_bytes", queue.byte_limit()},
                            {"inflight_bytes", queue.bytes_in_flight()}};
  }
  Json each = Json::array();
  for (std::size_t band = 0; band < discipline.bands; ++band) {
    each.push_back(band_of(bands, band));
  }
  answer["bands"] = std::move(each);
  return answer;
}

Json report_bands(const Router& router, std::optional<PortId> of) {
  Json queues = Json::array();
  for (const auto& port : router.ports()) {
    if (of && *of != port->settings().id) {
      continue;
    }
    std::uint16_t number = 0;
    for (const auto& worker : router.workers()) {
      const port::TxQueue* const queue = worker->tx(port->settings().id);
      if (queue != nullptr) {
        Json answer{{"port", port->settings().name},
                    {"queue", number++},
                    {"worker", worker->settings().id.value()}};
        answer.update(queue_of(*queue));
        queues.push_back(std::move(answer));
      }
    }
  }
  return queues;
}

Reply show_bands(Router& router, Options& options) {
  const std::optional<PortId> port = optional_device(router, options);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return at_once(report_bands(router, port));
}

const Verb kShowBands{"show bands", show_bands};

}  // namespace

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// Reports the schedulers of the ports as JSON, in tc's terms.
#include <functional>
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

Json delays_of(const stats::Histogram::Counts& delays) {
  using stats::Histogram;
  return {{"samples", Histogram::samples(delays)},
          {"p50", Histogram::quantile(delays, 0.5)},
          {"p99", Histogram::quantile(delays, 0.99)},
          {"p999", Histogram::quantile(delays, 0.999)},
          {"max", Histogram::quantile(delays, 1)}};
}

Json band_of(const sched::Bands& bands, std::size_t number, const BandActivity& now) {
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
  band["sent_packets_per_second"] = now.sent_packets;
  band["sent_bits_per_second"] = 8 * now.sent_bytes;
  band["dropped_per_second"] = now.dropped;
  if (bands.measures_delays()) {
    // Until the worker has begun to measure, there are none.
    band["delay_ns"] = delays_of(bands.has_delays() ? bands.delays_ns(number).counts()
                                                    : stats::Histogram::Counts{});
    band["recent_delay_ns"] =
        delays_of(now.delays_ns != nullptr ? *now.delays_ns : stats::Histogram::Counts{});
  }
  return band;
}

// `activity` returns what a band, by its number, did in the last second.
Json queue_of(const port::TxQueue& queue,
              const std::function<BandActivity(std::size_t)>& activity) {
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
  BandActivity all;
  for (std::size_t band = 0; band < discipline.bands; ++band) {
    const BandActivity now = activity(band);
    each.push_back(band_of(bands, band, now));
    all.sent_packets += now.sent_packets;
    all.sent_bytes += now.sent_bytes;
    all.dropped += now.dropped;
  }
  answer["sent_packets_per_second"] = all.sent_packets;
  answer["sent_bits_per_second"] = 8 * all.sent_bytes;
  answer["dropped_per_second"] = all.dropped;
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
        answer.update(queue_of(*queue, [&](std::size_t band) {
          return router.recent().band(worker->settings().id, port->settings().id, band);
        }));
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

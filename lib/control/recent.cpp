// SPDX-License-Identifier: BSD-3-Clause
#include "control/recent.hpp"

#include <algorithm>

namespace ringroad::control {
namespace {

std::array<std::uint64_t, 4> values_of(const Traffic& traffic) {
  return {traffic.rx_packets, traffic.rx_bytes, traffic.tx_packets, traffic.tx_bytes};
}

std::array<std::uint64_t, 5 + stats::kStageNames.size()> values_of(const Load& load) {
  std::array<std::uint64_t, 5 + stats::kStageNames.size()> values{
      load.packets, load.busy_cycles, load.control_cycles, load.idle_cycles, load.timed_packets};
  std::ranges::copy(load.stage_cycles, values.begin() + 5);
  return values;
}

}  // namespace

void Traffic::add(const InterfaceCounters& counters) {
  rx_packets += counters.rx_packets.get();
  rx_bytes += counters.rx_bytes.get();
  tx_packets += counters.tx_packets.get();
  tx_bytes += counters.tx_bytes.get();
}

Load load_of(const worker::Worker& worker) {
  const worker::LoopCounters& counters = worker.counters();
  Load load{.packets = counters.packets.get(),
            .busy_cycles = counters.busy_cycles.get(),
            .control_cycles = counters.control_cycles.get(),
            .idle_cycles = counters.idle_cycles.get(),
            .timed_packets = worker.times().packets()};
  for (std::size_t stage = 0; stage < load.stage_cycles.size(); ++stage) {
    load.stage_cycles[stage] = worker.times().cycles(stage);
  }
  return load;
}

bool Recent::run(Nanoseconds now) {
  if (!timer_.begin(now)) {
    return false;
  }
  ports_.resize(parts_.world.ids_end());
  for (const interface::InterfaceView& view : parts_.world.ports()) {
    ports_[view.id.value()].sample(values_of(total(view)));
  }
  workers_.resize(parts_.workers.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i].sample(values_of(load_of(*parts_.workers[i])));
  }
  sample_bands();
  sample_drops();
  return true;
}

void Recent::sample_bands() {
  for (const auto& worker : parts_.workers) {
    for (const interface::InterfaceView& view : parts_.world.ports()) {
      const port::TxQueue* const queue = view.link ? nullptr : worker->tx(view.egress);
      if (queue == nullptr) {
        continue;
      }
      const sched::Bands& bands = queue->bands();
      std::vector<Band>& recent = bands_[{worker->settings().id, view.egress}];
      recent.resize(bands.counters().size());
      for (std::size_t i = 0; i < recent.size(); ++i) {
        const sched::BandCounters& counters = bands.counters()[i];
        recent[i].counters.sample(
            {counters.sent_packets.get(), counters.sent_bytes.get(), counters.dropped.get()});
        if (!bands.has_delays()) {
          recent[i].delays.reset();
          continue;
        }
        if (!recent[i].delays) {
          recent[i].delays = std::make_unique<stats::RecentHistogram>();
        }
        recent[i].delays->sample(bands.delays_ns(i));
      }
    }
  }
}

void Recent::sample_drops() {
  for (const interface::InterfaceView& view : parts_.world.all_ports()) {
    for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
      const auto reason = static_cast<stats::DropReason>(i);
      if (const std::uint64_t total = dropped(view.id, reason); total > 0) {
        drops_[{view.id, reason}].sample(total, timer_.number());
      }
    }
  }
}

std::uint64_t Recent::dropped(InterfaceId port, stats::DropReason reason) const {
  std::uint64_t packets = parts_.sender.context().drops.get(port, reason);
  for (const auto& worker : parts_.workers) {
    packets += worker->drops().get(port, reason);
  }
  return packets;
}

Traffic Recent::total(const interface::InterfaceView& view) const {
  Traffic total;
  for (const auto& worker : parts_.workers) {
    total.add(worker->interface(view.id));
    const port::TxQueue* const queue = view.link ? nullptr : worker->tx(view.egress);
    if (queue != nullptr) {
      const sched::BandTotals bands = queue->bands().totals();
      total.tx_packets += bands.sent_packets;
      total.tx_bytes += bands.sent_bytes;
    }
  }
  total.add(parts_.sender.interface(view.id));
  return total;
}

Traffic Recent::per_second(InterfaceId port) const {
  if (port.value() >= ports_.size()) {
    return {};
  }
  const auto& increases = ports_[port.value()].increases();
  return {.rx_packets = timer_.per_second(increases[0]),
          .rx_bytes = timer_.per_second(increases[1]),
          .tx_packets = timer_.per_second(increases[2]),
          .tx_bytes = timer_.per_second(increases[3])};
}

Load Recent::load(WorkerId worker) const {
  if (worker.value() >= workers_.size()) {
    return {};
  }
  const auto& increases = workers_[worker.value()].increases();
  Load load{.packets = increases[0],
            .busy_cycles = increases[1],
            .control_cycles = increases[2],
            .idle_cycles = increases[3],
            .timed_packets = increases[4]};
  std::copy(increases.begin() + 5, increases.end(), load.stage_cycles.begin());
  return load;
}

std::uint64_t Recent::packets_per_second(WorkerId worker) const {
  return timer_.per_second(load(worker).packets);
}

BandActivity Recent::band(WorkerId worker, PortId port, std::size_t band) const {
  const auto found = bands_.find({worker, port});
  if (found == bands_.end() || band >= found->second.size()) {
    return {};
  }
  const Band& recent = found->second[band];
  const auto& increases = recent.counters.increases();
  return {.sent_packets = timer_.per_second(increases[0]),
          .sent_bytes = timer_.per_second(increases[1]),
          .dropped = timer_.per_second(increases[2]),
          .delays_ns = recent.delays ? &recent.delays->increases() : nullptr};
}

Recent::Drops Recent::drops(InterfaceId port, stats::DropReason reason) const {
  Drops drops{.total = dropped(port, reason)};
  if (drops.total == 0) {
    return drops;
  }
  // A counter that rose for the first time since the last sample has no history yet.
  drops.last_minute = drops.total;
  if (const auto found = drops_.find({port, reason}); found != drops_.end()) {
    drops.per_second = timer_.per_second(found->second.last_second());
    drops.last_minute = found->second.last_minute(drops.total, timer_.number());
  }
  return drops;
}

Recent::Drops Recent::drops(stats::DropReason reason) const {
  Drops sum;
  for (const interface::InterfaceView& view : parts_.world.all_ports()) {
    const Drops here = drops(view.id, reason);
    sum.total += here.total;
    sum.per_second += here.per_second;
    sum.last_minute += here.last_minute;
  }
  return sum;
}

}  // namespace ringroad::control

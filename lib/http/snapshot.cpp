// SPDX-License-Identifier: BSD-3-Clause
#include "http/snapshot.hpp"

#include <algorithm>

namespace ringroad::http {
namespace {

// The counters of a device may take 50 us to read.
constexpr std::size_t kPortsASlice = 4;

}  // namespace

void DelaySample::add(const stats::Histogram& delays) {
  std::uint64_t before = 0;
  delays.visit_steps([&](std::uint64_t largest, std::uint64_t count) {
    const double middle = (static_cast<double>(before) + static_cast<double>(largest)) / 2;
    before = largest;
    samples += count;
    sum_seconds += middle * 1e-9 * static_cast<double>(count);
    for (std::size_t i = 0; i < kDelayBoundsNs.size(); ++i) {
      up_to.at(i) += largest <= kDelayBoundsNs.at(i) ? count : 0;
    }
  });
}

bool TakeSnapshot::advance() {
  for (std::size_t i = 0; i < kPortsASlice && next_ < ids_.size(); ++i) {
    take_port(router_.world().port(ids_[next_++]));
  }
  if (next_ < ids_.size()) {
    return false;
  }
  take_workers();
  take_tables();
  return true;
}

void TakeSnapshot::take_port(const interface::InterfaceView& view) {
  port::Port& device = *router_.ports().at(view.egress.value());
  PortSample& port = snapshot.ports.emplace_back();
  port.name = view.name;
  port.driver = device.driver();
  port.mac = view.mac.to_string();
  port.link = view.link ? router_.world().port(*view.link).name : "";
  port.linked = router_.links().linked(view.id);
  port.speed_mbps = device.link().speed_mbps;
  port.mtu = view.mtu;
  port.conflicts = router_.conflicts(view.id);
  port.add(router_.sender().interface(view.id));
  for (const auto& worker : router_.workers()) {
    port.add(worker->interface(view.id));
    if (const port::TxQueue* const queue = view.link ? nullptr : worker->tx(view.egress)) {
      take_queue(*queue, port);
    }
  }
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    port.drops.at(i) = router_.drops(view.id, static_cast<stats::DropReason>(i));
  }
  if (!view.link) {
    const port::DeviceCounts& counts = device.device_counts();
    port.tx_completed = counts.tx_completed;
    port.tx_hangs = router_.links().tx_hangs(view.egress);
    for (const port::Loss& loss : counts.losses) {
      port.losses.push_back({std::string{loss.name}, loss.kind, loss.packets});
    }
  }
}

void TakeSnapshot::take_queue(const port::TxQueue& queue, PortSample& sample) {
  const sched::Bands& bands = queue.bands();
  const auto counters = bands.counters();
  sample.bands.resize(std::max(sample.bands.size(), counters.size()));
  sample.rate_limited += bands.overlimits();
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const sched::BandCounters& one = counters[i];
    BandSample& band = sample.bands[i];
    band.queued += one.queued.get();
    band.queued_bytes += one.queued_bytes.get();
    band.sent_packets += one.sent_packets.get();
    band.sent_bytes += one.sent_bytes.get();
    band.dropped += one.dropped.get();
    band.managed += one.managed.get();
    band.marked += one.marked.get();
    band.requeued += one.requeued.get();
    sample.tx_packets += one.sent_packets.get();
    sample.tx_bytes += one.sent_bytes.get();
    if (bands.measures_delays()) {
      band.has_delays = true;
      band.delays.add(bands.delays_ns(i));
    }
  }
}

void TakeSnapshot::take_workers() {
  for (const auto& worker : router_.workers()) {
    const worker::LoopCounters& counters = worker->counters();
    const auto& sleeper = worker->sleeper().counters();
    WorkerSample& sample = snapshot.workers.emplace_back(WorkerSample{control::load_of(*worker)});
    sample.core = worker->settings().core;
    sample.busy_polls = counters.busy_polls.get();
    sample.control_polls = counters.control_polls.get();
    // Read after its parts, of which one may be counted meanwhile.
    sample.polls = std::max(counters.polls.get(), sample.busy_polls + sample.control_polls);
    sample.sleeps = sleeper.sleeps.get();
    sample.wakes = sleeper.wakes.get();
    sample.missed_interrupts = sleeper.missed.get();
    sample.copied_bytes = worker->copied_bytes();
    sample.lost_records = worker->lost_records();
  }
  for (std::size_t i = 0; i < stats::kIpCounters; ++i) {
    snapshot.ip_counters.at(i) = router_.ip_counter(static_cast<stats::IpCounter>(i));
  }
}

namespace {

template <class Address>
FamilySample sample_of(std::string_view family, const control::Router& router,
                       const fib::Trie<Address>& trie) {
  FamilySample sample{.family = family,
                      .routes = {},
                      .fib_prefixes = trie.size(),
                      .fib_bytes = trie.memory().count};
  const auto& rib = router.routing_of<Address>().rib();
  for (const fib::Table table : rib.tables()) {
    sample.routes.emplace_back(router.configuration().table_names().to_string(table),
                               rib.size(table));
  }
  const auto& neighbors = router.neighbors_of<Address>().table();
  for (std::size_t i = 0; i < neigh::kStates; ++i) {
    sample.neighbors.at(i) = neighbors.count(static_cast<neigh::State>(i));
  }
  sample.neighbors_most = neighbors.limits().gc_thresh[2];
  sample.neighbor_failures = neighbors.counters().res_failed;
  sample.neighbor_table_fulls = neighbors.counters().table_fulls;
  return sample;
}

std::vector<NamedCounterSample> named_counters_of(const filter::Program& program) {
  std::vector<NamedCounterSample> samples;
  const auto& tables = program.ruleset().tables;
  for (std::uint32_t t = 0; t < tables.size(); ++t) {
    for (std::uint32_t i = 0; i < tables[t].counters.size(); ++i) {
      samples.push_back({.family = nft::to_string(tables[t].family),
                         .table = tables[t].name,
                         .name = tables[t].counters[i].name,
                         .total = program.named_counter(t, i).value_or(filter::Total{})});
    }
  }
  return samples;
}

}  // namespace

void TakeSnapshot::take_tables() {
  snapshot.families = {sample_of<Ipv4>("ipv4", router_, router_.world().tables().trie),
                       sample_of<Ipv6>("ipv6", router_, router_.world().tables().trie6)};
  snapshot.tracking = router_.firewall().tracking();
  if (const filter::Program* const program = router_.firewall().program()) {
    snapshot.named_counters = named_counters_of(*program);
  }
  snapshot.pools = router_.pools().levels();
  const control::Router::Waiting waiting = router_.waiting();
  snapshot.waiting = {{"neighbors", waiting.neighbors},
                      {"reassembly", waiting.reassembly},
                      {"rings", waiting.rings},
                      {"bands", waiting.bands}};
}

}  // namespace ringroad::http

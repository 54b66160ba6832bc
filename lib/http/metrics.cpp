// SPDX-License-Identifier: BSD-3-Clause
#include "http/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "http/drop_class.hpp"
#include "http/metrics_connections.hpp"

namespace ringroad::http {
namespace {

// Of more interfaces, drops are listed only for reasons that occurred: a scrape must not grow to
// megabytes with a thousand sub-interfaces.
constexpr std::size_t kInterfacesWithZeros = 64;

std::string_view name_of(port::LossKind kind) {
  switch (kind) {
    case port::LossKind::kMissed:
      break;
    case port::LossKind::kNoBuffer:
      return "receive_no_buffer";
    case port::LossKind::kRxError:
      return "receive_error";
    case port::LossKind::kTxError:
      return "transmit_error";
  }
  return "receive_missed";
}

class Writer {
 public:
  Writer(const Snapshot& snapshot, const About& about, MetricsFormat format)
      : snapshot_{snapshot}, about_{about}, text_{format} {
    for (const PortSample& port : snapshot.ports) {
      port_labels_.push_back(labels_of({{"port", port.name}}));
    }
    for (std::size_t i = 0; i < snapshot.workers.size(); ++i) {
      worker_labels_.push_back(labels_of(
          {{"worker", std::to_string(i)}, {"core", std::to_string(snapshot.workers[i].core)}}));
    }
  }

  std::string write(const std::string& config_hash) && {
    router(config_hash);
    ports();
    port_losses();
    drops();
    bands();
    delays();
    workers();
    tables();
    return std::move(text_).finish();
  }

 private:
  // One sample for each port. `devices`: not for sub-interfaces, which have no such counter.
  template <class Owner, class Member>
  void each_port(Member Owner::* member, bool devices = false) {
    for (std::size_t i = 0; i < snapshot_.ports.size(); ++i) {
      if (!devices || snapshot_.ports[i].link.empty()) {
        const std::uint64_t value = snapshot_.ports[i].*member;
        text_.sample(port_labels_[i], value);
      }
    }
  }
  template <class Owner, class Member>
  void each_worker(Member Owner::* member) {
    for (std::size_t i = 0; i < snapshot_.workers.size(); ++i) {
      const std::uint64_t value = snapshot_.workers[i].*member;
      text_.sample(worker_labels_[i], value);
    }
  }
  template <class Visit>
  void each_band(const Visit& visit) {
    for (std::size_t i = 0; i < snapshot_.ports.size(); ++i) {
      for (std::size_t band = 0; band < snapshot_.ports[i].bands.size(); ++band) {
        visit(fmt::format("{},band=\"{}\"", port_labels_[i], band), snapshot_.ports[i].bands[band]);
      }
    }
  }

  void router(const std::string& config_hash);
  void ports();
  void port_losses();
  void drops();
  void bands();
  void delays();
  void workers();
  void worker_times();
  void tables();
  void memory();

  const Snapshot& snapshot_;
  const About& about_;
  MetricsText text_;
  std::vector<std::string> port_labels_;
  std::vector<std::string> worker_labels_;
};

void Writer::router(const std::string& config_hash) {
  using Type = MetricsText::Type;
  text_.family("ringroad_build", Type::kInfo, "Version and commit of the router, version of DPDK.");
  text_.sample(
      labels_of({{"version", about_.version}, {"commit", about_.commit}, {"dpdk", about_.dpdk}}),
      std::uint64_t{1});
  text_.family("ringroad_config", Type::kInfo,
               "Hash of the configuration that the router started with.");
  text_.sample(labels_of({{"hash", config_hash}}), std::uint64_t{1});
  text_.gauge("ringroad_start_time_seconds", "When the router started, in seconds since 1970.",
              "seconds");
  text_.sample("", about_.started);
}

void Writer::ports() {
  using Type = MetricsText::Type;
  text_.family("ringroad_port", Type::kInfo,
               "Driver and MAC address of a port; for a sub-interface, the port that carries it.");
  for (std::size_t i = 0; i < snapshot_.ports.size(); ++i) {
    const PortSample& port = snapshot_.ports[i];
    text_.sample(
        labels_of(
            {{"port", port.name}, {"driver", port.driver}, {"mac", port.mac}, {"link", port.link}}),
        std::uint64_t{1});
  }
  text_.gauge("ringroad_port_link_up", "Whether the port is up and has a link: 1 or 0.");
  each_port(&PortSample::linked);
  text_.gauge("ringroad_port_speed_bytes_per_second",
              "Speed of the link in one direction; absent if the device does not report it.");
  for (std::size_t i = 0; i < snapshot_.ports.size(); ++i) {
    if (const PortSample& port = snapshot_.ports[i]; port.speed_mbps > 0) {
      text_.sample(port_labels_[i], std::uint64_t{port.speed_mbps} * 125'000);
    }
  }
  text_.gauge("ringroad_port_mtu_bytes", "Largest IP packet that the port sends.", "bytes");
  each_port(&PortSample::mtu);
  text_.counter("ringroad_port_receive_packets", "Packets received.");
  each_port(&PortSample::rx_packets);
  text_.counter("ringroad_port_receive_bytes", "Bytes received, with their Ethernet headers.",
                "bytes");
  each_port(&PortSample::rx_bytes);
  text_.counter("ringroad_port_transmit_packets", "Packets sent.");
  each_port(&PortSample::tx_packets);
  text_.counter("ringroad_port_transmit_bytes", "Bytes sent, with their Ethernet headers.",
                "bytes");
  each_port(&PortSample::tx_bytes);
  text_.counter("ringroad_port_transmit_completed_packets",
                "Packets that the device reports as sent.");
  each_port(&PortSample::tx_completed, true);
  text_.counter("ringroad_port_transmit_hangs",
                "Times the device was reset because it sent nothing for five seconds.");
  each_port(&PortSample::tx_hangs, true);
  text_.counter("ringroad_port_rate_limited",
                "Times the port stopped sending because its configured rate allowed no more.");
  each_port(&PortSample::rate_limited, true);
  text_.counter("ringroad_port_address_conflicts",
                "Messages of ARP or neighbor discovery in which another station used an address of "
                "the port.");
  each_port(&PortSample::conflicts);
}

void Writer::port_losses() {
  text_.counter("ringroad_port_lost_packets",
                "Packets that the port's device lost, by kind and by the counter that says so.");
  for (const PortSample& port : snapshot_.ports) {
    for (const LossSample& loss : port.losses) {
      text_.sample(
          labels_of({{"port", port.name}, {"kind", name_of(loss.kind)}, {"source", loss.source}}),
          loss.packets);
    }
  }
}

void Writer::drops() {
  std::array<std::string, stats::kDropReasons> labels;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto reason = static_cast<stats::DropReason>(i);
    labels.at(i) = labels_of({{"class", class_of(reason)}, {"reason", stats::name(reason)}});
  }
  text_.counter("ringroad_dropped_packets",
                "Packets dropped, by the port where they came in or were to leave and by reason.");
  const bool zeros = snapshot_.ports.size() <= kInterfacesWithZeros;
  std::string all;
  for (std::size_t i = 0; i < snapshot_.ports.size(); ++i) {
    for (std::size_t reason = 0; reason < labels.size(); ++reason) {
      const std::uint64_t packets = snapshot_.ports[i].drops.at(reason);
      if (zeros || packets > 0) {
        all = port_labels_[i];
        all += ',';
        all += labels.at(reason);
        text_.sample(all, packets);
      }
    }
  }
}

void Writer::bands() {
  struct Family {
    std::string_view name;
    std::string_view help;
    std::uint64_t BandSample::* member;
    std::string_view unit{};
  };
  for (const Family& one : {Family{"ringroad_band_queued_packets", "Packets that wait in the band.",
                                   &BandSample::queued},
                            Family{"ringroad_band_queued_bytes", "Bytes that wait in the band.",
                                   &BandSample::queued_bytes, "bytes"}}) {
    text_.gauge(one.name, one.help, one.unit);
    each_band([&](const std::string& labels, const BandSample& band) {
      text_.sample(labels, band.*one.member);
    });
  }
  for (const Family& one :
       {Family{"ringroad_band_sent_packets", "Packets that the band sent.",
               &BandSample::sent_packets},
        Family{"ringroad_band_sent_bytes", "Bytes that the band sent.", &BandSample::sent_bytes,
               "bytes"},
        Family{"ringroad_band_dropped_packets", "Packets that the band dropped, for any reason.",
               &BandSample::dropped},
        Family{"ringroad_band_managed_packets",
               "Packets among the dropped ones that CoDel dropped because they waited too long.",
               &BandSample::managed},
        Family{"ringroad_band_marked_packets",
               "Packets that CoDel marked (ECN) instead of dropping them.", &BandSample::marked},
        Family{"ringroad_band_requeued_packets",
               "Packets that the device's queue had no room for at first.",
               &BandSample::requeued}}) {
    text_.counter(one.name, one.help, one.unit);
    each_band([&](const std::string& labels, const BandSample& band) {
      text_.sample(labels, band.*one.member);
    });
  }
}

void Writer::delays() {
  const bool any = std::ranges::any_of(snapshot_.ports, [](const PortSample& port) {
    return std::ranges::any_of(port.bands, &BandSample::has_delays);
  });
  if (!any) {
    return;
  }
  text_.family("ringroad_band_delay_seconds", MetricsText::Type::kHistogram,
               "How long packets waited in the band, while `bands delays` is on.", "seconds");
  each_band([&](const std::string& labels, const BandSample& band) {
    if (!band.has_delays) {
      return;
    }
    for (std::size_t i = 0; i < kDelayBoundsNs.size(); ++i) {
      const double bound = static_cast<double>(kDelayBoundsNs.at(i)) / 1e9;
      text_.sample("_bucket", fmt::format("{},le=\"{}\"", labels, bound), band.delays.up_to.at(i));
    }
    text_.sample("_bucket", labels + ",le=\"+Inf\"", band.delays.samples);
    text_.sample("_sum", labels, band.delays.sum_seconds);
    text_.sample("_count", labels, band.delays.samples);
  });
}

void Writer::workers() {
  text_.counter("ringroad_worker_receive_packets", "Packets that the worker received.");
  each_worker(&WorkerSample::packets);
  worker_times();
  text_.counter("ringroad_worker_sleeps", "Times the worker slept until a packet arrived.");
  each_worker(&WorkerSample::sleeps);
  text_.counter("ringroad_worker_wakes", "Times another thread woke the worker.");
  each_worker(&WorkerSample::wakes);
  text_.counter("ringroad_worker_missed_interrupts",
                "Packets that were there although no interrupt reported them.");
  each_worker(&WorkerSample::missed_interrupts);
  text_.counter("ringroad_worker_copied_bytes", "Bytes of packets that the worker copied.",
                "bytes");
  each_worker(&WorkerSample::copied_bytes);
  text_.counter("ringroad_worker_lost_records",
                "Records of traces and captures that the worker's ring had no room for.");
  each_worker(&WorkerSample::lost_records);
  text_.counter("ringroad_worker_stage_cycles",
                "Cycles of each stage in the bursts that were timed, about one of 128.");
  for (std::size_t i = 0; i < snapshot_.workers.size(); ++i) {
    for (std::size_t stage = 0; stage < stats::kStageNames.size(); ++stage) {
      text_.sample(fmt::format("{},stage=\"{}\"", worker_labels_[i], stats::kStageNames.at(stage)),
                   snapshot_.workers[i].stage_cycles.at(stage));
    }
  }
  text_.counter("ringroad_worker_timed_packets", "Packets in the bursts that were timed.");
  each_worker(&WorkerSample::timed_packets);
}

void Writer::worker_times() {
  const auto modes = [&](const auto& value) {
    for (std::size_t i = 0; i < snapshot_.workers.size(); ++i) {
      for (const std::string_view mode : {"busy", "control", "idle"}) {
        text_.sample(fmt::format("{},mode=\"{}\"", worker_labels_[i], mode),
                     value(snapshot_.workers[i], mode));
      }
    }
  };
  text_.counter("ringroad_worker_seconds",
                "Time of the worker: with packets that it received, with packets of the control "
                "thread and of the bands, without any.",
                "seconds");
  modes([this](const WorkerSample& worker, std::string_view mode) {
    const std::uint64_t cycles = mode == "busy"      ? worker.busy_cycles
                                 : mode == "control" ? worker.control_cycles
                                                     : worker.idle_cycles;
    return static_cast<double>(cycles) / about_.cycles_a_second;
  });
  text_.counter("ringroad_worker_polls", "Loops of the worker, by what they found.");
  modes([](const WorkerSample& worker, std::string_view mode) {
    return mode == "busy"      ? worker.busy_polls
           : mode == "control" ? worker.control_polls
                               : worker.polls - worker.busy_polls - worker.control_polls;
  });
}

void Writer::tables() {
  text_.counter("ringroad_netstat_events",
                "IP, ICMP, TCP and UDP counters of the router itself, by nstat's names.");
  for (std::size_t i = 0; i < stats::kIpCounters; ++i) {
    text_.sample(labels_of({{"name", stats::name(static_cast<stats::IpCounter>(i))}}),
                 snapshot_.ip_counters.at(i));
  }
  text_.gauge("ringroad_routes", "Routes of each table.");
  for (const FamilySample& family : snapshot_.families) {
    for (const auto& [table, routes] : family.routes) {
      text_.sample(labels_of({{"family", family.family}, {"table", table}}), routes);
    }
  }
  const auto each_family = [this](const auto& value) {
    for (const FamilySample& family : snapshot_.families) {
      text_.sample(labels_of({{"family", family.family}}), std::uint64_t{value(family)});
    }
  };
  text_.gauge("ringroad_fib_prefixes", "Prefixes by which packets are forwarded.");
  each_family([](const FamilySample& family) { return family.fib_prefixes; });
  text_.gauge("ringroad_fib_bytes", "Memory of the forwarding table.", "bytes");
  each_family([](const FamilySample& family) { return family.fib_bytes; });
  text_.gauge("ringroad_neighbors", "Neighbors by state, as `ip neigh` names it.");
  for (const FamilySample& family : snapshot_.families) {
    for (std::size_t i = 0; i < neigh::kStates; ++i) {
      text_.sample(labels_of({{"family", family.family},
                              {"state", neigh::to_string(static_cast<neigh::State>(i))}}),
                   family.neighbors.at(i));
    }
  }
  text_.gauge("ringroad_neighbors_limit", "The most neighbors that the table may have.");
  each_family([](const FamilySample& family) { return family.neighbors_most; });
  text_.counter("ringroad_neighbor_failures",
                "Neighbors that did not answer ARP or neighbor solicitations.");
  each_family([](const FamilySample& family) { return family.neighbor_failures; });
  text_.counter("ringroad_neighbor_table_fulls", "Neighbors that the table had no room for.");
  each_family([](const FamilySample& family) { return family.neighbor_table_fulls; });
  write_connections(text_, snapshot_.tracking);
  write_named_counters(text_, snapshot_.named_counters);
  memory();
}

void Writer::memory() {
  const auto each_pool = [&](std::uint32_t port::Pools::Level::* member) {
    for (const port::Pools::Level& pool : snapshot_.pools) {
      text_.sample(labels_of({{"pool", pool.name}}), std::uint64_t{pool.*member});
    }
  };
  text_.gauge("ringroad_pool_buffers", "Packet buffers of the pool.");
  each_pool(&port::Pools::Level::size);
  text_.gauge("ringroad_pool_free_buffers", "Packet buffers that are free.");
  each_pool(&port::Pools::Level::free);
  text_.gauge("ringroad_pool_low_water_buffers",
              "The fewest free packet buffers since the router started.");
  each_pool(&port::Pools::Level::low_water);
  text_.gauge("ringroad_waiting_buffers", "Packet buffers of packets that wait, by where.");
  for (const auto& [holder, buffers] : snapshot_.waiting) {
    text_.sample(labels_of({{"holder", holder}}), std::uint64_t{buffers});
  }
}

}  // namespace

std::string write_metrics(const Snapshot& snapshot, const About& about,
                          const std::string& config_hash, MetricsFormat format) {
  return Writer{snapshot, about, format}.write(config_hash);
}

}  // namespace ringroad::http

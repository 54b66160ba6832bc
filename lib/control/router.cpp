// SPDX-License-Identifier: BSD-3-Clause
#include "control/router.hpp"

#include <fmt/format.h>
#include <rte_launch.h>
#include <rte_mempool.h>

#include <algorithm>
#include <span>
#include <thread>

#include "base/log.hpp"
#include "port/pollers.hpp"

namespace ringroad::control {
namespace {

using namespace std::chrono_literals;

// The interval at which used neighbors are collected from the workers. Neighbors' timers that are
// due earlier shorten it.
constexpr Nanoseconds kTick = 50ms;
// Linux's ip_rt_redirect_load: the shortest time between two redirects to one sender.
constexpr Nanoseconds kRedirectRound = 20ms;
constexpr Nanoseconds kWatch = 200ms;
// The time in which workers send the final router advertisements.
constexpr auto kGoodbye = 20ms;
constexpr Nanoseconds kTapInterval = 2ms;
// A 32-bit counter of the kernel does not wrap around twice between two reads.
constexpr Nanoseconds kCount = 10s;
// The most packets of one punt ring in a round, so that a flood on one worker does not delay
// another's ARP messages; and the most of all rings of one kind, at 2 to 4 us each.
constexpr unsigned kPuntsARound = 256;
constexpr std::size_t kAllPuntsARound = 1024;

struct Launch {
  worker::Worker* worker;
  const std::atomic<bool>* stop;
};

int run_worker(void* argument) {
  const std::unique_ptr<Launch> launch{static_cast<Launch*>(argument)};
  launch->worker->run(*launch->stop);
  return 0;
}

}  // namespace

Router::Router(config::Config config, const Clock& clock, std::optional<std::uint64_t> flow_seed)
    : config_{std::move(config)},
      clock_{clock},
      flow_seed_{flow_seed},
      pools_{config_.engine.memory.buffers,
             std::ranges::max_element(config_.ports, {}, &config::Port::mtu)->mtu} {}

Router::~Router() {
  stop_workers();
  reload_.reset();
  taps_.reset();
  if (neighbors_ && neighbors6_) {
    give_up_waiting();
  }
  for (const auto& worker : workers_) {
    worker->clear();
  }
}

Status Router::start_workers() {
  stop_.store(false, std::memory_order_relaxed);
  port::set_pollers(&world_->reclaimer().readers());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto launch = std::make_unique<Launch>(workers_[i].get(), &stop_);
    if (rte_eal_remote_launch(run_worker, launch.get(), static_cast<unsigned>(i + 1)) != 0) {
      stop_workers();
      return fail(
          fmt::format("worker {} does not start on core {}", i, workers_[i]->settings().core));
    }
    static_cast<void>(launch.release());
    workers_run_ = true;
  }
  return {};
}

void Router::stop_workers() {
  if (workers_run_) {
    stop_.store(true, std::memory_order_relaxed);
    rte_eal_mp_wait_lcore();
    workers_run_ = false;
  }
  port::set_pollers(nullptr);
}

bool Router::run_once() {
  bool busy = neighbors_->settle();
  busy = neighbors6_->settle() || busy;
  busy = handle_punts() || busy;
  busy = run_timers() || busy;
  busy = configuration_->advance_load() || busy;
  busy = reload_->advance() || busy;
  busy = routing_->advance() || busy;
  busy = routing6_->advance() || busy;
  busy = neighbors_->advance() || busy;
  busy = neighbors6_->advance() || busy;
  busy = taps_->advance() || busy;
  busy = firewall_->write_log() || busy;
  busy = firewall_->forget_masqueraded() || busy;
  links_->reset_hung_ports();
  pools_.set_others_held(held_besides_bands());
  world_->reclaimer().run_once();
  return busy;
}

EventLoop Router::event_loop() {
  EventLoop loop{clock_,
                 *bell_,
                 {.run_once = [this] { return run_once(); },
                  .next_deadline = [this] { return next_deadline(); }}};
  loop.watch(ports_->interfaces().poll_fd());
  return loop;
}

// The rings of traces and captures are emptied in time.
Nanoseconds Router::next_deadline() const {
  return taps_->is_active() ? std::min(next_tick_, clock_.now() + kTapInterval) : next_tick_;
}

// ARP messages are handled after all packets that the workers punted before them. Otherwise an ARP
// message might resolve the next hop of such a packet, and later packets would overtake it.
bool Router::handle_punts() {
  std::array<Packet*, kPuntsARound> storage{};
  const auto packets = std::span{storage}.first(
      std::min(storage.size(), std::max<std::size_t>(kAllPuntsARound / workers_.size(), 1)));
  const auto most = static_cast<unsigned>(packets.size());
  if (arp_.empty()) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      const unsigned count = workers_[i]->arp_punts().pop(packets.data(), most);
      arp_.insert(arp_.end(), packets.begin(), packets.begin() + count);
      before_arp_[i] = workers_[i]->punts().size();
    }
  }
  bool busy = !arp_.empty();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const unsigned count = workers_[i]->punts().pop(packets.data(), most);
    for (unsigned j = 0; j < count; ++j) {
      handle(packets[j]);
    }
    neighbors_->count_seen_to(i, count);
    neighbors6_->count_seen_to(i, count);
    before_arp_[i] -= std::min(before_arp_[i], count);
    busy = busy || count > 0;
  }
  if (std::ranges::all_of(before_arp_, [](unsigned left) { return left == 0; })) {
    for (Packet* const packet : arp_) {
      handle(packet);
    }
    arp_.clear();
  }
  return busy;
}

void Router::handle(Packet* packet) {
  redirect_copies_->hear(*packet);
  if (is_ipv6(*packet)) {
    slow_path6_->handle(OwnedPacket{packet});
  } else {
    slow_path_->handle(OwnedPacket{packet});
  }
}

bool Router::run_timers() {
  const Nanoseconds now = clock_.now();
  if (now >= next_tick_) {
    use_reports_->collect(*neighbors_, *neighbors6_);
    next_tick_ = std::min({neighbors_->tick(), neighbors6_->tick(), now + kTick});
    slow_path_->tick();
    slow_path6_->tick();
    groups_->tick();
    advertisements_->tick();
    accepted_->tick();
    pools_.look();
  }
  if (recent_->run(now)) {
    log_drops();
    log::settle();
  }
  if (now >= next_redirect_round_) {
    world_->next_redirect_round();
    next_redirect_round_ = now + kRedirectRound;
  }
  links_->watch_carriers();
  if (now >= next_watch_) {
    links_->apply_all();
    links_->watch_for_hangs();
    links_->watch_for_removals();
    next_watch_ = now + kWatch;
  }
  if (now >= next_count_) {
    for (const auto& port : ports()) {
      port->device_counts();
    }
    next_count_ = now + kCount;
  }
  return next_tick_ <= now;
}

void Router::log_drops() {
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    const auto reason = static_cast<stats::DropReason>(i);
    const std::uint64_t per_second = recent_->drops(reason).per_second;
    const auto news = drop_news_.sample(reason, per_second);
    if (!news) {
      continue;
    }
    const log::Fields fields{{"reason", std::string{stats::name(reason)}},
                             {"packets", std::to_string(news->packets)},
                             {"per_second", std::to_string(per_second)}};
    if (news->over) {
      log::event(log::Level::info, fields, "drops of {} are over: {} packets", stats::name(reason),
                 news->packets);
    } else {
      log::event(log::Level::warn, fields, "drops rise: {} packets a second for {}: {}", per_second,
                 stats::name(reason), stats::meaning(reason));
    }
  }
}

void Router::for_each_bands(std::optional<PortId> port,
                            const std::function<void(sched::Bands&)>& change) const {
  for (const auto& worker : workers_) {
    for (const std::uint16_t i : numbers(ports().size())) {
      port::TxQueue* const queue = worker->tx(PortId{i});
      if (queue != nullptr && (!port || *port == PortId{i})) {
        change(queue->bands());
      }
    }
  }
}

void Router::measure_delays(std::optional<PortId> port, bool on) {
  for_each_bands(port, [&](sched::Bands& bands) { bands.measure_delays(on); });
}

void Router::reset_delays(std::optional<PortId> port) {
  for_each_bands(port, [](sched::Bands& bands) {
    if (bands.measures_delays()) {
      bands.measure_delays(true);
    }
  });
}

void Router::give_up_waiting() {
  neighbors_->clear();
  neighbors6_->clear();
  slow_path_->clear();
  slow_path6_->clear();
  for (Packet* const packet : arp_) {
    sender_->drop(OwnedPacket{packet}, stats::DropReason::kPortDown);
  }
  arp_.clear();
}

Status Router::shut_down() {
  if (workers_run_ && advertisements_->stop()) {
    std::this_thread::sleep_for(kGoodbye);
  }
  stop_workers();
  taps_->clear();
  give_up_waiting();
  for (const auto& worker : workers_) {
    worker->clear();
  }
  for (const auto& port : ports()) {
    port->stop();
  }
  const std::uint32_t size = pools_.size();
  workers_.clear();
  ports_->clear();
  const std::uint32_t back = pools_.free();
  log::info("stopped, buffers back: {} of {}", back, size);
  if (back != size) {
    return fail(fmt::format("{} packet buffers did not come back", size - back));
  }
  return {};
}

Ledger Router::ledger() const {
  const StageContext& own = sender_->context();
  Ledger ledger{.generated = own.generated.get(),
                .delivered = own.delivered.get(),
                .dropped = own.drops.total(),
                .held = neighbors_->held() + neighbors6_->held() + slow_path_->held() +
                        slow_path6_->held() + arp_.size() + own.in_hooks()};
  for (const auto& worker : workers_) {
    ledger.received += worker->counters().packets.get();
    ledger.generated += worker->generated();
    ledger.delivered += worker->delivered();
    ledger.dropped += worker->drops().total();
    ledger.held += worker->held();
    for (const std::uint16_t i : numbers(ports().size())) {
      if (const port::TxQueue* const queue = worker->tx(PortId{i}); queue != nullptr) {
        ledger.sent += queue->bands().totals().sent_packets;
      }
    }
  }
  return ledger;
}

std::uint64_t Router::ip_counter(stats::IpCounter counter) const {
  std::uint64_t sum = sender_->context().counters.get(counter);
  for (const auto& worker : workers_) {
    sum += worker->ip_counters().get(counter);
  }
  return sum;
}

Router::Waiting Router::held_by_control() const {
  return {.neighbors = neighbors_->held_buffers() + neighbors6_->held_buffers(),
          .reassembly = slow_path_->held_buffers() + slow_path6_->held_buffers()};
}

std::uint32_t Router::held_besides_bands() const {
  const Waiting held = held_by_control();
  std::uint32_t buffers = held.neighbors + held.reassembly;
  for (const auto& worker : workers_) {
    buffers += worker->in_rings();
  }
  return buffers;
}

Router::Waiting Router::waiting() const {
  Waiting waiting = held_by_control();
  for (const auto& worker : workers_) {
    waiting.rings += worker->in_rings();
    for (const std::uint16_t i : numbers(ports().size())) {
      const port::TxQueue* const queue = worker->tx(PortId{i});
      waiting.bands += queue != nullptr ? queue->backlog() : 0;
    }
  }
  return waiting;
}

std::uint64_t Router::drops(stats::DropReason reason) const {
  std::uint64_t packets = sender_->context().drops.get(reason);
  for (const auto& worker : workers_) {
    packets += worker->drops().get(reason);
  }
  return packets;
}

std::uint64_t Router::drops(InterfaceId port, stats::DropReason reason) const {
  std::uint64_t packets = sender_->context().drops.get(port, reason);
  for (const auto& worker : workers_) {
    packets += worker->drops().get(port, reason);
  }
  return packets;
}

std::size_t Router::main_routes() const {
  return routing_->rib().size(fib::Table::kMain) + routing6_->rib().size(fib::Table::kMain);
}

}  // namespace ringroad::control

#include "control/router.hpp"

#include <fmt/format.h>
#include <rte_launch.h>
#include <rte_mempool.h>

#include <algorithm>

#include "base/log.hpp"

namespace ringroad::control {
namespace {

using namespace std::chrono_literals;

// Reports of use come at this pace; neighbours' timers are waited for.
constexpr Nanoseconds kTick = 50ms;
// Linux's ip_rt_redirect_load: the shortest time between two redirects to one sender.
constexpr Nanoseconds kRedirectRound = 20ms;
constexpr Nanoseconds kWatch = 200ms;
// Linux's watchdog_timeo.
constexpr Nanoseconds kHang = 5s;
// Packets taken from one punt ring in a round: no worker's flood holds up another's ARP.
constexpr unsigned kPuntsARound = 256;

struct Launch {
  worker::Worker* worker;
  const std::atomic<bool>* stop;
};

int run_worker(void* argument) {
  const std::unique_ptr<Launch> launch{static_cast<Launch*>(argument)};
  launch->worker->run(*launch->stop);
  return 0;
}

fib::RouteType type_of(config::RouteType type) {
  switch (type) {
    case config::RouteType::kUnicast:
      return fib::RouteType::kUnicast;
    case config::RouteType::kBlackhole:
      return fib::RouteType::kBlackhole;
    case config::RouteType::kUnreachable:
      return fib::RouteType::kUnreachable;
    case config::RouteType::kProhibit:
      return fib::RouteType::kProhibit;
  }
  return fib::RouteType::kUnicast;
}

}  // namespace

Router::Router(config::Config config, const Clock& clock, OnLoad on_load)
    : config_{std::move(config)},
      clock_{clock},
      on_load_{std::move(on_load)},
      pools_{config_.engine.memory.buffers,
             std::ranges::max_element(config_.ports, {}, &config::Port::mtu)->mtu},
      background_{background_cores(cores_at_start(), config_.engine.workers)} {
  for (const config::RouteTable& table : config_.tables) {
    table_names_.add(fib::Table{table.number}, table.name);
  }
}

Router::~Router() {
  stop_workers();
  if (neighbors_) {
    neighbors_->clear();
    slow_path_->clear();
  }
  for (const auto& worker : workers_) {
    worker->clear();
  }
}

Status Router::start_workers() {
  stop_.store(false, std::memory_order_relaxed);
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
}

bool Router::run_once() {
  bool busy = handle_punts();
  busy = run_timers() || busy;
  busy = advance_load() || busy;
  reset_hung_ports();
  world_->reclaimer().run_once();
  return busy;
}

bool Router::handle_punts() {
  std::array<ip::Packet*, kPuntsARound> packets{};
  arp_.clear();
  for (const auto& worker : workers_) {
    const unsigned count = worker->arp_punts().pop(packets.data(), packets.size());
    arp_.insert(arp_.end(), packets.begin(), packets.begin() + count);
  }
  bool busy = !arp_.empty();
  for (const auto& worker : workers_) {
    const unsigned count = worker->punts().pop(packets.data(), packets.size());
    for (unsigned i = 0; i < count; ++i) {
      slow_path_->handle(ip::OwnedPacket{packets.at(i)});
    }
    busy = busy || count > 0;
  }
  // What was handed up before an ARP reply waits for the reply in its order.
  for (ip::Packet* const packet : arp_) {
    slow_path_->handle(ip::OwnedPacket{packet});
  }
  return busy;
}

bool Router::run_timers() {
  const Nanoseconds now = clock_.now();
  if (now >= next_tick_) {
    next_tick_ = std::min(neighbors_->tick(), now + kTick);
    slow_path_->tick();
    pools_.look();
  }
  if (now >= next_redirect_round_) {
    world_->next_redirect_round();
    next_redirect_round_ = now + kRedirectRound;
  }
  if (now >= next_watch_) {
    watch_links();
    watch_for_hangs();
    watch_for_removals();
    next_watch_ = now + kWatch;
  }
  return next_tick_ <= now;
}

void Router::measure_delays(std::optional<PortId> port, bool on) {
  for (const auto& worker : workers_) {
    for (const std::uint16_t i : numbers(ports_.size())) {
      port::TxQueue* const queue = worker->tx(PortId{i});
      if (queue != nullptr && (!port || *port == PortId{i})) {
        queue->bands().measure_delays(on);
      }
    }
  }
}

void Router::apply_gate(PortId port) {
  using enum worker::Worker::Gate;
  const bool leaves = ports_[port.value()]->removal_asked();
  const auto gate = leaves                         ? kGone
                    : hangs_[port.value()].stopped ? kStopped
                    : linked_[port.value()]        ? kOpen
                                                   : kClosed;
  for (const auto& worker : workers_) {
    worker->set_gate(port, gate);
  }
}

// A port that has packets and sends none for five seconds, its link up and no rate in the way
// (DEV-08, Linux's dev_watchdog) is reset.
void Router::watch_for_hangs() {
  const Nanoseconds now = clock_.now();
  for (const std::uint16_t i : numbers(ports_.size())) {
    std::uint64_t progress = 0;
    std::uint64_t queued = 0;
    for (const auto& worker : workers_) {
      if (const port::TxQueue* const queue = worker->tx(PortId{i})) {
        const sched::BandTotals totals = queue->bands().totals();
        progress += totals.sent_packets + queue->bands().overlimits();
        queued += totals.queued;
      }
    }
    Hang& hang = hangs_[i];
    const bool goes_on = queued == 0 || progress != hang.progress || !link_up_[i];
    if (goes_on && !hang.stopped) {
      hang.progress = progress;
      hang.since = now;
    } else if (now - hang.since >= kHang && !hang.left_by) {
      ++hang.count;
      hang.since = now;
      log::warn("port {}: {} packets wait and none was sent for 5 s: it is reset",
                config_.ports[i].name, queued);
      hang.stopped = true;
      apply_gate(PortId{i});
      hang.left_by = rte_rcu_qsbr_start(&world_->reclaimer().readers());
    }
  }
}

// A port whose device is to be unplugged is left by every worker before the device is given up
// (RXR-19); what its routes led to is lost with its link.
void Router::watch_for_removals() {
  for (const std::uint16_t i : numbers(ports_.size())) {
    Hang& hang = hangs_[i];
    if (ports_[i]->removal_asked() && !ports_[i]->detached() && !hang.left_by) {
      apply_gate(PortId{i});
      hang.left_by = rte_rcu_qsbr_start(&world_->reclaimer().readers());
    }
  }
}

void Router::reset_hung_ports() {
  for (const std::uint16_t i : numbers(ports_.size())) {
    Hang& hang = hangs_[i];
    if (!hang.left_by ||
        rte_rcu_qsbr_check(&world_->reclaimer().readers(), *hang.left_by, false) != 1) {
      continue;
    }
    hang.left_by.reset();
    if (ports_[i]->removal_asked()) {
      log::warn("port {}: its device was unplugged", config_.ports[i].name);
      ports_[i]->detach();
      continue;
    }
    if (const Status status = ports_[i]->reset(); !status) {
      // It stays stopped, and is tried again.
      log::error("{}", status.error().what);
      continue;
    }
    for (const auto& worker : workers_) {
      if (port::TxQueue* const queue = worker->tx(PortId{i})) {
        queue->reset();
      }
      worker->watch_rx(*ports_[i]);
    }
    hang.stopped = false;
    apply_gate(PortId{i});
  }
}

Status Router::shut_down() {
  stop_workers();
  neighbors_->clear();
  slow_path_->clear();
  for (const auto& worker : workers_) {
    worker->clear();
  }
  for (const auto& port : ports_) {
    port->stop();
  }
  const std::uint32_t size = pools_.size();
  const bool some_keep = std::ranges::any_of(
      ports_, [](const auto& port) { return port::profile_of(port->driver()).keeps_buffers; });
  workers_.clear();
  ports_.clear();
  const std::uint32_t back = pools_.free();
  log::info("stopped, buffers back: {} of {}", back, size);
  if (back != size && !some_keep) {
    return fail(fmt::format("{} packet buffers did not come back", size - back));
  }
  return {};
}

Status Router::add_to_rib(const config::Route& route) {
  Routing::Request request{.prefix = route.to,
                           .type = type_of(route.type),
                           .vias = {},
                           .metric = route.metric,
                           .table = fib::Table{route.table},
                           .source = route.source};
  for (const config::NextHop& hop : route.next_hops) {
    request.vias.push_back({hop.via, hop.weight});
  }
  return routing_->add(request);
}

Status Router::add_route(const config::Route& route) {
  Status status = add_to_rib(route);
  if (status) {
    config_.routes.push_back(route);
  }
  return status;
}

Status Router::erase_route(const fib::RouteSelector4& selector) {
  const auto erased = routing_->erase(selector);
  if (!erased) {
    return std::unexpected{erased.error()};
  }
  const auto listed = std::ranges::find_if(config_.routes, [&](const config::Route& route) {
    return route.to == erased->prefix && route.metric == erased->metric &&
           fib::Table{route.table} == erased->table;
  });
  if (listed != config_.routes.end()) {
    config_.routes.erase(listed);
  } else {
    files_outdated_ = true;
  }
  return {};
}

Status Router::load_routes(const config::RouteFile& file) {
  if (load_ && !load_->finished()) {
    return fail(fmt::format("{} is being loaded; wait for its end", load_->file().path));
  }
  auto load = RouteLoad::start(file, *routing_, background_);
  if (!load) {
    return std::unexpected{load.error()};
  }
  load_ = std::move(*load);
  ++load_number_;
  return {};
}

bool Router::advance_load() {
  if (!load_ || !load_->advance()) {
    return false;
  }
  if (load_->state() == RouteLoad::State::kDone) {
    config_.route_files.push_back(load_->file());
  }
  return true;
}

Status Router::add_neighbor(const config::StaticNeighbor& neighbor) {
  const PortView* const port = world_->find_port(neighbor.port);
  if (port == nullptr) {
    return fail(fmt::format("there is no port '{}'", neighbor.port));
  }
  if (!neighbor.mac.is_station()) {
    return fail(fmt::format("{} is no station's MAC address", neighbor.mac.to_string()));
  }
  if (!neighbor.address.is_unicast() || world_->is_own(neighbor.address) ||
      world_->is_broadcast(neighbor.address)) {
    return fail(fmt::format("{} cannot be a neighbour's address", neighbor.address.to_string()));
  }
  neighbors_->set_permanent({port->id, neighbor.address}, neighbor.mac);
  std::erase_if(config_.neighbors, [&](const config::StaticNeighbor& known) {
    return known.port == neighbor.port && known.address == neighbor.address;
  });
  config_.neighbors.push_back(neighbor);
  return {};
}

Status Router::erase_neighbor(neigh::Key key) {
  const std::string& port = world_->port(key.port).name;
  if (!neighbors_->erase(key)) {
    return fail(fmt::format("port {} has no neighbour {}", port, key.address.to_string()));
  }
  std::erase_if(config_.neighbors, [&](const config::StaticNeighbor& known) {
    return known.port == port && known.address == key.address;
  });
  return {};
}

config::Config Router::running_config() const {
  config::Config running = config_;
  if (!files_outdated_) {
    return running;
  }
  running.route_files.clear();
  running.routes.clear();
  const auto add = [&](const fib::Rib4::View& route) {
    if (route.path.protocol != fib::Protocol::kStatic) {
      return true;
    }
    config::Route listed;
    listed.to = route.prefix;
    listed.metric = route.metric;
    listed.table = static_cast<std::uint8_t>(route.table);
    listed.source = route.path.source;
    for (const auto type : {config::RouteType::kUnicast, config::RouteType::kBlackhole,
                            config::RouteType::kUnreachable, config::RouteType::kProhibit}) {
      listed.type = type_of(type) == route.path.type ? type : listed.type;
    }
    for (const auto& hop : route.path.next_hops) {
      listed.next_hops.push_back({hop.via.value_or(Ipv4{}), hop.weight});
    }
    running.routes.push_back(std::move(listed));
    return true;
  };
  for (const fib::Table table : routing_->rib().tables()) {
    routing_->rib().for_each(table, add);
  }
  return running;
}

Ledger Router::ledger() const {
  Ledger ledger{.generated = sender_->generated(),
                .delivered = sender_->delivered(),
                .dropped = sender_->context().drops.total(),
                .held = neighbors_->held() + slow_path_->held()};
  for (const auto& worker : workers_) {
    ledger.received += worker->counters().packets.get();
    ledger.generated += worker->generated();
    ledger.dropped += worker->drops().total();
    ledger.held += worker->held();
    for (const std::uint16_t i : numbers(ports_.size())) {
      if (const port::TxQueue* const queue = worker->tx(PortId{i}); queue != nullptr) {
        ledger.sent += queue->bands().totals().sent_packets;
      }
    }
  }
  return ledger;
}

std::uint64_t Router::drops(stats::DropReason reason) const {
  std::uint64_t packets = sender_->context().drops.get(reason);
  for (const auto& worker : workers_) {
    packets += worker->drops().get(reason);
  }
  return packets;
}

std::size_t Router::main_routes() const { return routing_->rib().size(fib::Table::kMain); }

}  // namespace ringroad::control

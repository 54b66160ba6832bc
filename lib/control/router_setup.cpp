// How a Router comes to be: ports, tables, workers, routes, in that order.
#include <fmt/format.h>
#include <rte_lcore.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <random>
#include <string_view>
#include <thread>

#include "base/log.hpp"
#include "control/router.hpp"

namespace ringroad::control {
namespace {

sched::QueueKind queue_of(config::Aqm aqm) {
  switch (aqm) {
    case config::Aqm::kNone:
      break;
    case config::Aqm::kCodel:
      return sched::QueueKind::kCodel;
    case config::Aqm::kFqCodel:
      return sched::QueueKind::kFqCodel;
  }
  return sched::QueueKind::kFifo;
}

sched::BandSettings band_of(const config::Scheduler& scheduler, std::size_t number) {
  const config::SchedulerBand& own = scheduler.each.at(number);
  sched::BandSettings band;
  band.limit = own.limit.value_or(scheduler.limit);
  band.limit_bytes = own.limit_bytes.value_or(scheduler.limit_bytes.value_or(band.limit_bytes));
  band.rate = own.rate;
  band.ceil = own.ceil != own.rate ? own.ceil : std::nullopt;
  band.burst = own.burst.value_or(scheduler.burst);
  band.weight = own.weight;
  band.queue = queue_of(own.aqm);
  band.codel = {.target = own.target, .interval = own.interval, .ecn = own.ecn};
  band.flows = own.flows;
  band.quantum = static_cast<std::uint32_t>(own.quantum.count);
  return band;
}

sched::Discipline discipline_of(const config::Scheduler& scheduler) {
  sched::Discipline discipline;
  discipline.bands = scheduler.bands;
  discipline.strict =
      scheduler.discipline == config::Discipline::kDrr ? scheduler.strict : scheduler.bands;
  discipline.priomap = scheduler.priomap;
  discipline.dscp = scheduler.dscp;
  discipline.rate = scheduler.rate;
  discipline.burst = scheduler.burst;
  discipline.overhead = scheduler.overhead;
  for (std::size_t band = 0; band < scheduler.bands; ++band) {
    discipline.each.at(band) = band_of(scheduler, band);
  }
  return discipline;
}

neigh::Parameters parameters_of(const config::ArpTimers& timers) {
  neigh::Parameters parameters;
  parameters.base_reachable = timers.base_reachable;
  parameters.retransmit = timers.retransmit;
  parameters.delay_first_probe = timers.delay_first_probe;
  parameters.gc_stale = timers.gc_stale;
  parameters.locktime = timers.locktime;
  parameters.unicast_probes = timers.unicast_probes;
  parameters.multicast_probes = timers.multicast_probes;
  return parameters;
}

ip::FlowHash flow_hash_of(const config::Ecmp& ecmp) {
  std::random_device random;
  return ip::FlowHash{
      ecmp.hash == config::FlowHash::kL4 ? ip::FlowHash::Policy::kL4 : ip::FlowHash::Policy::kL3,
      ecmp.seed != 0 ? ecmp.seed : std::uint64_t{random()} << 32 | random()};
}

// The NUMA node of the worker's core: worker i runs on lcore i + 1.
int node_of(const worker::Worker& worker) {
  return static_cast<int>(rte_lcore_to_socket_id(worker.settings().id.value() + 1U));
}

// Those of the node before others, and of either the `first` and those after it before the rest.
std::vector<worker::Worker*> by_node(const std::vector<worker::Worker*>& workers, std::size_t first,
                                     int node) {
  std::vector<worker::Worker*> order;
  order.reserve(workers.size());
  for (const bool near : {true, false}) {
    for (std::size_t i = 0; i < workers.size(); ++i) {
      worker::Worker* const worker = workers[(first + i) % workers.size()];
      if ((node < 0 || node_of(*worker) == node) == near) {
        order.push_back(worker);
      }
    }
  }
  return order;
}

// Linux's bound, and never so much that a flood of fragments leaves few buffers for the rest.
ip::ReassemblySettings reassembly_settings(const rte_mempool& pool) {
  std::random_device random;
  ip::ReassemblySettings settings;
  settings.memory.count =
      std::min<std::uint64_t>(settings.memory.count, std::uint64_t{pool.size} * pool.elt_size / 4);
  settings.seed = std::uint64_t{random()} << 32U | random();
  return settings;
}

worker::Idle idle_of(config::Idle idle) {
  switch (idle) {
    case config::Idle::kPoll:
      return worker::Idle::kPoll;
    case config::Idle::kPause:
      return worker::Idle::kPause;
    case config::Idle::kInterrupt:
      return worker::Idle::kInterrupt;
  }
  return worker::Idle::kPoll;
}

// The VLANs of whose frames the port is a link, and the number by which priorities come (IEEE
// 802.1Q 6.9).
std::vector<std::uint16_t> vlans_on(const config::Config& config, const std::string& link) {
  std::vector<std::uint16_t> vlans;
  for (const config::Port& port : config.ports) {
    if (port.vlan && port.vlan->link == link) {
      vlans.push_back(port.vlan->id);
    }
  }
  if (!vlans.empty()) {
    vlans.push_back(0);
  }
  return vlans;
}

}  // namespace

Result<std::unique_ptr<Router>> Router::open(const config::Config& config, const Clock& clock,
                                             OnLoad on_load) {
  std::unique_ptr<Router> router{new Router{config, clock, std::move(on_load)}};
  for (const auto step : {&Router::set_up_ports, &Router::set_up_tables, &Router::set_up_workers,
                          &Router::set_up_routes}) {
    if (const Status status = (router.get()->*step)(); !status) {
      return std::unexpected{status.error()};
    }
  }
  for (const auto& port : router->ports_) {
    if (const Status status = port->start(); !status) {
      return std::unexpected{status.error()};
    }
    for (const auto& worker : router->workers_) {
      worker->watch_rx(*port);
    }
  }
  router->run_timers();
  return router;
}

Status Router::set_up_ports() {
  if (config_.devices() > ip::kPortsMax) {
    return fail(
        fmt::format("{} ports are configured; {} is the most", config_.devices(), ip::kPortsMax));
  }
  const auto workers = static_cast<std::uint16_t>(config_.engine.workers.size());
  for (const std::uint16_t i : numbers(config_.devices())) {
    const config::Port& port = config_.ports[i];
    auto opened =
        port::Port::open({.id = PortId{i},
                          .name = port.name,
                          .device = port.device,
                          .mtu = port.mtu,
                          .workers = workers,
                          .rx_queues = port.queues.value_or(0),
                          .vlans = vlans_on(config_, port.name),
                          .rx_interrupts = config_.engine.idle == config::Idle::kInterrupt},
                         pools_);
    if (!opened) {
      return std::unexpected{opened.error()};
    }
    if (port.mac) {
      if (Status status = (*opened)->set_mac(*port.mac); !status) {
        return status;
      }
    }
    log::debug("port {}: {} ({}), {} RX and {} TX queues", port.name, port.device,
               (*opened)->driver(), (*opened)->rx_queues(), (*opened)->tx_queues());
    ports_.push_back(std::move(*opened));
  }
  hangs_.resize(ports_.size());
  link_up_.resize(ports_.size());
  linked_.resize(config_.ports.size());
  usable_.resize(config_.ports.size());
  return {};
}

Status Router::set_up_tables() {
  world_ = std::make_unique<World>(static_cast<std::uint32_t>(config_.engine.workers.size()),
                                   config_.arp.gc_thresh[2]);
  world_->tables().flow_hash = flow_hash_of(config_.ecmp);
  set_up_interfaces();
  next_hops_ = std::make_unique<NextHops>(*world_);
  routing_ = std::make_unique<Routing>(*world_, *next_hops_);
  sender_ = std::make_unique<Sender>(*world_, pools_.first());
  slow_path_ = std::make_unique<SlowPath>(
      *world_, *routing_, *sender_, clock_,
      SlowPath::Settings{.limits = {.rate = config_.icmp.rate,
                                    .burst = config_.icmp.burst,
                                    .per_destination = config_.icmp.per_destination},
                         .reassembly = reassembly_settings(pools_.first())});
  addresses_ = std::make_unique<Addresses>(
      Addresses::Settings{.announce = config_.arp.notify, .seed = std::random_device{}()}, *world_,
      *sender_, clock_);
  neighbors_ = std::make_unique<Neighbors>(
      Neighbors::Settings{.parameters = parameters_of(config_.arp.timers),
                          .limits = {.gc_interval = neigh::Limits{}.gc_interval,
                                     .gc_thresh = config_.arp.gc_thresh},
                          .queue_bytes = config_.arp.queue_bytes,
                          .seed = std::random_device{}()},
      *world_, *routing_, *addresses_, *sender_, clock_,
      [this](ip::OwnedPacket packet) { slow_path_->host_unreachable(std::move(packet)); });
  for (const std::uint16_t i : numbers(config_.ports.size())) {
    if (const auto& timers = config_.ports[i].arp) {
      neighbors_->set_parameters(PortId{i}, parameters_of(*timers));
    }
  }
  slow_path_->set_neighbors(*neighbors_);
  return {};
}

void Router::set_up_interfaces() {
  for (const std::uint16_t i : numbers(config_.ports.size())) {
    const config::Port& port = config_.ports[i];
    PortView view{.id = PortId{i},
                  .name = port.name,
                  .mac = {},
                  .mtu = port.mtu,
                  .addresses = port.addresses,
                  .forwarding = port.forwarding,
                  .send_redirects = port.send_redirects,
                  .dad = port.dad,
                  .rp_filter = port.rp_filter};
    if (port.vlan) {
      tag_like_its_link(view, *port.vlan);
    } else {
      view.mac = ports_[i]->mac();
      view.gathers = ports_[i]->gathers();
    }
    world_->add_port(std::move(view));
  }
  // A driver that does not tell one protocol of tags from the other reports all as 802.1Q.
  const auto add_vlans = [this](bool hidden) {
    for (const PortView& view : world_->ports()) {
      if (!view.link) {
        continue;
      }
      const config::Vlan& vlan = config_.ports[view.id.value()].vlan.value();
      const port::Port* const device =
          view.link->value() < ports_.size() ? ports_[view.link->value()].get() : nullptr;
      if (hidden && (device == nullptr || !port::profile_of(device->driver()).hides_tag_protocol)) {
        continue;
      }
      const auto protocol = hidden ? config::VlanProtocol::k8021Q : vlan.protocol;
      world_->add_vlan(*view.link, static_cast<std::uint16_t>(protocol), vlan.id, view.id);
    }
  };
  add_vlans(false);
  add_vlans(true);
}

// The link comes before its sub-interfaces in the configuration.
void Router::tag_like_its_link(PortView& view, const config::Vlan& vlan) {
  const PortView& link = *world_->find_port(vlan.link);
  neigh::Tag tag{.protocol = static_cast<std::uint16_t>(vlan.protocol), .id = vlan.id};
  for (std::size_t priority = 0; priority < vlan.egress_qos.size(); ++priority) {
    tag.pcp_of_priority |= std::uint64_t{vlan.egress_qos.at(priority)} << (4 * priority);
  }
  view.mac = link.mac;
  view.link = link.id;
  view.egress = link.egress;
  view.gathers = link.gathers;
  view.tags = link.tags;
  view.tags.tags.at(view.tags.count++) = tag;
  // Devices insert 802.1Q, and one tag.
  view.tags.offload = ports_[link.egress.value()]->inserts_tags() &&
                      view.tags.tags[0].protocol == RTE_ETHER_TYPE_VLAN;
  std::array<std::uint8_t, 8> priorities{};
  std::ranges::transform(vlan.ingress_qos, priorities.begin(),
                         [](auto priority) { return priority.value_or(ip::kPriorityOfTos); });
  world_->set_priorities(view.id, priorities);
}

Status Router::set_up_workers() {
  const std::size_t count = config_.engine.workers.size();
  if (count == 0) {
    return fail("there is no worker");
  }
  std::vector<worker::Worker*> all;
  for (const std::uint16_t i : numbers(count)) {
    auto made = worker::Worker::make({.id = WorkerId{i},
                                      .core = config_.engine.workers[i],
                                      .idle = idle_of(config_.engine.idle),
                                      .pools = &pools_},
                                     world_->tables(), world_->reclaimer().readers());
    if (!made) {
      return std::unexpected{made.error()};
    }
    all.push_back(made->get());
    workers_.push_back(std::move(*made));
  }
  bool spreads = false;
  for (const std::uint16_t i : numbers(ports_.size())) {
    const port::Port& port = *ports_[i];
    const bool spread = config_.ports[i].spread && port.rx_queues() < count;
    spreads = spreads || spread;
    // Ports with fewer queues than there are workers begin with different ones, those of their node
    // before others; those with as many begin with the same, so that both directions of a flow come
    // to one worker.
    const auto order = port.rx_queues() < count ? by_node(all, i, port.node()) : all;
    for (std::uint16_t queue = 0; queue < port.rx_queues(); ++queue) {
      worker::Worker& worker = *order[queue % count];
      if (port.node() >= 0 && node_of(worker) != port.node()) {
        log::warn(
            "port {} is at NUMA node {}, core {} that polls its queue {} is of node {}: each "
            "packet "
            "crosses between them; let cores of node {} be workers, and its `queues` no more than "
            "those",
            port.settings().name, port.node(), worker.settings().core, queue, node_of(worker),
            port.node());
      }
      worker.add_rx({.port = PortId{i},
                     .device = port.device(),
                     .queue = queue,
                     .fetch = !port::profile_of(port.driver()).writes_frames,
                     .spread = spread});
    }
    const config::Scheduler scheduler = config_.scheduler_of(config_.ports[i]);
    const sched::Discipline discipline = discipline_of(scheduler);
    const auto shaper = std::make_shared<sched::Shaper>(discipline, clock_.now());
    for (const std::uint16_t w : numbers(count)) {
      if (w < port.tx_queues()) {
        const port::TxQueue::Settings settings{.device = port.device(),
                                               .queue = w,
                                               .descriptors = port.reported_descriptors(),
                                               .limit_bytes = scheduler.byte_limits};
        all[w]->add_tx(PortId{i},
                       std::make_unique<port::TxQueue>(settings, discipline, clock_, shaper));
      } else {
        all[w]->add_tx_through(PortId{i}, *all[w % port.tx_queues()]);
      }
    }
  }
  for (worker::Worker* const worker : all) {
    worker->set_peers(spreads ? all : std::vector<worker::Worker*>{});
  }
  sender_->set_workers(all);
  neighbors_->set_workers(all);
  return {};
}

Status Router::set_up_routes() {
  routing_->add_fixed_routes();
  for (const std::uint16_t i : numbers(config_.ports.size())) {
    for (const InterfaceAddress& address : config_.ports[i].addresses) {
      if (config_.ports[i].dad) {
        probe_for(PortId{i}, address);
      } else if (Status status = connect(PortId{i}, address); !status) {
        return status;
      }
    }
  }
  // A gateway may be reached through a route that comes later, or through one of a file.
  std::vector<const config::Route*> waiting;
  std::ranges::transform(config_.routes, std::back_inserter(waiting),
                         [](const config::Route& route) { return &route; });
  Status refused;
  const auto add_those_that_can = [&] {
    while (std::erase_if(waiting, [&](const config::Route* route) {
             const Status status = add_to_rib(*route);
             refused = status ? refused : status;
             return status.has_value();
           }) > 0) {
    }
  };
  add_those_that_can();
  for (const config::RouteFile& file : config_.route_files) {
    if (Status status = load_and_wait(file); !status) {
      return status;
    }
  }
  add_those_that_can();
  if (!waiting.empty()) {
    return refused;
  }
  for (const config::StaticNeighbor& neighbor : config_.neighbors) {
    if (const PortView* const port = world_->find_port(neighbor.port); port != nullptr) {
      neighbors_->set_permanent({port->id, neighbor.address}, neighbor.mac);
    }
  }
  return {};
}

// No worker runs yet and no timer is due: there is nothing to do meanwhile but to tell.
Status Router::load_and_wait(const config::RouteFile& file) {
  const auto tell = [this] {
    if (on_load_) {
      on_load_(*load_);
    }
  };
  if (Status status = load_routes(file); !status) {
    return status;
  }
  while (!load_->finished()) {
    tell();
    if (!load_->advance()) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    world_->reclaimer().run_once();
  }
  tell();
  const RouteLoad::Outcome& outcome = load_->outcome();
  if (!outcome.error.empty()) {
    return fail(outcome.error);
  }
  for (const std::string& complaint : outcome.complaints) {
    log::warn("{}", complaint);
  }
  const auto passed_over = [](std::size_t count, std::string_view what) {
    return count == 0 ? std::string{} : fmt::format(", {} {} passed over", count, what);
  };
  log::info("{}: {} routes{}{}", file.path, outcome.added,
            passed_over(outcome.bad_lines, "bad lines"),
            passed_over(outcome.skipped_ipv6, "IPv6 prefixes"));
  return {};
}

}  // namespace ringroad::control

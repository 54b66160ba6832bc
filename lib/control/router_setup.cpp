// SPDX-License-Identifier: BSD-3-Clause
// The set-up of a Router: ports, tables, workers, routes, in that order.
#include <fmt/format.h>
#include <rte_lcore.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/random_seed.hpp"
#include "base/sha256.hpp"
#include "control/router.hpp"
#include "control/settings.hpp"

namespace ringroad::control {
namespace {

// The NUMA node of the worker's core: worker i runs on lcore i + 1.
int node_of(const worker::Worker& worker) {
  return static_cast<int>(rte_lcore_to_socket_id(worker.settings().id.value() + 1U));
}

// Returns the workers of the node, then the others. Each part starts at index `first` and wraps
// around.
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

}  // namespace

std::expected<std::unique_ptr<Router>, config::Fault> Router::open(const config::Config& config,
                                                                   const Clock& clock,
                                                                   const Options& options) {
  using At = config::Fault::At;
  std::unique_ptr<Router> router{new Router{config, clock, options.flow_seed}};
  router->identity_ = options.identity;
  const auto refused = [&](const Status& status) {
    config::Fault fault = router->place_;
    fault.what = status.error().what;
    return std::unexpected{std::move(fault)};
  };
  for (const auto step : {&Router::set_up_ports, &Router::set_up_buffers, &Router::set_up_tables,
                          &Router::set_up_workers, &Router::set_up_addresses}) {
    router->place_ = {};
    if (const Status status = (router.get()->*step)(); !status) {
      return refused(status);
    }
  }
  if (const Status status = router->configuration_->start(config, router->place_, options.on_load);
      !status) {
    return refused(status);
  }
  for (const auto& port : router->ports_) {
    router->place_ = {.what = "", .at = At::kPort, .port = port->settings().name};
    if (const Status status = port->start(); !status) {
      return refused(status);
    }
    for (const auto& worker : router->workers_) {
      worker->watch_rx(*port);
    }
  }
  router->neighbors_->start();
  router->run_timers();
  router->config_ = {};  // the tables have the values now
  return router;
}

Status Router::set_up_tables() {
  world_ = std::make_unique<interface::World>(
      static_cast<std::uint32_t>(config_.engine.workers.size()), config_.arp.gc_thresh[2]);
  world_->tables().flow_hash = flow_hash_of(config_.ecmp);
  set_up_interfaces();
  next_hops_ = std::make_unique<routing::NextHops4>(*world_);
  routing_ = std::make_unique<routing::Routing4>(*world_, *next_hops_);
  sender_ = std::make_unique<host::Sender>(*world_, pools_.first());
  slow_path_ = std::make_unique<host::SlowPath>(
      *world_, *routing_, *sender_, clock_,
      host::SlowPath::Settings{
          .limits = {.rate = config_.icmp.rate,
                     .burst = config_.icmp.burst,
                     .per_destination = config_.icmp.per_destination},
          .reassembly = reassembly_settings(pools_.first(), pools_.budget().reassembly())});
  addresses_ = std::make_unique<host::Addresses>(
      host::Addresses::Settings{.announce = config_.arp.notify, .seed = random_seed()}, *world_,
      *sender_, clock_);
  neighbors_ = std::make_unique<host::Neighbors>(
      host::Neighbors::Settings{
          .parameters = parameters_of(config_.arp.timers),
          .limits = {.gc_interval = neigh::Limits{}.gc_interval,
                     .gc_thresh = config_.arp.gc_thresh},
          .pending = {.neighbor = config_.arp.queue_bytes, .buffers = pools_.budget().neighbors()},
          .seed = random_seed()},
      *world_, *routing_, *addresses_, *sender_, clock_,
      [this](OwnedPacket packet, InterfaceId port) {
        slow_path_->host_unreachable(std::move(packet), port);
      });
  for (const std::uint16_t i : numbers(config_.ports.size())) {
    if (const auto& timers = config_.ports[i].arp) {
      neighbors_->set_parameters(InterfaceId{i}, parameters_of(*timers));
    }
  }
  slow_path_->set_neighbors(*neighbors_);
  return {};
}

void Router::set_up_interfaces() {
  for (const std::uint16_t i : numbers(config_.ports.size())) {
    const config::Port& port = config_.ports[i];
    interface::InterfaceView view{.id = InterfaceId{i},
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
  // A driver that does not distinguish the protocols of tags reports all of them as 802.1Q.
  const auto add_vlans = [this](bool hidden) {
    for (const interface::InterfaceView& view : world_->ports()) {
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

// The parsed configuration lists a link before its sub-interfaces.
void Router::tag_like_its_link(interface::InterfaceView& view, const config::Vlan& vlan) {
  const interface::InterfaceView& link = *world_->find_port(vlan.link);
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
  // Devices insert only 802.1Q tags, and only one.
  view.tags.offload = ports_[link.egress.value()]->inserts_tags() &&
                      view.tags.tags[0].protocol == RTE_ETHER_TYPE_VLAN;
  std::array<std::uint8_t, 8> priorities{};
  std::ranges::transform(vlan.ingress_qos, priorities.begin(),
                         [](auto priority) { return priority.value_or(kPriorityOfTos); });
  world_->set_priorities(view.id, priorities);
}

Status Router::set_up_workers() {
  const std::size_t count = config_.engine.workers.size();
  if (count == 0) {
    return fail("there is no worker");
  }
  if (auto bell = worker::Doorbell::make()) {
    bell_ = std::move(*bell);
  } else {
    return std::unexpected{bell.error()};
  }
  std::vector<worker::Worker*> all;
  for (const std::uint16_t i : numbers(count)) {
    auto made = worker::Worker::make({.id = WorkerId{i},
                                      .core = config_.engine.workers[i],
                                      .idle = config_.engine.idle,
                                      .pools = &pools_,
                                      .bell = bell_.get()},
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
    // The queues of a port with fewer queues than workers are given to different workers than those
    // of the next port, and to workers of the port's NUMA node first. Other ports all begin with
    // the first worker, so that both directions of a flow come to one worker.
    const auto order = port.rx_queues() < count ? by_node(all, i, port.node()) : all;
    for (std::uint16_t queue = 0; queue < port.rx_queues(); ++queue) {
      worker::Worker& worker = *order[queue % count];
      if (port.node() >= 0 && node_of(worker) != port.node()) {
        log::warn(
            "port {} is at NUMA node {}, core {} that polls its queue {} is of node {}: each "
            "packet crosses between them; let cores of node {} be workers, and its `queues` no "
            "more than those",
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
    sched::Discipline discipline = discipline_of(scheduler);
    for (sched::BandSettings& band : discipline.each) {
      band.seed = flow_seed_;
    }
    const auto shaper = std::make_shared<sched::Shaper>(discipline, clock_.now());
    for (const std::uint16_t w : numbers(count)) {
      if (w < port.tx_queues()) {
        const port::TxQueue::Settings settings{.port = PortId{i},
                                               .device = port.device(),
                                               .queue = w,
                                               .descriptors = port.reported_descriptors(),
                                               .limit_bytes = scheduler.byte_limits,
                                               .retry = port.tx_retry(w)};
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
  before_arp_.resize(count);
  sender_->set_workers(all);
  neighbors_->set_workers(all);
  return {};
}

Status Router::set_up_addresses() {
  links_ = std::make_unique<Links>(Links::Parts{.world = *world_,
                                                .routing = *routing_,
                                                .addresses = *addresses_,
                                                .neighbors = *neighbors_,
                                                .interfaces = *interfaces_,
                                                .ports = ports_,
                                                .workers = workers_},
                                   config_.ports, clock_, device_macs_, [this](Ipv4 source) {
                                     configuration_->erase_routes_from(source);
                                   });
  configuration_ = std::make_unique<Configuration>(
      config_,
      Configuration::Parts{
          .world = *world_, .routing = *routing_, .neighbors = *neighbors_, .links = *links_});
  taps_ = std::make_unique<tap::Taps>(tap::Taps::Parts{
      .world = *world_, .workers = workers_, .ports = ports_, .sender = *sender_, .clock = clock_});
  reload_ = std::make_unique<Reload>(ReloadParts{.world = *world_,
                                                 .routing = *routing_,
                                                 .addresses = *addresses_,
                                                 .neighbors = *neighbors_,
                                                 .slow_path = *slow_path_,
                                                 .links = *links_,
                                                 .configuration = *configuration_},
                                     clock_);
  reload_->on_applied = [this](const std::string& file, const std::string& text) {
    before_reload_ = identity_;
    identity_.config_path = file;
    identity_.config_hash = sha256(text);
  };
  reload_->on_reverted = [this] { identity_ = before_reload_; };
  recent_ = std::make_unique<Recent>(
      Recent::Parts{.world = *world_, .workers = workers_, .sender = *sender_});
  routing_->add_fixed_routes();
  for (const interface::InterfaceView& view : world_->ports()) {
    // The next hop for each port's connected subnets is created now, so that no later change lacks
    // room for it.
    if (const auto glean = next_hops_->glean(view.id); !glean) {
      return std::unexpected{glean.error()};
    }
    place_ = {.what = "", .at = config::Fault::At::kPort, .port = view.name, .field = "addresses"};
    for (const InterfaceAddress4& address : view.addresses) {
      if (view.dad) {
        links_->probe_for(view.id, address);
      }
    }
  }
  if (Status status = routing_->sync_connected(); !status) {
    return status;
  }
  for (const interface::InterfaceView& view : world_->ports()) {
    for (const InterfaceAddress4& address : view.addresses) {
      if (view.uses(address)) {
        addresses_->use({view.id, address.address});
      }
    }
  }
  return {};
}

}  // namespace ringroad::control

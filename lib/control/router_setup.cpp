// SPDX-License-Identifier: BSD-3-Clause
// The set-up of a Router: ports, tables, workers, routes, in that order.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/random_seed.hpp"
#include "base/sha256.hpp"
#include "control/interfaces.hpp"
#include "control/router.hpp"
#include "control/settings.hpp"
#include "packet/mark.hpp"

namespace ringroad::control {
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
  for (const auto step : {&Router::set_up_ports, &Router::set_up_tables, &Router::set_up_workers,
                          &Router::set_up_addresses}) {
    router->place_ = {};
    if (const Status status = (router.get()->*step)(); !status) {
      return refused(status);
    }
  }
  if (const Status status = router->configuration_->start(config, router->place_, options.on_load);
      !status) {
    return refused(status);
  }
  for (const auto& port : router->ports()) {
    router->place_ = {.what = "", .at = At::kPort, .port = port->settings().name};
    if (const Status status = port->start(); !status) {
      return refused(status);
    }
    for (const auto& worker : router->workers_) {
      worker->watch_rx(*port);
    }
  }
  router->neighbors_->start();
  router->neighbors6_->start();
  router->run_timers();
  router->config_ = {};  // the tables have the values now
  return router;
}

Status Router::set_up_ports() {
  if (Status status = Mark::reserve(); !status) {
    return status;
  }
  if (Status status = filter::Tracked::reserve(); !status) {
    return status;
  }
  if (Status status = Watch::reserve_mark(); !status) {
    return status;
  }
  if (config_.devices() > kPortsMax) {
    return fail(
        fmt::format("{} ports are configured; {} is the most", config_.devices(), kPortsMax));
  }
  ports_ = std::make_unique<PortSet>(
      PortSet::Parts{
          .pools = pools_, .workers = workers_, .clock = clock_, .flow_seed = flow_seed_},
      config_.engine);
  if (Status status = ports_->begin(); !status) {
    return status;
  }
  for (const config::Port& port : config_.ports) {
    if (port.vlan) {
      continue;
    }
    if (const auto opened = ports_->open(port, vlans_on(config_.ports, port.name)); !opened) {
      place_ = {.what = "",
                .at = config::Fault::At::kPort,
                .port = port.name,
                .field = opened.error().field};
      return fail(opened.error().what);
    }
  }
  if (Status status = ports_->divide_buffers(); !status) {
    place_ = {.what = "", .at = config::Fault::At::kBuffers};
    return status;
  }
  return {};
}

Status Router::set_up_tables() {
  world_ =
      std::make_unique<interface::World>(static_cast<std::uint32_t>(config_.engine.workers.size()),
                                         config_.arp.gc_thresh[2] + config_.nd.gc_thresh[2]);
  world_->tables().flow_hash = flow_hash_of(config_.ecmp);
  set_up_interfaces();
  next_hops_ = std::make_unique<routing::NextHops4>(*world_);
  routing_ = std::make_unique<routing::Routing4>(*world_, *next_hops_);
  sender_ = std::make_unique<host::Sender>(*world_, pools_.first());
  redirect_copies_ = std::make_unique<host::RedirectCopies>(world_->tables());
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
      host::ResolutionSettings{
          .parameters = parameters_of(config_.arp.timers),
          .limits = {.gc_interval = neigh::Limits{}.gc_interval,
                     .gc_thresh = config_.arp.gc_thresh},
          .pending = {.neighbor = config_.arp.queue_bytes, .buffers = pools_.budget().neighbors()},
          .seed = random_seed()},
      *world_, *routing_, *addresses_, *sender_, clock_,
      [this](OwnedPacket packet, InterfaceId port) {
        slow_path_->host_unreachable(std::move(packet), port);
      });
  const std::vector<InterfaceId> ids = ids_at_start(config_.ports);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto& timers = config_.ports[i].arp) {
      neighbors_->set_parameters(ids[i], parameters_of(*timers));
    }
  }
  slow_path_->set_neighbors(*neighbors_);
  set_up_ipv6();
  return {};
}

void Router::set_up_ipv6() {
  next_hops6_ = std::make_unique<routing::NextHops6>(*world_);
  routing6_ = std::make_unique<routing::Routing6>(*world_, *next_hops6_);
  routing::Routing4::connect(*routing_, *routing6_);
  slow_path6_ = std::make_unique<host::SlowPath6>(
      *world_, *routing6_, *sender_, clock_,
      host::SlowPath6::Settings{
          .limits = {.rate = config_.icmp.rate,
                     .burst = config_.icmp.burst,
                     .per_destination = config_.icmp.per_destination},
          .reassembly = reassembly6_settings(pools_.first(), pools_.budget().reassembly())});
  addresses6_ = std::make_unique<host::Addresses6>(
      host::Addresses6::Settings{.transmits = config_.nd.dad_transmits,
                                 .announce = config_.arp.notify,
                                 .seed = random_seed()},
      *world_, *sender_, clock_);
  neighbors6_ = std::make_unique<host::Neighbors6>(
      host::ResolutionSettings{
          .parameters = parameters_of(config_.nd.timers),
          .limits = {.gc_interval = neigh::Limits{}.gc_interval, .gc_thresh = config_.nd.gc_thresh},
          .pending = {.neighbor = config_.nd.queue_bytes, .buffers = pools_.budget().neighbors()},
          .seed = random_seed()},
      *world_, *routing6_, *addresses6_, *sender_, clock_,
      [this](OwnedPacket packet, InterfaceId port) {
        // IPv4 packets may wait for an IPv6 gateway (RFC 8950).
        if (is_version6(*packet)) {
          slow_path6_->address_unreachable(std::move(packet), port);
        } else {
          slow_path_->host_unreachable(std::move(packet), port);
        }
      });
  const std::vector<InterfaceId> ids = ids_at_start(config_.ports);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto& timers = config_.ports[i].nd) {
      neighbors6_->set_parameters(ids[i], parameters_of(*timers));
    }
  }
  slow_path6_->set_neighbors(*neighbors6_);
  slow_path_->set_neighbors6(*neighbors6_);
  groups_ = std::make_unique<host::GroupMembership>(*world_, *sender_, clock_, random_seed());
  slow_path6_->on_mld_query = [this](InterfaceId port, Packet& packet) {
    groups_->hear(port, packet);
  };
  advertisements_ =
      std::make_unique<host::Advertisements>(*world_, *sender_, clock_, random_seed());
  ipv6_links_ = std::make_unique<Ipv6Links>(Ipv6Links::Parts{.world = *world_,
                                                             .routing = *routing6_,
                                                             .addresses = *addresses6_,
                                                             .neighbors = *neighbors6_,
                                                             .groups = *groups_,
                                                             .advertisements = *advertisements_},
                                            config_.nd.dad_transmits > 0);
  accepted_ = std::make_unique<AcceptedAdvertisements>(
      AcceptedAdvertisements::Parts{
          .world = *world_, .routing = *routing6_, .links = *ipv6_links_, .sender = *sender_},
      clock_, random_seed());
  neighbors6_->on_router_solicitation = [this](InterfaceId port, const auto& /*message*/) {
    advertisements_->hear_solicitation(port);
  };
  neighbors6_->on_router_advertisement = [this](InterfaceId port, const auto& message) {
    accepted_->hear(port, message);
  };
  use_reports_ = std::make_unique<host::UseReports>(*world_);
}

// The parsed configuration lists a link before its sub-interfaces.
void Router::set_up_interfaces() {
  const std::vector<InterfaceId> ids = ids_at_start(config_.ports);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const config::Port& port = config_.ports[i];
    auto view =
        view_of(port, ids[i], port.vlan ? world_->find_port(port.vlan->link) : nullptr, ports());
    view.addresses = port.addresses;
    world_->add_port(std::move(view));
    if (port.vlan) {
      world_->set_priorities(ids[i], priorities_of(*port.vlan));
    }
  }
  world_->set_vlans(vlan_tables(config_.ports, ids, ports()));
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
  for (const std::uint16_t i : numbers(ports().size())) {
    ports_->add_queues(PortId{i}, config_.ports[i], config_.scheduler_of(config_.ports[i]));
  }
  ports_->connect_workers();
  before_arp_.resize(count);
  sender_->set_workers(all);
  neighbors_->set_workers(all);
  neighbors6_->set_workers(all);
  use_reports_->set_workers(all);
  return {};
}

Status Router::set_up_addresses() {
  links_ = std::make_unique<Links>(
      Links::Parts{.world = *world_,
                   .routing = *routing_,
                   .addresses = *addresses_,
                   .neighbors = *neighbors_,
                   .ipv6 = *ipv6_links_,
                   .interfaces = ports_->interfaces(),
                   .ports = ports(),
                   .workers = workers_},
      clock_, [this](Ipv4 source) { configuration_->erase_routes_from(source); });
  groups_->on_change = [this](InterfaceId port) { links_->listen(port); };
  const std::vector<InterfaceId> ids = ids_at_start(config_.ports);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const config::Port& port = config_.ports[i];
    links_->add(ids[i], port, port.vlan ? Mac{} : ports_->own_mac(PortId{ids[i].value()}));
  }
  configuration_ =
      std::make_unique<Configuration>(config_, Configuration::Parts{.world = *world_,
                                                                    .routing = *routing_,
                                                                    .routing6 = *routing6_,
                                                                    .neighbors = *neighbors_,
                                                                    .neighbors6 = *neighbors6_,
                                                                    .links = *links_});
  taps_ = std::make_unique<tap::Taps>(tap::Taps::Parts{.world = *world_,
                                                       .workers = workers_,
                                                       .ports = ports(),
                                                       .sender = *sender_,
                                                       .clock = clock_});
  firewall_ = std::make_unique<Firewall>(*world_, clock_, workers_,
                                         Firewall::SlowPaths{*slow_path_, *slow_path6_});
  if (Status status = firewall_->load(config_.firewall); !status) {
    return status;
  }
  reload_ = std::make_unique<Reload>(ReloadParts{.world = *world_,
                                                 .next_hops = *next_hops_,
                                                 .next_hops6 = *next_hops6_,
                                                 .routing = *routing_,
                                                 .routing6 = *routing6_,
                                                 .addresses = *addresses_,
                                                 .addresses6 = *addresses6_,
                                                 .neighbors = *neighbors_,
                                                 .neighbors6 = *neighbors6_,
                                                 .slow_path = *slow_path_,
                                                 .slow_path6 = *slow_path6_,
                                                 .advertisements = *advertisements_,
                                                 .accepted = *accepted_,
                                                 .firewall = *firewall_,
                                                 .links = *links_,
                                                 .configuration = *configuration_,
                                                 .ports = *ports_,
                                                 .workers = workers_,
                                                 .taps = *taps_,
                                                 .workers_run = [this] { return workers_run_; }},
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
  routing6_->add_fixed_routes();
  for (const interface::InterfaceView& view : world_->ports()) {
    // The next hop for each port's connected subnets is created now, so that no later change lacks
    // room for it.
    if (const auto glean = next_hops_->glean(view.id); !glean) {
      return std::unexpected{glean.error()};
    }
    if (const auto glean = next_hops6_->glean(view.id); !glean) {
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
  std::vector<Ipv6Links::Wanted> wanted(world_->ids_end());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    wanted[ids[i].value()] = Ipv6Links::wanted_of(config_.ports[i]);
  }
  if (const auto outcome = ipv6_links_->set_wanted(wanted); !outcome) {
    return fail(outcome.error().what);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& content = config_.ports[i].router_advertisements;
    advertisements_->set(ids[i], content ? &*content : nullptr);
    accepted_->set(ids[i], config_.ports[i].accept_ra);
  }
  return {};
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "control/reload_actions.hpp"
#include "control/reload_step_list.hpp"
#include "control/settings.hpp"

namespace ringroad::control {
namespace {

// Plans the steps, with the values that run now for undoing them. In lists of values, each is at
// the index of its InterfaceId.
class Planner : StepList {
 public:
  Planner(const Target& target, const ReloadParts& parts)
      : target_{target}, parts_{parts}, running_{parts.configuration.brief_config()} {
    const Configuration& configuration = parts.configuration;
    before_ = configuration.fixed().ports;
    slots_ = parts.world.ids_end();
    for (const InterfaceId id : target.ids) {
      slots_ = std::max<std::size_t>(slots_, id.value() + 1U);
    }
    before_.resize(slots_);
    for (const interface::InterfaceView& view : parts.world.ports()) {
      before_[view.id.value()].mtu = parts.links.wanted_mtu(view.id);
      before_[view.id.value()].mac = parts.links.wanted_mac(view.id);
      before_[view.id.value()].addresses = view.addresses;
    }
    after_ = before_;
    stays_.resize(slots_);
    for (std::size_t i = 0; i < target.ids.size(); ++i) {
      after_[target.ids[i].value()] = target.config.ports[i];
      stays_[target.ids[i].value()] = true;
    }
    for (const InterfaceId id : target.ids) {
      if (!parts.world.contains(id)) {
        before_[id.value()] = after_[id.value()];
        before_[id.value()].addresses.clear();
        before_[id.value()].addresses6.clear();
      }
    }
  }

  std::vector<std::unique_ptr<ReloadStep>> plan() {
    add_links();
    add_new_interfaces();
    add_settings();
    add_addresses();
    add_addresses6();
    steps_.push_back(
        std::make_unique<RouteStep<Ipv4>>(parts_.routing, parts_.links, target_.difference));
    steps_.push_back(
        std::make_unique<RouteStep<Ipv6>>(parts_.routing6, parts_.links, target_.difference6));
    add_neighbors(parts_.neighbors, parts_.routing, target_.config.neighbors);
    add_neighbors(parts_.neighbors6, parts_.routing6, target_.config.neighbors6);
    add_schedulers();
    add_lost_interfaces();
    add_firewall();
    add_kept();
    return std::move(steps_);
  }

 private:
  // A step by a function of Links, which takes a value for each port.
  template <class Values>
  void add_of_links(Links::Outcome (Links::*set)(const Values&), const Values& after,
                    const Values& before, std::string_view key) {
    add(
        [links = &parts_.links, world = &parts_.world, set, after, key]() -> Done {
          const Links::Outcome outcome = (links->*set)(after);
          if (outcome) {
            return {};
          }
          const interface::InterfaceView& view = world->port(outcome.error().port);
          return std::unexpected{
              Refusal{fmt::format("{}.{}.{}", view.link ? "vlans" : "ports", view.name, key),
                      outcome.error().what}};
        },
        [links = &parts_.links, set, before] { static_cast<void>((links->*set)(before)); });
  }

  void add_links() {
    std::vector<std::uint16_t> mtus;
    std::vector<std::uint16_t> mtus_before;
    std::vector<std::optional<Mac>> macs;
    std::vector<std::optional<Mac>> macs_before;
    std::vector<bool> ups;
    std::vector<bool> ups_before;
    for (std::size_t i = 0; i < slots_; ++i) {
      const InterfaceId id{static_cast<std::uint16_t>(i)};
      mtus.push_back(after_[i].mtu);
      mtus_before.push_back(before_[i].mtu);
      macs.push_back(after_[i].mac);
      macs_before.push_back(before_[i].mac);
      const bool known = parts_.world.contains(id);
      ups_before.push_back(known && parts_.world.port(id).up);
      ups.push_back(known && (stays_[i] || ups_before.back()));
    }
    add_of_links(&Links::set_mtus, mtus, mtus_before, "mtu");
    add_of_links(&Links::set_macs, macs, macs_before, "macaddress");
    add_of_links(&Links::set_ups, ups, ups_before, "up");
  }

  // The devices let the frames of new sub-interfaces in, then these appear, without addresses.
  void add_new_interfaces() {
    std::vector<InterfaceId> known;
    known.reserve(running_.ports.size());
    for (const config::Port& port : running_.ports) {
      known.push_back(parts_.world.find_port(port.name)->id);
    }
    if (known == target_.ids) {  // another tag would have another id
      return;
    }
    add_filters();
    std::vector<InterfaceId> fresh;
    for (const InterfaceId id : target_.ids) {
      if (!parts_.world.contains(id) || parts_.world.port(id).gone) {
        fresh.push_back(id);
      }
    }
    std::ranges::sort(fresh);
    for (const InterfaceId id : fresh) {
      const config::Port& port = after_[id.value()];
      if (!port.vlan) {
        add_new_port(id, port);
        continue;
      }
      add([parts = parts_, id, port,
           link = link_of(port)]() -> Done { return bring(parts, id, port, link); },
          [parts = parts_, id] { parts.links.set_gone(id, true); });
    }
    const auto set =
        [parts =
             parts_](const std::pair<std::vector<config::Port>, std::vector<InterfaceId>>& ports) {
          parts.world.set_vlans(vlan_tables(ports.first, ports.second, parts.ports.devices()));
        };
    add_setting(set, std::pair{target_.config.ports, target_.ids},
                std::pair{running_.ports, known});
  }

  void add_new_port(InterfaceId id, const config::Port& port) {
    steps_.push_back(std::make_unique<PortStep>(
        PortStep::Parts{.world = parts_.world,
                        .next_hops = parts_.next_hops,
                        .next_hops6 = parts_.next_hops6,
                        .links = parts_.links,
                        .ports = parts_.ports,
                        .taps = parts_.taps,
                        .workers = parts_.workers,
                        .workers_run = parts_.workers_run},
        PortStep::Wanted{.id = id,
                         .port = port,
                         .scheduler = target_.config.scheduler_of(port),
                         .vlans = vlans_on(target_.config.ports, port.name)}));
  }

  void add_filters() {
    const Devices& devices = parts_.ports.devices();
    for (std::size_t i = 0; i < devices.size(); ++i) {
      if (!stays_[i]) {
        continue;
      }
      const std::string& name = before_[i].name;
      const auto before = vlans_on(running_.ports, name);
      const auto after = vlans_on(target_.config.ports, name);
      if (before == after) {
        continue;
      }
      const auto set = [device = devices[i].get()](const std::vector<std::uint16_t>& vlans) {
        return device->set_vlans(vlans);
      };
      add_refusable(set, after, before, "vlans");
    }
  }

  [[nodiscard]] InterfaceId link_of(const config::Port& port) const {
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): it is a sub-interface
    const std::string& name = port.vlan.value().link;
    const auto link = std::ranges::find(target_.config.ports, name, &config::Port::name);
    return target_.ids[static_cast<std::size_t>(link - target_.config.ports.begin())];
  }

  void add_settings() {
    using Values = std::pair<config::Config, std::vector<config::Port>>;
    const auto set = [parts = parts_](const Values& values) {
      apply_settings(parts, values.first, values.second);
    };
    add_setting(set, Values{target_.config, after_}, Values{running_, before_});
    if (running_.icmp != target_.config.icmp) {
      add_setting([parts = parts_](const config::Icmp& icmp) { set_icmp_limits(parts, icmp); },
                  target_.config.icmp, running_.icmp);
    }
    if (running_.ecmp != target_.config.ecmp) {
      add_setting(
          [world = &parts_.world](const FlowHash& hash) { world->tables().flow_hash = hash; },
          flow_hash_of(target_.config.ecmp), parts_.world.tables().flow_hash);
    }
  }

  // The last, because rules name interfaces.
  void add_firewall() {
    const auto set = [firewall = &parts_.firewall](const config::Firewall& rules) {
      return firewall->load(rules);
    };
    add_refusable(set, target_.config.firewall, running_.firewall, "firewall");
  }

  void add_addresses() {
    Links::AddressLists before;
    Links::AddressLists after;
    for (std::size_t i = 0; i < slots_; ++i) {
      before.push_back(before_[i].addresses);
      after.push_back(stays_[i] ? after_[i].addresses : std::vector<InterfaceAddress4>{});
    }
    add_of_links(&Links::set_addresses, after, before, "addresses");
    add_ranks(parts_.routing);
  }

  // Each address has its place now, and takes the rank that it has after a start.
  template <class Address>
  void add_ranks(routing::Routing<Address>& routing) {
    auto order = std::make_shared<typename routing::Routing<Address>::Order>();
    add(
        [&routing, ids = target_.ids, order]() -> Done {
          *order = routing.rank_as_at_start(ids);
          if (const Status status = routing.sync_connected(); !status) {
            routing.set_order(*order);
            return std::unexpected{Refusal{"ports", status.error().what}};
          }
          return {};
        },
        [&routing, order] {
          routing.set_order(*order);
          static_cast<void>(routing.sync_connected());
        });
  }

  void add_addresses6() {
    std::vector<Ipv6Links::Wanted> before;
    std::vector<Ipv6Links::Wanted> after;
    for (std::size_t i = 0; i < slots_; ++i) {
      const InterfaceId id{static_cast<std::uint16_t>(i)};
      before.push_back(parts_.links.ipv6().wanted(id));
      after.push_back(stays_[i] ? Ipv6Links::wanted_of(after_[i]) : Ipv6Links::Wanted{});
    }
    add(
        [parts = parts_, after]() -> Done {
          const Ipv6Links::Outcome outcome = parts.links.ipv6().set_wanted(after);
          if (outcome) {
            return {};
          }
          const interface::InterfaceView& view = parts.world.port(outcome.error().port);
          return std::unexpected{
              Refusal{fmt::format("{}.{}.addresses", view.link ? "vlans" : "ports", view.name),
                      outcome.error().what}};
        },
        [parts = parts_, before] { static_cast<void>(parts.links.ipv6().set_wanted(before)); });
    add_ranks(parts_.routing6);
    add_advertisements();
  }

  // What ports say to hosts as routers, and what they take from other routers.
  void add_advertisements() {
    const auto set = [parts = parts_](const std::vector<config::Port>& ports,
                                      const std::vector<bool>& there) {
      set_advertisements(parts, ports, there);
    };
    std::vector<config::Port> before;
    std::vector<config::Port> after;
    std::vector<bool> was;
    std::vector<bool> stays;
    for (std::size_t i = 0; i < slots_; ++i) {
      before.push_back(before_[i]);
      after.push_back(after_[i]);
      was.push_back(parts_.world.contains(InterfaceId{static_cast<std::uint16_t>(i)}));
      stays.push_back(stays_[i]);
    }
    add(
        [set, after, stays]() -> Done {
          set(after, stays);
          return {};
        },
        [set, before, was] { set(before, was); });
  }

  template <class Address>
  void add_neighbors(host::Resolution<Address>& neighbors, const routing::Routing<Address>& routing,
                     const std::vector<config::StaticNeighborOf<Address>>& wanted) {
    using Step = NeighborStep<Address>;
    std::map<neigh::Key<Address>, typename Step::Edit> edits;
    neighbors.table().for_each([&](NeighborId, const neigh::Entry<Address>& entry) {
      if (entry.state == neigh::State::kPermanent) {
        edits[entry.key] = {.key = entry.key, .before = entry.mac, .after = std::nullopt};
      }
    });
    std::map<std::string_view, InterfaceId> ids;
    for (std::size_t i = 0; i < target_.ids.size(); ++i) {
      ids.emplace(target_.config.ports[i].name, target_.ids[i]);
    }
    for (const config::StaticNeighborOf<Address>& neighbor : wanted) {
      const neigh::Key<Address> key{ids.at(neighbor.port), neighbor.address};
      typename Step::Edit& edit = edits[key];
      edit.key = key;
      edit.after = neighbor.mac;
    }
    std::vector<typename Step::Edit> changed;
    for (const auto& [key, edit] : edits) {
      if (edit.before != edit.after) {
        changed.push_back(edit);
      }
    }
    steps_.push_back(std::make_unique<Step>(neighbors, routing, std::move(changed)));
  }

  // A scheduler with another name and the same bands is the same.
  void add_schedulers() {
    std::vector<SchedulerStep::Edit> edits;
    for (std::size_t i = 0; i < parts_.ports.devices().size(); ++i) {
      if (!stays_[i]) {
        continue;
      }
      config::Scheduler before = running_.scheduler_of(before_[i]);
      const config::Scheduler after = target_.config.scheduler_of(after_[i]);
      before.name = after.name;
      if (before != after) {
        edits.push_back({PortId{static_cast<std::uint16_t>(i)}, before, after});
      }
    }
    steps_.push_back(std::make_unique<SchedulerStep>(
        SchedulerStep::Parts{
            .workers = parts_.workers, .ports = parts_.ports, .workers_run = parts_.workers_run},
        std::move(edits)));
  }

  void add_lost_interfaces() {
    for (const interface::InterfaceView& view : parts_.world.ports()) {
      if (stays_[view.id.value()]) {
        continue;
      }
      const auto set = [links = &parts_.links, id = view.id](bool gone) {
        links->set_gone(id, gone);
      };
      const auto release = [parts = parts_, egress = view.egress, tagged = view.link] {
        if (!tagged) {
          parts.links.release(egress, parts.workers_run());
        }
      };
      add_setting(set, true, false, release);
    }
  }

  void add_kept() {
    const auto kept = std::make_shared<Configuration::Kept>(Configuration::kept_of(
        target_.config, target_.ids, target_.routes->ipv4.listed, target_.routes->ipv6.listed));
    const auto swap = [parts = parts_, kept] { parts.configuration.swap(*kept); };
    add(
        [swap]() -> Done {
          swap();
          return {};
        },
        swap);
  }

  const Target& target_;
  ReloadParts parts_;
  config::Config running_;            // in the order of its file
  std::size_t slots_ = 0;             // all ids are below it
  std::vector<config::Port> before_;  // at each id
  std::vector<config::Port> after_;
  std::vector<bool> stays_;  // whether the target has a port with this id
};

}  // namespace

std::vector<std::unique_ptr<ReloadStep>> steps_to(const Target& target, const ReloadParts& parts) {
  return Planner{target, parts}.plan();
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// What a reload reads of the file, and what the running router cannot take over of it. Runs in the
// reading thread, except for running().
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "config/device.hpp"
#include "control/reload.hpp"

namespace ringroad::control {

Reload::Running Reload::running() const {
  Running running{.config = parts_.configuration.running_parts(),
                  .ids = {},
                  .ups = {},
                  .neighbors_max = parts_.configuration.neighbors_max(),
                  .neighbors6_max = parts_.configuration.neighbors6_max(),
                  .gone = {}};
  for (const interface::InterfaceView& view : parts_.world.all_ports()) {
    (view.link ? running.next_sub_interface : running.next_port) = view.id.value() + 1U;
    if (view.gone) {
      running.gone.push_back({view.id, view.link.value_or(view.id), interfaces_.at(view.id)});
      continue;
    }
    running.ids.emplace(view.name, view.id);
    if (!view.up) {
      const std::string_view section = view.link ? "vlans" : "ports";
      running.ups.push_back({.kind = config::Change::Kind::kChanged,
                             .key = fmt::format("{}.{}.up", section, view.name),
                             .before = "false",
                             .after = "true",
                             .effect = config::Effect::kLive});
    }
  }
  return running;
}

// Runs in the reading thread.
void Reload::read(const Running& running) {
  const auto report = [this](const config::Problems& problems) {
    for (const config::Problem& problem : problems) {
      read_.problems.push_back(problem.to_string());
    }
  };
  const auto text = config::read_file(request_.file);
  if (!text) {
    report(text.error());
    return;
  }
  read_.text = *text;
  auto config = config::parse(read_.text, request_.file);
  if (!config) {
    report(config.error());
    return;
  }
  read_.config = std::move(*config);
  const routing::PortIds ids = ids_of(running);
  if (ids.size() < read_.config.ports.size()) {
    const bool vlan = read_.config.ports[ids.size()].vlan.has_value();
    read_.problems.push_back(
        placed(vlan ? "vlans" : "ports",
               fmt::format("more than {} since the start need a restart",
                           vlan ? fmt::format("{} sub-interfaces", kInterfacesMax - kPortsMax)
                                : fmt::format("{} ports", kPortsMax))));
    return;
  }
  auto routes = routing::wanted_routes(read_.config, ids, &reading_);
  if (!routes) {
    read_.problems.push_back(config::place(read_.text, request_.file, routes.error()).to_string());
    return;
  }
  read_.routes = std::make_shared<routing::WantedRoutes>(std::move(*routes));
  read_.config.routes.clear();
  read_.config.routes6.clear();
  compare(running);
}

// A port with another device, and a sub-interface with another tag or link, is another one, and
// gets another id.
routing::PortIds Reload::ids_of(const Running& running) {
  routing::PortIds ids;
  std::size_t next_port = running.next_port;
  std::size_t next_sub_interface = running.next_sub_interface;
  for (config::Port& port : read_.config.ports) {
    port.addresses = interface::in_order(port.addresses);
    std::optional<InterfaceId> id;
    const auto known = std::ranges::find(running.config.ports, port.name, &config::Port::name);
    const auto is_same = [&](const config::Port& other) {
      return other.vlan == port.vlan &&
             (port.vlan ? ids.at(port.vlan->link) == running.ids.at(port.vlan->link)
                        : other.device == port.device);
    };
    if (known != running.config.ports.end() && known->vlan.has_value() == port.vlan.has_value() &&
        (!port.vlan || running.ids.contains(port.vlan->link)) && is_same(*known)) {
      id = running.ids.at(port.name);
    }
    for (const Running::Gone& gone : running.gone) {
      if (!id && port.vlan && gone.port.name == port.name && gone.port.vlan == port.vlan &&
          gone.link == ids.at(port.vlan->link)) {
        id = gone.id;
      }
    }
    std::size_t& next = port.vlan ? next_sub_interface : next_port;
    if (!id && next == (port.vlan ? kInterfacesMax : kPortsMax)) {
      break;
    }
    if (!id) {
      id = InterfaceId{static_cast<std::uint16_t>(next++)};
    }
    ids.emplace(port.name, *id);
    read_.ids.push_back(*id);
  }
  return ids;
}

void Reload::compare(const Running& running) {
  read_.changes = config::difference(running.config, read_.config);
  for (const config::Change& change : running.ups) {
    const auto is_it = [&](const config::Port& port) {
      return change.key == fmt::format("{}.{}.up", port.vlan ? "vlans" : "ports", port.name);
    };
    if (std::ranges::any_of(read_.config.ports, is_it)) {
      read_.changes.push_back(change);
    }
  }
  for (const config::Change& change : read_.changes) {
    if (change.effect == config::Effect::kLive) {
      continue;
    }
    const std::string what = change.before.empty()  ? "new: it needs a restart"
                             : change.after.empty() ? "gone: it needs a restart"
                                                    : fmt::format("from {} to {} needs a restart",
                                                                  change.before, change.after);
    read_.refused.push_back(placed(change.key, what));
  }
  refuse_used_devices(running);
  for (const auto& [key, wanted, most] :
       {std::tuple{"arp.gc_thresh", read_.config.arp.gc_thresh[2], running.neighbors_max},
        std::tuple{"nd.gc_thresh", read_.config.nd.gc_thresh[2], running.neighbors6_max}}) {
    if (wanted > most) {
      read_.refused.push_back(
          placed(key, fmt::format("more neighbors than the {}, for which there is room since the "
                                  "start, need a restart",
                                  most)));
    }
  }
}

// A device is closed when nothing can be undone any more: until then no other port can have it, nor
// what its driver took.
void Reload::refuse_used_devices(const Running& running) {
  for (std::size_t i = 0; i < read_.ids.size(); ++i) {
    const config::Port& port = read_.config.ports[i];
    if (port.vlan) {
      continue;
    }
    const auto wanted = config::resources_of(port.device);
    for (const config::Port& other : running.config.ports) {
      if (other.vlan || running.ids.at(other.name) == read_.ids[i]) {
        continue;
      }
      const auto taken = config::resources_of(other.device);
      const auto shared = std::ranges::find_first_of(wanted, taken);
      if (shared != wanted.end()) {
        read_.refused.push_back(
            placed(fmt::format("ports.{}.device", port.name),
                   fmt::format("port {} has {}; remove it with one reload and add {} with another, "
                               "or restart",
                               other.name, *shared, port.name)));
      }
    }
  }
}

std::string Reload::placed(const std::string& key, const std::string& what) const {
  return config::place(read_.text, request_.file, key, what).to_string();
}

}  // namespace ringroad::control

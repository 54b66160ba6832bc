// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload_actions.hpp"

#include "control/settings.hpp"

namespace ringroad::control {

Done bring(const ReloadParts& parts, InterfaceId id, const config::Port& port, InterfaceId link) {
  interface::World& world = parts.world;
  if (world.contains(id)) {
    // What changed while it was gone.
    world.set_mtu(id, port.mtu);
    world.set_mac(id, world.port(link).mac);
  } else {
    world.add_port(view_of(port, id, &world.port(link), parts.ports.devices()));
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): it is a sub-interface
    world.set_priorities(id, priorities_of(port.vlan.value()));
  }
  parts.links.add(id, port, {});
  parts.links.set_gone(id, false);
  // Without room nothing is sent by it: it is gone again.
  for (const auto& glean : {parts.next_hops.glean(id), parts.next_hops6.glean(id)}) {
    if (!glean) {
      parts.links.set_gone(id, true);
      return std::unexpected{Refusal{"vlans." + port.name, glean.error().what}};
    }
  }
  return {};
}

void apply_settings(const ReloadParts& parts, const config::Config& config,
                    const std::vector<config::Port>& ports) {
  for (const interface::InterfaceView& view : parts.world.ports()) {
    const config::Port& port = ports[view.id.value()];
    parts.world.set_policy(view.id, {.forwarding = port.forwarding,
                                     .send_redirects = port.send_redirects,
                                     .dad = port.dad,
                                     .rp_filter = port.rp_filter});
    const neigh::Parameters timers = parameters_of(port.arp.value_or(config.arp.timers));
    if (parts.neighbors.table().parameters(view.id) != timers) {
      parts.neighbors.set_parameters(view.id, timers);
    }
    const neigh::Parameters timers6 = parameters_of(port.nd.value_or(config.nd.timers));
    if (parts.neighbors6.table().parameters(view.id) != timers6) {
      parts.neighbors6.set_parameters(view.id, timers6);
    }
  }
  neigh::Limits limits = parts.neighbors.table().limits();
  limits.gc_thresh = config.arp.gc_thresh;
  parts.neighbors.set_limits(limits, config.arp.queue_bytes);
  parts.addresses.set_announce(config.arp.notify);
  neigh::Limits limits6 = parts.neighbors6.table().limits();
  limits6.gc_thresh = config.nd.gc_thresh;
  parts.neighbors6.set_limits(limits6, config.nd.queue_bytes);
  parts.addresses6.set_announce(config.arp.notify);
  parts.addresses6.set_transmits(config.nd.dad_transmits);
  parts.links.ipv6().set_probes(config.nd.dad_transmits > 0);
}

void set_icmp_limits(const ReloadParts& parts, const config::Icmp& icmp) {
  const auto set = [&](auto& slow_path) {
    slow_path.set_limits(
        {.rate = icmp.rate, .burst = icmp.burst, .per_destination = icmp.per_destination});
  };
  set(parts.slow_path);
  set(parts.slow_path6);
}

void set_advertisements(const ReloadParts& parts, const std::vector<config::Port>& ports,
                        const std::vector<bool>& there) {
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const InterfaceId id{static_cast<std::uint16_t>(i)};
    const auto& content = ports[i].router_advertisements;
    parts.advertisements.set(id, there[i] && content ? &*content : nullptr);
    parts.accepted.set(id, there[i] && ports[i].accept_ra);
  }
}

}  // namespace ringroad::control

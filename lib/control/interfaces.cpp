// SPDX-License-Identifier: BSD-3-Clause
#include "control/interfaces.hpp"

#include <rte_ether.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace ringroad::control {
namespace {

neigh::Tag tag_of(const config::Vlan& vlan) {
  neigh::Tag tag{.protocol = static_cast<std::uint16_t>(vlan.protocol), .id = vlan.id};
  for (std::size_t priority = 0; priority < vlan.egress_qos.size(); ++priority) {
    tag.pcp_of_priority |= std::uint64_t{vlan.egress_qos.at(priority)} << (4 * priority);
  }
  return tag;
}

}  // namespace

std::vector<InterfaceId> ids_at_start(const std::vector<config::Port>& ports) {
  std::vector<InterfaceId> ids;
  ids.reserve(ports.size());
  std::uint16_t port = 0;
  std::uint16_t sub_interface = kPortsMax;
  for (const config::Port& one : ports) {
    ids.emplace_back(one.vlan ? sub_interface++ : port++);
  }
  return ids;
}

interface::InterfaceView view_of(const config::Port& port, InterfaceId id,
                                 const interface::InterfaceView* link, const Devices& devices) {
  interface::InterfaceView view{.id = id,
                                .name = port.name,
                                .mac = {},
                                .mtu = port.mtu,
                                .addresses = {},
                                .forwarding = port.forwarding,
                                .send_redirects = port.send_redirects,
                                .dad = port.dad,
                                .rp_filter = port.rp_filter};
  if (link == nullptr) {
    view.mac = devices[id.value()]->mac();
    view.gathers = devices[id.value()]->gathers();
    return view;
  }
  view.mac = link->mac;
  view.link = link->id;
  view.egress = link->egress;
  view.gathers = link->gathers;
  view.tags = link->tags;
  if (port.vlan) {
    view.tags.tags.at(view.tags.count++) = tag_of(*port.vlan);
  }
  // Devices insert only 802.1Q tags, and only one.
  view.tags.offload = devices[link->egress.value()]->inserts_tags() &&
                      view.tags.tags[0].protocol == RTE_ETHER_TYPE_VLAN;
  return view;
}

std::array<std::uint8_t, 8> priorities_of(const config::Vlan& vlan) {
  std::array<std::uint8_t, 8> priorities{};
  std::ranges::transform(vlan.ingress_qos, priorities.begin(),
                         [](auto priority) { return priority.value_or(kPriorityOfTos); });
  return priorities;
}

interface::World::VlanTables vlan_tables(const std::vector<config::Port>& ports,
                                         const std::vector<InterfaceId>& ids,
                                         const Devices& devices) {
  interface::World::VlanTables tables;
  // A driver that does not distinguish the protocols of tags reports all of them as 802.1Q.
  const auto add_vlans = [&](bool hidden) {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (!ports[i].vlan) {
        continue;
      }
      const config::Vlan& vlan = *ports[i].vlan;
      const auto link = std::ranges::find(ports, vlan.link, &config::Port::name);
      const InterfaceId link_id = ids[static_cast<std::size_t>(link - ports.begin())];
      const port::Port* const device =
          link_id.value() < devices.size() ? devices[link_id.value()].get() : nullptr;
      if (hidden && (device == nullptr || !port::profile_of(device->driver()).hides_tag_protocol)) {
        continue;
      }
      const auto protocol =
          static_cast<std::uint16_t>(hidden ? config::VlanProtocol::k8021Q : vlan.protocol);
      auto& table = tables[link_id];
      if (!table) {
        table = std::make_unique<VlanTable>();
      }
      if (!table->find(protocol, vlan.id)) {
        table->set(protocol, vlan.id, ids[i]);
      }
    }
  };
  add_vlans(false);
  add_vlans(true);
  return tables;
}

std::vector<std::uint16_t> vlans_on(const std::vector<config::Port>& ports,
                                    const std::string& link) {
  std::vector<std::uint16_t> vlans;
  for (const config::Port& port : ports) {
    if (port.vlan && port.vlan->link == link) {
      vlans.push_back(port.vlan->id);
    }
  }
  if (!vlans.empty()) {
    vlans.push_back(0);
  }
  return vlans;
}

}  // namespace ringroad::control

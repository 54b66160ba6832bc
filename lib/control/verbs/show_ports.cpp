// SPDX-License-Identifier: BSD-3-Clause
// Reports the link, addresses, counters, rates and drops of ports and sub-interfaces.
#include "control/json.hpp"
#include "control/now_json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

std::uint64_t requeued_by(const Router& router, PortId port) {
  std::uint64_t packets = 0;
  for (const auto& worker : router.workers()) {
    const port::TxQueue* const queue = worker->tx(port);
    packets += queue == nullptr ? 0 : queue->bands().totals().requeued;
  }
  return packets;
}

// Sets "drops" and "drops_per_second", each with the reasons for which it is not 0.
void add_drops(const Router& router, InterfaceId id, Json& port) {
  Json& drops = port["drops"] = Json::object();
  Json& per_second = port["drops_per_second"] = Json::object();
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    const auto reason = static_cast<stats::DropReason>(i);
    const Recent::Drops here = router.recent().drops(id, reason);
    if (here.total > 0) {
      drops[std::string{stats::name(reason)}] = here.total;
    }
    if (here.per_second > 0) {
      per_second[std::string{stats::name(reason)}] = here.per_second;
    }
  }
}

Json tags_of(const neigh::Tags& tags) {
  Json list = Json::array();
  for (std::size_t i = 0; i < tags.count; ++i) {
    const neigh::Tag& tag = tags.tags.at(i);
    list.push_back(
        {{"protocol", tag.protocol == RTE_ETHER_TYPE_VLAN ? "802.1Q" : "802.1ad"}, {"id", tag.id}});
  }
  return list;
}

Reply show_ports(Router& router, Options& options) {
  options.only({"port"});
  const std::optional<InterfaceId> wanted = optional_port(router, options);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  Json ports = Json::array();
  for (const interface::InterfaceView& view : router.world().ports()) {
    if (wanted && view.id != *wanted) {
      continue;
    }
    const Traffic total = router.recent().total(view);
    Json addresses = Json::array();
    for (const InterfaceAddress4& address : view.addresses) {
      addresses.push_back(address.to_string());
    }
    // Also one that is being probed for, or that another node uses.
    for (const InterfaceAddress6& address : view.addresses6) {
      addresses.push_back(address.to_string());
    }
    port::Port& device = *router.ports().at(view.egress.value());
    const std::uint32_t speed = device.link().speed_mbps;
    Json port{{"name", view.name},
              {"device", device.settings().device},
              {"driver", device.driver()},
              {"node", node_or_null(device.node())},
              {"mac", view.mac.to_string()},
              {"link", router.links().linked(view.id) ? "up" : "down"},
              {"speed_mbps", speed},
              {"mtu", view.mtu},
              {"addresses", addresses},
              {"conflicts", router.conflicts(view.id)},
              {"rx_packets", total.rx_packets},
              {"rx_bytes", total.rx_bytes},
              {"tx_packets", total.tx_packets},
              {"tx_bytes", total.tx_bytes}};
    if (view.mtu6 != 0) {
      port["mtu_ipv6"] = view.mtu_of<Ipv6>();
    }
    for (const Ipv6 address : view.deprecated6) {
      port["deprecated"].push_back(address.to_string());
    }
    port.update(rates_of(router, view, speed));
    add_drops(router, view.id, port);
    if (view.link) {
      port["vlan"] = {{"link", router.world().port(*view.link).name}, {"tags", tags_of(view.tags)}};
    } else {
      using port::LossKind;
      const port::DeviceCounts& counts = device.device_counts();
      port["rx_missed"] = counts.of(LossKind::kMissed);
      port["rx_no_buffer"] = counts.of(LossKind::kNoBuffer);
      port["rx_errors"] = counts.of(LossKind::kRxError);
      port["tx_errors"] = counts.of(LossKind::kTxError);
      port["tx_requeued"] = requeued_by(router, view.egress);
      port["tx_completed"] = counts.tx_completed;
      port["tx_hangs"] = router.links().tx_hangs(view.egress);
      port["rx_queues"] = device.rx_queues();
      port["tx_queues"] = device.tx_queues();
      port["device_losses"] = Json::object();
      for (const port::Loss& loss : counts.losses) {
        port["device_losses"][std::string{loss.name}] = loss.packets;
      }
      port["device_counters"] = Json::object();
      for (const auto& [name, value] : device.extended_stats()) {
        port["device_counters"][name] = value;
      }
    }
    ports.push_back(std::move(port));
  }
  return at_once(ports);
}

const Verb kShowPorts{"show ports", show_ports};

}  // namespace

}  // namespace ringroad::control

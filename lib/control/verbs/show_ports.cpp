// SPDX-License-Identifier: BSD-3-Clause
// Reports the link, addresses and counters of ports and sub-interfaces.
#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

struct PortTotals {
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_requeued = 0;

  void add(const InterfaceCounters& counters) {
    rx_packets += counters.rx_packets.get();
    rx_bytes += counters.rx_bytes.get();
    tx_packets += counters.tx_packets.get();
    tx_bytes += counters.tx_bytes.get();
  }
};

// Returns the sum of all workers' and the control thread's counters.
PortTotals totals_of(const Router& router, const interface::InterfaceView& view) {
  PortTotals totals;
  for (const auto& worker : router.workers()) {
    totals.add(worker->interface(view.id));
    const port::TxQueue* const queue = view.link ? nullptr : worker->tx(view.egress);
    if (queue == nullptr) {
      continue;
    }
    const sched::BandTotals bands = queue->bands().totals();
    totals.tx_packets += bands.sent_packets;
    totals.tx_bytes += bands.sent_bytes;
    totals.tx_requeued += bands.requeued;
  }
  totals.add(router.sender().interface(view.id));
  return totals;
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
    const PortTotals totals = totals_of(router, view);
    Json addresses = Json::array();
    for (const InterfaceAddress4& address : view.addresses) {
      addresses.push_back(address.to_string());
    }
    port::Port& device = *router.ports().at(view.egress.value());
    Json port{{"name", view.name},
              {"device", device.settings().device},
              {"driver", device.driver()},
              {"node", node_or_null(device.node())},
              {"mac", view.mac.to_string()},
              {"link", router.links().linked(view.id) ? "up" : "down"},
              {"speed_mbps", device.link().speed_mbps},
              {"mtu", view.mtu},
              {"addresses", addresses},
              {"conflicts", router.addresses().claims().conflicts(view.id)},
              {"rx_packets", totals.rx_packets},
              {"rx_bytes", totals.rx_bytes},
              {"tx_packets", totals.tx_packets},
              {"tx_bytes", totals.tx_bytes}};
    if (view.link) {
      port["vlan"] = {{"link", router.world().port(*view.link).name}, {"tags", tags_of(view.tags)}};
    } else {
      using port::LossKind;
      const port::DeviceCounts& counts = device.device_counts();
      port["rx_missed"] = counts.of(LossKind::kMissed);
      port["rx_no_buffer"] = counts.of(LossKind::kNoBuffer);
      port["rx_errors"] = counts.of(LossKind::kRxError);
      port["tx_errors"] = counts.of(LossKind::kTxError);
      port["tx_requeued"] = totals.tx_requeued;
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
  return at_once(std::move(ports));
}

const Verb kShowPorts{"show ports", show_ports};

}  // namespace

}  // namespace ringroad::control

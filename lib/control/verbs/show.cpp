// SPDX-License-Identifier: BSD-3-Clause
// Reports the router as a whole: what runs, what it does now, and what it drops.
#include <rte_version.h>

#include "control/now_json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

std::string dpdk_release() {
  const std::string text = rte_version();  // "DPDK 22.11.3"
  return text.substr(text.rfind(' ') + 1);
}

Json report_ports(const Router& router) {
  Json ports = Json::array();
  for (const interface::InterfaceView& view : router.world().ports()) {
    const std::uint32_t speed = router.ports().at(view.egress.value())->link().speed_mbps;
    Json port{{"name", view.name},
              {"link", router.links().linked(view.id) ? "up" : "down"},
              {"speed_mbps", speed}};
    port.update(rates_of(router, view, speed));
    ports.push_back(std::move(port));
  }
  return ports;
}

Json report_workers(const Router& router) {
  Json workers = Json::array();
  for (const auto& worker : router.workers()) {
    const WorkerId id = worker->settings().id;
    Json row{{"core", worker->settings().core},
             {"packets_per_second", router.recent().packets_per_second(id)}};
    row.update(load_json(router.recent().load(id)));
    row.erase("cycles");
    workers.push_back(std::move(row));
  }
  return workers;
}

std::size_t routes_of(const auto& rib) { return rib.size() - rib.size(fib::Table::kLocal); }

Json report_neighbors(const Router& router) {
  Json neighbors = Json::object();
  for (std::size_t i = 0; i < neigh::kStates; ++i) {
    const auto state = static_cast<neigh::State>(i);
    neighbors[std::string{to_string(state)}] =
        router.neighbors().table().count(state) + router.neighbors6().table().count(state);
  }
  return neighbors;
}

Reply show(Router& router, Options& options) {
  options.only({});
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  const Identity& identity = router.identity();
  return at_once(Json{
      {"version", identity.version},
      {"commit", identity.commit},
      {"dpdk", dpdk_release()},
      {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(router.uptime()).count()},
      {"config", {{"path", identity.config_path}, {"hash", identity.config_hash}}},
      {"ports", report_ports(router)},
      {"workers", report_workers(router)},
      {"routes",
       {{"ipv4", routes_of(router.routing().rib())}, {"ipv6", routes_of(router.routing6().rib())}}},
      {"neighbors", report_neighbors(router)},
      {"drops_last_minute", drops_of_last_minute(router)}});
}

const Verb kShow{"show", show};

}  // namespace

}  // namespace ringroad::control

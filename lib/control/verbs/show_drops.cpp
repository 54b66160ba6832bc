// SPDX-License-Identifier: BSD-3-Clause
// Reports dropped packets by reason, of all ports or of one.
#include "control/json.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

Json report_drops(const Router& router, std::optional<InterfaceId> of) {
  Json drops = Json::array();
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    const auto reason = static_cast<stats::DropReason>(i);
    std::uint64_t packets = 0;
    Json ports = Json::object();
    for (const interface::InterfaceView& view : router.world().ports()) {
      const std::uint64_t here = of && *of != view.id ? 0 : router.drops(view.id, reason);
      if (here > 0) {
        packets += here;
        ports[view.name] = here;
      }
    }
    if (packets > 0) {
      drops.push_back({{"reason", stats::name(reason)},
                       {"packets", packets},
                       {"meaning", stats::meaning(reason)},
                       {"ports", std::move(ports)}});
    }
  }
  return drops;
}

Reply show_drops(Router& router, Options& options) {
  const std::optional<InterfaceId> port = optional_port(router, options);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  return at_once(report_drops(router, port));
}

const Verb kShowDrops{"show drops", show_drops};

}  // namespace

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
#include "control/now_json.hpp"

#include <algorithm>
#include <functional>

namespace ringroad::control {
namespace {

constexpr std::uint64_t kFramingBytes = 24;

Json percent_of_link(std::uint64_t packets, std::uint64_t bytes, std::uint32_t speed_mbps) {
  if (speed_mbps == 0) {
    return {};
  }
  const auto bits = static_cast<double>((bytes + packets * kFramingBytes) * 8);
  return round_to_tenth(100 * bits / (speed_mbps * 1e6));
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0
                    : round_to_tenth(100 * static_cast<double>(part) / static_cast<double>(whole));
}

Json quotient(std::uint64_t cycles, std::uint64_t packets) {
  return packets == 0
             ? Json()
             : Json(round_to_tenth(static_cast<double>(cycles) / static_cast<double>(packets)));
}

}  // namespace

Json rates_of(const Router& router, const interface::InterfaceView& view,
              std::uint32_t speed_mbps) {
  const Traffic rate = router.recent().per_second(view.id);
  return {{"rx_packets_per_second", rate.rx_packets},
          {"rx_bits_per_second", 8 * rate.rx_bytes},
          {"rx_percent", percent_of_link(rate.rx_packets, rate.rx_bytes, speed_mbps)},
          {"tx_packets_per_second", rate.tx_packets},
          {"tx_bits_per_second", 8 * rate.tx_bytes},
          {"tx_percent", percent_of_link(rate.tx_packets, rate.tx_bytes, speed_mbps)}};
}

Json load_json(const Load& load) {
  const std::uint64_t all = load.busy_cycles + load.control_cycles + load.idle_cycles;
  Json stages = Json::object();
  for (std::size_t i = 0; i < stats::kStageNames.size(); ++i) {
    stages[std::string{stats::kStageNames[i]}] = quotient(load.stage_cycles[i], load.timed_packets);
  }
  // A worker that slept through the second was idle.
  return {{"busy_percent", percent(load.busy_cycles, all)},
          {"control_percent", percent(load.control_cycles, all)},
          {"idle_percent", all == 0 ? 100.0 : percent(load.idle_cycles, all)},
          {"cycles_per_packet", quotient(load.busy_cycles, load.packets)},
          {"cycles", std::move(stages)}};
}

Json drops_json(const Router& router, std::optional<InterfaceId> of) {
  Json list = Json::array();
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    const auto reason = static_cast<stats::DropReason>(i);
    Recent::Drops sum;
    Json ports = Json::object();
    for (const interface::InterfaceView& view : router.world().all_ports()) {
      if (of && *of != view.id) {
        continue;
      }
      const Recent::Drops drops = router.recent().drops(view.id, reason);
      if (drops.total > 0) {
        sum.total += drops.total;
        sum.per_second += drops.per_second;
        sum.last_minute += drops.last_minute;
        // One that was taken away may have had the name, too.
        ports[view.name] = ports.value(view.name, std::uint64_t{0}) + drops.total;
      }
    }
    if (sum.total > 0) {
      list.push_back({{"reason", stats::name(reason)},
                      {"packets", sum.total},
                      {"per_second", sum.per_second},
                      {"last_minute", sum.last_minute},
                      {"meaning", stats::meaning(reason)},
                      {"ports", std::move(ports)}});
    }
  }
  return list;
}

Json drops_of_last_minute(const Router& router) {
  std::vector<Json> rows;
  for (const Json& drop : drops_json(router, std::nullopt)) {
    if (drop.at("last_minute") > 0) {
      rows.push_back({{"reason", drop.at("reason")},
                      {"packets", drop.at("last_minute")},
                      {"per_second", drop.at("per_second")},
                      {"meaning", drop.at("meaning")}});
    }
  }
  std::ranges::stable_sort(rows, std::greater{},
                           [](const Json& row) { return row.at("packets").get<std::uint64_t>(); });
  return rows;
}

}  // namespace ringroad::control

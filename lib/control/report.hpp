// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What `roadctl show` answers, as JSON: the keys are a contract with scripts. Control thread only.
#include <nlohmann/json.hpp>
#include <optional>

#include "control/router.hpp"

namespace ringroad::control {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json report_ports(const Router& router);
[[nodiscard]] Json report_workers(const Router& router);
struct RouteFilter {
  std::optional<Prefix4> prefix;    // exactly this one; none: all
  std::optional<Ipv4> match{};      // the longest prefix that covers this address; none: all
  std::optional<fib::Table> table;  // none: all
  // The route after which to begin, wherever it was.
  struct After {
    fib::Table table;
    fib::Rib4::Position position;
  };
  std::optional<After> after;
  std::size_t most = 0;
  // The route by which so many next hops are listed is the last.
  std::size_t next_hops = ~std::size_t{0};
};
// By table, prefix and metric.
[[nodiscard]] bool has_more_routes(const Router& router, const RouteFilter& filter,
                                   std::size_t than);
[[nodiscard]] nlohmann::json report_routes(const Router& router, const RouteFilter& filter);
// The file that is being loaded, or was last.
[[nodiscard]] Json report_load(const Router& router);
// At most so many of those behind `after`, in the order of ports, then addresses.
[[nodiscard]] Json report_neighbors(const Router& router, std::optional<neigh::Key4> after,
                                    std::size_t most);
// Before that port, or before all.
[[nodiscard]] Json report_bands(const Router& router, std::optional<PortId> of);
// Of that port or sub-interface alone, or of all.
[[nodiscard]] Json report_drops(const Router& router, std::optional<InterfaceId> of);
// A flat object, under the names of Linux's nstat.
[[nodiscard]] Json report_counters(const Router& router);
[[nodiscard]] Json report_memory(const Router& router);
// A flow whose way is asked for; what is none is not known.
struct FlowQuestion {
  Ipv4 destination;
  std::optional<Ipv4> source;  // none: the router's own
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};
// How a packet of that flow would go, and why.
[[nodiscard]] Json report_route_to(const Router& router, const FlowQuestion& question);

}  // namespace ringroad::control

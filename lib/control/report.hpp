#pragma once
// What `roadctl show` answers, as JSON: the keys are a contract with scripts. Control thread only.
#include <nlohmann/json.hpp>
#include <optional>

#include "control/router.hpp"

namespace ringroad::control {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json report_ports(const Router& router);
[[nodiscard]] Json report_workers(const Router& router);
// All routes; or those of exactly that prefix; or of that table.
[[nodiscard]] Json report_routes(const Router& router, std::optional<Prefix4> prefix,
                                 std::optional<fib::Table> table);
[[nodiscard]] Json report_neighbors(const Router& router);
[[nodiscard]] Json report_bands(const Router& router);
[[nodiscard]] Json report_drops(const Router& router);
[[nodiscard]] Json report_memory(const Router& router);
// How a packet to that address would go, and why.
[[nodiscard]] Json report_route_to(const Router& router, Ipv4 address);

}  // namespace ringroad::control

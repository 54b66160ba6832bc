// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes as a table, and as `ip route` and `route -n` print them.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "roadctl/table.hpp"

namespace ringroad::roadctl {

[[nodiscard]] std::string render_routes(const nlohmann::json& routes, bool color);

// A table, or as `ip route` or `route -n` print them.
enum class RoutesStyle : std::uint8_t { kTable, kIp, kRoute };

// Routes page by page, one table in the end.
class RoutesView {
 public:
  explicit RoutesView(RoutesStyle style = RoutesStyle::kTable);
  [[nodiscard]] std::string next_page(const nlohmann::json& routes, bool color);

 private:
  RoutesStyle style_;
  Table table_;
  bool begun_ = false;
};

// "10.9.9.9 recursive via 192.168.1.2": a next hop's gateway, and the neighbor that leads to it.
[[nodiscard]] std::string via_of(const nlohmann::json& hop);
// " via 192.168.1.254 dev lan src 192.168.1.1", less what is not there.
[[nodiscard]] std::string path_to(const nlohmann::json& hop);
// As `ip route get` begins with every type but unicast: "blackhole ".
[[nodiscard]] std::string type_prefix(const nlohmann::json& route);

}  // namespace ringroad::roadctl

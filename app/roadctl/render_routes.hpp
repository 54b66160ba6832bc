// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Prints routes as a table, or as `ip route` and `route -n` do.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "roadctl/table.hpp"

namespace ringroad::roadctl {

[[nodiscard]] std::string render_routes(const nlohmann::json& routes, const Display& display);

// Prints the counts of `show routes --summary`.
[[nodiscard]] std::string render_summary(const nlohmann::json& summary, const Display& display);

// A table, or the format of `ip route` or `route -n`.
enum class RoutesStyle : std::uint8_t { kAligned, kIp, kRoute };

// Prints routes page by page; the pages form one table.
class RoutesView {
 public:
  explicit RoutesView(RoutesStyle style = RoutesStyle::kAligned);
  [[nodiscard]] std::string next_page(const nlohmann::json& routes, const Display& display);

 private:
  [[nodiscard]] std::string_view heading_of(unsigned family);

  RoutesStyle style_;
  Table table_;
  unsigned headed_ = 0;  // the family of the last heading
};

// Returns "10.9.9.9 recursive via 192.168.1.2": a next hop's gateway, and the neighbor through
// which it is reached.
[[nodiscard]] std::string via_of(const nlohmann::json& hop);
// Returns " via 192.168.1.254 dev lan src 192.168.1.1", without the parts that are missing.
[[nodiscard]] std::string path_to(const nlohmann::json& hop);
// Returns the type with which `ip route get` begins, such as "blackhole "; empty for unicast.
[[nodiscard]] std::string type_prefix(const nlohmann::json& route);

}  // namespace ringroad::roadctl

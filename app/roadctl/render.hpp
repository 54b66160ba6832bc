// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the router answered, as text for people.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "roadctl/table.hpp"

namespace ringroad::roadctl {

// `answer` is what came under "ok". What an older router leaves out prints as "-"; an answer that
// is not understood prints as JSON. Empty where there is nothing to say.
[[nodiscard]] std::string render(std::span<const std::string> verb, const nlohmann::json& answer,
                                 bool color);

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

}  // namespace ringroad::roadctl

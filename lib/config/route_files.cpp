// SPDX-License-Identifier: BSD-3-Clause
// Items of `routes` that name a file of prefixes.
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

void read_gateways(const Value& via, const AddFileGateway& add, RouteFile& route) {
  const std::vector<Value> items = via.is_list() ? via.items() : std::vector{via};
  if (items.empty() || items.size() > kNextHopsMax) {
    via.problem(
        fmt::format("has {} gateways; a route file takes 1..{}", items.size(), kNextHopsMax));
    return;
  }
  for (const Value& item : items) {
    add(item, route);
  }
}

}  // namespace

void read_route_file(const Fields& fields, const std::filesystem::path& folder,
                     const AddFileGateway& add, Config& config) {
  for (const std::string_view key :
       {"to", "nexthops", "type", "from", "port", "on-link", "recursive"}) {
    if (const Value* value = fields.find(key)) {
      value->missing("does not go with file; a route file takes via, metric and table");
    }
  }
  RouteFile route{.path = read_path(fields.find("file"), folder), .via = {}};
  if (const Value* via = fields.require("via", "the gateway of the file's prefixes, or a list")) {
    read_gateways(*via, add, route);
  }
  assign(route.metric, read(fields.find("metric"), Range<std::uint32_t>{0, kMetricMax}));
  assign(route.table, read_table(fields.find("table"), config.tables));
  assign(route.keep_going, read_flag(fields.find("keep_going")));
  config.route_files.push_back(std::move(route));
}

}  // namespace ringroad::config

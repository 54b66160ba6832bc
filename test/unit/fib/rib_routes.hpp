// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Makes routes from text, for tests of the RIB.
#include <string_view>

#include "fib/rib_fixture.hpp"

namespace ringroad::fib {

using Told4 = Told<Ipv4>;

inline Prefix4 prefix(std::string_view text) { return Prefix4::parse(text).value(); }

inline Path4 via(Ipv4 gateway, InterfaceId port = {}) {
  return {.source = std::nullopt, .next_hops = {{gateway, port, 1}}};
}

inline Route4 route(std::string_view to, std::uint32_t metric, Ipv4 gateway = {10, 0, 0, 1}) {
  return {prefix(to), Table::kMain, metric, via(gateway)};
}

inline Route4 in_table(Table table, std::string_view to, std::uint32_t metric = 0) {
  Route4 result = route(to, metric, Ipv4{10, 0, 0, static_cast<std::uint8_t>(table)});
  result.table = table;
  return result;
}

inline Route4 local_route(std::string_view to) {
  return {prefix(to),
          Table::kLocal,
          0,
          {.protocol = Protocol::kKernel,
           .type = RouteType::kLocal,
           .source = std::nullopt,
           .next_hops = {}}};
}

inline RouteSelector4 any(std::string_view to) {
  RouteSelector4 selector;
  selector.prefix = prefix(to);
  return selector;
}

// Returns this many /24 prefixes, from 20.0.0.0 on.
inline std::vector<Rib4::Batch::Entry> many_prefixes(std::uint32_t count) {
  std::vector<Rib4::Batch::Entry> entries;
  for (std::uint32_t i = 0; i < count; ++i) {
    entries.push_back({{Ipv4{(20U << 24) + (i << 8)}, 24}, 0});
  }
  return entries;
}

}  // namespace ringroad::fib

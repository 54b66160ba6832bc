// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The static routes that a configuration asks for, of the file itself and of its files of routes,
// with the paths that they have after a start with it.
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "config/model.hpp"
#include "fib/prefix_file.hpp"
#include "fib/route.hpp"
#include "routing/static_routes.hpp"

namespace ringroad::routing {

template <class Address>
struct WantedRoutesOf {
  struct Entry {
    fib::Table table;
    Prefix<Address> prefix;
    std::uint32_t metric;
    std::uint32_t path;  // index into `paths`

    [[nodiscard]] auto place() const { return std::tuple{table, prefix, metric}; }
  };
  std::vector<Entry> entries;             // sorted by place
  std::vector<fib::Path<Address>> paths;  // each once
  StaticRoutes<Address> listed;           // those that are in no file of routes
};
struct WantedRoutes {
  WantedRoutesOf<Ipv4> ipv4;
  WantedRoutesOf<Ipv6> ipv6;
};

// The ids that the configured ports have in the router.
using PortIds = std::map<std::string, InterfaceId, std::less<>>;

// Reads the files of routes. Needs no table of the router, so any thread may call this; TBB's tasks
// in the caller's arena help.
[[nodiscard]] std::expected<WantedRoutes, config::Fault> wanted_routes(const config::Config& config,
                                                                       const PortIds& ids,
                                                                       fib::Reading* reading);

}  // namespace ringroad::routing

// SPDX-License-Identifier: BSD-3-Clause
#include "routing/wanted_routes.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

#include "routing/route_file.hpp"

namespace ringroad::routing {
namespace {

using Entry = WantedRoutes::Entry;

class Reader {
 public:
  Reader(const config::Config& config, const PortIds& ids) : config_{config}, ids_{ids} {}

  std::expected<WantedRoutes, config::Fault> read(fib::Reading* reading) {
    for (const config::Route& route : config_.routes) {
      add(route);
    }
    for (const config::Route6& route : config_.routes6) {
      add(route);
    }
    for (const config::RouteFile& file : config_.route_files) {
      if (auto fault = add(file, reading)) {
        return std::unexpected{*std::move(fault)};
      }
    }
    if (!std::ranges::is_sorted(wanted_.entries, {}, &Entry::place)) {
      tbb::parallel_sort(wanted_.entries, [](const Entry& first, const Entry& second) {
        return first.place() < second.place();
      });
    }
    const auto twice = std::ranges::adjacent_find(wanted_.entries, {}, &Entry::place);
    if (twice != wanted_.entries.end()) {
      return std::unexpected{config::Fault{
          .what = fmt::format("{} metric {} is there twice in table {}", twice->prefix.to_string(),
                              twice->metric, fib::to_string(twice->table)),
          .at = config::Fault::At::kRouteFile,
          .field = "file"}};
    }
    return std::move(wanted_);
  }

 private:
  template <class Address>
  [[nodiscard]] static const auto& addresses_of(const config::Port& port) {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return port.addresses;
    } else {
      return port.addresses6;
    }
  }
  // The port whose subnet holds the gateway: of the longest subnets, that of the first port, and
  // before those that probe for their addresses first. Routing::port_of() finds the same one after
  // a start.
  template <class Address>
  [[nodiscard]] std::optional<InterfaceId> port_of(Address gateway) const {
    const config::Port* best = nullptr;
    std::pair<int, bool> best_rank{};
    for (const config::Port& port : config_.ports) {
      for (const InterfaceAddress<Address>& own : addresses_of<Address>(port)) {
        const std::pair<int, bool> rank{own.subnet().length(), !port.dad};
        if (own.subnet().contains(gateway) && (best == nullptr || rank > best_rank)) {
          best = &port;
          best_rank = rank;
        }
      }
    }
    return best == nullptr ? std::nullopt : std::optional{ids_.at(best->name)};
  }

  std::uint32_t number_of(fib::Path4 path) {
    const auto [known, is_new] =
        numbers_.try_emplace(path, static_cast<std::uint32_t>(wanted_.paths.size()));
    if (is_new) {
      wanted_.paths.push_back(std::move(path));
    }
    return known->second;
  }

  template <class Address>
  [[nodiscard]] fib::Path<Address> path_of(const config::RouteOf<Address>& route) const {
    fib::Path<Address> path{.type = route.type, .source = route.source, .next_hops = {}};
    for (const config::NextHopOf<Address>& hop : route.next_hops) {
      fib::RouteNextHop<Address> way{
          .via = hop.via, .port = std::nullopt, .weight = hop.weight, .on_link = hop.on_link};
      if (!hop.port.empty()) {
        way.port = ids_.at(hop.port);
      } else if (hop.via) {
        way.port = port_of(*hop.via);
      }
      path.next_hops.push_back(way);
    }
    return path;
  }

  void add(const config::Route6& route) {
    const StaticRoutes6::Key key{fib::Table{route.table}, route.to, route.metric};
    fib::Path6& path = wanted_.ipv6[key] = path_of(route);
    wanted_.listed6.note(key, std::nullopt, path);
  }

  void add(const config::Route& route) {
    const Entry entry{fib::Table{route.table}, route.to, route.metric, number_of(path_of(route))};
    wanted_.listed.note({entry.table, entry.prefix, entry.metric}, std::nullopt,
                        wanted_.paths[entry.path]);
    wanted_.entries.push_back(entry);
  }

  std::optional<config::Fault> add(const config::RouteFile& file, fib::Reading* reading) {
    const RouteFileContents contents = read_route_file(file, reading);
    if (!contents.error.empty()) {
      return config::Fault{.what = contents.error,
                           .at = config::Fault::At::kRouteFile,
                           .index = static_cast<std::size_t>(&file - config_.route_files.data()),
                           .field = "file"};
    }
    std::vector<std::uint32_t> paths;
    for (const Ipv4 via : file.via) {
      paths.push_back(number_of({.next_hops = {{.via = via, .port = port_of(via)}}}));
    }
    wanted_.entries.reserve(wanted_.entries.size() + contents.prefixes.size());
    for (const Prefix4 prefix : contents.prefixes) {
      const std::uint32_t path = paths[gateway_of(prefix, paths.size())];
      wanted_.entries.push_back({fib::Table{file.table}, prefix, file.metric, path});
    }
    return std::nullopt;
  }

  const config::Config& config_;
  const PortIds& ids_;
  WantedRoutes wanted_;
  std::map<fib::Path4, std::uint32_t> numbers_;
};

}  // namespace

std::expected<WantedRoutes, config::Fault> wanted_routes(const config::Config& config,
                                                         const PortIds& ids,
                                                         fib::Reading* reading) {
  return Reader{config, ids}.read(reading);
}

}  // namespace ringroad::routing

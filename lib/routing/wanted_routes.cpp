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

// Reads the routes of one family.
template <class Address>
class Reader {
 public:
  using Entry = WantedRoutesOf<Address>::Entry;

  Reader(const config::Config& config, const PortIds& ids) : config_{config}, ids_{ids} {}

  void add(const std::vector<config::RouteOf<Address>>& routes) {
    for (const config::RouteOf<Address>& route : routes) {
      const Entry entry{fib::Table{route.table}, route.to, route.metric, number_of(path_of(route))};
      wanted_.listed.note({entry.table, entry.prefix, entry.metric}, std::nullopt,
                          wanted_.paths[entry.path]);
      wanted_.entries.push_back(entry);
    }
  }

  void add(const config::RouteFile& file, const std::vector<Prefix<Address>>& prefixes) {
    std::vector<std::uint32_t> paths;
    for (const Address via : file.gateways<Address>()) {
      paths.push_back(number_of({.next_hops = {{.via = via, .port = port_of(via)}}}));
    }
    wanted_.entries.reserve(wanted_.entries.size() + prefixes.size());
    for (const Prefix<Address> prefix : prefixes) {
      const std::uint32_t path = paths[gateway_of(prefix, paths.size())];
      wanted_.entries.push_back({fib::Table{file.table}, prefix, file.metric, path});
    }
  }

  std::expected<WantedRoutesOf<Address>, config::Fault> result() {
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
  template <class Gateway>
  [[nodiscard]] static const auto& addresses_of(const config::Port& port) {
    if constexpr (std::is_same_v<Gateway, Ipv4>) {
      return port.addresses;
    } else {
      return port.addresses6;
    }
  }
  // The port whose subnet holds the gateway: of the longest subnets, that of the first port, and
  // before those that probe for their addresses first. Routing::port_of() finds the same one after
  // a start.
  template <class Gateway>
  [[nodiscard]] std::optional<InterfaceId> port_of(Gateway gateway) const {
    const config::Port* best = nullptr;
    std::pair<int, bool> best_rank{};
    for (const config::Port& port : config_.ports) {
      for (const InterfaceAddress<Gateway>& own : addresses_of<Gateway>(port)) {
        const std::pair<int, bool> rank{own.subnet().length(), !port.dad};
        if (own.subnet().contains(gateway) && (best == nullptr || rank > best_rank)) {
          best = &port;
          best_rank = rank;
        }
      }
    }
    return best == nullptr ? std::nullopt : std::optional{ids_.at(best->name)};
  }

  std::uint32_t number_of(fib::Path<Address> path) {
    const auto [known, is_new] =
        numbers_.try_emplace(path, static_cast<std::uint32_t>(wanted_.paths.size()));
    if (is_new) {
      wanted_.paths.push_back(std::move(path));
    }
    return known->second;
  }

  [[nodiscard]] fib::Path<Address> path_of(const config::RouteOf<Address>& route) const {
    fib::Path<Address> path{.type = route.type, .source = route.source, .next_hops = {}};
    for (const config::NextHopOf<Address>& hop : route.next_hops) {
      fib::RouteNextHop<Address> way{
          .via = hop.via, .port = std::nullopt, .weight = hop.weight, .on_link = hop.on_link};
      if (!hop.port.empty()) {
        way.port = ids_.at(hop.port);
      } else if (hop.via) {
        const Ipv6* const other = as_foreign(*hop.via);
        way.port = other != nullptr ? port_of(*other) : port_of(*gateway_as<Address>(*hop.via));
      }
      path.next_hops.push_back(way);
    }
    return path;
  }

  const config::Config& config_;
  const PortIds& ids_;
  WantedRoutesOf<Address> wanted_;
  std::map<fib::Path<Address>, std::uint32_t> numbers_;
};

}  // namespace

std::expected<WantedRoutes, config::Fault> wanted_routes(const config::Config& config,
                                                         const PortIds& ids,
                                                         fib::Reading* reading) {
  Reader<Ipv4> ipv4{config, ids};
  Reader<Ipv6> ipv6{config, ids};
  ipv4.add(config.routes);
  ipv6.add(config.routes6);
  for (const config::RouteFile& file : config.route_files) {
    const RouteFileContents contents = read_route_file(file, reading);
    if (!contents.error.empty()) {
      return std::unexpected{
          config::Fault{.what = contents.error,
                        .at = config::Fault::At::kRouteFile,
                        .index = static_cast<std::size_t>(&file - config.route_files.data()),
                        .field = "file"}};
    }
    ipv4.add(file, contents.prefixes);
    ipv6.add(file, contents.prefixes6);
  }
  auto wanted4 = ipv4.result();
  if (!wanted4) {
    return std::unexpected{wanted4.error()};
  }
  auto wanted6 = ipv6.result();
  if (!wanted6) {
    return std::unexpected{wanted6.error()};
  }
  return WantedRoutes{.ipv4 = *std::move(wanted4), .ipv6 = *std::move(wanted6)};
}

}  // namespace ringroad::routing

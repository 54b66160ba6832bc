// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <map>
#include <span>
#include <system_error>
#include <tuple>
#include <type_traits>

#include "config/destination.hpp"
#include "config/family.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

constexpr std::size_t kNextHopsMax = 256;
constexpr Range<std::uint32_t> kMetrics{0, std::numeric_limits<std::uint32_t>::max()};

// Reports a gateway of the other family.
template <class Address>
bool is_of_other_family(const Value& via) {
  using Other = std::conditional_t<std::is_same_v<Address, Ipv6>, Ipv4, Ipv6>;
  if (!Other::parse(via.node().text)) {
    return false;
  }
  via.problem(
      fmt::format("{} is an {} address; an {} gateway of an {} route{} is not supported yet",
                  via.node().text, kFamilyName<Other>, kFamilyName<Other>, kFamilyName<Address>,
                  std::is_same_v<Address, Ipv4> ? " (RFC 8950)" : ""));
  return true;
}

template <class Address>
class RoutesReader {
  using Route = RouteOf<Address>;
  using NextHop = NextHopOf<Address>;

 public:
  RoutesReader(const Names& ports, const Connected& connected, Config& config)
      : ports_{ports},
        connected_{connected.of<Address>()},
        all_connected_{connected},
        config_{config},
        lists_{lists_of<Address>(config)} {}

  void read_route(const Value& item, const Fields& fields);
  // Adds a gateway of a file of routes.
  void read_file_gateway(const Value& value, std::vector<Address>& gateways);
  // Called after the last route: reports gateways that no route covers.
  void check_gateways() const;

 private:
  [[nodiscard]] std::optional<Address> read_gateway(const Value* value, std::string_view port);
  [[nodiscard]] std::optional<NextHop> read_next_hop(const Value& item, const Fields& fields);
  void read_ways(const Value& item, const Fields& fields, Route& route);
  [[nodiscard]] std::vector<NextHop> read_next_hops(const Value& list);

  const Names& ports_;
  const ConnectedOf<Address>& connected_;
  const Connected& all_connected_;
  Config& config_;
  Lists<Address> lists_;
  // By table, prefix and metric, which identify a route.
  std::map<std::tuple<std::uint8_t, Prefix<Address>, std::uint32_t>, Position> seen_;
  // A gateway that is on no subnet, or on none of its port's: another route must cover it.
  struct Elsewhere {
    Value value;
    Address address;
    std::string port;   // if empty, any port
    std::size_t route;  // the route with this gateway, in lists_.routes
  };
  std::vector<Elsewhere> elsewhere_;
};

template <class Address>
std::optional<Address> RoutesReader<Address>::read_gateway(const Value* value,
                                                           std::string_view port) {
  if (value == nullptr || is_of_other_family<Address>(*value)) {
    return std::nullopt;
  }
  const auto address = read_address<Address>(value);
  if (!address) {
    return std::nullopt;
  }
  if (auto fault = connected_.fault(*address, port)) {
    value->problem(*std::move(fault));
    return std::nullopt;
  }
  return address;
}

// Reads `via`, `port`, `on-link` and `recursive` of a route or of one of its next hops.
template <class Address>
auto RoutesReader<Address>::read_next_hop(const Value& item, const Fields& fields)
    -> std::optional<NextHop> {
  NextHop hop;
  const Value* const via = fields.find("via");
  const Value* const port = fields.find("port");
  const auto name = read_text(port);
  const auto gateway = read_gateway(via, name.value_or(""));
  assign(hop.on_link, read_flag(fields.find("on-link")));
  assign(hop.recursive, read_flag(fields.find("recursive")));
  if (name && check_reference(*port, *name, "port", ports_)) {
    hop.port = *name;
    if constexpr (std::is_same_v<Address, Ipv6>) {
      check_runs_ipv6(*port, hop.port, all_connected_, config_.ports);
    }
  }
  const bool has_port = fields.has("port");
  for (const auto& [key, flag] :
       {std::pair{"on-link", hop.on_link}, {"recursive", hop.recursive}}) {
    if (flag && !fields.has("via")) {
      fields.find(key)->missing("says something of a gateway; give it via");
    }
  }
  if (hop.on_link && !has_port) {
    fields.find("on-link")->missing("needs port: the one on whose link the gateway is");
  }
  if (hop.recursive && has_port) {
    fields.find("recursive")->missing("goes without port: a route says which");
  }
  if (fields.has("via") && !gateway) {
    return std::nullopt;
  }
  if (gateway && is_link_local(*gateway) && !has_port) {
    via->problem(gateway->to_string() + " is a link-local address, which needs port");
    return std::nullopt;
  }
  if (!gateway && !has_port) {
    item.missing("has no gateway: give it via or nexthops, or a type such as blackhole");
    return std::nullopt;
  }
  hop.via = gateway;
  const bool reached =
      !gateway || hop.on_link || hop.recursive ||
      (has_port ? connected_.is_on_link(*gateway, hop.port) : connected_.is_on_link(*gateway));
  if (!reached) {
    elsewhere_.push_back({*via, *gateway, hop.port, lists_.routes.size()});
  }
  return hop;
}

// The prefixes of route files are not known here; the router reports such gateways when it starts.
template <class Address>
void RoutesReader<Address>::check_gateways() const {
  for (const Elsewhere& gateway : elsewhere_) {
    const auto leads_there = [&](const Route& route) {
      const bool covers =
          route.to.contains(gateway.address) && &route != lists_.routes.data() + gateway.route;
      const bool by_port = std::ranges::any_of(route.next_hops, [&](const NextHop& hop) {
        return !hop.via && hop.port == gateway.port;
      });
      return covers && (gateway.port.empty() ? route.to.length() > 0 : by_port);
    };
    const bool unknown =
        gateway.port.empty() && std::ranges::any_of(config_.route_files, [](const RouteFile& file) {
          return !file.gateways<Address>().empty();
        });
    if (unknown || std::ranges::any_of(lists_.routes, leads_there)) {
      continue;
    }
    const std::string text = gateway.address.to_string();
    gateway.value.problem(
        gateway.port.empty()
            ? text +
                  " is not on the subnet of any port, and no route but the default leads to it; "
                  "a gateway must be reachable"
            : fmt::format("{} is not on a subnet of port {}; with on-link: true it need not be",
                          text, gateway.port));
  }
}

template <class Address>
auto RoutesReader<Address>::read_next_hops(const Value& list) -> std::vector<NextHop> {
  static constexpr std::array<std::string_view, 5> kKeys{"via", "weight", "port", "on-link",
                                                         "recursive"};
  std::vector<NextHop> next_hops;
  const std::vector<Value> items = list.items();
  if (list.is_list() && (items.empty() || items.size() > kNextHopsMax)) {
    list.problem(fmt::format("has {} next hops; a route takes 1..{}", items.size(), kNextHopsMax));
    return next_hops;
  }
  for (const Value& item : items) {
    const Fields fields{item, kKeys};
    const Value* via = fields.require("via", "the gateway's address");
    const auto weight = read(fields.find("weight"), Range<std::uint16_t>{1, 256});
    auto next_hop = via == nullptr ? std::nullopt : read_next_hop(item, fields);
    if (!next_hop) {
      continue;
    }
    assign(next_hop->weight, weight);
    const auto is_same = [&](const NextHop& other) {
      return other.via == next_hop->via && other.port == next_hop->port;
    };
    if (std::ranges::any_of(next_hops, is_same)) {
      via->problem(next_hop->via->to_string() + " is here twice; give it a weight instead");
    }
    next_hops.push_back(*std::move(next_hop));
  }
  return next_hops;
}

// A route has exactly one of: a gateway or a port, several next hops, or a type that does not
// forward.
template <class Address>
void RoutesReader<Address>::read_ways(const Value& item, const Fields& fields, Route& route) {
  constexpr std::array kOfOne{"via", "port", "on-link", "recursive"};
  const Value* const via = fields.find("via");
  const Value* const next_hops = fields.find("nexthops");
  const auto type = read(fields.find("type"), kRouteTypeWords);
  assign(route.type, type);
  if (type && *type != RouteType::kUnicast) {
    for (const char* const key : {"via", "port", "on-link", "recursive", "nexthops"}) {
      if (const Value* const way = fields.find(key)) {
        way->missing(fmt::format("a route of type {} forwards nowhere and takes no gateway",
                                 *fields.find("type")->text()));
      }
    }
    return;
  }
  if (next_hops != nullptr) {
    if (via != nullptr) {
      next_hops->missing("a route has either via or nexthops; put all gateways into nexthops");
    }
    for (const char* const key : std::span{kOfOne}.subspan(1)) {
      if (const Value* const value = fields.find(key); value != nullptr && via == nullptr) {
        value->missing("is said of each next hop; put it into nexthops");
      }
    }
  }
  const bool type_is_wrong = fields.has("type") && !type;
  if (via != nullptr && via->is_list()) {
    via->problem("is a list; write several gateways as nexthops: [{via: ...}, {via: ...}]");
  } else if (next_hops == nullptr && !type_is_wrong) {
    if (auto next_hop = read_next_hop(item, fields)) {
      route.next_hops.push_back(*std::move(next_hop));
    }
  }
  if (next_hops != nullptr) {
    route.next_hops = read_next_hops(*next_hops);
  }
}

template <class Address>
void RoutesReader<Address>::read_route(const Value& item, const Fields& fields) {
  Route route;
  const Value* const to = fields.require("to", "a prefix such as 10.0.0.0/8, or default");
  const auto destination = read_destination<Address>(to);
  const Value* const metric_value = fields.find("metric");
  const auto metric = read(metric_value, kMetrics);
  read_ways(item, fields, route);
  const auto table = read_table(fields.find("table"), config_.tables);
  assign(route.table, table);
  route.source = read_address<Address>(fields.find("from"));
  if (route.source && !connected_.is_own(*route.source)) {
    fields.find("from")->problem(route.source->to_string() +
                                 " is not an address of this router; a source must be");
  }
  if (const Value* value = fields.find("keep_going")) {
    value->missing("goes with file only");
  }
  if (!destination || (fields.has("metric") && !metric) || (fields.has("table") && !table)) {
    return;
  }
  route.to = *destination;
  assign(route.metric, metric);
  const auto [first, is_new] =
      seen_.try_emplace({route.table, route.to, route.metric}, to->position());
  if (!is_new) {
    to->problem(fmt::format("{} with metric {} is already routed, on line {}", route.to.to_string(),
                            route.metric, first->second.line));
  }
  lists_.routes.push_back(std::move(route));
}

// The prefixes of a file take their gateways by name alone.
template <class Address>
void RoutesReader<Address>::read_file_gateway(const Value& value, std::vector<Address>& gateways) {
  const auto gateway = read_gateway(&value, {});
  if (!gateway) {
    return;
  }
  if (std::ranges::find(gateways, *gateway) != gateways.end()) {
    value.problem(gateway->to_string() + " is here twice");
    return;
  }
  gateways.push_back(*gateway);
  if (is_link_local(*gateway)) {
    value.problem(gateway->to_string() +
                  " is a link-local address; a route file cannot say its port");
  } else if (!connected_.is_on_link(*gateway)) {
    elsewhere_.push_back({value, *gateway, {}, lists_.routes.size()});
  }
}

// Reads the items that name a file, whose prefixes and gateways are of both families.
class RouteFilesReader {
 public:
  RouteFilesReader(RoutesReader<Ipv4>& ipv4, RoutesReader<Ipv6>& ipv6, std::filesystem::path folder,
                   Config& config)
      : ipv4_{ipv4}, ipv6_{ipv6}, folder_{std::move(folder)}, config_{config} {}

  void read_item(const Fields& fields);

 private:
  [[nodiscard]] std::string read_path(const Value* file) const;
  void read_gateways(const Value& via, RouteFile& route);

  RoutesReader<Ipv4>& ipv4_;
  RoutesReader<Ipv6>& ipv6_;
  std::filesystem::path folder_;
  Config& config_;
};

std::string RouteFilesReader::read_path(const Value* file) const {
  const auto text = read_text(file);
  if (!text) {
    return {};
  }
  std::string path = (folder_ / *text).lexically_normal().string();
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    file->problem(shown(*text) + " is a folder");
  } else if (::access(path.c_str(), R_OK) != 0) {
    const std::error_code reason{errno, std::generic_category()};
    file->problem(fmt::format("cannot read {}: {}", shown(*text), reason.message()));
  }
  return path;
}

void RouteFilesReader::read_gateways(const Value& via, RouteFile& route) {
  const std::vector<Value> items = via.is_list() ? via.items() : std::vector{via};
  if (items.empty() || items.size() > kNextHopsMax) {
    via.problem(
        fmt::format("has {} gateways; a route file takes 1..{}", items.size(), kNextHopsMax));
    return;
  }
  for (const Value& item : items) {
    if (looks_like_ipv6(item.node().text)) {
      ipv6_.read_file_gateway(item, route.via6);
    } else {
      ipv4_.read_file_gateway(item, route.via);
    }
  }
}

void RouteFilesReader::read_item(const Fields& fields) {
  for (const std::string_view key :
       {"to", "nexthops", "type", "from", "port", "on-link", "recursive"}) {
    if (const Value* value = fields.find(key)) {
      value->missing("does not go with file; a route file takes via, metric and table");
    }
  }
  RouteFile route{.path = read_path(fields.find("file")), .via = {}};
  if (const Value* via = fields.require("via", "the gateway of the file's prefixes, or a list")) {
    read_gateways(*via, route);
  }
  assign(route.metric, read(fields.find("metric"), kMetrics));
  assign(route.table, read_table(fields.find("table"), config_.tables));
  assign(route.keep_going, read_flag(fields.find("keep_going")));
  config_.route_files.push_back(std::move(route));
}

}  // namespace

void read_routes(const Value& section, const Names& ports, const Connected& connected,
                 const std::filesystem::path& folder, Config& config) {
  static constexpr std::array<std::string_view, 12> kKeys{
      "to",    "via",  "nexthops", "type",       "file",    "metric",
      "table", "from", "port",     "keep_going", "on-link", "recursive"};
  RoutesReader<Ipv4> ipv4{ports, connected, config};
  RoutesReader<Ipv6> ipv6{ports, connected, config};
  RouteFilesReader files{ipv4, ipv6, folder, config};
  for (const Value& item : section.items()) {
    const Fields fields{item, kKeys};
    if (!fields.is_map()) {
      continue;
    }
    if (fields.has("file")) {
      files.read_item(fields);
    } else if (is_ipv6(item.node())) {
      ipv6.read_route(item, fields);
    } else {
      ipv4.read_route(item, fields);
    }
  }
  ipv4.check_gateways();
  ipv6.check_gateways();
}

}  // namespace ringroad::config

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

#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

constexpr std::size_t kNextHopsMax = 256;
constexpr Range<std::uint32_t> kMetrics{0, std::numeric_limits<std::uint32_t>::max()};

// Why the prefix is not a valid destination of a route (RFC 1812 4.2.2.11 and 5.3.7).
std::string_view unroutable(Prefix4 prefix) {
  const Ipv4 first = prefix.address();
  if (is_routable(prefix)) {
    return "";
  }
  if (first.is_loopback()) {
    return "loopback addresses";
  }
  if (first.is_multicast()) {
    return "multicast addresses";
  }
  return first.is_reserved() ? "reserved addresses" : "addresses of \"this network\"";
}

std::optional<Prefix4> read_destination(const Value* value) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const auto prefix = Prefix4::parse(*text);
  if (!prefix) {
    const auto with_host_bits = InterfaceAddress4::parse(*text);
    value->problem(with_host_bits ? fmt::format("{} has host bits set; the prefix is {}/{}", *text,
                                                with_host_bits->subnet().address().to_string(),
                                                with_host_bits->length)
                                  : shown(*text) + " is not an IPv4 prefix");
    return std::nullopt;
  }
  if (const std::string_view kind = unroutable(*prefix); !kind.empty()) {
    value->problem(fmt::format("{} are {}, which are not routed", *text, kind));
    return std::nullopt;
  }
  return prefix;
}

class RoutesReader {
 public:
  RoutesReader(const Names& ports, const Connected& connected, std::filesystem::path folder,
               Config& config)
      : ports_{ports}, connected_{connected}, folder_{std::move(folder)}, config_{config} {}

  void read_route(const Value& item);
  // Called after the last route: reports gateways that no route covers.
  void check_gateways() const;

 private:
  void read_prefix_route(const Value& item, const Fields& fields);
  void read_file_route(const Fields& fields);
  [[nodiscard]] std::optional<Ipv4> read_gateway(const Value* value);
  [[nodiscard]] std::optional<NextHop> read_next_hop(const Value& item, const Fields& fields);
  void read_ways(const Value& item, const Fields& fields, Route& route);
  [[nodiscard]] std::vector<NextHop> read_next_hops(const Value& list);
  [[nodiscard]] std::vector<Ipv4> read_gateways(const Value& value);

  const Names& ports_;
  const Connected& connected_;
  std::filesystem::path folder_;
  Config& config_;
  // By table, prefix and metric, which identify a route.
  std::map<std::tuple<std::uint8_t, Prefix4, std::uint32_t>, Position> seen_;
  // A gateway that is on no subnet, or on none of its port's: another route must cover it.
  struct Elsewhere {
    Value value;
    Ipv4 address;
    std::string port;   // if empty, any port
    std::size_t route;  // the route with this gateway, in config_.routes
  };
  std::vector<Elsewhere> elsewhere_;
};

std::optional<Ipv4> RoutesReader::read_gateway(const Value* value) {
  const auto address = read_address(value);
  if (!address) {
    return std::nullopt;
  }
  if (auto fault = connected_.fault(*address)) {
    value->problem(*std::move(fault));
    return std::nullopt;
  }
  return address;
}

// Reads `via`, `port`, `on-link` and `recursive` of a route or of one of its next hops.
std::optional<NextHop> RoutesReader::read_next_hop(const Value& item, const Fields& fields) {
  NextHop hop;
  const Value* const via = fields.find("via");
  const auto gateway = read_gateway(via);
  const Value* const port = fields.find("port");
  const auto name = read_text(port);
  assign(hop.on_link, read_flag(fields.find("on-link")));
  assign(hop.recursive, read_flag(fields.find("recursive")));
  if (name && check_reference(*port, *name, "port", ports_)) {
    hop.port = *name;
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
  if (!gateway && !has_port) {
    item.missing("has no gateway: give it via or nexthops, or a type such as blackhole");
    return std::nullopt;
  }
  hop.via = gateway;
  const bool reached =
      !gateway || hop.on_link || hop.recursive ||
      (has_port ? connected_.is_on_link(*gateway, hop.port) : connected_.is_on_link(*gateway));
  if (!reached) {
    elsewhere_.push_back({*via, *gateway, hop.port, config_.routes.size()});
  }
  return hop;
}

// The prefixes of route files are not known here; the router reports such gateways when it starts.
void RoutesReader::check_gateways() const {
  for (const Elsewhere& gateway : elsewhere_) {
    const auto leads_there = [&](const Route& route) {
      const bool covers =
          route.to.contains(gateway.address) && &route != config_.routes.data() + gateway.route;
      const bool by_port = std::ranges::any_of(route.next_hops, [&](const NextHop& hop) {
        return !hop.via && hop.port == gateway.port;
      });
      return covers && (gateway.port.empty() ? route.to.length() > 0 : by_port);
    };
    const bool unknown = gateway.port.empty() && !config_.route_files.empty();
    if (unknown || std::ranges::any_of(config_.routes, leads_there)) {
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

std::vector<NextHop> RoutesReader::read_next_hops(const Value& list) {
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
void RoutesReader::read_ways(const Value& item, const Fields& fields, Route& route) {
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

void RoutesReader::read_prefix_route(const Value& item, const Fields& fields) {
  Route route;
  const Value* const to = fields.require("to", "a prefix such as 10.0.0.0/8, or default");
  const auto destination = read_destination(to);
  const Value* const metric_value = fields.find("metric");
  const auto metric = read(metric_value, kMetrics);
  read_ways(item, fields, route);
  const auto table = read_table(fields.find("table"), config_.tables);
  assign(route.table, table);
  route.source = read_address(fields.find("from"));
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
  config_.routes.push_back(std::move(route));
}

std::vector<Ipv4> RoutesReader::read_gateways(const Value& value) {
  std::vector<Ipv4> gateways;
  const auto note = [this](const Value& item, Ipv4 gateway) {
    if (!connected_.is_on_link(gateway)) {
      elsewhere_.push_back({item, gateway, {}, config_.routes.size()});
    }
  };
  if (!value.is_list()) {
    if (const auto gateway = read_gateway(&value)) {
      gateways.push_back(*gateway);
      note(value, *gateway);
    }
    return gateways;
  }
  const std::vector<Value> items = value.items();
  if (items.empty() || items.size() > kNextHopsMax) {
    value.problem(
        fmt::format("has {} gateways; a route file takes 1..{}", items.size(), kNextHopsMax));
    return gateways;
  }
  for (const Value& item : items) {
    const auto gateway = read_gateway(&item);
    if (gateway && std::ranges::find(gateways, *gateway) != gateways.end()) {
      item.problem(gateway->to_string() + " is here twice");
    } else if (gateway) {
      gateways.push_back(*gateway);
      note(item, *gateway);
    }
  }
  return gateways;
}

void RoutesReader::read_file_route(const Fields& fields) {
  for (const std::string_view key :
       {"to", "nexthops", "type", "from", "port", "on-link", "recursive"}) {
    if (const Value* value = fields.find(key)) {
      value->missing("does not go with file; a route file takes via, metric and table");
    }
  }
  RouteFile route;
  const Value* const file = fields.find("file");
  if (const auto path = read_text(file)) {
    route.path = (folder_ / *path).lexically_normal().string();
    std::error_code error;
    if (std::filesystem::is_directory(route.path, error)) {
      file->problem(shown(*path) + " is a folder");
    } else if (::access(route.path.c_str(), R_OK) != 0) {
      const std::error_code reason{errno, std::generic_category()};
      file->problem(fmt::format("cannot read {}: {}", shown(*path), reason.message()));
    }
  }
  if (const Value* via = fields.require("via", "the gateway of the file's prefixes, or a list")) {
    route.via = read_gateways(*via);
  }
  assign(route.metric, read(fields.find("metric"), kMetrics));
  assign(route.table, read_table(fields.find("table"), config_.tables));
  assign(route.keep_going, read_flag(fields.find("keep_going")));
  config_.route_files.push_back(std::move(route));
}

void RoutesReader::read_route(const Value& item) {
  static constexpr std::array<std::string_view, 12> kKeys{
      "to",    "via",  "nexthops", "type",       "file",    "metric",
      "table", "from", "port",     "keep_going", "on-link", "recursive"};
  const Fields fields{item, kKeys};
  if (!fields.is_map()) {
    return;
  }
  if (fields.has("file")) {
    read_file_route(fields);
  } else {
    read_prefix_route(item, fields);
  }
}

}  // namespace

void read_routes(const Value& section, const Names& ports, const Connected& connected,
                 const std::filesystem::path& folder, Config& config) {
  RoutesReader reader{ports, connected, folder, config};
  for (const Value& item : section.items()) {
    reader.read_route(item);
  }
  reader.check_gateways();
}

}  // namespace ringroad::config

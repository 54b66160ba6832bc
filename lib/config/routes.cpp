#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <map>
#include <system_error>
#include <tuple>

#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

constexpr std::size_t kNextHopsMax = 256;
constexpr Range<std::uint32_t> kMetrics{0, std::numeric_limits<std::uint32_t>::max()};

// RFC 1812 4.2.2.11 and 5.3.7: what a router must never forward to.
std::string_view unroutable(Prefix4 prefix) {
  const Ipv4 first = prefix.address();
  if (first.is_loopback()) {
    return "loopback addresses";
  }
  if (first.is_multicast()) {
    return "multicast addresses";
  }
  if (first.is_reserved()) {
    return "reserved addresses";
  }
  return first.is_this_network() && prefix.length() >= 8 ? "addresses of \"this network\"" : "";
}

std::optional<Prefix4> read_destination(const Value* value) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  const auto prefix = Prefix4::parse(*text);
  if (!prefix) {
    const auto with_host_bits = InterfaceAddress::parse(*text);
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
  RoutesReader(const Connected& connected, std::filesystem::path folder, Config& config)
      : connected_{connected}, folder_{std::move(folder)}, config_{config} {}

  void read_route(const Value& item);
  // After the last route: reports gateways to which none of them leads.
  void check_gateways() const;

 private:
  void read_prefix_route(const Value& item, const Fields& fields);
  void read_file_route(const Fields& fields);
  [[nodiscard]] std::optional<Ipv4> read_gateway(const Value* value);
  void read_ways(const Value& item, const Fields& fields, Route& route);
  [[nodiscard]] std::vector<NextHop> read_next_hops(const Value& list);
  [[nodiscard]] std::vector<Ipv4> read_gateways(const Value& value);

  const Connected& connected_;
  std::filesystem::path folder_;
  Config& config_;
  // By what no two routes have in common: table, prefix, metric.
  std::map<std::tuple<std::uint8_t, Prefix4, std::uint32_t>, Position> seen_;
  struct Recursive {
    Value value;
    Ipv4 address;
    std::size_t route;  // whose it is, in config_.routes
  };
  std::vector<Recursive> recursive_;
};

std::optional<Ipv4> RoutesReader::read_gateway(const Value* value) {
  const auto address = read_address(value);
  if (!address) {
    return std::nullopt;
  }
  if (connected_.is_elsewhere(*address)) {
    recursive_.push_back({*value, *address, config_.routes.size()});
    return address;
  }
  if (auto fault = connected_.fault(*address)) {
    value->problem(*std::move(fault));
    return std::nullopt;
  }
  return address;
}

// What files lead to is not known here: the router will tell.
void RoutesReader::check_gateways() const {
  for (const Recursive& gateway : recursive_) {
    const auto leads_there = [&](const Route& route) {
      return route.to.length() > 0 && route.to.contains(gateway.address) &&
             &route != config_.routes.data() + gateway.route;
    };
    const auto fault = connected_.fault(gateway.address);
    if (fault && config_.route_files.empty() && std::ranges::none_of(config_.routes, leads_there)) {
      gateway.value.problem(*fault);
    }
  }
}

std::vector<NextHop> RoutesReader::read_next_hops(const Value& list) {
  static constexpr std::array<std::string_view, 2> kKeys{"via", "weight"};
  std::vector<NextHop> next_hops;
  const std::vector<Value> items = list.items();
  if (list.is_list() && (items.empty() || items.size() > kNextHopsMax)) {
    list.problem(fmt::format("has {} next hops; a route takes 1..{}", items.size(), kNextHopsMax));
    return next_hops;
  }
  for (const Value& item : items) {
    const Fields fields{item, kKeys};
    NextHop next_hop;
    const Value* via = fields.require("via", "the gateway's address");
    const auto gateway = read_gateway(via);
    assign(next_hop.weight, read(fields.find("weight"), Range<std::uint16_t>{1, 256}));
    if (!gateway) {
      continue;
    }
    next_hop.via = *gateway;
    if (std::ranges::find(next_hops, next_hop.via, &NextHop::via) != next_hops.end()) {
      via->problem(gateway->to_string() + " is here twice; give it a weight instead");
    }
    next_hops.push_back(next_hop);
  }
  return next_hops;
}

// Exactly one of: a gateway, several, or a type that forwards nowhere.
void RoutesReader::read_ways(const Value& item, const Fields& fields, Route& route) {
  const Value* const via = fields.find("via");
  const Value* const next_hops = fields.find("nexthops");
  const auto type = read(fields.find("type"), kRouteTypeWords);
  assign(route.type, type);
  if (type && *type != RouteType::kUnicast) {
    for (const Value* way : {via, next_hops}) {
      if (way != nullptr) {
        way->missing(fmt::format("a route of type {} forwards nowhere and takes no gateway",
                                 *fields.find("type")->text()));
      }
    }
    return;
  }
  if (via != nullptr && next_hops != nullptr) {
    next_hops->missing("a route has either via or nexthops; put all gateways into nexthops");
  }
  if (via != nullptr && via->is_list()) {
    via->problem("is a list; write several gateways as nexthops: [{via: ...}, {via: ...}]");
  } else if (const auto gateway = read_gateway(via)) {
    route.next_hops.push_back({.via = *gateway, .weight = 1});
  }
  if (next_hops != nullptr) {
    route.next_hops = read_next_hops(*next_hops);
  }
  const bool type_is_wrong = fields.has("type") && !type;
  if (!fields.has("via") && !fields.has("nexthops") && !type_is_wrong) {
    item.missing("has no gateway: give it via or nexthops, or a type such as blackhole");
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
  if (!value.is_list()) {
    if (const auto gateway = read_gateway(&value)) {
      gateways.push_back(*gateway);
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
    }
  }
  return gateways;
}

void RoutesReader::read_file_route(const Fields& fields) {
  for (const std::string_view key : {"to", "nexthops", "type", "from"}) {
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
  static constexpr std::array<std::string_view, 9> kKeys{
      "to", "via", "nexthops", "type", "file", "metric", "table", "from", "keep_going"};
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

void read_routes(const Value& section, const Connected& connected,
                 const std::filesystem::path& folder, Config& config) {
  RoutesReader reader{connected, folder, config};
  for (const Value& item : section.items()) {
    reader.read_route(item);
  }
  reader.check_gateways();
}

}  // namespace ringroad::config

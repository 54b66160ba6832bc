// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <tuple>
#include <type_traits>

#include "config/destination.hpp"
#include "config/family.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

constexpr Range<std::uint32_t> kMetrics{0, kMetricMax};

// How a next hop says that its gateway is reached.
struct Reach {
  bool has_port;
  std::string port;
  bool elsewhere;     // it need not be on the link
  std::size_t route;  // the route with this gateway, if it is of the gateway's family
};
constexpr std::size_t kNoRoute = ~std::size_t{0};

template <class Address>
class RoutesReader {
  using Route = RouteOf<Address>;
  using NextHop = NextHopOf<Address>;

 public:
  // `ipv6`: reads the gateways of IPv6 of IPv4 routes (RFC 8950).
  RoutesReader(const Names& ports, const Connected& connected, Config& config,
               RoutesReader<Ipv6>* ipv6 = nullptr)
      : ports_{ports},
        connected_{connected.of<Address>()},
        all_connected_{connected},
        config_{config},
        ipv6_{ipv6},
        lists_{lists_of<Address>(config)} {}

  void read_route(const Value& item, const Fields& fields);
  // Adds a gateway of a file of routes.
  void read_file_gateway(const Value& value, std::vector<Address>& gateways);
  // Called after the last route: reports gateways that no route covers.
  void check_gateways() const;

 private:
  template <class Any>
  friend class RoutesReader;

  [[nodiscard]] std::optional<Address> read_gateway(const Value* value, std::string_view port);
  [[nodiscard]] std::optional<GatewayOf<Address>> read_any_gateway(const Value* value,
                                                                   std::string_view port);
  // Checks how the gateway of a next hop is reached. Returns false after a problem.
  [[nodiscard]] bool check_reach(const Value& via, Address gateway, const Reach& reach);
  [[nodiscard]] std::optional<NextHop> read_next_hop(const Value& item, const Fields& fields);
  void read_ways(const Value& item, const Fields& fields, Route& route);
  [[nodiscard]] std::vector<NextHop> read_next_hops(const Value& list);

  const Names& ports_;
  const ConnectedOf<Address>& connected_;
  const Connected& all_connected_;
  Config& config_;
  RoutesReader<Ipv6>* ipv6_;
  Lists<Address> lists_;
  // By table, prefix and metric, which identify a route.
  std::map<std::tuple<std::uint8_t, Prefix<Address>, std::uint32_t>, Position> seen_;
  // A gateway that is on no subnet, or on none of its port's: another route must cover it.
  struct Elsewhere {
    Value value;
    Address address;
    std::string port;   // if empty, any port
    std::size_t route;  // the route with this gateway, in lists_.routes, or kNoRoute
  };
  std::vector<Elsewhere> elsewhere_;
};

template <class Address>
std::optional<Address> RoutesReader<Address>::read_gateway(const Value* value,
                                                           std::string_view port) {
  if (value != nullptr && std::is_same_v<Address, Ipv6> && Ipv4::parse(value->node().text)) {
    // Linux refuses such a route too (rtm_to_fib6_config).
    value->problem(value->node().text +
                   " is an IPv4 address; the gateway of an IPv6 route has an IPv6 address");
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

template <class Address>
std::optional<GatewayOf<Address>> RoutesReader<Address>::read_any_gateway(const Value* value,
                                                                          std::string_view port) {
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (value != nullptr && looks_like_ipv6(value->node().text)) {
      return ipv6_->read_gateway(value, port);
    }
  }
  return read_gateway(value, port);
}

template <class Address>
bool RoutesReader<Address>::check_reach(const Value& via, Address gateway, const Reach& reach) {
  if (is_link_local(gateway) && !reach.has_port) {
    via.problem(gateway.to_string() + " is a link-local address, which needs port");
    return false;
  }
  const bool reached =
      reach.elsewhere || (reach.has_port ? connected_.is_on_link(gateway, reach.port)
                                         : connected_.is_on_link(gateway));
  if (!reached) {
    elsewhere_.push_back({via, gateway, reach.port, reach.route});
  }
  return true;
}

// Reads `via`, `port`, `on-link` and `recursive` of a route or of one of its next hops.
template <class Address>
auto RoutesReader<Address>::read_next_hop(const Value& item, const Fields& fields)
    -> std::optional<NextHop> {
  NextHop hop;
  const Value* const via = fields.find("via");
  const Value* const port = fields.find("port");
  const auto name = read_text(port);
  const auto gateway = read_any_gateway(via, name.value_or(""));
  const Ipv6* const foreign = gateway ? as_foreign(*gateway) : nullptr;
  assign(hop.on_link, read_flag(fields.find("on-link")));
  assign(hop.recursive, read_flag(fields.find("recursive")));
  if (name && check_reference(*port, *name, "port", ports_)) {
    hop.port = *name;
    if (std::is_same_v<Address, Ipv6> || foreign != nullptr) {
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
  if (!gateway && !has_port) {
    item.missing("has no gateway: give it via or nexthops, or a type such as blackhole");
    return std::nullopt;
  }
  hop.via = gateway;
  const Reach reach{.has_port = has_port,
                    .port = hop.port,
                    .elsewhere = hop.on_link || hop.recursive,
                    .route = foreign != nullptr ? kNoRoute : lists_.routes.size()};
  const bool good = !gateway             ? true
                    : foreign != nullptr ? ipv6_->check_reach(*via, *foreign, reach)
                                         : check_reach(*via, *gateway_as<Address>(*gateway), reach);
  return good ? std::optional{std::move(hop)} : std::nullopt;
}

// The prefixes of route files are not known here; the router reports such gateways when it starts.
template <class Address>
void RoutesReader<Address>::check_gateways() const {
  for (const Elsewhere& gateway : elsewhere_) {
    const auto leads_there = [&](const Route& route) {
      const auto index = static_cast<std::size_t>(&route - lists_.routes.data());
      const bool covers = route.to.contains(gateway.address) && index != gateway.route;
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
      // NOLINTNEXTLINE(bugprone-unchecked-optional-access): this list's entries all have one
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
    elsewhere_.push_back({value, *gateway, {}, kNoRoute});
  }
}

}  // namespace

void read_routes(const Value& section, const Names& ports, const Connected& connected,
                 const std::filesystem::path& folder, Config& config) {
  static constexpr std::array<std::string_view, 12> kKeys{
      "to",    "via",  "nexthops", "type",       "file",    "metric",
      "table", "from", "port",     "keep_going", "on-link", "recursive"};
  RoutesReader<Ipv6> ipv6{ports, connected, config};
  RoutesReader<Ipv4> ipv4{ports, connected, config, &ipv6};
  // The gateways of a file are each of the family of its own address.
  const auto add_gateway = [&](const Value& value, RouteFile& file) {
    if (looks_like_ipv6(value.node().text)) {
      ipv6.read_file_gateway(value, file.via6);
    } else {
      ipv4.read_file_gateway(value, file.via);
    }
  };
  for (const Value& item : section.items()) {
    const Fields fields{item, kKeys};
    if (!fields.is_map()) {
      continue;
    }
    if (fields.has("file")) {
      read_route_file(fields, folder, add_gateway, config);
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

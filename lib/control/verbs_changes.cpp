// SPDX-License-Identifier: BSD-3-Clause
// The verbs that change routes, neighbors, links and addresses. Each reads all of its request
// before it changes anything.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "control/options.hpp"

namespace ringroad::control {

using nlohmann::json;

Result<json> answer(Options& options, const Status& status) {
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  if (!status) {
    return std::unexpected{status.error()};
  }
  return json::object();
}

std::optional<fib::Table> read_table(const Router& router, Options& options) {
  if (!options.has("table")) {
    return std::nullopt;
  }
  const std::string text = options.text("table");
  const auto table = router.configuration().table_names().parse(text);
  if (!table) {
    options.complain(
        fmt::format("there is no table '{}': it is main, default, local, a name under tables in "
                    "the configuration, or a number of 1 to 255",
                    text));
  }
  return table;
}

const interface::InterfaceView* port_of(Router& router, Options& options) {
  const std::string name = options.text("port");
  const interface::InterfaceView* const port = router.world().find_port(name);
  if (port == nullptr) {
    options.complain(fmt::format("there is no port '{}'", name));
  }
  return port;
}

namespace {

std::optional<config::RouteType> parse_type(std::string_view text) {
  constexpr std::array kTypes{
      std::pair{std::string_view{"unicast"}, config::RouteType::kUnicast},
      std::pair{std::string_view{"blackhole"}, config::RouteType::kBlackhole},
      std::pair{std::string_view{"unreachable"}, config::RouteType::kUnreachable},
      std::pair{std::string_view{"prohibit"}, config::RouteType::kProhibit}};
  for (const auto& [name, type] : kTypes) {
    if (name == text) {
      return type;
    }
  }
  return std::nullopt;
}

// `via`, `port` and `onlink` of a route or of one of its next hops, checked.
config::NextHop read_next_hop(Router& router, Options& options) {
  config::NextHop hop;
  if (options.has("via")) {
    hop.via = options.parsed<Ipv4>("via", Ipv4::parse, kAddress);
  }
  if (options.has("port")) {
    if (const interface::InterfaceView* const port = port_of(router, options); port != nullptr) {
      hop.port = port->name;
    }
  }
  hop.on_link = options.flag("onlink");
  hop.recursive = options.flag("recursive");
  if ((hop.on_link || hop.recursive) && !hop.via) {
    options.complain("'onlink' and 'recursive' say something of a gateway: 'via'");
  }
  if (hop.recursive && !hop.port.empty()) {
    options.complain("'recursive' goes without a port: a route says which");
  }
  return hop;
}

std::vector<config::NextHop> read_next_hops(Router& router, Options& options) {
  std::vector<config::NextHop> next_hops;
  const bool one = options.has("via") || options.has("port");
  if (one || options.has("onlink") || options.has("recursive")) {
    next_hops.push_back(read_next_hop(router, options));
  }
  if (!options.has("nexthops")) {
    return next_hops;
  }
  const json& hops = options.at("nexthops");
  if (one) {
    options.complain("'via' or 'port' and 'nexthops' exclude each other");
  }
  if (!hops.is_array() || hops.empty() || hops.size() > fib::kGroupMembersMax) {
    options.complain(fmt::format("'nexthops' is not a list of 1 to {}", fib::kGroupMembersMax));
    return next_hops;
  }
  for (const json& hop : hops) {
    if (!hop.is_object()) {
      options.complain("'nexthops' holds something that is no next hop");
      return next_hops;
    }
    Options one_hop{hop};
    one_hop.only({"via", "port", "onlink", "recursive", "weight"});
    config::NextHop next_hop = read_next_hop(router, one_hop);
    if (one_hop.has("weight")) {
      next_hop.weight = static_cast<std::uint16_t>(one_hop.number("weight", 256));
    }
    if (next_hop.weight == 0) {
      one_hop.complain("a weight is 1 to 256");
    }
    if (!next_hop.via) {
      one_hop.complain("each of 'nexthops' needs a gateway: 'via'");
    }
    if (const auto& error = one_hop.error()) {
      options.complain(error->what);
    }
    next_hops.push_back(next_hop);
  }
  return next_hops;
}

template <routing::Routing::Mode kMode>
Result<json> route_set(Router& router, Options& options) {
  options.only({"prefix", "type", "metric", "table", "source", "via", "port", "onlink", "recursive",
                "nexthops"});
  config::Route route;
  route.to = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix);
  if (options.has("type")) {
    route.type = options.parsed<config::RouteType>("type", parse_type, "a type of route");
  }
  if (options.has("metric")) {
    route.metric = options.number("metric", 0xffffffffU);
  }
  route.table = static_cast<std::uint8_t>(read_table(router, options).value_or(fib::Table::kMain));
  if (options.has("source")) {
    route.source = options.parsed<Ipv4>("source", Ipv4::parse, kAddress);
  }
  route.next_hops = read_next_hops(router, options);
  if (route.type != config::RouteType::kUnicast && !route.next_hops.empty()) {
    options.complain("a route of that type has no gateway");
  }
  return options.error() ? answer(options, {})
                         : answer(options, router.configuration().set_route(route, kMode));
}

Result<json> route_del(Router& router, Options& options) {
  options.only({"prefix", "type", "metric", "table", "source", "via", "port", "onlink", "recursive",
                "nexthops"});
  routing::Routing::Selection selection{
      .prefix = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix),
      .table = read_table(router, options)};
  if (options.has("metric")) {
    selection.metric = options.number("metric", 0xffffffffU);
  }
  if (options.has("type")) {
    selection.type =
        type_of(options.parsed<config::RouteType>("type", parse_type, "a type of route"));
  }
  if (options.has("source")) {
    selection.source = options.parsed<Ipv4>("source", Ipv4::parse, kAddress);
  }
  for (const config::NextHop& hop : read_next_hops(router, options)) {
    const interface::InterfaceView* const port =
        hop.port.empty() ? nullptr : router.world().find_port(hop.port);
    selection.vias.push_back(
        {.address = hop.via, .port = port == nullptr ? std::nullopt : std::optional{port->id}});
  }
  return options.error() ? answer(options, {})
                         : answer(options, router.configuration().remove_route(selection));
}

// Reading and adding go on when this has answered: `show load` tells how far they are.
Result<json> route_load(Router& router, Options& options) {
  options.only({"file", "via", "metric", "table", "keep_going"});
  config::RouteFile file{.path = options.text("file"),
                         .via = {options.parsed<Ipv4>("via", Ipv4::parse, kAddress)},
                         .metric = 0};
  if (options.has("metric")) {
    file.metric = options.number("metric", 0xffffffffU);
  }
  file.table = static_cast<std::uint8_t>(read_table(router, options).value_or(fib::Table::kMain));
  if (options.has("keep_going")) {
    file.keep_going = options.flag("keep_going");
  }
  if (const auto& error = options.error()) {
    return std::unexpected{*error};
  }
  if (const Status status = router.configuration().load_routes(file); !status) {
    return std::unexpected{status.error()};
  }
  return json{{"load", router.configuration().load_number()}};
}

template <Status (Configuration::*kChange)(const config::StaticNeighbor&)>
Result<json> neighbor_set(Router& router, Options& options) {
  options.only({"address", "port", "mac"});
  const config::StaticNeighbor neighbor{
      .address = options.parsed<Ipv4>("address", Ipv4::parse, kAddress),
      .port = options.text("port"),
      .mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address")};
  return options.error() ? answer(options, {})
                         : answer(options, (router.configuration().*kChange)(neighbor));
}

Result<json> neighbor_del(Router& router, Options& options) {
  options.only({"address", "port"});
  const Ipv4 address = options.parsed<Ipv4>("address", Ipv4::parse, kAddress);
  const interface::InterfaceView* const port = port_of(router, options);
  return options.error()
             ? answer(options, {})
             : answer(options, router.configuration().erase_neighbor({port->id, address}));
}

Result<json> link_set(Router& router, Options& options) {
  options.only({"port", "mtu", "mac", "up"});
  const interface::InterfaceView* const port = port_of(router, options);
  Links::Change change;
  if (options.has("mtu")) {
    change.mtu = static_cast<std::uint16_t>(options.number("mtu", 0xffff));
  }
  if (options.has("mac")) {
    change.mac = options.parsed<Mac>("mac", Mac::parse, "a MAC address");
  }
  if (options.has("up")) {
    change.up = options.flag("up");
  }
  return options.error() ? answer(options, {})
                         : answer(options, router.links().change(port->id, change));
}

template <Status (Links::*kChange)(InterfaceId, InterfaceAddress)>
Result<json> change_address(Router& router, Options& options) {
  options.only({"address", "peer", "port"});
  std::string text = options.text("address");
  if (options.has("peer")) {
    text += " peer " + options.text("peer");
  }
  const auto address = options.parsed_text<InterfaceAddress>(
      text, InterfaceAddress::parse, "an IPv4 address with its subnet's length (a.b.c.d/24)");
  const interface::InterfaceView* const port = port_of(router, options);
  return options.error() ? answer(options, {})
                         : answer(options, (router.links().*kChange)(port->id, address));
}

struct Verb {
  std::string_view words;
  CarryOut carry_out;
};
constexpr std::array kChanges{
    Verb{"route add", route_set<routing::Routing::Mode::kAdd>},
    Verb{"route replace", route_set<routing::Routing::Mode::kReplace>},
    Verb{"route change", route_set<routing::Routing::Mode::kChange>},
    Verb{"route append", route_set<routing::Routing::Mode::kAppend>},
    Verb{"route del", route_del},
    Verb{"route load", route_load},
    Verb{"neighbor add", neighbor_set<&Configuration::add_neighbor>},
    Verb{"neighbor replace", neighbor_set<&Configuration::replace_neighbor>},
    Verb{"neighbor del", neighbor_del},
    Verb{"link set", link_set},
    Verb{"address add", change_address<&Links::add_address>},
    Verb{"address del", change_address<&Links::erase_address>},
};

}  // namespace

CarryOut find_change(std::string_view words) {
  const auto* const found = std::ranges::find(kChanges, words, &Verb::words);
  return found == kChanges.end() ? nullptr : found->carry_out;
}

}  // namespace ringroad::control

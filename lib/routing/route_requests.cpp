// SPDX-License-Identifier: BSD-3-Clause
// Requests that change static routes, as `ip route` does: add, replace, change, append, del. Each
// is one commit of the RIB, which accepts or refuses it as a whole.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "routing/routing.hpp"

namespace ringroad::routing {
namespace {

using fib::Protocol;
using fib::Table;

std::string place_of(const auto& request) {
  return fmt::format("{} metric {}", request.prefix.to_string(), request.metric);
}

}  // namespace

template <class Address>
Status Routing<Address>::check_table(Table table) {
  return table == Table::kLocal
             ? fail("table local holds the router's own addresses; take main or another")
             : Status{};
}

// Returns the port whose subnet covers the gateway; if several ports share the subnet, the one
// through which its packets are sent.
template <class Address>
std::optional<InterfaceId> Routing<Address>::port_of(Address gateway) const {
  const auto subnet = world_.subnet_of(gateway);
  if (!subnet) {
    return std::nullopt;
  }
  for (const View& route : rib_.at(subnet->prefix)) {
    if (route.path.protocol == Protocol::kConnected && subnet->port->up) {
      return route.path.next_hops.front().port;
    }
  }
  return subnet->port->id;
}

// Like Linux's fib_check_nh: a gateway on a given port must be on one of the port's subnets, or be
// covered by a route out of that port that has no gateway itself.
template <class Address>
Status Routing<Address>::check_on(InterfaceId port, Address gateway) const {
  if (world_.is_on_link(port, gateway)) {
    return {};
  }
  for (const View& route : rib_.covering(gateway)) {
    if (std::ranges::any_of(route.path.next_hops,
                            [port](const auto& hop) { return hop.port == port && !hop.via; })) {
      return {};
    }
  }
  return fail(fmt::format("the gateway {} is on no subnet of port {}; say onlink if it is there",
                          gateway.to_string(), world_.port(port).name));
}

template <class Address>
Result<fib::RouteNextHop<Address>> Routing<Address>::hop_to(const Via& via) const {
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (const Ipv6* const other = via.address ? as_foreign(*via.address) : nullptr) {
      const auto hop = other_->hop_to({.address = *other,
                                       .weight = via.weight,
                                       .port = via.port,
                                       .on_link = via.on_link,
                                       .recursive = via.recursive});
      return hop ? Result<fib::RouteNextHop<Ipv4>>{{.via = *other,
                                                    .port = hop->port,
                                                    .weight = hop->weight,
                                                    .on_link = hop->on_link}}
                 : std::unexpected{hop.error()};
    }
  }
  fib::RouteNextHop<Address> hop{
      .via = via.address, .port = via.port, .weight = via.weight, .on_link = via.on_link};
  if (!via.address) {
    return via.port ? Result<fib::RouteNextHop<Address>>{hop}
                    : fail("a route needs a gateway or a port");
  }
  const Address gateway = *gateway_as<Address>(*via.address);
  if (world_.is_configured(gateway)) {
    return fail(fmt::format("the gateway {} is this router's own address", gateway.to_string()));
  }
  if (!gateway.is_unicast() || world_.is_edge(gateway)) {
    return fail(fmt::format("the gateway {} is no host's address", gateway.to_string()));
  }
  if constexpr (std::is_same_v<Address, Ipv6>) {
    if (gateway.is_link_local() && !via.port) {
      return fail(
          fmt::format("the gateway {} is on every link; say on which port", gateway.to_string()));
    }
  }
  if (via.on_link && !via.port) {
    return fail(fmt::format("the gateway {} is on the link of which port?", gateway.to_string()));
  }
  if (via.port) {
    const Status status = via.on_link ? Status{} : check_on(*via.port, gateway);
    return status ? Result<fib::RouteNextHop<Address>>{hop} : std::unexpected{status.error()};
  }
  hop.port = port_of(gateway);
  if (!hop.port && !via.recursive && !gateways_.is_covered(gateway)) {
    return fail(
        fmt::format("the gateway {} is on no port's subnet, and no route but the default leads "
                    "to it",
                    gateway.to_string()));
  }
  return hop;
}

template <class Address>
Status Routing<Address>::check(const Request& request) const {
  if (Status status = check_table(request.table); !status) {
    return status;
  }
  const std::string prefix = request.prefix.to_string();
  if (!is_routable(request.prefix)) {
    return fail(fmt::format("{} is not a unicast prefix", prefix));
  }
  if (request.type == RouteType::kUnicast && request.vias.empty()) {
    return fail(fmt::format("{}: a route needs a gateway: via ADDR", prefix));
  }
  if (request.type != RouteType::kUnicast && !request.vias.empty()) {
    return fail(fmt::format("{}: a route of that type has no gateway", prefix));
  }
  if (request.source && !world_.is_configured(*request.source)) {
    return fail(fmt::format("{} src {}: that is not an address of this router", prefix,
                            request.source->to_string()));
  }
  if (request.vias.size() > 1 &&
      !std::ranges::all_of(request.vias, [](const Via& via) { return via.address.has_value(); })) {
    return fail(fmt::format("{}: each of several next hops needs a gateway", prefix));
  }
  return {};
}

template <class Address>
Result<fib::Path<Address>> Routing<Address>::path_of(const Request& request) const {
  if (const Status status = check(request); !status) {
    return std::unexpected{status.error()};
  }
  const std::string prefix = request.prefix.to_string();
  Path path{.protocol = request.protocol, .type = request.type, .source = request.source};
  for (const Via& via : request.vias) {
    const auto hop = hop_to(via);
    if (!hop) {
      return fail(fmt::format("{}: {}", prefix, hop.error().what));
    }
    const auto is_same = [&](const auto& other) {
      return other.via == hop->via && other.port == hop->port;
    };
    if (std::ranges::any_of(path.next_hops, is_same)) {
      return fail(fmt::format("{}: the gateway {} is there twice; give it a weight instead", prefix,
                              hop->via.value_or(GatewayOf<Address>{}).to_string()));
    }
    path.next_hops.push_back(*hop);
  }
  if (path.next_hops.size() > fib::kGroupMembersMax) {
    return fail(fmt::format("{}: {} next hops; a route takes 1..{}", prefix, path.next_hops.size(),
                            fib::kGroupMembersMax));
  }
  return path;
}

template <class Address>
Result<fib::Path<Address>> Routing<Address>::appended(const Path& path,
                                                      const Request& request) const {
  const auto more = path_of(request);
  if (!more) {
    return more;
  }
  const std::string place = place_of(request);
  const auto has_gateways = [](const Path& route) {
    return !route.next_hops.empty() && std::ranges::all_of(route.next_hops, [](const auto& hop) {
      return hop.via.has_value();
    });
  };
  if (!has_gateways(path) || !has_gateways(*more)) {
    return fail(fmt::format("{}: next hops are appended to gateways only", place));
  }
  if (request.source && request.source != path.source) {
    return fail(fmt::format("{} has another source; change that first", place));
  }
  Path all = path;
  for (const auto& hop : more->next_hops) {
    const auto is_same = [&](const auto& other) {
      return other.via == hop.via && other.port == hop.port;
    };
    if (std::ranges::any_of(path.next_hops, is_same)) {
      return fail(fmt::format("{} via {} exists already", place,
                              hop.via.value_or(GatewayOf<Address>{}).to_string()));
    }
    all.next_hops.push_back(hop);
  }
  if (all.next_hops.size() > fib::kGroupMembersMax) {
    return fail(fmt::format("{} would have {} next hops; a route takes 1..{}", place,
                            all.next_hops.size(), fib::kGroupMembersMax));
  }
  return all;
}

template <class Address>
Status Routing<Address>::put(const fib::RouteEdit<Address>& edit, const Path* before) {
  // If the old route's next hop is a group, the members that stay in the new group keep their
  // flows.
  if (before != nullptr && edit.path && before->next_hops.size() > 1) {
    if (const auto group = next_hop_of(*before)) {
      like_ = *group;
    }
  }
  Status status = rib_.commit({&edit, 1});
  if (const auto like = std::exchange(like_, std::nullopt)) {
    next_hops_.release(*like);
  }
  gateways_.changed(edit.prefix);
  settle();
  return status;
}

template <class Address>
Status Routing<Address>::commit(std::span<const Edit> edits, std::span<const Path* const> before) {
  // A group that follows another one is committed alone, because it takes over that one's flows.
  const auto is_alone = [&](std::size_t i) {
    return before[i] != nullptr && before[i]->next_hops.size() > 1 && edits[i].path;
  };
  std::size_t done = 0;
  while (done < edits.size()) {
    std::size_t end = done + 1;
    Status status;
    if (is_alone(done)) {
      status = put(edits[done], before[done]);
    } else {
      while (end < edits.size() && !is_alone(end)) {
        ++end;
      }
      const auto these = edits.subspan(done, end - done);
      status = rib_.commit(these);
      tell_gateways(these);
      settle();
    }
    if (!status) {
      std::vector<Edit> back;
      for (std::size_t i = 0; i < done; ++i) {
        back.push_back(edits[i]);
        back.back().path = before[i] != nullptr ? std::optional{*before[i]} : std::nullopt;
      }
      // What was released a moment ago has room again.
      static_cast<void>(rib_.commit(back));
      tell_gateways(std::span<const Edit>{back});
      settle();
      return status;
    }
    done = end;
  }
  return {};
}

template <class Address>
Result<typename Routing<Address>::Outcome> Routing<Address>::set(const Request& request,
                                                                 Mode mode) {
  auto path = path_of(request);
  if (!path) {
    return std::unexpected{path.error()};
  }
  const auto there = rib_.find(request.table, request.prefix, request.metric);
  const auto is_connected = [&](const View& route) {
    return route.table == request.table && route.metric == request.metric &&
           route.path.protocol == Protocol::kConnected;
  };
  const bool connected = std::ranges::any_of(rib_.at(request.prefix), is_connected);
  const std::optional<Path> before = there ? std::optional{there->path} : std::nullopt;
  if (there ? mode == Mode::kAdd || mode == Mode::kConfigured : connected && mode == Mode::kAdd) {
    return fail(fmt::format("{} exists already in table {}; delete or replace it",
                            place_of(request), fib::to_string(request.table)));
  }
  if (there && request.protocol != Protocol::kStatic && there->path.protocol != request.protocol) {
    return fail(fmt::format("{} exists already as a route of protocol {}", place_of(request),
                            fib::to_string(there->path.protocol)));
  }
  if (!there && mode == Mode::kChange) {
    return fail(fmt::format("there is no static route {} in table {} to change", place_of(request),
                            fib::to_string(request.table)));
  }
  if (!there && connected && mode == Mode::kReplace) {
    return fail(fmt::format("{} is a connected subnet, which goes with its address only",
                            place_of(request)));
  }
  if (there && mode == Mode::kAppend) {
    path = appended(*before, request);
    if (!path) {
      return std::unexpected{path.error()};
    }
  }
  const Status status = put(
      {.prefix = request.prefix, .table = request.table, .metric = request.metric, .path = *path},
      before ? &*before : nullptr);
  if (!status) {
    return std::unexpected{status.error()};
  }
  return Outcome{.before = before, .now = std::move(*path)};
}

template <class Address>
Status Routing<Address>::add(const Request& request) {
  const auto outcome = set(request, Mode::kAdd);
  return outcome ? Status{} : std::unexpected{outcome.error()};
}

template class Routing<Ipv4>;
template class Routing<Ipv6>;

}  // namespace ringroad::routing

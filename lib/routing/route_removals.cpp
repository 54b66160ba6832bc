// SPDX-License-Identifier: BSD-3-Clause
// Requests that remove static routes, or some of their next hops, as `ip route del` does. Each is
// one commit of the RIB.
#include <fmt/format.h>

#include <algorithm>

#include "routing/routing.hpp"

namespace ringroad::routing {
namespace {

using fib::Protocol;
using fib::Table;

template <class Address>
bool matches(const fib::RouteNextHop<Address>& hop, const typename Routing<Address>::Via& via) {
  return (!via.address || hop.via == via.address) && (!via.port || hop.port == via.port) &&
         (via.address || via.port);
}

std::string describe(const auto& selection) {
  std::string text = selection.prefix.to_string();
  for (const auto& via : selection.vias) {
    text += via.address ? fmt::format(" via {}", via.address->to_string()) : " on that port";
  }
  if (selection.metric) {
    text += fmt::format(" metric {}", *selection.metric);
  }
  return text;
}

}  // namespace

template <class Address>
std::optional<fib::RouteView<Address>> Routing<Address>::find(const Selection& selection) const {
  for (const View& route : rib_.at(selection.prefix)) {
    const bool asked =
        selection.table ? route.table == *selection.table : route.table >= Table::kDefault;
    const auto is_there = [&](const Via& via) {
      return std::ranges::any_of(route.path.next_hops,
                                 [&](const auto& hop) { return matches(hop, via); });
    };
    if (asked && route.path.protocol == selection.protocol &&
        (!selection.metric || *selection.metric == route.metric) &&
        (!selection.type || *selection.type == route.path.type) &&
        (!selection.source || selection.source == route.path.source) &&
        std::ranges::all_of(selection.vias, is_there)) {
      return route;
    }
  }
  return std::nullopt;
}

template <class Address>
Result<typename Routing<Address>::Removal> Routing<Address>::remove(const Selection& selection) {
  const auto route = find(selection);
  if (!route) {
    if (rib_.best(selection.prefix)) {
      return fail(
          fmt::format("{}: no static route matches; the others come and go with their addresses",
                      describe(selection)));
    }
    return fail(fmt::format(
        "there is no route {} in {}", describe(selection),
        selection.table ? fmt::format("table {}", fib::to_string(*selection.table)) : "any table"));
  }
  const Path before = route->path;
  std::optional<Path> left;
  if (!selection.vias.empty()) {
    left = before;
    std::erase_if(left->next_hops, [&](const auto& hop) {
      return std::ranges::any_of(selection.vias, [&](const Via& via) { return matches(hop, via); });
    });
    if (left->next_hops.empty()) {
      left.reset();
    }
  }
  Removal removal{
      .table = route->table, .metric = route->metric, .outcome = {.before = before, .now = left}};
  const Status status = put(
      {.prefix = selection.prefix, .table = route->table, .metric = route->metric, .path = left},
      &before);
  if (!status) {
    return std::unexpected{status.error()};
  }
  return removal;
}

template <class Address>
Result<fib::Route<Address>> Routing<Address>::erase(const fib::RouteSelector<Address>& selector) {
  Selection selection{
      .prefix = selector.prefix, .table = selector.table, .metric = selector.metric};
  if (selector.via) {
    selection.vias = {{.address = selector.via}};
  }
  const auto removal = remove(selection);
  if (!removal) {
    return std::unexpected{removal.error()};
  }
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): what is removed was there before
  const Path& before = removal->outcome.before.value();
  return fib::Route<Address>{.prefix = selector.prefix,
                             .table = removal->table,
                             .metric = removal->metric,
                             .path = before};
}

template class Routing<Ipv4>;
template class Routing<Ipv6>;

}  // namespace ringroad::routing

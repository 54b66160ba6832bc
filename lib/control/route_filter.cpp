// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_filter.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace ringroad::control {
namespace {

using nlohmann::json;
using View = fib::Rib4::View;

std::optional<RouteType> parse_type(std::string_view text) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(RouteType::kProhibit); ++i) {
    if (const auto type = static_cast<RouteType>(i); to_string(type) == text) {
      return type;
    }
  }
  return std::nullopt;
}

// Finds the longest prefix that covers the address in `table`; without a table, in the one by which
// the address is forwarded.
std::vector<View> longest_match(const fib::Rib4& rib, Ipv4 address,
                                std::optional<fib::Table> table) {
  std::optional<Prefix4> prefix;
  if (!table) {
    if (const auto match = rib.lookup(address)) {
      prefix = match->prefix;
      table = match->table;
    }
  }
  for (int length = 32; table && !prefix && length >= 0; --length) {
    const Prefix4 candidate{address, static_cast<std::uint8_t>(length)};
    const auto routes = rib.at(candidate);
    if (std::ranges::find(routes, *table, &View::table) != routes.end()) {
      prefix = candidate;
    }
  }
  std::vector<View> found;
  if (prefix) {
    std::ranges::copy_if(rib.at(*prefix), std::back_inserter(found),
                         [&](const View& route) { return route.table == *table; });
  }
  return found;
}

void read_after(const Router& router, Options& options, RouteFilter& filter) {
  const json& after = options.at("after");
  if (!after.is_object()) {
    options.complain("'after' is not a route");
    return;
  }
  Options one{after};
  filter.after = {.table = read_table(router, one).value_or(fib::Table::kMain),
                  .position = {.prefix = one.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix),
                               .metric = one.number("metric", 0xffffffffU)}};
  if (one.has("rank")) {
    filter.after->position.rank = static_cast<fib::Rank>(one.number("rank", 0xffffU));
  }
  if (const auto& error = one.error()) {
    options.complain(error->what);
  }
}

void read_selectors(Router& router, Options& options, RouteFilter& filter) {
  if (options.has("protocol")) {
    filter.protocol = options.text("protocol");
  }
  if (options.has("type")) {
    filter.type = options.parsed<RouteType>("type", parse_type, "a type of routes");
  }
  if (options.has("metric")) {
    filter.metric = options.number("metric", 0xffffffffU);
  }
  if (options.has("via")) {
    filter.via = options.parsed<Ipv4>("via", Ipv4::parse, kAddress);
  }
  if (options.has("state")) {
    filter.state = options.text("state");
  }
  if (options.has("root")) {
    filter.root = options.parsed<Prefix4>("root", Prefix4::parse, kPrefix);
  }
  filter.port = optional_port(router, options);
  filter.none = options.family() == 6;
}

}  // namespace

bool RouteFilter::matches(const View& route) const {
  const auto any_hop = [&](const auto& is_so) {
    return std::ranges::any_of(route.path.next_hops, is_so);
  };
  return !none && (!table || route.table == *table) && (!type || route.path.type == *type) &&
         (!metric || route.metric == *metric) && (!root || root->contains(route.prefix)) &&
         (!protocol || fib::to_string(route.path.protocol) == *protocol) &&
         (!via || any_hop([&](const auto& hop) { return hop.via == via; })) &&
         (!port || any_hop([&](const auto& hop) { return hop.port == port; }));
}

bool RouteFilter::matches(const json& report) const {
  const json& hops = report.at("nexthops");
  return !state || std::any_of(hops.begin(), hops.end(),
                               [&](const json& hop) { return hop.at("state") == *state; });
}

RouteFilter read_route_filter(Router& router, Options& options) {
  options.only({"prefix", "table", "after", "limit", "family", "protocol", "type", "metric", "via",
                "port", "state", "root", "summary"});
  RouteFilter filter;
  if (options.has("prefix")) {
    filter.prefix = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix);
    // An address without a length asks for the longest prefix that covers it.
    if (const std::string text = options.text("prefix"); Ipv4::parse(text)) {
      filter.match = Ipv4::parse(text);
    }
  }
  // Like `ip route`, this lists the main table unless a prefix or a table is given.
  if (options.has("table") && options.at("table") != "all") {
    filter.table = read_table(router, options);
  } else if (!options.has("table") && !options.has("prefix")) {
    filter.table = fib::Table::kMain;
  }
  if (options.has("after")) {
    read_after(router, options, filter);
  }
  read_selectors(router, options, filter);
  return filter;
}

void visit_routes(const fib::Rib4& rib, const RouteFilter& filter,
                  const std::function<bool(const View&)>& visit) {
  if (filter.match || filter.prefix) {
    const auto routes =
        filter.match ? longest_match(rib, *filter.match, filter.table) : rib.at(*filter.prefix);
    static_cast<void>(std::ranges::all_of(routes, visit));
    return;
  }
  bool reached = !filter.after;
  bool more = true;
  for (const fib::Table table : rib.tables()) {
    const bool in_here = filter.after && table == filter.after->table;
    reached = reached || in_here;
    if (reached && more && (!filter.table || table == *filter.table)) {
      rib.for_each(
          table, [&](const View& route) { return more = visit(route); },
          in_here ? std::optional{filter.after->position} : std::nullopt);
    }
  }
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_filter.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace ringroad::control {
namespace {

using nlohmann::json;

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
template <class Address>
std::vector<fib::RouteView<Address>> longest_match(const fib::Rib<Address>& rib, Address address,
                                                   std::optional<fib::Table> table) {
  using View = fib::RouteView<Address>;
  std::optional<Prefix<Address>> prefix;
  if (!table) {
    if (const auto match = rib.lookup(address)) {
      prefix = match->prefix;
      table = match->table;
    }
  }
  for (int length = Address::kBits; table && !prefix && length >= 0; --length) {
    const Prefix<Address> candidate{address, static_cast<std::uint8_t>(length)};
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

template <class Address>
void read_after(const Router& router, Options& options, RouteFilter<Address>& filter) {
  const json& after = options.at("after");
  Options one{after};
  filter.after = {.table = read_table(router, one).value_or(fib::Table::kMain),
                  .position = {.prefix = read_prefix<Address>(one, "prefix"),
                               .metric = one.number("metric", 0xffffffffU)}};
  if (one.has("rank")) {
    filter.after->position.rank = static_cast<fib::Rank>(one.number("rank", 0xffffU));
  }
  if (const auto& error = one.error()) {
    options.complain(error->what);
  }
}

template <class Address>
void read_selectors(Router& router, Options& options, RouteFilter<Address>& filter) {
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
    filter.via = read_gateway<Address>(options);
  }
  if (options.has("state")) {
    filter.state = options.text("state");
  }
  if (options.has("root")) {
    filter.root = read_prefix<Address>(options, "root");
  }
  filter.port = optional_port(router, options);
}

template <class Address>
RouteFilter<Address> read_route_filter(Router& router, Options& options) {
  RouteFilter<Address> filter;
  if (options.has("prefix")) {
    filter.prefix = read_prefix<Address>(options, "prefix");
    // An address without a length asks for the longest prefix that covers it.
    filter.match = Address::parse(options.text("prefix"));
  }
  // Like `ip route`, this lists the main table unless a prefix or a table is given.
  if (options.has("table") && options.at("table") != "all") {
    filter.table = read_table(router, options);
  } else if (!options.has("table") && !options.has("prefix")) {
    filter.table = fib::Table::kMain;
  }
  read_selectors(router, options, filter);
  return filter;
}

// The families whose routes are asked for: "default" may be a prefix of either.
struct Families {
  bool ipv4 = true;
  bool ipv6 = true;
};
Families read_families(Options& options) {
  if (const std::uint32_t family = options.family(); family != 0) {
    return {.ipv4 = family == 4, .ipv6 = family == 6};
  }
  Families families;
  // Routes of both families may have an IPv6 gateway, one of IPv4 only those of IPv4.
  families.ipv6 = !options.has("via") || options.has_ipv6("via");
  for (const char* const key : {"prefix", "root"}) {
    if (options.has_ipv6(key)) {
      return {.ipv4 = false, .ipv6 = true};
    }
    families.ipv6 = families.ipv6 && (!options.has(key) || options.at(key) == "default");
  }
  return families;
}

}  // namespace

template <class Address>
bool RouteFilter<Address>::matches(const fib::RouteView<Address>& route) const {
  const auto any_hop = [&](const auto& is_so) {
    return std::ranges::any_of(route.path.next_hops, is_so);
  };
  return (!table || route.table == *table) && (!type || route.path.type == *type) &&
         (!metric || route.metric == *metric) && (!root || root->contains(route.prefix)) &&
         (!protocol || fib::to_string(route.path.protocol) == *protocol) &&
         (!via || any_hop([&](const auto& hop) { return hop.via == via; })) &&
         (!port || any_hop([&](const auto& hop) { return hop.port == port; }));
}

template <class Address>
bool RouteFilter<Address>::matches(const json& report) const {
  const json& hops = report.at("nexthops");
  return !state || std::any_of(hops.begin(), hops.end(),
                               [&](const json& hop) { return hop.at("state") == *state; });
}

RouteFilters read_route_filters(Router& router, Options& options) {
  options.only({"prefix", "table", "after", "limit", "family", "protocol", "type", "metric", "via",
                "port", "state", "root", "summary"});
  const Families families = read_families(options);
  RouteFilters filters;
  if (families.ipv4) {
    filters.ipv4 = read_route_filter<Ipv4>(router, options);
  }
  if (families.ipv6) {
    filters.ipv6 = read_route_filter<Ipv6>(router, options);
  }
  if (!options.has("after")) {
    return filters;
  }
  if (!options.at("after").is_object()) {
    options.complain("'after' is not a route");
    return filters;
  }
  // The routes of IPv4 come before those of IPv6.
  Options after{options.at("after")};
  if (after.is_ipv6("prefix")) {
    filters.ipv4.reset();
    if (filters.ipv6) {
      read_after(router, options, *filters.ipv6);
    }
  } else if (filters.ipv4) {
    read_after(router, options, *filters.ipv4);
  }
  if (const auto& error = after.error()) {
    options.complain(error->what);
  }
  return filters;
}

template <class Address>
void visit_routes(const fib::Rib<Address>& rib, const RouteFilter<Address>& filter,
                  const std::function<bool(const fib::RouteView<Address>&)>& visit) {
  using View = fib::RouteView<Address>;
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

#define RINGROAD_OF_FAMILY(Address)                                                 \
  template struct RouteFilter<Address>;                                             \
  template void visit_routes(const fib::Rib<Address>&, const RouteFilter<Address>&, \
                             const std::function<bool(const fib::RouteView<Address>&)>&);
RINGROAD_OF_FAMILY(Ipv4)
RINGROAD_OF_FAMILY(Ipv6)
#undef RINGROAD_OF_FAMILY

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// Lists routes, all at once or page by page.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "control/json.hpp"
#include "control/route_json.hpp"
#include "control/rows.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;
using View = fib::Rib4::View;

struct RouteFilter {
  std::optional<Prefix4> prefix;    // exactly this one; none: all
  std::optional<Ipv4> match{};      // the longest prefix that covers this address; none: all
  std::optional<fib::Table> table;  // none: all
  // The list begins after this route, which may have been removed since.
  struct After {
    fib::Table table;
    fib::Rib4::Position position;
  };
  std::optional<After> after;
  std::size_t most = 0;
  // The list ends with the route at which it has this many next hops.
  std::size_t next_hops = ~std::size_t{0};
};

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

// Calls visit(route) for the routes that match the filter until it returns false.
template <class Visit>
void visit_routes(const fib::Rib4& rib, const RouteFilter& filter, const Visit& visit) {
  const auto wanted = [&](fib::Table table) { return !filter.table || table == *filter.table; };
  if (filter.match || filter.prefix) {
    const auto routes =
        filter.match ? longest_match(rib, *filter.match, filter.table) : rib.at(*filter.prefix);
    static_cast<void>(std::ranges::all_of(
        routes, [&](const View& route) { return !wanted(route.table) || visit(route); }));
    return;
  }
  bool reached = !filter.after;
  bool more = true;
  for (const fib::Table table : rib.tables()) {
    const bool in_here = filter.after && table == filter.after->table;
    reached = reached || in_here;
    if (reached && more && wanted(table)) {
      rib.for_each(
          table, [&](const View& route) { return more = visit(route); },
          in_here ? std::optional{filter.after->position} : std::nullopt);
    }
  }
}

bool has_more_routes(const Router& router, const RouteFilter& filter, std::size_t than) {
  std::size_t count = 0;
  visit_routes(router.routing().rib(), filter, [&](const View&) { return ++count <= than; });
  return count > than;
}

struct Page {
  json routes = json::array();
  bool full = false;  // by one of the filter's limits: more routes may follow
  std::optional<RouteFilter::After> last{};
};

Page report_routes(const Router& router, const RouteFilter& filter) {
  Page page;
  if (filter.most == 0) {
    return page;
  }
  const RouteReporter reporter{router};
  std::size_t next_hops = 0;
  visit_routes(router.routing().rib(), filter, [&](const View& route) {
    page.routes.push_back(reporter.report(route));
    next_hops += route.path.next_hops.size();
    page.full = page.routes.size() >= filter.most || next_hops >= filter.next_hops;
    page.last = {.table = route.table,
                 .position = {.prefix = route.prefix, .metric = route.metric, .rank = route.rank}};
    return !page.full;
  });
  return page;
}

class RouteRows final : public Rows<json> {
 public:
  RouteRows(const Router& router, const RouteFilter& filter) : router_{router}, filter_{filter} {}

 private:
  json next(bool& over) override {
    RouteFilter slice = filter_;
    slice.most = std::min(filter_.most, kRowsASlice);
    slice.next_hops = kRowsASlice;
    Page page = report_routes(router_, slice);
    filter_.most -= page.routes.size();
    filter_.after = page.last;
    over = filter_.most == 0 || !page.full;
    return std::move(page.routes);
  }

  const Router& router_;
  RouteFilter filter_;
};

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

Reply show_routes(Router& router, Options& options) {
  RouteFilter filter{.prefix = {}, .table = {}, .after = {}, .most = kRowsAPage};
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
  if (options.has("limit")) {
    filter.most = options.number("limit", kRowsAPage);
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  if (!options.has("limit") && has_more_routes(router, filter, kRowsAPage)) {
    return fail(
        fmt::format("there are more than {} routes: ask for a prefix, or page by page with "
                    "a 'limit' of at most {} and 'after', the last route of the page before",
                    kRowsAPage, kRowsAPage));
  }
  if (filter.match || filter.prefix) {
    return at_once(report_routes(router, filter).routes);
  }
  return std::make_unique<RouteRows>(router, filter);
}

const Verb kShowRoutes{"show routes", show_routes};

}  // namespace

}  // namespace ringroad::control

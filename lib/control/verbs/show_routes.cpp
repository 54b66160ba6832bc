// SPDX-License-Identifier: BSD-3-Clause
// Lists routes, all at once or page by page, or sums them up.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "control/json.hpp"
#include "control/route_filter.hpp"
#include "control/route_json.hpp"
#include "control/rows.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

// A route that does not match takes less time than one that is reported.
constexpr std::size_t kVisitsASlice = 8 * kRowsASlice;

// Counts the routes that the filter visits, but at most one more than `most`.
template <class Address>
std::size_t count_routes(const Router& router, const std::optional<RouteFilter<Address>>& filter,
                         std::size_t most) {
  std::size_t count = 0;
  if (filter) {
    visit_routes<Address>(router.routing_of<Address>().rib(), *filter,
                          [&](const fib::RouteView<Address>&) { return ++count <= most; });
  }
  return count;
}

template <class Address>
struct Page {
  json routes = json::array();
  bool full = false;  // by one of the filter's limits: more routes may follow
  std::optional<typename RouteFilter<Address>::After> last{};
};

template <class Address>
Page<Address> report_routes(const Router& router, const RouteFilter<Address>& filter) {
  Page<Address> page;
  if (filter.most == 0) {
    return page;
  }
  const RouteReporter<Address> reporter{router};
  std::size_t next_hops = 0;
  std::size_t visits = 0;
  visit_routes<Address>(
      router.routing_of<Address>().rib(), filter, [&](const fib::RouteView<Address>& route) {
        if (filter.matches(route)) {
          json report = reporter.report(route);
          next_hops += route.path.next_hops.size();
          if (filter.matches(report)) {
            page.routes.push_back(std::move(report));
          }
        }
        page.full = page.routes.size() >= filter.most || next_hops >= filter.next_hops ||
                    ++visits >= filter.visits;
        page.last = {
            .table = route.table,
            .position = {.prefix = route.prefix, .metric = route.metric, .rank = route.rank}};
        return !page.full;
      });
  return page;
}

// Lists the routes of IPv4, then those of IPv6.
class RouteRows final : public Rows<json> {
 public:
  RouteRows(const Router& router, RouteFilters filters, std::size_t most)
      : router_{router}, filters_{std::move(filters)}, most_{most} {}

 private:
  json next(bool& over) override {
    json rows = filters_.ipv4 ? next_of(filters_.ipv4) : next_of(filters_.ipv6);
    over = most_ == 0 || (!filters_.ipv4 && !filters_.ipv6);
    return rows;
  }
  // There is no filter any more once it has visited its last route.
  template <class Address>
  json next_of(std::optional<RouteFilter<Address>>& filter) {
    if (!filter) {
      return json::array();
    }
    filter->most = std::min(most_, kRowsASlice);
    filter->next_hops = kRowsASlice;
    filter->visits = kVisitsASlice;
    Page<Address> page = report_routes(router_, *filter);
    most_ -= page.routes.size();
    filter->after = page.last;
    if (!page.full) {
      filter.reset();
    }
    return std::move(page.routes);
  }

  const Router& router_;
  RouteFilters filters_;
  std::size_t most_;
};

// Counts the routes that match by what they have in common.
class RouteSummary final : public Later {
 public:
  RouteSummary(const Router& router, RouteFilters filters)
      : router_{router}, filters_{std::move(filters)} {}

  bool advance(std::string& line) override {
    if (filters_.ipv4) {
      count_some(filters_.ipv4);
    } else if (filters_.ipv6) {
      count_some(filters_.ipv6);
    }
    if (filters_.ipv4 || filters_.ipv6) {
      return false;
    }
    line += text_of(Json{{"ok",
                          {{"routes", routes_},
                           {"next_hops", next_hops_},
                           {"protocols", protocols_},
                           {"types", types_},
                           {"tables", tables_},
                           {"lengths", lengths_}}}}) +
            "\n";
    return true;
  }

 private:
  // There is no filter any more once it has visited its last route.
  template <class Address>
  void count_some(std::optional<RouteFilter<Address>>& filter) {
    const RouteReporter<Address> reporter{router_};
    std::size_t visits = 0;
    bool full = false;
    visit_routes<Address>(
        router_.routing_of<Address>().rib(), *filter, [&](const fib::RouteView<Address>& route) {
          if (filter->matches(route) &&
              (!filter->state || filter->matches(reporter.report(route)))) {
            count(route);
          }
          filter->after = {
              .table = route.table,
              .position = {.prefix = route.prefix, .metric = route.metric, .rank = route.rank}};
          full = ++visits >= kVisitsASlice;
          return !full;
        });
    if (!full || filter->prefix) {
      filter.reset();
    }
  }
  template <class Address>
  void count(const fib::RouteView<Address>& route) {
    ++routes_;
    next_hops_ += route.path.next_hops.size();
    ++protocols_[fib::to_string(route.path.protocol)];
    ++types_[std::string{to_string(route.path.type)}];
    ++tables_[router_.configuration().table_names().to_string(route.table)];
    ++lengths_[std::to_string(route.prefix.length())];
  }

  using Counts = std::map<std::string, std::uint64_t>;

  const Router& router_;
  RouteFilters filters_;
  std::uint64_t routes_ = 0;
  std::uint64_t next_hops_ = 0;
  Counts protocols_;
  Counts types_;
  Counts tables_;
  Counts lengths_;
};

// The routes to one prefix are made in one go.
template <class Address>
void append_routes(const Router& router, const std::optional<RouteFilter<Address>>& filter,
                   std::size_t most, json& routes) {
  for (json& route : filter ? report_routes(router, *filter).routes : json::array()) {
    if (routes.size() < most) {
      routes.push_back(std::move(route));
    }
  }
}

Reply show_routes(Router& router, Options& options) {
  RouteFilters filters = read_route_filters(router, options);
  const std::size_t most =
      options.has("limit") ? options.number("limit", kRowsAPage) : std::size_t{kRowsAPage};
  const bool summary = options.flag("summary");
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  if (summary) {
    return std::make_unique<RouteSummary>(router, std::move(filters));
  }
  if (!options.has("limit") && count_routes(router, filters.ipv4, kRowsAPage) +
                                       count_routes(router, filters.ipv6, kRowsAPage) >
                                   kRowsAPage) {
    return fail(
        fmt::format("there are more than {} routes: ask for a prefix, or page by page with "
                    "a 'limit' of at most {} and 'after', the last route of the page before",
                    kRowsAPage, kRowsAPage));
  }
  if (options.has("prefix")) {
    json routes = json::array();
    append_routes(router, filters.ipv4, most, routes);
    append_routes(router, filters.ipv6, most, routes);
    return at_once(std::move(routes));
  }
  return std::make_unique<RouteRows>(router, std::move(filters), most);
}

const Verb kShowRoutes{"show routes", show_routes};

}  // namespace

}  // namespace ringroad::control

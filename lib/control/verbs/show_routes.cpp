// SPDX-License-Identifier: BSD-3-Clause
// Lists routes, all at once or page by page, or sums them up.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "control/json.hpp"
#include "control/route_filter.hpp"
#include "control/route_json.hpp"
#include "control/rows.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;
using View = fib::Rib4::View;

// A route that does not match takes less time than one that is reported.
constexpr std::size_t kVisitsASlice = 8 * kRowsASlice;

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
  std::size_t visits = 0;
  visit_routes(router.routing().rib(), filter, [&](const View& route) {
    if (filter.matches(route)) {
      json report = reporter.report(route);
      next_hops += route.path.next_hops.size();
      if (filter.matches(report)) {
        page.routes.push_back(std::move(report));
      }
    }
    page.full = page.routes.size() >= filter.most || next_hops >= filter.next_hops ||
                ++visits >= filter.visits;
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
    slice.visits = kVisitsASlice;
    Page page = report_routes(router_, slice);
    filter_.most -= page.routes.size();
    filter_.after = page.last;
    over = filter_.most == 0 || !page.full;
    return std::move(page.routes);
  }

  const Router& router_;
  RouteFilter filter_;
};

// Counts the routes that match by what they have in common.
class RouteSummary final : public Later {
 public:
  RouteSummary(const Router& router, const RouteFilter& filter)
      : router_{router}, reporter_{router}, filter_{filter} {}

  bool advance(std::string& line) override {
    std::size_t visits = 0;
    bool full = false;
    visit_routes(router_.routing().rib(), filter_, [&](const View& route) {
      if (filter_.matches(route) && (!filter_.state || filter_.matches(reporter_.report(route)))) {
        count(route);
      }
      filter_.after = {
          .table = route.table,
          .position = {.prefix = route.prefix, .metric = route.metric, .rank = route.rank}};
      full = ++visits >= kVisitsASlice;
      return !full;
    });
    if (full && !filter_.prefix) {
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
  void count(const View& route) {
    ++routes_;
    next_hops_ += route.path.next_hops.size();
    ++protocols_[fib::to_string(route.path.protocol)];
    ++types_[std::string{to_string(route.path.type)}];
    ++tables_[router_.configuration().table_names().to_string(route.table)];
    ++lengths_[std::to_string(route.prefix.length())];
  }

  using Counts = std::map<std::string, std::uint64_t>;

  const Router& router_;
  RouteReporter reporter_;
  RouteFilter filter_;
  std::uint64_t routes_ = 0;
  std::uint64_t next_hops_ = 0;
  Counts protocols_;
  Counts types_;
  Counts tables_;
  Counts lengths_;
};

Reply show_routes(Router& router, Options& options) {
  RouteFilter filter = read_route_filter(router, options);
  filter.most = options.has("limit") ? options.number("limit", kRowsAPage) : kRowsAPage;
  const bool summary = options.flag("summary");
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  if (summary) {
    return std::make_unique<RouteSummary>(router, filter);
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

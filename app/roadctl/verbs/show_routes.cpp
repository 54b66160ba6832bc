// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "roadctl/fields.hpp"
#include "roadctl/render_routes.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options show_routes_options(Words words) {
  return WordReader{
      words, {kTable, kProtocol, kRouteProto, kType, kVia, kPort, kDev, kMetric, kState, kRoot}}
      .optional_subject("prefix")
      .pairs()
      .result();
}

// Returns the message that the requested route does not exist.
std::string no_route(const std::string& prefix) {
  const bool is_prefix = prefix == "default" || prefix.find('/') != std::string::npos;
  return fmt::format("no route {} {}\n", is_prefix ? "is to" : "covers", prefix);
}

// Prints how many routes each protocol, type, table and length of prefixes has.
Outcome show_summary(const CommandLine& line, const Surroundings& around) {
  json options = line.options;
  options.erase("style");
  const auto answer = ask(around, line.verb, options);
  if (!answer) {
    return std::unexpected{answer.error()};
  }
  if (line.json) {
    return print(around, answer->dump(2) + "\n");
  }
  return print(around, render_summary(*answer, around.display));
}

// The key of a route is enough to go on after it; its next hops may be many.
json key_of(const json& route) {
  json key{{"table", field(route, "table")},
           {"prefix", field(route, "prefix")},
           {"metric", field(route, "metric")}};
  for (const char* const name : {"family", "rank"}) {
    if (route.contains(name)) {
      key[name] = route.at(name);
    }
  }
  return key;
}

// The routes to a prefix are one page.
Outcome ask_routes(const CommandLine& line, const Surroundings& around, const TakePage& take) {
  json options = line.options;
  options.erase("style");
  if (!options.contains("prefix")) {
    return ask_pages(around, line.verb, std::move(options), key_of, take);
  }
  const auto routes = ask(around, line.verb, options);
  return routes ? take({.rows = *routes, .first = true, .last = true})
                : std::unexpected{routes.error()};
}

Outcome show_routes(const CommandLine& line, const Surroundings& around) {
  if (line.options.contains("summary")) {
    return show_summary(line, around);
  }
  if (!line.sort.empty()) {
    return ask_routes(line, around, as_one_answer(line, around));
  }
  const std::string style = line.options.value("style", std::string{});
  RoutesView view{style == "ip"      ? RoutesStyle::kIp
                  : style == "route" ? RoutesStyle::kRoute
                                     : RoutesStyle::kAligned};
  return ask_routes(line, around, [&](const Page& page) {
    if (!line.json && line.options.contains("prefix") && page.rows.empty()) {
      return print(around, no_route(line.options.value("prefix", std::string{})));
    }
    if (page.first && page.last && (line.json || style.empty())) {
      return print_answer(line, page.rows, around);
    }
    return print(around, line.json ? json_of(page) : view.next_page(page.rows, around.display));
  });
}

const Registration kShowRoutes{
    {.group = "show",
     .name = "routes",
     .usage = "[PREFIX|ADDR] [protocol X] [type X] [via ADDR] [port P] [metric N] [state S]\n"
              "[root PREFIX] [--table T] [--style ip|route] [--summary]",
     .summary = "routes and their next hops; ADDR: the longest prefix that covers it",
     .options = show_routes_options,
     .families = true,
     .flags = {{.name = "--table",
                .value = "T",
                .summary = "only the routes of this table, or of all",
                .key = "table"},
               {.name = "--style",
                .value = "ip|route",
                .summary = "as `ip route` or as `route -n` prints them",
                .key = "style",
                .choices = {"ip", "route"}},
               {.name = "--summary",
                .summary = "how many routes there are by protocol, type, table and length",
                .key = "summary"}},
     .examples = {"show routes 192.0.2.1", "show routes protocol bgp via 192.168.1.2",
                  "-4 show routes root 10.0.0.0/8 --style ip", "-6 show routes",
                  "show routes --table all --summary"},
     .render = render_routes,
     .answers = json::value_t::array,
     .carry_out = show_routes}};

}  // namespace
}  // namespace ringroad::roadctl

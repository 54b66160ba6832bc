// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

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

Outcome show_routes(const CommandLine& line, const Surroundings& around);

// Returns the elements of a page as they appear in the dump of the whole array.
std::string elements_of(const json& page) {
  const std::string text = page.dump(2);
  return text.substr(1, text.size() - 3);
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

// Requests all routes, because they are sorted.
Outcome show_sorted(const CommandLine& line, const Surroundings& around) {
  std::string text;
  json routes = json::array();
  CommandLine whole = line;
  whole.sort.clear();
  whole.json = true;
  whole.options.erase("style");
  Surroundings collecting = around;
  collecting.print = [&](std::string_view part) {
    text += part;
    return true;
  };
  if (Outcome shown = show_routes(whole, collecting); !shown) {
    return shown;
  }
  return print_answer(line, json::parse(text), around);
}

// Requests routes in pages, because a full table is too long for one answer.
Outcome show_routes(const CommandLine& line, const Surroundings& around) {
  if (line.options.contains("summary")) {
    return show_summary(line, around);
  }
  if (!line.sort.empty()) {
    return show_sorted(line, around);
  }
  json options = line.options;
  if (!options.contains("prefix")) {
    options["limit"] = kRowsAPage;
  }
  const std::string style = options.value("style", std::string{});
  options.erase("style");
  RoutesView view{style == "ip"      ? RoutesStyle::kIp
                  : style == "route" ? RoutesStyle::kRoute
                                     : RoutesStyle::kAligned};
  bool first = true;
  while (true) {
    const auto page = ask(around, line.verb, options);
    if (!page) {
      return std::unexpected{page.error()};
    }
    const bool last = !page->is_array() || page->size() < kRowsAPage || !options.contains("limit");
    if (!line.json && options.contains("prefix") && page->empty()) {
      return print(around, no_route(options.value("prefix", std::string{})));
    }
    if (first && last && (line.json || style.empty())) {
      return print_answer(line, *page, around);
    }
    std::string text;
    if (!line.json) {
      text = view.next_page(*page, around.display);
    } else if (!page->empty()) {
      text = first ? '[' : ',';
      text += elements_of(*page);
    }
    if (line.json && last) {
      text += "\n]\n";
    }
    if (Outcome printed = print(around, text); !printed || last) {
      return printed;
    }
    // The key of the last route is enough; its next hops may be many.
    const json& last_row = page->back();
    options["after"] = {{"table", field(last_row, "table")},
                        {"prefix", field(last_row, "prefix")},
                        {"metric", field(last_row, "metric")}};
    if (last_row.contains("rank")) {
      options["after"]["rank"] = last_row.at("rank");
    }
    first = false;
  }
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
                  "-4 show routes root 10.0.0.0/8 --style ip", "show routes --table all --summary"},
     .render = render_routes,
     .answers = json::value_t::array,
     .carry_out = show_routes}};

}  // namespace
}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
// Starts to load a file of routes. The load continues after the answer; `show load` reports its
// progress.
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

Reply route_load(Router& router, Options& options) {
  options.only({"file", "via", "metric", "table", "keep_going"});
  config::RouteFile file{.path = options.text("file"),
                         .via = {options.parsed<Ipv4>("via", Ipv4::parse, kAddress<Ipv4>)},
                         .metric = 0};
  if (options.has("metric")) {
    file.metric = options.number("metric", 0xffffffffU);
  }
  file.table = static_cast<std::uint8_t>(read_table(router, options).value_or(fib::Table::kMain));
  file.keep_going = options.flag("keep_going");
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  if (const Status status = router.configuration().load_routes(file); !status) {
    return refused(status.error());
  }
  return at_once({{"load", router.configuration().load_number()}});
}

const Verb kRouteLoad{"route load", route_load, Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
// Starts to load a file of routes. The load continues after the answer; `show load` reports its
// progress.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "control/verb.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

void read_gateway(Options& options, const std::string& text, config::RouteFile& file) {
  const auto read = [&]<class Address>(std::vector<Address>& gateways) {
    const auto gateway = options.parsed_text<Address>(text, Address::parse, kAddress<Address>);
    if (std::ranges::find(gateways, gateway) != gateways.end()) {
      options.complain(fmt::format("the gateway {} is there twice", text));
    }
    gateways.push_back(gateway);
  };
  if (text.contains(':')) {
    read(file.via6);
  } else {
    read(file.via);
  }
}

// `via` is a gateway or a list of them, of both families.
void read_gateways(Options& options, config::RouteFile& file) {
  if (!options.has("via") || !options.at("via").is_array()) {
    read_gateway(options, options.text("via"), file);
    return;
  }
  const json& list = options.at("via");
  if (list.empty() || list.size() > fib::kGroupMembersMax) {
    options.complain(fmt::format("'via' is not a list of 1 to {}", fib::kGroupMembersMax));
    return;
  }
  for (const json& gateway : list) {
    if (!gateway.is_string()) {
      options.complain("'via' holds something that is no address");
      return;
    }
    read_gateway(options, gateway.get<std::string>(), file);
  }
}

Reply route_load(Router& router, Options& options) {
  options.only({"file", "via", "metric", "table", "keep_going"});
  config::RouteFile file{.path = options.text("file"), .via = {}};
  read_gateways(options, file);
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

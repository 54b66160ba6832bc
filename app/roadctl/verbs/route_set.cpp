// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/route_words.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options route_set_options(Words words) {
  WordReader reader = route_reader(words);
  const json& given = reader.options();
  const bool has_hop =
      given.contains("via") || given.contains("port") || given.contains("nexthops");
  const std::string type = given.value("type", "unicast");
  if (type == "unicast" && !has_hop) {
    reader.complain("'via ADDR' is missing");
  }
  if (type != "unicast" && has_hop) {
    reader.complain(fmt::format("a {} route has no next hop", type));
  }
  if (given.contains("onlink") && !given.contains("port")) {
    reader.complain("'onlink' needs the port whose link the gateway is on: 'port P'");
  }
  Options options = reader.result();
  if (options) {
    options->emplace("type", type);
  }
  return options;
}

const Registration kRouteAdd{
    {.group = "route",
     .name = "add",
     .usage =
         "PREFIX via ADDR [port P [onlink]] [metric N] [table T] [src ADDR]\n"
         "PREFIX port P [metric N] [table T] [src ADDR]\n"
         "PREFIX [metric N] [table T] nexthop via ADDR [port P [onlink]] [weight N] nexthop ...\n"
         "blackhole|unreachable|prohibit PREFIX [metric N] [table T]",
     .summary = "add a route",
     .options = route_set_options,
     .families = true,
     .examples = {"route add 10.0.0.0/8 via 192.168.1.2",
                  "route add default nexthop via 192.168.1.2 nexthop via 192.168.2.2 weight 2",
                  "route add blackhole 192.0.2.0/24",
                  "route add 2001:db8:9::/48 via fe80::2 port wan",
                  "route add 10.0.0.0/8 via inet6 fe80::2 dev wan"}}};
const Registration kRouteReplace{{.group = "route",
                                  .name = "replace",
                                  .usage = "as route add",
                                  .summary = "add a route, or put it in the place of another",
                                  .options = route_set_options,
                                  .families = true,
                                  .examples = {"route replace default via 192.168.1.3"}}};
const Registration kRouteChange{
    {.group = "route",
     .name = "change",
     .usage = "as route add",
     .summary = "put a route in the place of one that is there",
     .options = route_set_options,
     .families = true,
     .examples = {"route change 10.0.0.0/8 via 192.168.1.3 metric 10"}}};
const Registration kRouteAppend{{.group = "route",
                                 .name = "append",
                                 .usage = "PREFIX via ADDR [port P [onlink]] [metric N] [table T]",
                                 .summary = "add next hops to a route, or add it",
                                 .options = route_set_options,
                                 .families = true,
                                 .examples = {"route append 10.0.0.0/8 via 192.168.2.2"}}};

}  // namespace
}  // namespace ringroad::roadctl

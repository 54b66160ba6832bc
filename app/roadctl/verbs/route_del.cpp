// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/route_words.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options route_del_options(Words words) {
  Options options = route_reader(words).result();
  if (options && options->contains("nexthops")) {
    for (json& hop : (*options)["nexthops"]) {
      hop.erase("weight");
    }
  }
  return options;
}

const Registration kRouteDel{{.group = "route",
                              .name = "del",
                              .usage = "PREFIX [via ADDR] [port P] [metric N] [table T] [src ADDR]",
                              .summary = "delete a route, or next hops of it",
                              .options = route_del_options,
                              .families = true,
                              .examples = {"route del 10.0.0.0/8", "-6 route del default",
                                           "route del 10.0.0.0/8 via 192.168.1.2"}}};

}  // namespace
}  // namespace ringroad::roadctl

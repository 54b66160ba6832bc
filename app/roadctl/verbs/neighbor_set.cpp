// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

Options neighbor_add_options(Words words) {
  return WordReader{words, {kPort, kMac, kDev, kLladdr}}
      .subject("ADDR", "address")
      .pairs()
      .require({"port", "mac"})
      .result();
}

Options neighbor_del_options(Words words) {
  return WordReader{words, {kPort, kDev}}
      .subject("ADDR", "address")
      .pairs()
      .require({"port"})
      .result();
}

const Registration kNeighborAdd{
    {.group = "neighbor",
     .name = "add",
     .usage = "ADDR port P mac M",
     .summary = "add a permanent neighbor",
     .options = neighbor_add_options,
     .families = true,
     .examples = {"neighbor add 192.168.1.9 port lan mac 02:00:00:00:00:09",
                  "neighbor add fe80::9 port lan mac 02:00:00:00:00:09"}}};
const Registration kNeighborReplace{
    {.group = "neighbor",
     .name = "replace",
     .usage = "ADDR port P mac M",
     .summary = "add it, or change its MAC",
     .options = neighbor_add_options,
     .families = true,
     .examples = {"neighbor replace 192.168.1.9 port lan mac 02:00:00:00:00:0a"}}};
const Registration kNeighborDel{{.group = "neighbor",
                                 .name = "del",
                                 .usage = "ADDR port P",
                                 .summary = "delete a neighbor",
                                 .options = neighbor_del_options,
                                 .families = true,
                                 .examples = {"neighbor del 192.168.1.9 port lan"}}};

}  // namespace
}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

Options address_options(Words words) {
  return WordReader{words, {kPort, kDev, kPeer}}
      .subject("ADDR/LENGTH", "address")
      .pairs()
      .require({"port"})
      .result();
}

const Registration kAddressAdd{
    {.group = "address",
     .name = "add",
     .usage = "ADDR/LENGTH port P\nADDR peer ADDR[/LENGTH] port P",
     .summary = "give a port an address",
     .options = address_options,
     .families = true,
     .examples = {"address add 192.168.3.1/24 port lan", "address add 2001:db8:3::1/64 port lan"}}};
const Registration kAddressDel{{.group = "address",
                                .name = "del",
                                .usage = "ADDR/LENGTH port P\nADDR peer ADDR[/LENGTH] port P",
                                .summary = "take an address from a port",
                                .options = address_options,
                                .families = true,
                                .examples = {"address del 192.168.3.1/24 port lan"}}};

}  // namespace
}  // namespace ringroad::roadctl

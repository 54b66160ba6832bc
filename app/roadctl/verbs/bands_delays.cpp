// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

Options bands_delays_options(Words words) {
  if (words.empty() ||
      (words.front() != "on" && words.front() != "off" && words.front() != "reset")) {
    return fail("'on', 'off' or 'reset' is missing");
  }
  Options options = optional_port(words.subspan(1));
  if (options) {
    if (words.front() == "reset") {
      (*options)["reset"] = true;
    } else {
      (*options)["on"] = words.front() == "on";
    }
  }
  return options;
}

const Registration kBandsDelays{{.group = "bands",
                                 .name = "delays",
                                 .usage = "on|off|reset [P]",
                                 .summary = "measure how long packets wait in their bands",
                                 .options = bands_delays_options,
                                 .examples = {"bands delays on wan"}}};

}  // namespace
}  // namespace ringroad::roadctl

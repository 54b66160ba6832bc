// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

Options link_set_options(Words words) {
  // "up" and "down" have no value and may stand anywhere after the port's name.
  std::vector<std::string> others;
  others.reserve(words.size());
  std::vector<bool> ups;
  for (const std::string& word : words) {
    const bool is_state = word == "up" || word == "down";
    if (is_state && !others.empty() && others != std::vector<std::string>{"dev"}) {
      ups.push_back(word == "up");
    } else {
      others.push_back(word);
    }
  }
  Words rest{others};
  if (!rest.empty() && rest.front() == "dev") {
    rest = rest.subspan(1);
  }
  WordReader reader{rest, {kMtu, kMac, kAddress}};
  reader.subject("P", "port").pairs();
  if (ups.size() > 1) {
    reader.complain("'up' or 'down' is given once");
  }
  Options options = reader.result();
  if (options && !ups.empty()) {
    (*options)["up"] = ups.front();
  }
  if (options && options->size() == 1) {
    return fail("what is to be set? up, down, mtu N or mac M");
  }
  return options;
}

const Registration kLinkSet{{.group = "link",
                             .name = "set",
                             .usage = "P [up|down] [mtu N] [mac M]",
                             .summary = "take a port up or down, change its MTU or MAC",
                             .options = link_set_options,
                             .examples = {"link set lan down", "link set lan mtu 9000"}}};

}  // namespace
}  // namespace ringroad::roadctl

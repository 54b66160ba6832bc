// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

Options load_options(Words words) {
  return WordReader{words, {}}.subject("file", "file").pairs().whole_path("file").result();
}

const Registration kFirewallLoad{
    {.group = "firewall",
     .name = "load",
     .usage = "FILE [--check]",
     .summary = "a new ruleset in the language of nft(8), whole or not at all",
     .options = load_options,
     .flags = {{.name = "--check", .summary = "only say what is wrong with it", .key = "check"}},
     .examples = {"firewall load /etc/ringroad/firewall.nft", "firewall load new.nft --check"}}};

}  // namespace
}  // namespace ringroad::roadctl

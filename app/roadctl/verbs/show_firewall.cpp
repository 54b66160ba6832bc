// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options show_options(Words words) {
  return WordReader{words, {}}.optional_subject("chain").pairs().result();
}

std::string render_firewall(const json& answer, const Display& /*display*/) {
  const std::string text = words(answer, "text");
  return text.empty() || text == "-" ? "no rules: all packets pass\n" : text;
}

const Registration kShowFirewall{
    {.group = "show",
     .name = "firewall",
     .usage = "[CHAIN]",
     .summary = "the rules, as `nft -a list ruleset`, with what they counted",
     .options = show_options,
     .examples = {"show firewall", "show firewall forward"},
     .render = render_firewall}};

}  // namespace
}  // namespace ringroad::roadctl

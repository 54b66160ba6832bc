// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/rates.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// Like nstat, this leaves out counters that are zero.
std::string render_counters(const json& counters, const Display& display) {
  Table table{{{"COUNTER"}, {"PACKETS", kRight}}};
  for (const auto& [name, value] : counters.items()) {
    if (value != 0 && !is_rate_key(name)) {
      table.add({Cell{name}, count(counters, name.c_str(), display)});
    }
  }
  return table.print(display);
}

Options show_counters_options(Words words) {
  return WordReader{words, {}}.optional_subject("name").pairs().result();
}

const Registration kShowCounters{{.group = "show",
                                  .name = "counters",
                                  .usage = "[NAME]",
                                  .summary = "counters named as nstat names them; NAME may have *",
                                  .options = show_counters_options,
                                  .examples = {"show counters", "show counters Icmp*"},
                                  .render = render_counters}};

}  // namespace
}  // namespace ringroad::roadctl

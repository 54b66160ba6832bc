// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// Like nstat, this leaves out counters that are zero.
std::string render_counters(const json& counters, bool color) {
  Table table{{{"COUNTER"}, {"PACKETS", kRight}}};
  for (const auto& [name, value] : counters.items()) {
    if (value != 0) {
      table.add({Cell{name}, plain(counters, name.c_str())});
    }
  }
  return table.print(color);
}

const Registration kShowCounters{
    {.group = "show",
     .name = "counters",
     .usage = "",
     .summary = "IP, ICMP, TCP and UDP counters, named as nstat names them",
     .options = no_words,
     .render = render_counters}};

}  // namespace
}  // namespace ringroad::roadctl

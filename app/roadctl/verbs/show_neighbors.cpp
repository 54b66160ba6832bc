// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

std::string render_neighbors(const json& neighbors, const Display& display) {
  Table table{{{"ADDRESS"},
               {"PORT"},
               {"MAC"},
               {"STATE"},
               {"AGE seconds", kRight},
               {"QUEUED packets", kRight}}};
  for (const json& neighbor : neighbors) {
    table.add({plain(neighbor, "address"), plain(neighbor, "port"), plain(neighbor, "mac"),
               state(neighbor, "state"), plain(neighbor, "age_seconds"),
               plain(neighbor, "queued")});
  }
  return table.print(display);
}

// Requests all neighbors in pages, and prints them as one answer.
Outcome show_neighbors(const CommandLine& line, const Surroundings& around) {
  const auto key_of = [](const json& neighbor) { return neighbor; };
  return ask_pages(around, line.verb, line.options, key_of, as_one_answer(line, around));
}

Options show_neighbors_options(Words words) {
  return WordReader{words, {kPort, kDev, kMac, kLladdr, kState, kNud}}
      .optional_subject("address")
      .pairs()
      .state_name()
      .result();
}

const Registration kShowNeighbors{
    {.group = "show",
     .name = "neighbors",
     .usage = "[ADDR|PREFIX] [port P] [state S] [mac M]",
     .summary = "neighbors: MAC, state, packets that wait",
     .options = show_neighbors_options,
     .families = true,
     .examples = {"show neighbors state FAILED", "show neighbors 192.168.1.0/24 port lan",
                  "show neighbors fe80::/10", "show neighbors --sort -age_seconds"},
     .render = render_neighbors,
     .answers = json::value_t::array,
     .carry_out = show_neighbors}};

}  // namespace
}  // namespace ringroad::roadctl

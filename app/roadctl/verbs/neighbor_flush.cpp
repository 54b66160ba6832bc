// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>

#include "roadctl/fields.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

Options neighbor_flush_options(Words words) {
  return WordReader{words, {kPort, kDev}}.pairs().result();
}

std::string render_flush(const json& counts, const Display& /*display*/) {
  return fmt::format("{} neighbors removed\n", words(counts, "removed"));
}

const Registration kNeighborFlush{{.group = "neighbor",
                                   .name = "flush",
                                   .usage = "[port P]",
                                   .summary = "forget every neighbor that was learned",
                                   .options = neighbor_flush_options,
                                   .families = true,
                                   .examples = {"neighbor flush port lan", "-6 neighbor flush"},
                                   .render = render_flush}};

}  // namespace
}  // namespace ringroad::roadctl

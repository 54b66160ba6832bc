// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

// The order of the pipeline, which JSON objects do not keep.
constexpr std::array kStages{"rx", "input", "route", "forward", "output", "bands", "tx"};

// Returns the known stages in the pipeline's order, then the stages that only a newer router has.
std::vector<std::string> stages_of(const json& workers) {
  std::vector<std::string> stages{kStages.begin(), kStages.end()};
  for (const json& worker : workers) {
    const json& cycles = field(worker, "cycles");
    if (!cycles.is_object()) {
      continue;
    }
    for (const auto& [stage, value] : cycles.items()) {
      if (std::ranges::find(stages, stage) == stages.end()) {
        stages.push_back(stage);
      }
    }
  }
  return stages;
}

std::string render_workers(const json& workers, bool color) {
  Table loops{{{"CORE", kRight},
               {"PACKETS", kRight},
               {"POLLS", kRight},
               {"BUSY polls", kRight},
               {"CONTROL polls", kRight},
               {"EMPTY polls", kRight},
               {"BUSY %", kRight},
               {"CONTROL %", kRight},
               {"IDLE %", kRight},
               {"CYCLES/packet", kRight},
               {"COPIED bytes", kRight}}};
  Table rests{{{"CORE", kRight}, {"WHEN IDLE"}, {"SLEEPS", kRight}, {"WAKES", kRight}}};
  const std::vector<std::string> stages = stages_of(workers);
  std::vector<Column> columns{{"CORE", kRight}};
  for (const std::string& stage : stages) {
    columns.push_back({stage, kRight});
  }
  Table cycles{std::move(columns)};
  for (const json& worker : workers) {
    loops.add({plain(worker, "core"), plain(worker, "packets"), plain(worker, "polls"),
               plain(worker, "busy_polls"), plain(worker, "control_polls"),
               plain(worker, "empty_polls"), plain(worker, "busy_percent"),
               plain(worker, "control_percent"), plain(worker, "idle_percent"),
               plain(worker, "cycles_per_packet"), plain(worker, "copied_bytes")});
    rests.add({plain(worker, "core"), plain(worker, "idle"), plain(worker, "sleeps"),
               plain(worker, "wakes")});
    std::vector<Cell> row{plain(worker, "core")};
    for (const std::string& stage : stages) {
      row.push_back(plain(field(worker, "cycles"), stage.c_str()));
    }
    cycles.add(std::move(row));
  }
  return loops.print(color) + fmt::format("\n{}", rests.print(color)) + "\ncycles by stage\n" +
         cycles.print(color);
}

const Registration kShowWorkers{{.group = "show",
                                 .name = "workers",
                                 .usage = "",
                                 .summary = "load of every forwarding core, cycles by stage",
                                 .options = no_words,
                                 .render = render_workers,
                                 .answers = json::value_t::array}};

}  // namespace
}  // namespace ringroad::roadctl

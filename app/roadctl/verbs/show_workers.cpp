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

constexpr Keyword kCore{"core", "core", Keyword::Kind::kNumber};

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

// Returns the load since the start, to compare with that of the last second; empty if the router
// does not say.
std::string since_start(const json& workers, const Display& display) {
  Table table{{{"CORE", kRight},
               {"BUSY %", kRight},
               {"CONTROL %", kRight},
               {"IDLE %", kRight},
               {"CYCLES/packet", kRight}}};
  bool any = false;
  for (const json& worker : workers) {
    const json& load = field(worker, "since_start");
    any = any || load.is_object();
    table.add({plain(worker, "core"), plain(load, "busy_percent"), plain(load, "control_percent"),
               plain(load, "idle_percent"), plain(load, "cycles_per_packet")});
  }
  return any ? "\nload since the start\n" + table.print(display) : std::string{};
}

std::string render_workers(const json& workers, const Display& display) {
  Table loops{{{"CORE", kRight},
               {"PACKETS", kRight},
               {"PACKETS/s", kRight},
               {"POLLS", kRight},
               {"BUSY polls", kRight},
               {"CONTROL polls", kRight, "0"},
               {"EMPTY polls", kRight},
               {"BUSY %", kRight},
               {"CONTROL %", kRight},
               {"IDLE %", kRight},
               {"CYCLES/packet", kRight},
               {"COPIED bytes", kRight, "0"}}};
  Table rests{{{"CORE", kRight}, {"WHEN IDLE"}, {"SLEEPS", kRight}, {"WAKES", kRight}}};
  const std::vector<std::string> stages = stages_of(workers);
  std::vector<Column> columns{{"CORE", kRight}};
  for (const std::string& stage : stages) {
    columns.push_back({stage, kRight});
  }
  Table cycles{std::move(columns)};
  for (const json& worker : workers) {
    loops.add({plain(worker, "core"), count(worker, "packets", display),
               amount(worker, "packets_per_second"), count(worker, "polls", display),
               count(worker, "busy_polls", display), count(worker, "control_polls", display),
               count(worker, "empty_polls", display), plain(worker, "busy_percent"),
               plain(worker, "control_percent"), plain(worker, "idle_percent"),
               plain(worker, "cycles_per_packet"), count(worker, "copied_bytes", display)});
    rests.add({plain(worker, "core"), plain(worker, "idle"), count(worker, "sleeps", display),
               count(worker, "wakes", display)});
    std::vector<Cell> row{plain(worker, "core")};
    for (const std::string& stage : stages) {
      row.push_back(plain(field(worker, "cycles"), stage.c_str()));
    }
    cycles.add(std::move(row));
  }
  return loops.print(display) + fmt::format("\n{}", rests.print(display)) + "\ncycles by stage\n" +
         cycles.print(display) + since_start(workers, display);
}

Options show_workers_options(Words words) { return WordReader{words, {kCore}}.pairs().result(); }

const Registration kShowWorkers{{.group = "show",
                                 .name = "workers",
                                 .usage = "[core N]",
                                 .summary = "load of the cores in the last second, cycles by stage",
                                 .options = show_workers_options,
                                 .examples = {"show workers", "show workers core 1 --watch 2"},
                                 .render = render_workers,
                                 .answers = json::value_t::array}};

}  // namespace
}  // namespace ringroad::roadctl

// SPDX-License-Identifier: BSD-3-Clause
// Prints `show bands` as `tc -s qdisc` prints a queueing discipline, followed by its bands.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <utility>
#include <vector>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

bool known(const json& object, const char* key) { return !field(object, key).is_null(); }

// Uses tc's format, so that programs that read tc's output can read this.
std::string qdisc_lines(const json& queue) {
  std::string text = fmt::format("qdisc {} 0: dev {} queue {}", words(queue, "qdisc"),
                                 words(queue, "port"), words(queue, "queue"));
  const bool is_fifo = field(queue, "qdisc") == "pfifo";
  if (is_fifo) {
    text += fmt::format(" limit {}p", words(queue, "limit"));
  } else {
    // Two spaces, as tc-prio prints them.
    text += fmt::format(" bands {} priomap ", array(queue, "bands").size());
    for (const json& band : array(queue, "priomap")) {
      text += ' ' + words(band);
    }
  }
  text += fmt::format(
      "\n Sent {} bytes {} pkt (dropped {}, overlimits {} requeues {})\n"
      " backlog {}b {}p direct {}\n",
      words(queue, "sent_bytes"), words(queue, "sent_packets"), words(queue, "dropped"),
      words(queue, "overlimits"), words(queue, "requeued"), words(queue, "backlog_bytes"),
      words(queue, "backlog_packets"), words(queue, "direct_packets"));

  std::string settings;
  if (known(queue, "worker")) {
    settings += " worker " + words(queue, "worker");
  }
  if (!is_fifo) {
    settings += fmt::format(" limit {}p", words(queue, "limit"));
  }
  if (known(queue, "rate_bps")) {
    settings += fmt::format(" rate {} burst {}", rate(field(queue, "rate_bps")),
                            size(field(queue, "burst_bytes")));
  }
  if (known(queue, "overhead_bytes")) {
    settings += fmt::format(" overhead {}b", words(queue, "overhead_bytes"));
  }
  text += settings.empty() ? "" : settings + "\n";
  if (const json& limit = field(queue, "byte_limit"); limit.is_object()) {
    text += fmt::format(" byte limit {}b inflight {}b\n", words(limit, "limit_bytes"),
                        words(limit, "inflight_bytes"));
  }
  return text;
}

// Returns a band's place in the service order: strict priority over those below, or a weight.
std::string order_of(const json& band) {
  return field(band, "strict") == false ? "weight " + words(band, "weight") : "strict";
}

// Returns a predicate: whether a band has `key`, with a value other than `usual`.
auto differs(const char* key, const json& usual) {
  return [key, usual](const json& band) { return known(band, key) && field(band, key) != usual; };
}

// A table with one row for each band, and only the columns that are wanted.
class BandTable {
 public:
  BandTable() : columns_{{"BAND", kRight}} {}

  void add(bool wanted, std::initializer_list<Column> columns,
           std::function<std::vector<Cell>(const json& band)> cells) {
    if (wanted) {
      columns_.insert(columns_.end(), columns);
      cells_.push_back(std::move(cells));
    }
  }
  [[nodiscard]] std::string print(const json& bands, const Display& display) && {
    Table table{std::move(columns_)};
    for (const json& band : bands) {
      std::vector<Cell> row{plain(band, "band")};
      for (const auto& cells : cells_) {
        std::ranges::move(cells(band), std::back_inserter(row));
      }
      table.add(std::move(row));
    }
    return table.print(display, "  ");
  }
  [[nodiscard]] bool empty() const { return cells_.empty(); }

 private:
  std::vector<Column> columns_;
  std::vector<std::function<std::vector<Cell>(const json& band)>> cells_;
};

std::vector<Cell> delays_of(const json& delay) {
  std::vector<Cell> cells(4, {"-"});
  if (field(delay, "samples") != 0) {
    std::ranges::transform(std::array{"p50", "p99", "p999", "max"}, cells.begin(),
                           [&](const char* key) { return Cell{duration(field(delay, key))}; });
  }
  return cells;
}

// Prints the settings in which bands differ from the default, and how long packets wait in them if
// that is measured.
std::string settings_table(const json& queue, const Display& display) {
  const json& bands = array(queue, "bands");
  const auto any = [&](const auto& says) { return std::any_of(bands.begin(), bands.end(), says); };
  BandTable table;
  table.add(any(differs("kind", "fifo")), {{"KIND"}},
            [](const json& band) { return std::vector{plain(band, "kind")}; });
  table.add(any(differs("strict", true)), {{"ORDER"}},
            [](const json& band) { return std::vector{Cell{order_of(band)}}; });
  table.add(any(differs("rate_bps", nullptr)) || any(differs("ceil_bps", nullptr)),
            {{"RATE", kRight}, {"CEIL", kRight}}, [](const json& band) {
              return std::vector{Cell{rate(field(band, "rate_bps"))},
                                 Cell{rate(field(band, "ceil_bps"))}};
            });
  table.add(any(differs("limit", field(queue, "limit"))), {{"LIMIT packets", kRight}},
            [](const json& band) { return std::vector{plain(band, "limit")}; });
  table.add(any(differs("delay_ns", nullptr)),
            {{"DELAY p50", kRight}, {"p99", kRight}, {"p99.9", kRight}, {"max", kRight}},
            [](const json& band) { return delays_of(field(band, "delay_ns")); });
  table.add(any(differs("recent_delay_ns", nullptr)),
            {{"NOW p50", kRight}, {"p99", kRight}, {"p99.9", kRight}, {"max", kRight}},
            [](const json& band) { return delays_of(field(band, "recent_delay_ns")); });
  return table.empty() ? "" : std::move(table).print(bands, display);
}

std::string counters_table(const json& queue, const Display& display) {
  const json& bands = array(queue, "bands");
  const bool managed = std::ranges::any_of(bands, differs("kind", "fifo"));
  BandTable table;
  table.add(true,
            {{"QUEUED packets", kRight},
             {"QUEUED bytes", kRight},
             {"SENT packets", kRight},
             {"SENT bytes", kRight},
             {"DROPPED packets", kRight}},
            [](const json& band) {
              return std::vector{plain(band, "queued"), plain(band, "queued_bytes"),
                                 plain(band, "sent_packets"), plain(band, "sent_bytes"),
                                 trouble(band, "dropped", {})};
            });
  table.add(managed, {{"by AQM", kRight}, {"MARKED packets", kRight}}, [](const json& band) {
    return std::vector{plain(band, "dropped_by_aqm"), plain(band, "marked")};
  });
  table.add(true, {{"REQUEUED packets", kRight}},
            [](const json& band) { return std::vector{plain(band, "requeued")}; });
  table.add(std::ranges::any_of(bands, differs("sent_packets_per_second", nullptr)),
            {{"packets/s", kRight}, {"bit/s", kRight}, {"DROPPED/s", kRight}},
            [](const json& band) {
              return std::vector{amount(band, "sent_packets_per_second"),
                                 amount(band, "sent_bits_per_second"),
                                 amount(band, "dropped_per_second")};
            });
  return std::move(table).print(bands, display);
}

std::string render_bands(const json& queues, const Display& display) {
  std::string text;
  for (const json& queue : queues) {
    text += text.empty() ? "" : "\n";
    text += qdisc_lines(queue) + settings_table(queue, display) + counters_table(queue, display);
  }
  return text.empty() ? "no bands\n" : text;
}

const Registration kShowBands{{.group = "show",
                               .name = "bands",
                               .usage = "[P]",
                               .summary = "bands of every port and TX queue, as tc -s qdisc",
                               .options = optional_port,
                               .examples = {"show bands wan", "show bands --watch 1"},
                               .render = render_bands,
                               .answers = json::value_t::array}};

}  // namespace
}  // namespace ringroad::roadctl

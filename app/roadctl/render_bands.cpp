#include "roadctl/render_bands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

bool known(const json& object, const char* key) { return !field(object, key).is_null(); }

// tc's own words, so that what reads tc's output reads this.
std::string qdisc_lines(const json& queue) {
  std::string text = fmt::format("qdisc {} 0: dev {} queue {}", words(queue, "qdisc"),
                                 words(queue, "port"), words(queue, "queue"));
  const bool is_fifo = field(queue, "qdisc") == "pfifo";
  if (is_fifo) {
    text += fmt::format(" limit {}p", words(queue, "limit"));
  } else {
    // Two blanks, as tc-prio has them.
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
    settings += fmt::format(" rate {} burst {} overhead {}b", rate(field(queue, "rate_bps")),
                            size(field(queue, "burst_bytes")), words(queue, "overhead_bytes"));
  }
  text += settings.empty() ? "" : settings + "\n";
  if (const json& limit = field(queue, "byte_limit"); limit.is_object()) {
    text += fmt::format(" byte limit {}b inflight {}b\n", words(limit, "limit_bytes"),
                        words(limit, "inflight_bytes"));
  }
  return text;
}

// A band's place among the others: before those below, or its share against those that have one.
std::string order_of(const json& band) {
  return field(band, "strict") == false ? "weight " + words(band, "weight") : "strict";
}

std::string rate_cell(const json& band, const char* key) {
  return known(band, key) ? rate(field(band, key)) : "-";
}

// Columns that would say the same of every band, or nothing, are left out.
std::string band_table(const json& bands, bool colour) {
  const auto any = [&](const auto& says) { return std::any_of(bands.begin(), bands.end(), says); };
  const auto is_not = [](const char* key, const json& usual) {
    return [key, usual](const json& band) { return known(band, key) && field(band, key) != usual; };
  };
  const bool has_kinds = any(is_not("kind", "fifo"));
  const bool has_shares = any(is_not("strict", true));
  const bool has_rates = any(is_not("rate_bps", nullptr)) || any(is_not("ceil_bps", nullptr));
  const bool has_delays = any(is_not("delay_ns", nullptr));

  std::vector<Column> columns{{"BAND", kRight}};
  const auto add_columns = [&](bool wanted, std::initializer_list<Column> more) {
    if (wanted) {
      columns.insert(columns.end(), more);
    }
  };
  add_columns(has_kinds, {{"KIND"}});
  add_columns(has_shares, {{"ORDER"}});
  add_columns(has_rates, {{"RATE", kRight}, {"CEIL", kRight}});
  add_columns(true, {{"QUEUED packets", kRight},
                     {"QUEUED bytes", kRight},
                     {"SENT packets", kRight},
                     {"SENT bytes", kRight},
                     {"DROPPED packets", kRight}});
  add_columns(has_kinds, {{"BY AQM packets", kRight}, {"MARKED packets", kRight}});
  add_columns(true, {{"REQUEUED packets", kRight}});
  add_columns(has_delays,
              {{"DELAY p50", kRight}, {"p99", kRight}, {"p99.9", kRight}, {"max", kRight}});

  Table table{std::move(columns)};
  for (const json& band : bands) {
    std::vector<Cell> row{plain(band, "band")};
    const auto add = [&](bool wanted, std::initializer_list<Cell> cells) {
      if (wanted) {
        row.insert(row.end(), cells);
      }
    };
    const json& delay = field(band, "delay_ns");
    add(has_kinds, {plain(band, "kind")});
    add(has_shares, {{order_of(band)}});
    add(has_rates, {{rate_cell(band, "rate_bps")}, {rate_cell(band, "ceil_bps")}});
    add(true, {plain(band, "queued"), plain(band, "queued_bytes"), plain(band, "sent_packets"),
               plain(band, "sent_bytes"), trouble(band, "dropped")});
    add(has_kinds, {plain(band, "dropped_by_aqm"), plain(band, "marked")});
    add(true, {plain(band, "requeued")});
    add(has_delays, {{duration(field(delay, "p50"))},
                     {duration(field(delay, "p99"))},
                     {duration(field(delay, "p999"))},
                     {duration(field(delay, "max"))}});
    table.add(std::move(row));
  }
  return table.print(colour, "  ");
}

}  // namespace

std::string render_bands(const json& queues, bool colour) {
  std::string text;
  for (const json& queue : queues) {
    text += text.empty() ? "" : "\n";
    text += qdisc_lines(queue) + band_table(array(queue, "bands"), colour);
  }
  return text.empty() ? "no bands\n" : text;
}

}  // namespace ringroad::roadctl

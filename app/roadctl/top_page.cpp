// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/top_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <sstream>

#include "roadctl/fields.hpp"
#include "roadctl/table.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using enum Align;

constexpr std::size_t kWidth = 80;

std::uint64_t sum_of(const json& numbers) {
  std::uint64_t sum = 0;
  if (numbers.is_object()) {
    for (const auto& [name, value] : numbers.items()) {
      sum += number(value);
    }
  }
  return sum;
}

const json* find_port(const json& ports, const std::string& name) {
  for (const json& port : ports) {
    if (field(port, "name") == name) {
      return &port;
    }
  }
  return nullptr;
}

// The packets that the port's device lost a second since the sample before.
std::optional<std::uint64_t> lost_per_second(const TopSample& sample, const TopSample* before,
                                             const json& port) {
  const json* const earlier =
      before == nullptr ? nullptr : find_port(before->ports, words(port, "name"));
  if (earlier == nullptr || !field(port, "device_losses").is_object()) {
    return std::nullopt;
  }
  const std::chrono::duration<double> passed = sample.time - before->time;
  const std::uint64_t now = sum_of(field(port, "device_losses"));
  const std::uint64_t then = sum_of(field(*earlier, "device_losses"));
  if (passed.count() <= 0 || now < then) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(static_cast<double>(now - then) / passed.count() + 0.5);
}

bool matches(const std::string& name, const TopView& view) {
  return name.find(view.filter) != std::string::npos;
}

// Appends the lines of a table: its heading, and its rows in the color that `bad` chooses.
void append(std::vector<TopLine>& lines, const Table& table, const std::vector<bool>& bad) {
  std::istringstream text{table.print({})};
  std::size_t row = 0;
  for (std::string line; std::getline(text, line); ++row) {
    const bool is_bad = row > 0 && row <= bad.size() && bad[row - 1];
    lines.push_back({line.substr(0, kWidth), row == 0 ? TopLine::Look::kHeading
                                             : is_bad ? TopLine::Look::kBad
                                                      : TopLine::Look::kPlain});
  }
  lines.push_back({});
}

// Sorts rows by a number, the largest first; the order by name is the router's.
void sort_by(std::vector<const json*>& rows,
             const std::function<std::uint64_t(const json&)>& number_of) {
  std::ranges::stable_sort(rows, std::greater{}, [&](const json* row) { return number_of(*row); });
}

void append_ports(std::vector<TopLine>& lines, const TopSample& sample, const TopSample* before,
                  const TopView& view) {
  std::vector<const json*> rows;
  for (const json& port : sample.ports) {
    if (matches(words(port, "name"), view)) {
      rows.push_back(&port);
    }
  }
  switch (view.sort) {
    case TopSort::kName:
      break;
    case TopSort::kReceived:
      sort_by(rows, [](const json& port) { return number(port, "rx_packets_per_second"); });
      break;
    case TopSort::kSent:
      sort_by(rows, [](const json& port) { return number(port, "tx_packets_per_second"); });
      break;
    case TopSort::kDropped:
      sort_by(rows, [](const json& port) { return sum_of(field(port, "drops_per_second")); });
      break;
  }
  Table table{{{"PORT"},
               {"LINK"},
               {"RX pps", kRight},
               {"RX bps", kRight},
               {"RX %", kRight},
               {"TX pps", kRight},
               {"TX bps", kRight},
               {"TX %", kRight},
               {"DROP/s", kRight},
               {"LOST/s", kRight}}};
  std::vector<bool> bad;
  for (const json* const port : rows) {
    const std::uint64_t drops = sum_of(field(*port, "drops_per_second"));
    const auto lost = lost_per_second(sample, before, *port);
    auto row = with_rates({Cell{words(*port, "name").substr(0, 12)}, plain(*port, "link")}, *port);
    row.push_back({amount(json(drops))});
    row.push_back({lost ? amount(json(*lost)) : "-"});
    table.add(std::move(row));
    bad.push_back(field(*port, "link") == "down" || lost.value_or(0) > 0);
  }
  append(lines, table, bad);
}

void append_workers(std::vector<TopLine>& lines, const json& router) {
  Table table{{{"CORE", kRight},
               {"BUSY %", kRight},
               {"CONTROL %", kRight},
               {"IDLE %", kRight},
               {"pps", kRight},
               {"CYCLES/packet", kRight}}};
  std::vector<bool> bad;
  for (const json& worker : array(router, "workers")) {
    const json& busy = field(worker, "busy_percent");
    table.add(load_cells(worker));
    bad.push_back(busy.is_number() && busy > 95);
  }
  append(lines, table, bad);
}

// A band of a port, over all its TX queues.
struct Band {
  std::uint64_t queued = 0;
  std::uint64_t queued_bytes = 0;
  std::uint64_t sent = 0;
  std::uint64_t bits = 0;
  std::uint64_t dropped = 0;
  std::optional<std::uint64_t> p99{};
  std::optional<std::uint64_t> max{};

  [[nodiscard]] bool is_idle() const { return queued == 0 && sent == 0 && dropped == 0; }
};

void append_bands(std::vector<TopLine>& lines, const json& queues, const TopView& view) {
  std::vector<std::pair<std::pair<std::string, std::uint64_t>, Band>> bands;
  for (const json& queue : queues) {
    const std::string port = words(queue, "port");
    for (const json& one : array(queue, "bands")) {
      const std::pair key{port, number(one, "band")};
      auto found = std::ranges::find(bands, key, [](const auto& band) { return band.first; });
      if (found == bands.end()) {
        found = bands.insert(bands.end(), {key, Band{}});
      }
      Band& band = found->second;
      band.queued += number(one, "queued");
      band.queued_bytes += number(one, "queued_bytes");
      band.sent += number(one, "sent_packets_per_second");
      band.bits += number(one, "sent_bits_per_second");
      band.dropped += number(one, "dropped_per_second");
      if (const json& delay = field(one, "recent_delay_ns"); number(delay, "samples") > 0) {
        band.p99 = std::max(band.p99.value_or(0), number(delay, "p99"));
        band.max = std::max(band.max.value_or(0), number(delay, "max"));
      }
    }
  }
  Table table{{{"PORT"},
               {"BAND", kRight},
               {"BACKLOG packets", kRight},
               {"bytes", kRight},
               {"pps", kRight},
               {"bit/s", kRight},
               {"DROP/s", kRight},
               {"DELAY p99", kRight},
               {"max", kRight}}};
  std::vector<bool> bad;
  for (const auto& [key, band] : bands) {
    if (!matches(key.first, view) || (band.is_idle() && !view.idle_bands)) {
      continue;
    }
    const auto delay = [](const auto& value) { return Cell{value ? duration(json(*value)) : "-"}; };
    table.add({Cell{key.first.substr(0, 12)}, Cell{std::to_string(key.second)},
               Cell{amount(json(band.queued))}, Cell{amount(json(band.queued_bytes))},
               Cell{amount(json(band.sent))}, Cell{amount(json(band.bits))},
               Cell{amount(json(band.dropped))}, delay(band.p99), delay(band.max)});
    bad.push_back(band.dropped > 0);
  }
  if (bad.empty()) {
    lines.push_back({"BANDS: all are empty and send nothing", TopLine::Look::kHeading});
    lines.push_back({});
    return;
  }
  append(lines, table, bad);
}

// Drops of the last minute, those that happen now first.
void append_drops(std::vector<TopLine>& lines, const json& drops, const TopView& view) {
  std::vector<const json*> rows;
  for (const json& drop : drops) {
    if (number(drop, "last_minute") > 0 && matches(words(drop, "reason"), view)) {
      rows.push_back(&drop);
    }
  }
  if (rows.empty()) {
    lines.push_back({"DROPS: none in the last minute", TopLine::Look::kHeading});
    return;
  }
  sort_by(rows, [](const json& drop) { return number(drop, "last_minute"); });
  sort_by(rows, [](const json& drop) { return number(drop, "per_second"); });
  Table table{{{"DROPS"}, {"PER SECOND", kRight}, {"LAST MINUTE", kRight}, {"MEANING"}}};
  std::vector<bool> bad;
  for (const json* const drop : rows) {
    table.add({plain(*drop, "reason"), amount(*drop, "per_second"), amount(*drop, "last_minute"),
               plain(*drop, "meaning")});
    bad.push_back(number(*drop, "per_second") > 0);
  }
  append(lines, table, bad);
}

std::string uptime(std::uint64_t seconds) {
  const std::uint64_t days = seconds / 86400;
  return (days == 0 ? "" : fmt::format("{}d ", days)) + time_of_day(seconds);
}

}  // namespace

std::string_view name_of(TopSort sort) {
  switch (sort) {
    case TopSort::kName:
      return "the configuration";
    case TopSort::kReceived:
      return "received packets";
    case TopSort::kSent:
      return "sent packets";
    case TopSort::kDropped:
      return "drops";
  }
  return "";
}

TopSort next(TopSort sort) {
  return sort == TopSort::kDropped ? TopSort::kName
                                   : static_cast<TopSort>(static_cast<unsigned>(sort) + 1);
}

std::vector<TopLine> top_page(const TopSample& sample, const TopSample* before,
                              const TopView& view) {
  std::vector<TopLine> lines;
  append_ports(lines, sample, before, view);
  append_workers(lines, sample.router);
  append_bands(lines, sample.bands, view);
  append_drops(lines, sample.drops, view);
  while (!lines.empty() && lines.back().text.empty()) {
    lines.pop_back();
  }
  return lines;
}

std::string top_title(const TopSample& sample) {
  const json& router = sample.router;
  const json& neighbors = field(router, "neighbors");
  const std::uint64_t failed = number(neighbors, "FAILED");
  return fmt::format(
      "ringroad {}  up {}  {} routes  {} neighbors{}", words(router, "version"),
      uptime(number(router, "uptime_seconds")),
      number(field(router, "routes"), "ipv4") + number(field(router, "routes"), "ipv6"),
      sum_of(neighbors), failed > 0 ? fmt::format(" ({} FAILED)", failed) : "");
}

const std::vector<std::string>& top_help() {
  static const std::vector<std::string> kHelp{
      "roadctl top: what the router does now",
      "",
      "  q          quit",
      "  h ?        this help; any key leaves it",
      "  s          sort ports by another column: as configured, received, sent, drops",
      "  /          show only ports and drop reasons whose names contain a text; empty: all",
      "  b          also show bands that do nothing",
      "  space      stop and go on",
      "  up down    scroll; also page up, page down, home, end",
      "",
      "All rates are of the last second. RX % and TX % are of the link's speed. DROP/s:",
      "dropped by the router, by reason below. LOST/s: lost by the device before the",
      "router saw them. DELAY: 'roadctl bands delays on' measures it."};
  return kHelp;
}

}  // namespace ringroad::roadctl

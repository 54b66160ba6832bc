// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/nearest.hpp"
#include "config/dscp.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"
#include "config/units.hpp"

namespace ringroad::config {
namespace {

constexpr Bytes kFrameMax{1518};
constexpr Range<std::uint32_t> kLimits{1, 1'000'000};
constexpr Range<Bytes> kLimitBytes{kFrameMax, {16ULL << 30U}};
constexpr Range<BitsPerSecond> kRates{{1'000}, {1'000'000'000'000}};
constexpr Range<Bytes> kBursts{{0}, {1ULL << 30U}};

// A value that cannot be read is replaced by one that causes no further problems.
class SchedulerReader {
 public:
  explicit SchedulerReader(const Entry& entry) : fields_{entry.value, kKeys} {
    scheduler_.name = entry.key;
  }
  [[nodiscard]] Scheduler read_all();

 private:
  static constexpr std::array<std::string_view, 12> kKeys{
      "discipline",  "bands", "strict", "priomap",  "dscp",        "limit",
      "limit_bytes", "rate",  "burst",  "overhead", "byte_limits", "each"};

  void read_discipline();
  void read_bands();
  void read_strict();
  void read_priomap();
  void read_dscp();
  void read_overhead();
  void read_burst();
  void read_each();
  void read_band(const Fields& fields, std::uint8_t number);
  void read_band_rates(const Fields& fields, SchedulerBand& band);
  void read_weight(const Value& value, std::uint8_t number);

  [[nodiscard]] std::optional<std::uint8_t> read_band_number(const Value& value) const;
  [[nodiscard]] std::optional<std::uint8_t> band_of_key(const Entry& entry) const;
  [[nodiscard]] std::string no_band(unsigned number) const;

  Fields fields_;
  Scheduler scheduler_;
  bool burst_of_a_band_ = false;  // a band uses the scheduler's burst
};

std::string SchedulerReader::no_band(unsigned number) const {
  return scheduler_.bands == 1 ? fmt::format("there is no band {}; the only one is 0", number)
                               : fmt::format("there is no band {}; {} bands are 0..{}", number,
                                             scheduler_.bands, scheduler_.bands - 1);
}

std::optional<std::uint8_t> SchedulerReader::read_band_number(const Value& value) const {
  const auto number = read(&value, Range<std::uint8_t>{0, kBandsMax - 1});
  if (number && *number >= scheduler_.bands) {
    value.problem(no_band(*number));
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint8_t> SchedulerReader::band_of_key(const Entry& entry) const {
  unsigned number = 0;
  std::from_chars(entry.key.data(), entry.key.data() + entry.key.size(), number);
  if (fmt::to_string(number) != entry.key) {
    entry.value.missing(
        fmt::format("is not a band; write a number of 0 to {}", scheduler_.bands - 1));
    return std::nullopt;
  }
  if (number >= scheduler_.bands) {
    entry.value.missing(no_band(number));
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(number);
}

void SchedulerReader::read_discipline() {
  scheduler_.discipline =
      fields_.has("discipline")
          ? read(fields_.find("discipline"), kDisciplineWords).value_or(Discipline::kDrr)
          : Discipline::kPrio;
}

void SchedulerReader::read_bands() {
  const bool is_fast = scheduler_.discipline == Discipline::kPfifoFast;
  const bool is_fifo = scheduler_.discipline == Discipline::kPfifo;
  scheduler_.bands = is_fifo ? 1 : Scheduler{}.bands;
  if (!fields_.has("bands")) {
    return;
  }
  const Value* const value = fields_.find("bands");
  auto bands = read(value, Range<std::uint8_t>{1, kBandsMax});
  if (bands && (is_fast || (is_fifo && *bands != 1))) {
    value->problem(fmt::format("{}; leave this out, or write 'discipline: prio'",
                               is_fast ? "pfifo_fast always has three" : "pfifo has one only"));
    bands.reset();
  }
  scheduler_.bands = bands.value_or(kBandsMax);
}

void SchedulerReader::read_strict() {
  const Value* const value = fields_.find("strict");
  const auto strict = read(value, Range<std::uint8_t>{0, kBandsMax});
  if (strict && scheduler_.discipline != Discipline::kDrr) {
    value->problem("every band is strict; leave this out, or write 'discipline: drr'");
  } else if (strict && *strict > scheduler_.bands) {
    value->problem(
        fmt::format("{} is more than the {} bands there are", *strict, scheduler_.bands));
  }
  assign(scheduler_.strict, strict);
}

void SchedulerReader::read_priomap() {
  const Value* const list = fields_.find("priomap");
  if (list == nullptr) {
    // There may be fewer bands than the default map uses: the lowest band replaces the missing
    // ones.
    for (std::uint8_t& band : scheduler_.priomap) {
      band = std::min(band, static_cast<std::uint8_t>(scheduler_.bands - 1));
    }
    return;
  }
  if (scheduler_.discipline == Discipline::kPfifoFast) {
    list->problem("pfifo_fast has Linux's; leave this out, or write 'discipline: prio'");
    return;
  }
  const std::vector<Value> items = list->items();
  if (list->is_list() && items.size() != kPriorities) {
    list->problem(
        fmt::format("has {} entries; it takes {}, one a priority", items.size(), kPriorities));
    return;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    assign(scheduler_.priomap.at(i), read_band_number(items[i]));
  }
}

void SchedulerReader::read_dscp() {
  const Value* const map = fields_.find("dscp");
  if (map == nullptr) {
    return;
  }
  std::array<int, kDscps> lines{};
  const Fields fields{*map};
  for (const Entry& entry : fields.entries()) {
    const auto dscp = parse_dscp(entry.key);
    if (!dscp) {
      entry.value.missing(
          "is not a DSCP; write cs0..cs7, af11..af43, ef, va, le, df, be or a number of 0 to 63");
      continue;
    }
    if (int& line = lines.at(*dscp); line != 0) {
      entry.value.missing(fmt::format("DSCP {} has its band already, on line {}", *dscp, line));
    } else {
      line = entry.value.key_position().line;
    }
    assign(scheduler_.dscp.at(*dscp), read_band_number(entry.value));
  }
}

void SchedulerReader::read_overhead() {
  // Preamble and start of frame (8), FCS (4), interframe gap (12): IEEE 802.3.
  constexpr std::uint16_t kEthernet = 24;
  const Value* const value = fields_.find("overhead");
  if (const auto text = read_text(value); text == "ethernet") {
    scheduler_.overhead = kEthernet;
  } else if (text && text->find_first_not_of("0123456789") != std::string::npos) {
    value->problem(fmt::format("{} is neither a number of bytes nor 'ethernet'", shown(*text)));
  } else if (text) {
    assign(scheduler_.overhead, read(value, Range<std::uint16_t>{0, 256}));
  }
}

void check_burst(const Value& value, std::optional<Bytes> burst) {
  if (burst && *burst < kFrameMax) {
    value.problem(
        fmt::format("{} bytes are less than a full frame, which could never be sent; "
                    "write at least {}",
                    burst->count, kFrameMax.count));
  }
}

void SchedulerReader::read_burst() {
  const Value* const value = fields_.find("burst");
  const auto burst = read(value, kBursts);
  if (value != nullptr && (fields_.has("rate") || burst_of_a_band_)) {
    check_burst(*value, burst);
  }
  assign(scheduler_.burst, burst);
}

void SchedulerReader::read_band_rates(const Fields& fields, SchedulerBand& band) {
  band.rate = read(fields.find("rate"), kRates);
  band.ceil = read(fields.find("ceil"), kRates);
  if (band.rate && band.ceil && *band.ceil < *band.rate) {
    fields.find("ceil")->problem(
        fmt::format("{} is less than the rate, {}", to_string(*band.ceil), to_string(*band.rate)));
  }
  if (!band.ceil) {
    band.ceil = band.rate;
  }
  const bool shaped = fields.has("rate") || fields.has("ceil");
  const Value* const burst = fields.find("burst");
  burst_of_a_band_ = burst_of_a_band_ || (shaped && burst == nullptr);
  band.burst = read(burst, kBursts);
  if (burst != nullptr && shaped) {
    check_burst(*burst, band.burst);
  } else if (burst != nullptr) {
    burst->problem("means nothing without a rate or a ceil");
  }
}

void SchedulerReader::read_weight(const Value& value, std::uint8_t number) {
  const bool is_drr = scheduler_.discipline == Discipline::kDrr;
  if (!is_drr || number < scheduler_.strict) {
    value.problem(fmt::format("band {} is strict, it shares with no other; leave this out{}",
                              number, is_drr ? "" : ", or write 'discipline: drr'"));
  }
  assign(scheduler_.each.at(number).weight, read(&value, Range<std::uint8_t>{1, 255}));
}

void read_aqm(const Fields& fields, SchedulerBand& band) {
  using std::chrono::microseconds;
  constexpr Range<Nanoseconds> kTimes{microseconds{1}, std::chrono::seconds{10}};
  if (fields.has("aqm")) {
    band.aqm = read(fields.find("aqm"), kAqmWords).value_or(Aqm::kFqCodel);
  }
  const auto find = [&](std::string_view key, bool means_something, std::string_view needed) {
    const Value* const value = fields.find(key);
    if (value != nullptr && !means_something) {
      value->problem(fmt::format("means nothing without {}", needed));
    }
    return value;
  };
  const bool any = band.aqm != Aqm::kNone;
  const bool fair = band.aqm == Aqm::kFqCodel;
  constexpr std::string_view kAny = "'aqm: codel' or 'aqm: fq_codel'";
  constexpr std::string_view kFair = "'aqm: fq_codel'";
  const Value* const target = find("target", any, kAny);
  const Value* const interval = find("interval", any, kAny);
  assign(band.target, read(target, kTimes));
  assign(band.interval, read(interval, kTimes));
  if (any && band.target >= band.interval) {
    // RFC 8289 4.3: the target is 5 to 10 % of the interval.
    (target != nullptr ? target : interval)
        ->problem(fmt::format("the target, {}, is not less than the interval, {}",
                              to_string(band.target), to_string(band.interval)));
  }
  // The defaults of tc-codel and tc-fq_codel.
  band.ecn = read_flag(find("ecn", any, kAny)).value_or(fair);
  assign(band.flows, read(find("flows", fair, kFair), Range<std::uint32_t>{1, 65536}));
  // The upper limit is Linux's FQ_CODEL_QUANTUM_MAX; the lower limit is Linux's too.
  assign(band.quantum, read(find("quantum", fair, kFair), Range<Bytes>{{256}, {1ULL << 20U}}));
}

void SchedulerReader::read_band(const Fields& fields, std::uint8_t number) {
  SchedulerBand& band = scheduler_.each.at(number);
  band.limit = read(fields.find("limit"), kLimits);
  band.limit_bytes = read(fields.find("limit_bytes"), kLimitBytes);
  read_band_rates(fields, band);
  if (const Value* weight = fields.find("weight")) {
    read_weight(*weight, number);
  }
  read_aqm(fields, band);
}

void SchedulerReader::read_each() {
  static constexpr std::array<std::string_view, 12> kBandKeys{
      "limit", "limit_bytes", "rate",     "ceil", "burst", "weight",
      "aqm",   "target",      "interval", "ecn",  "flows", "quantum"};
  const Value* const map = fields_.find("each");
  if (map == nullptr) {
    return;
  }
  const Fields fields{*map};
  for (const Entry& entry : fields.entries()) {
    if (const auto number = band_of_key(entry)) {
      read_band(Fields{entry.value, kBandKeys}, *number);
    }
  }
}

Scheduler SchedulerReader::read_all() {
  read_discipline();
  read_bands();
  read_strict();
  read_priomap();
  read_dscp();
  assign(scheduler_.limit, read(fields_.find("limit"), kLimits));
  scheduler_.limit_bytes = read(fields_.find("limit_bytes"), kLimitBytes);
  scheduler_.rate = read(fields_.find("rate"), kRates);
  read_overhead();
  assign(scheduler_.byte_limits, read_flag(fields_.find("byte_limits")));
  read_each();
  read_burst();
  return std::move(scheduler_);
}

}  // namespace

std::vector<Scheduler> read_schedulers(const Value& section, Names& names) {
  std::vector<Scheduler> schedulers;
  const Fields fields{section};
  names.complete = fields.is_map();
  for (const Entry& entry : fields.entries()) {
    names.names.push_back(entry.key);
    if (check_name(entry) && entry.key == kDefaultScheduler) {
      entry.value.missing("is what ports have by default; give this one another name");
    }
    schedulers.push_back(SchedulerReader{entry}.read_all());
  }
  return schedulers;
}

bool check_reference(const Value& value, std::string_view name, std::string_view what,
                     const Names& names) {
  if (!names.complete || std::ranges::find(names.names, name) != names.names.end()) {
    return true;
  }
  const std::vector<std::string_view> known{names.names.begin(), names.names.end()};
  value.problem(fmt::format("there is no {} {}{}", what, shown(name), hint(name, known)));
  return false;
}

}  // namespace ringroad::config

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/nearest.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

void read_priomap(const Value& list, Scheduler& scheduler) {
  const std::vector<Value> items = list.items();
  if (list.is_list() && items.size() != kPriorities) {
    list.problem(
        fmt::format("has {} entries; it takes {}, one a priority", items.size(), kPriorities));
    return;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto band = read(&items[i], Range<std::uint8_t>{0, kBandsMax - 1});
    if (band && *band >= scheduler.bands) {
      items[i].problem(fmt::format("there is no band {}; {} bands are 0..{}", *band,
                                   scheduler.bands, scheduler.bands - 1));
    }
    assign(scheduler.priomap.at(i), band);
  }
}

Scheduler read_scheduler(const Entry& entry) {
  static constexpr std::array<std::string_view, 5> kKeys{"bands", "priomap", "limit", "rate",
                                                         "burst"};
  constexpr Bytes kFrameMax{1518};
  Scheduler scheduler;
  scheduler.name = entry.key;
  const Fields fields{entry.value, kKeys};
  assign(scheduler.bands, read(fields.find("bands"), Range<std::uint8_t>{1, kBandsMax}));
  if (const Value* priomap = fields.find("priomap")) {
    read_priomap(*priomap, scheduler);
  } else {
    // Fewer bands than the default map knows: what would go lower shares the lowest.
    for (std::uint8_t& band : scheduler.priomap) {
      band = std::min(band, static_cast<std::uint8_t>(scheduler.bands - 1));
    }
  }
  assign(scheduler.limit, read(fields.find("limit"), Range<std::uint32_t>{1, 1'000'000}));
  assign(scheduler.rate,
         read(fields.find("rate"), Range<BitsPerSecond>{{1'000}, {1'000'000'000'000}}));
  if (const Value* value = fields.find("burst")) {
    const auto burst = read(value, Range<Bytes>{{0}, {1ULL << 30U}});
    if (burst && fields.has("rate") && *burst < kFrameMax) {
      value->problem(
          fmt::format("{} bytes are less than a full frame, which could never be sent; "
                      "write at least {}",
                      burst->count, kFrameMax.count));
    }
    assign(scheduler.burst, burst);
  }
  return scheduler;
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
    schedulers.push_back(read_scheduler(entry));
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

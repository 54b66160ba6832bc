// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The benchmark cases for one set of routes.
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/fib/agreement.hpp"
#include "bench/fib/churn.hpp"
#include "bench/fib/contenders.hpp"
#include "bench/fib/ringroad_rib.hpp"
#include "bench/fib/streams.hpp"
#include "bench/fib/table.hpp"
#include "bench/fib/timing.hpp"
#include "bench/program.hpp"
#include "bench/report.hpp"
#include "bench/tsc.hpp"
#include "fib/prefix_file.hpp"
#include "worker/reclaimer.hpp"

namespace ringroad::bench {

struct Settings {
  Options options{.program = "bench-fib"};
  bool lpm = false;
  std::optional<unsigned> writer_core;
  Clock clock{};

  // The command line gives beginnings of case names.
  [[nodiscard]] bool wants_case(std::string_view name) const {
    const auto begins = [&](const std::string& begin) { return name.starts_with(begin); };
    return options.cases.empty() || std::ranges::any_of(options.cases, begins);
  }
  [[nodiscard]] bool wants_subject(std::string_view name) const {
    return options.wants_subject(name);
  }
};

template <class Address>
class Group {
 public:
  using Prefixes = std::span<const Prefix<Address>>;

  // The cases are named `name`-routed, ... For `lpm`, see Contenders.
  Group(std::string name, Prefixes prefixes, Spread spread, bool lpm, const Settings& settings,
        Report& report)
      : name_{std::move(name)},
        prefixes_{prefixes},
        routes_{with_next_hops(prefixes, spread)},
        lpm_{lpm},
        settings_{settings},
        report_{report} {}

  // Measures the time to load the routes into an empty table, and the table's memory.
  void table() {
    const std::string name = name_ + "-table";
    if (!settings_.wants_case(name)) {
      return;
    }
    Contest contest{name, Contenders<Address>::kPeerTable};
    Contenders<Address>::each_loader(routes_, reclaimer_, [&](std::string_view subject, auto load) {
      if (settings_.wants_subject(subject)) {
        contest.add(subject, [load, hz = settings_.clock.hz] {
          const std::uint64_t begin = tsc_begin();
          const auto table = load();
          const std::uint64_t end = tsc_end();
          return Samples{{"build_ms", static_cast<double>(end - begin) / hz * 1e3}};
        });
      }
    });
    contest.run(settings_.options.rounds, report_);
    if (settings_.wants_subject("ringroad-rib")) {
      const RingroadRib<Address> rib{routes_, reclaimer_};
      report_.add(name, "ringroad-rib", Contenders<Address>::kPeerTable,
                  {{"bytes_per_route", rib.bytes_per_route()}});
    }

    contenders().each_table([&](std::string_view subject, const auto& table) {
      if (!settings_.wants_subject(subject)) {
        return;
      }
      const auto bytes = static_cast<double>(table.lookup_bytes().count);
      const auto add = [&](const Samples& samples) {
        report_.add(name, std::string{subject}, Contenders<Address>::kPeerTable, samples);
      };
      add({{"lookup_bytes", bytes},
           {"lookup_bytes_per_prefix", bytes / static_cast<double>(routes_.size())},
           {"total_bytes", static_cast<double>(table.total_bytes().count)}});
      if constexpr (requires { table.load_seconds(); }) {
        add({{"build_ms", table.load_seconds() * 1e3}});
      }
    });
  }

  // The same, including reading the file; IPv4 only.
  void table_from_file(const std::string& path) {
    const std::string name = name_ + "-table-from-file";
    if (!settings_.wants_case(name)) {
      return;
    }
    Contest contest{name, Contenders<Address>::kPeerTable};
    Contenders<Address>::each_loader(routes_, reclaimer_, [&](std::string_view subject, auto load) {
      if (settings_.wants_subject(subject)) {
        contest.add(subject, [load, path, hz = settings_.clock.hz] {
          const std::uint64_t begin = tsc_begin();
          const auto file = fib::read_prefix_file(path);
          const auto routes = with_next_hops(std::span{file->prefixes}, Spread::kHashed);
          const auto table = load();  // the same routes
          const std::uint64_t end = tsc_end();
          return Samples{{"build_ms", static_cast<double>(end - begin) / hz * 1e3}};
        });
      }
    });
    contest.run(settings_.options.rounds, report_);
  }

  // Bulk lookups, the most important case.
  void routed() {
    lookups("routed", kThroughput, [&] { return bench::routed(prefixes_); });
  }
  void uniform() {
    lookups("uniform", kThroughput, [] { return bench::uniform<Address>(); });
  }
  void zipf() {
    lookups("zipf", kThroughput, [&] { return bench::zipf(prefixes_); });
  }
  void sequential() {
    lookups("sequential", kThroughput, [&] { return bench::sequential(prefixes_); });
  }
  void pipeline(PacketRing& packets) {
    const double overhead = settings_.clock.overhead;
    const auto measure = [&packets, overhead](const auto& lookup, auto keys) {
      return Samples{{"cycles_per_lookup", in_pipeline(lookup, keys, packets, overhead)}};
    };
    lookups("pipeline", measure, [&] { return destinations(prefixes_); });
  }

  // Single lookups.
  void dependent() {
    const auto measure = [](const auto& lookup, auto keys) {
      return Samples{{"cycles_per_lookup", bench::dependent(lookup, keys)}};
    };
    lookups("dependent", measure, [&] { return bench::routed(prefixes_); }, How::kSingle);
  }
  void single() {
    const double overhead = settings_.clock.overhead;
    const auto measure = [overhead](const auto& lookup, auto keys) {
      std::vector<double> cycles = single_latencies(lookup, keys, overhead);
      return Samples{{"latency_p50_cycles", percentile(cycles, 0.5)},
                     {"latency_p99_cycles", percentile(cycles, 0.99)},
                     {"latency_p99.9_cycles", percentile(cycles, 0.999)}};
    };
    lookups("single", measure, [&] { return bench::routed(prefixes_); }, How::kSingle);
  }

  // Updates of the table.
  void updates() {
    const std::string name = name_ + "-updates";
    if (!settings_.wants_case(name)) {
      return;
    }
    const std::span all = changes();
    Contest contest{name, Contenders<Address>::kPeerTable};
    each_updatable([&](std::string_view subject, auto& table) {
      contest.add(subject, [&table, all, clock = settings_.clock] {
        return update_round(table, all, clock);
      });
      if constexpr (BatchTable<std::remove_cvref_t<decltype(table)>>) {
        contest.add(std::string{subject} + "-batch", [&table, all, clock = settings_.clock] {
          return batch_round(table, all, clock);
        });
      }
    });
    contest.run(settings_.options.rounds, report_);
    check_agreement(name + ", at the end", bench::routed(prefixes_));
  }
  void default_route() {
    const std::string name = name_ + "-default-route";
    if (!settings_.wants_case(name)) {
      return;
    }
    Contest contest{name, Contenders<Address>::kPeerTable};
    each_updatable([&](std::string_view subject, auto& table) {
      contest.add(subject,
                  [&table, clock = settings_.clock] { return default_route_round(table, clock); });
    });
    contest.run(settings_.options.rounds, report_);
    check_agreement(name + ", at the end", bench::uniform<Address>());
  }
  void churn() {
    const std::string name = name_ + "-churn";
    if (!settings_.wants_case(name) || !settings_.writer_core) {
      return;
    }
    const std::span all = changes();
    const Stream<Address> stream = bench::routed(prefixes_);
    Contest contest{name, Contenders<Address>::kPeerTable};
    contenders().each_live([&](std::string_view subject, const auto& lookup, auto& table) {
      if (settings_.wants_subject(subject) && !refused_.contains(subject)) {
        using Key = typename std::remove_cvref_t<decltype(lookup)>::Key;
        contest.add(subject, [this, lookup, &table, all, keys = stream.template keys<Key>()] {
          return churn_round(lookup, keys, table, all, reclaimer_.readers(), *settings_.writer_core,
                             settings_.clock);
        });
      }
    });
    contest.run(settings_.options.rounds, report_);
    check_agreement(name + ", at the end", stream);
  }

 private:
  enum class How : bool { kBulk, kSingle };
  static constexpr auto kThroughput = [](const auto& lookup, auto keys) {
    return Samples{{"cycles_per_lookup", throughput(lookup, keys)}};
  };

  // The tables are loaded at the first call.
  Contenders<Address>& contenders() {
    if (!contenders_) {
      contenders_.emplace(routes_, lpm_, reclaimer_);
    }
    return *contenders_;
  }

  void check_agreement(std::string_view occasion, const Stream<Address>& stream) {
    Agreement<Address> agreement{occasion, stream};
    contenders().each_lookup(
        [&](std::string_view subject, const auto& lookup) { agreement.check(subject, lookup); });
  }

  template <class Measure, class MakeStream>
  void lookups(std::string_view what, Measure measure, MakeStream make_stream,
               How how = How::kBulk) {
    const std::string name = name_ + "-" + std::string{what};
    if (!settings_.wants_case(name)) {
      return;
    }
    const Stream<Address> stream = make_stream();
    check_agreement(name, stream);
    Contest contest{name, Contenders<Address>::kPeer};
    contenders().each_lookup([&](std::string_view subject, const auto& lookup) {
      const bool measured = how == How::kBulk || !lookup.bulk_only();
      if (measured && settings_.wants_subject(subject)) {
        using Key = typename std::remove_cvref_t<decltype(lookup)>::Key;
        contest.add(subject, [lookup, measure, keys = stream.template keys<Key>()] {
          return measure(lookup, keys);
        });
      }
    });
    contest.run(settings_.options.rounds, report_);
  }

  template <class Visit>
  void each_updatable(Visit visit) {
    contenders().each_table([&](std::string_view subject, auto& table) {
      if constexpr (UpdatableTable<std::remove_cvref_t<decltype(table)>>) {
        if (settings_.wants_subject(subject) && !refused_.contains(subject)) {
          visit(subject, table);
        }
      }
    });
  }

  // At the first call, every table applies the changes once: half way, their answers must agree. A
  // table that refuses a change, as rte_fib6 may (see its reload()), is excluded from the cases
  // with changes.
  std::span<const Route<Address>> changes() {
    if (changes_.empty()) {
      changes_ = bench::updates(std::span<const Route<Address>>{routes_});
      const std::span all{changes_};
      update_all(all.first(all.size() / 2));
      const Stream<Address> stream = bench::routed(prefixes_);
      Agreement<Address> agreement{name_ + ", half way through the changes", stream};
      const auto check = [&](std::string_view subject, const auto& lookup, const auto& /*table*/) {
        if (!refused_.contains(subject)) {
          agreement.check(subject, lookup);
        }
      };
      contenders().each_live(check);
      update_all(all.subspan(all.size() / 2));
    }
    return changes_;
  }
  void update_all(std::span<const Route<Address>> changes) {
    contenders().each_table([&](std::string_view subject, auto& table) {
      using T = std::remove_cvref_t<decltype(table)>;
      if constexpr (UpdatableTable<T>) {
        if (refused_.contains(subject)) {
          return;
        }
        try {
          for (const Route<Address>& change : changes) {
            update(table, change);
          }
        } catch (const std::runtime_error& error) {
          if constexpr (!ReloadableTable<T>) {
            throw;
          } else {
            fmt::print(stderr, "*** {}: {} IS OUT of all changes: {}\n", name_, subject,
                       error.what());
            refused_.emplace(subject);
            table.reload();
          }
        }
      }
    });
  }

  std::string name_;
  Prefixes prefixes_;
  Routes<Address> routes_;
  bool lpm_;
  const Settings& settings_;
  Report& report_;
  worker::QsbrReclaimer reclaimer_{1};
  std::optional<Contenders<Address>> contenders_;
  Routes<Address> changes_;  // every route ends as it began
  std::set<std::string, std::less<>> refused_;
};

}  // namespace ringroad::bench

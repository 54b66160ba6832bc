// SPDX-License-Identifier: BSD-3-Clause
// Compares the RIB with a simple list of routes, for random routes that are added, removed and
// fail.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <vector>

#include "fib/rib.hpp"
#include "fib/rib_fixture.hpp"

namespace ringroad::fib {
namespace {

constexpr std::array kForwarding{Table::kLocal, Table::kMain, Table::kDefault};

// Draws from few values, so that prefixes nest and routes compete.
template <class Address>
class Chance {
 public:
  explicit Chance(unsigned seed) : random_{seed} {}

  unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  Address address();
  Prefix<Address> prefix() {
    constexpr std::array<std::uint8_t, 9> kLengths{0, 1, 4, 7, 8, 9, 10, 16, 255};
    const std::uint8_t length = kLengths.at(below(kLengths.size()));
    return {address(), std::min<std::uint8_t>(length, Address::kBits)};
  }
  Table table() {
    constexpr std::array kTables{Table::kLocal, Table::kMain, Table::kMain, Table::kDefault,
                                 Table{7}};
    return kTables.at(below(kTables.size()));
  }
  Path<Address> path() {
    Path<Address> path;
    path.next_hops = {{address(), InterfaceId{static_cast<std::uint16_t>(below(3))}, 1}};
    path.next_hops.front().via = std::nullopt;
    path.type = below(4) == 0 ? RouteType::kBlackhole : RouteType::kUnicast;
    return path;
  }
  Rank rank() {
    constexpr std::array<Rank, 4> kRanks{0, 1, kOrdinaryRank, kOrdinaryRank};
    return kRanks.at(below(kRanks.size()));
  }
  Route<Address> route() { return {prefix(), table(), below(3), path(), rank()}; }

 private:
  std::mt19937 random_;
};

template <>
Ipv4 Chance<Ipv4>::address() {
  return Ipv4{static_cast<std::uint32_t>(random_()) & 0xc3c00000U};
}
template <>
Ipv6 Chance<Ipv6>::address() {
  return {std::uint64_t{random_()} << 32 & 0xc3c0000000000000U, random_() & 1U};
}

// A list of all routes, all of which are searched for each answer.
template <class Address>
class Reference {
 public:
  using Route = fib::Route<Address>;

  std::vector<Route> routes;
  std::set<Path<Address>> unusable;
  std::set<Path<Address>> doubtful;

  [[nodiscard]] bool has(const Route& route) const {
    return std::ranges::any_of(routes, [&](const Route& each) {
      return each.prefix == route.prefix && each.table == route.table &&
             each.metric == route.metric && each.rank == route.rank;
    });
  }
  bool add(const Route& route) {
    if (has(route)) {
      return false;
    }
    routes.push_back(route);
    return true;
  }
  // Linux's fib_lookup: table after table, in each the longest prefix, then the lowest metric;
  // doubtful routes come last.
  [[nodiscard]] const Route* lookup(Address address) const {
    const auto rank = [this](const Route& each) {
      return std::tuple{each.prefix.length(), !doubtful.contains(each.path), ~each.metric,
                        static_cast<Rank>(~each.rank)};
    };
    for (const Table table : kForwarding) {
      const Route* best = nullptr;
      for (const Route& each : routes) {
        if (each.table == table && each.prefix.contains(address) && !unusable.contains(each.path) &&
            (best == nullptr || rank(each) > rank(*best))) {
          best = &each;
        }
      }
      if (best != nullptr) {
        return best;
      }
    }
    return nullptr;
  }
};

// Returns the trie's answer according to the reports.
template <class Address>
std::optional<Path<Address>> answer_of_trie(const Told<Address>& told, Address address) {
  const Prefix<Address>* longest = nullptr;
  for (const auto& [prefix, next_hop] : told.best) {
    if (prefix.contains(address) && (longest == nullptr || prefix.length() > longest->length())) {
      longest = &prefix;
    }
  }
  return longest == nullptr ? std::nullopt : std::optional{told.path(*longest)};
}

template <class Address>
class Trial {
 public:
  // `slice` is the amount of work that a failure may cost at a time.
  explicit Trial(unsigned seed, std::size_t slice = Rib<Address>::kSlice)
      : chance_{seed}, slice_{slice} {}

  // Called between changes, as the router does, so that many failures and changes share a pass.
  void advance() { static_cast<void>(rib_.advance(slice_)); }
  void finish() {
    while (rib_.advance(slice_)) {
    }
  }
  // A path fails or recovers. At any moment each address must answer as before or as after.
  void fail_in_slices() {
    finish();
    std::vector<Address> probes;
    std::vector<std::optional<Path<Address>>> before;
    for (unsigned i = 0; i < 40; ++i) {
      probes.push_back(chance_.address());
      before.push_back(answer_of_trie(told_, probes.back()));
    }
    fail_or_heal();
    do {
      for (std::size_t i = 0; i < probes.size(); ++i) {
        const auto* const after = reference_.lookup(probes[i]);
        const auto now = answer_of_trie(told_, probes[i]);
        const bool is_after = now ? after != nullptr && *now == after->path : after == nullptr;
        REQUIRE((now == before[i] || is_after));
      }
    } while (rib_.advance(slice_));
    check();
  }

  void step() {
    switch (chance_.below(9)) {
      case 0:
      case 1:
      case 2:
        add();
        break;
      case 3:
      case 4:
        erase();
        break;
      case 5:
        add_batch();
        break;
      case 6:
        erase_batch();
        break;
      case 7:
        commit();
        break;
      default:
        fail_or_heal();
    }
  }
  void check() {
    REQUIRE(rib_.size() == reference_.routes.size());
    for (unsigned probe = 0; probe < 20; ++probe) {
      const Address address = chance_.address();
      const auto* const expected = reference_.lookup(address);
      const auto got = rib_.lookup(address);
      REQUIRE(got.has_value() == (expected != nullptr));
      const auto trie = answer_of_trie(told_, address);
      REQUIRE(trie.has_value() == (expected != nullptr));
      if (expected != nullptr) {
        REQUIRE(got->prefix == expected->prefix);
        REQUIRE(got->table == expected->table);
        REQUIRE(got->metric == expected->metric);
        REQUIRE(got->rank == expected->rank);
        REQUIRE(got->path == expected->path);
        REQUIRE(*trie == expected->path);
        const auto covering = rib_.covering(address);
        const auto first = std::ranges::find_if(
            covering, [](const auto& each) { return each.usability != Usability::kDead; });
        REQUIRE(first->prefix == expected->prefix);
      }
    }
    check_order();
  }

 private:
  void add() {
    const auto route = chance_.route();
    REQUIRE(rib_.add(route).has_value() == reference_.add(route));
  }
  void erase() {
    RouteSelector<Address> selector;
    selector.prefix = chance_.prefix();
    selector.table = chance_.table();
    if (chance_.below(2) == 0) {
      selector.metric = chance_.below(3);
    }
    if (const auto erased = rib_.erase(selector)) {
      REQUIRE(erased->prefix == selector.prefix);
      REQUIRE(std::erase(reference_.routes, *erased) == 1);
    } else {
      REQUIRE(std::ranges::none_of(reference_.routes, [&](const auto& each) {
        return each.prefix == selector.prefix && each.table == *selector.table &&
               (!selector.metric || each.metric == *selector.metric);
      }));
    }
  }
  struct Whole {
    std::vector<Path<Address>> paths;
    std::vector<typename RouteBatch<Address>::Entry> entries;
    Table table;
    std::uint32_t metric;
    [[nodiscard]] RouteBatch<Address> batch() const { return {table, metric, paths, entries}; }
  };
  Whole make_batch() {
    Whole whole{{chance_.path(), chance_.path()}, {}, chance_.table(), chance_.below(3)};
    for (unsigned i = chance_.below(6); i > 0; --i) {
      whole.entries.push_back({chance_.prefix(), chance_.below(2)});
    }
    return whole;
  }
  void add_batch() {
    const Whole whole = make_batch();
    auto after = reference_;
    const bool good = std::ranges::all_of(whole.entries, [&](const auto& entry) {
      return after.add({entry.prefix, whole.table, whole.metric, whole.paths[entry.path]});
    });
    REQUIRE(rib_.add(whole.batch()).has_value() == good);
    reference_ = good ? after : reference_;
  }
  void erase_batch() {
    Whole whole = make_batch();
    std::ranges::sort(whole.entries);
    const auto twice = std::ranges::unique(whole.entries, {}, &RouteBatch<Address>::Entry::prefix);
    whole.entries.erase(twice.begin(), twice.end());
    auto after = reference_;
    const bool good = std::ranges::all_of(whole.entries, [&](const auto& entry) {
      return std::erase_if(after.routes, [&](const auto& each) {
               return each == Route<Address>{entry.prefix, whole.table, whole.metric,
                                             whole.paths[entry.path]};
             }) == 1;
    });
    REQUIRE(rib_.erase(whole.batch()).has_value() == good);
    reference_ = good ? after : reference_;
  }
  // Makes several changes in one call. Each prefix must be reported once, which Told checks.
  void commit() {
    std::vector<RouteEdit<Address>> edits;
    for (unsigned i = chance_.below(8); i > 0; --i) {
      const auto route = chance_.route();
      edits.push_back({.prefix = route.prefix,
                       .table = route.table,
                       .metric = route.metric,
                       .rank = route.rank,
                       .path = chance_.below(3) > 0 ? std::optional{route.path} : std::nullopt});
    }
    for (const auto& edit : edits) {
      std::erase_if(reference_.routes, [&](const auto& each) {
        return each.prefix == edit.prefix && each.table == edit.table &&
               each.metric == edit.metric && each.rank == edit.rank;
      });
      if (edit.path) {
        reference_.routes.push_back({edit.prefix, edit.table, edit.metric, *edit.path, edit.rank});
      }
    }
    REQUIRE(rib_.commit(edits));
  }
  void fail_or_heal() {
    const auto path = chance_.path();
    auto& some = chance_.below(2) == 0 ? told_.unusable : told_.doubtful;
    if (!some.erase(path)) {
      some.insert(path);
    }
    reference_.unusable = told_.unusable;
    reference_.doubtful = told_.doubtful;
    rib_.reconsider(slice_);
  }
  void check_order() {
    auto expected = reference_.routes;
    std::ranges::sort(expected, {}, [](const auto& each) {
      return std::tuple{each.table, each.prefix, each.metric, each.rank};
    });
    std::vector<Route<Address>> got;
    auto tables = rib_.tables();
    std::ranges::sort(tables);
    for (const Table table : tables) {
      rib_.for_each(table, [&](const auto& each) {
        got.push_back({each.prefix, each.table, each.metric, each.path, each.rank});
        return true;
      });
    }
    REQUIRE(got == expected);
  }

  Chance<Address> chance_;
  std::size_t slice_;
  Reference<Address> reference_;
  Told<Address> told_;
  Rib<Address> rib_{told_.listener()};
};

TEMPLATE_TEST_CASE("random routes of every table that come, go and fail match a plain list", "",
                   Ipv4, Ipv6) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    Trial<TestType> trial{seed};
    for (unsigned step = 0; step < 2000; ++step) {
      trial.step();
      if (step % 10 == 0) {
        trial.check();
      }
    }
  }
}

TEMPLATE_TEST_CASE("routes that come and go while others are chosen anew in slices end up the same",
                   "", Ipv4, Ipv6) {
  for (const std::size_t slice : {1U, 20U, 100U}) {
    Trial<TestType> trial{static_cast<unsigned>(slice), slice};
    for (unsigned step = 0; step < 2000; ++step) {
      trial.step();
      trial.advance();
      if (step % 10 == 0) {
        trial.finish();
        trial.check();
      }
    }
  }
}

TEMPLATE_TEST_CASE("while routes are chosen anew each address answers as before or as after", "",
                   Ipv4, Ipv6) {
  for (const std::size_t slice : {1U, 30U}) {
    Trial<TestType> trial{static_cast<unsigned>(slice), slice};
    for (unsigned step = 0; step < 1000; ++step) {
      trial.step();
      if (step % 5 == 0) {
        trial.fail_in_slices();
      }
    }
  }
}

}  // namespace
}  // namespace ringroad::fib

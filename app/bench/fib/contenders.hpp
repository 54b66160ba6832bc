// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// All subjects of an address family, loaded with the same routes, each under the name in the
// report.
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "bench/fib/dpdk.hpp"
#include "bench/fib/ringroad.hpp"
#include "bench/fib/ringroad_rib.hpp"
#include "bench/fib/table.hpp"
#include "worker/reclaimer.hpp"

namespace ringroad::bench {

template <class Address>
class Contenders;

template <>
class Contenders<Ipv4> {
 public:
  static constexpr std::string_view kPeer = "rte_fib-4B-avx512";
  static constexpr std::string_view kPeerTable = "rte_fib-4B";

  // `lpm`: with rte_lpm, which needs over a minute to load a million routes.
  Contenders(std::span<const Route<Ipv4>> routes, bool lpm, worker::QsbrReclaimer& reclaimer)
      : Contenders{routes, tbl8s(routes), lpm, reclaimer} {}

  // visit(name, a Lookup)
  template <class Visit>
  void each_lookup(Visit visit) const {
    each_ringroad_lookup(ringroad_, visit);
    each_fib_lookup("rte_fib-4B-scalar", RTE_FIB_LOOKUP_DIR24_8_SCALAR_INLINE, fib4_, visit);
    each_fib_lookup("rte_fib-4B-avx512", RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512, fib4_, visit);
    each_fib_lookup("rte_fib-2B-avx512", RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512, fib2_, visit);
    if (lpm_ != nullptr) {
      visit("rte_lpm-single", LpmLookup<LpmWay::kSingle>{*lpm_});
      visit("rte_lpm-x4", LpmLookup<LpmWay::kX4>{*lpm_});
      visit("rte_lpm-bulk", LpmLookup<LpmWay::kBulk>{*lpm_});
    }
  }

  // visit(name, a Table)
  template <class Visit>
  void each_table(Visit visit) {
    visit("ringroad", ringroad_);
    visit("rte_fib-4B", fib4_);
    visit("rte_fib-2B", fib2_);
    if (lpm_ != nullptr) {
      visit("rte_lpm", *lpm_);
    }
  }

  // visit(name, the fastest Lookup of a table, that UpdatableTable)
  template <class Visit>
  void each_live(Visit visit) {
    visit("ringroad", RingroadLookup<Ipv4>{ringroad_.trie(), std::nullopt}, ringroad_);
    constexpr auto kFastest = RTE_FIB_LOOKUP_DEFAULT;
    visit("rte_fib-4B", FibLookup{fib4_, kFastest}, fib4_);
    visit("rte_fib-2B", FibLookup{fib2_, kFastest}, fib2_);
  }

  // visit(name, a function that loads a table)
  template <class Visit>
  static void each_loader(std::span<const Route<Ipv4>> routes, worker::QsbrReclaimer& reclaimer,
                          Visit visit) {
    using enum FibTable::NextHopSize;
    visit("ringroad", [=, &reclaimer] { return RingroadTable<Ipv4>{routes, reclaimer}; });
    visit("ringroad-rib", [=, &reclaimer] { return RingroadRib<Ipv4>{routes, reclaimer}; });
    visit("rte_fib-4B", [=, sizes = tbl8s(routes)] { return FibTable{routes, sizes, k4Bytes}; });
    visit("rte_fib-2B", [=, sizes = tbl8s(routes)] { return FibTable{routes, sizes, k2Bytes}; });
  }

 private:
  Contenders(std::span<const Route<Ipv4>> routes, Tbl8s tbl8s, bool lpm,
             worker::QsbrReclaimer& reclaimer)
      : ringroad_{routes, reclaimer},
        fib4_{routes, tbl8s, FibTable::NextHopSize::k4Bytes},
        fib2_{routes, tbl8s, FibTable::NextHopSize::k2Bytes},
        lpm_{lpm ? std::make_unique<LpmTable>(routes, tbl8s) : nullptr} {}

  template <class Visit>
  static void each_fib_lookup(std::string_view name, rte_fib_lookup_type type,
                              const FibTable& table, Visit& visit) {
    if (table.offers(type)) {
      visit(name, FibLookup{table, type});
    }
  }

  RingroadTable<Ipv4> ringroad_;
  FibTable fib4_;
  FibTable fib2_;
  std::unique_ptr<LpmTable> lpm_;
};

template <>
class Contenders<Ipv6> {
 public:
  static constexpr std::string_view kPeer = "rte_fib6-4B-avx512";
  static constexpr std::string_view kPeerTable = "rte_fib6-4B";

  Contenders(std::span<const Route<Ipv6>> routes, bool lpm, worker::QsbrReclaimer& reclaimer)
      : Contenders{routes, tbl8s(routes), lpm, reclaimer} {}

  template <class Visit>
  void each_lookup(Visit visit) const {
    each_ringroad_lookup(ringroad_, visit);
    for (const auto& [name, type] :
         {std::pair{"rte_fib6-4B-scalar", RTE_FIB6_LOOKUP_TRIE_SCALAR},
          std::pair{"rte_fib6-4B-avx512", RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512}}) {
      if (fib_.offers(type)) {
        visit(name, Fib6Lookup{fib_, type});
      }
    }
    if (lpm_ != nullptr) {
      visit("rte_lpm6", Lpm6Lookup{*lpm_});
    }
  }

  template <class Visit>
  void each_table(Visit visit) {
    visit("ringroad", ringroad_);
    visit("rte_fib6-4B", fib_);
    if (lpm_ != nullptr) {
      visit("rte_lpm6", *lpm_);
    }
  }

  template <class Visit>
  void each_live(Visit visit) {
    visit("ringroad", RingroadLookup<Ipv6>{ringroad_.trie(), std::nullopt}, ringroad_);
    visit("rte_fib6-4B", Fib6Lookup{fib_, RTE_FIB6_LOOKUP_DEFAULT}, fib_);
  }

  template <class Visit>
  static void each_loader(std::span<const Route<Ipv6>> routes, worker::QsbrReclaimer& reclaimer,
                          Visit visit) {
    visit("ringroad", [=, &reclaimer] { return RingroadTable<Ipv6>{routes, reclaimer}; });
    visit("ringroad-rib", [=, &reclaimer] { return RingroadRib<Ipv6>{routes, reclaimer}; });
    visit("rte_fib6-4B", [=, sizes = tbl8s(routes)] { return Fib6Table{routes, sizes}; });
  }

 private:
  Contenders(std::span<const Route<Ipv6>> routes, Tbl8s tbl8s, bool lpm,
             worker::QsbrReclaimer& reclaimer)
      : ringroad_{routes, reclaimer},
        fib_{routes, tbl8s},
        lpm_{lpm ? std::make_unique<Lpm6Table>(routes, tbl8s) : nullptr} {}

  RingroadTable<Ipv6> ringroad_;
  Fib6Table fib_;
  std::unique_ptr<Lpm6Table> lpm_;
};

}  // namespace ringroad::bench

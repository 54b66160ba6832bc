// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// DPDK's tables as subjects: rte_lpm and rte_fib for IPv4, rte_lpm6 and rte_fib6 for IPv6.
//
// A table is sized for its routes. Constructors throw std::runtime_error if DPDK refuses.
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>
#include <rte_vect.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/units.hpp"
#include "bench/fib/streams.hpp"
#include "bench/fib/subject.hpp"
#include "bench/fib/table.hpp"

namespace ringroad::bench {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

// The memory that a table uses in EAL's heap.
struct Footprint {
  Bytes lookup;
  Bytes total;
};

class FibTable {
 public:
  using Address = Ipv4;
  enum class NextHopSize : std::uint8_t { k2Bytes, k4Bytes };

  FibTable(std::span<const Route<Ipv4>> routes, Tbl8s tbl8s, NextHopSize size);
  void insert(const Route<Ipv4>& route);
  void erase(Prefix4 prefix);
  [[nodiscard]] Bytes lookup_bytes() const { return footprint_.lookup; }
  [[nodiscard]] Bytes total_bytes() const { return footprint_.total; }
  [[nodiscard]] rte_fib& get() const { return *fib_; }
  // Returns false if this machine or EAL's --force-max-simd-bitwidth does not allow this lookup.
  [[nodiscard]] bool offers(rte_fib_lookup_type type) const {
    return rte_fib_select_lookup(fib_.get(), type) == 0;
  }

 private:
  std::unique_ptr<rte_fib, FreeWith<rte_fib_free>> fib_;
  Footprint footprint_{};
};

class FibLookup {
 public:
  using Key = std::uint32_t;
  using Answer = std::uint64_t;

  FibLookup(const FibTable& table, rte_fib_lookup_type type) : fib_{&table.get()}, type_{type} {}
  void prepare() const { rte_fib_select_lookup(fib_, type_); }
  [[nodiscard]] static bool bulk_only() { return false; }
  void bulk(const Key* keys, Answer* answers) const {
    rte_fib_lookup_bulk(fib_, const_cast<Key*>(keys), answers, kBurst);
  }
  [[nodiscard]] Answer one(Key key) const {
    Answer answer = 0;
    rte_fib_lookup_bulk(fib_, &key, &answer, 1);
    return answer;
  }
  [[nodiscard]] static NextHopId next_hop(Answer answer) {
    return NextHopId{static_cast<std::uint32_t>(answer)};
  }

 private:
  rte_fib* fib_;
  rte_fib_lookup_type type_;
};

// This benchmark does not update it: it finds a rule by a linear search among all rules of that
// length.
class LpmTable {
 public:
  using Address = Ipv4;

  LpmTable(std::span<const Route<Ipv4>> routes, Tbl8s tbl8s);
  [[nodiscard]] Bytes lookup_bytes() const { return footprint_.lookup; }
  [[nodiscard]] Bytes total_bytes() const { return footprint_.total; }
  [[nodiscard]] double load_seconds() const { return load_seconds_; }
  [[nodiscard]] const rte_lpm& get() const { return *lpm_; }

 private:
  std::unique_ptr<rte_lpm, FreeWith<rte_lpm_free>> lpm_;
  Footprint footprint_{};
  double load_seconds_ = 0;
};

enum class LpmWay : std::uint8_t { kSingle, kX4, kBulk };

template <LpmWay Way>
class LpmLookup {
 public:
  using Key = std::uint32_t;
  using Answer = std::uint32_t;  // in bulk an entry of the table, otherwise a next hop

  explicit LpmLookup(const LpmTable& table) : lpm_{&table.get()} {}
  void prepare() const {}
  [[nodiscard]] static bool bulk_only() { return Way != LpmWay::kSingle; }
  void bulk(const Key* keys, Answer* answers) const {
    if constexpr (Way == LpmWay::kBulk) {
      rte_lpm_lookup_bulk(lpm_, keys, answers, kBurst);
    } else if constexpr (Way == LpmWay::kX4) {
      for (std::size_t i = 0; i < kBurst; i += 4) {
        const xmm_t four = _mm_loadu_si128(reinterpret_cast<const xmm_t*>(keys + i));
        rte_lpm_lookupx4(lpm_, four, answers + i, kNone.value());
      }
    } else {
      for (std::size_t i = 0; i < kBurst; ++i) {
        answers[i] = one(keys[i]);
      }
    }
  }
  [[nodiscard]] Answer one(Key key) const {
    Answer answer = 0;
    if (rte_lpm_lookup(lpm_, key, &answer) != 0) {
      return kNone.value();
    }
    return Way == LpmWay::kBulk ? answer | RTE_LPM_LOOKUP_SUCCESS : answer;
  }
  [[nodiscard]] static NextHopId next_hop(Answer answer) {
    if (Way == LpmWay::kBulk && (answer & RTE_LPM_LOOKUP_SUCCESS) == 0) {
      return kNone;
    }
    return NextHopId{answer & 0x00ffffffU};
  }

 private:
  const rte_lpm* lpm_;
};

class Fib6Table {
 public:
  using Address = Ipv6;

  // Keeps a reference to `routes`.
  Fib6Table(std::span<const Route<Ipv6>> routes, Tbl8s tbl8s);
  // Loads the table again. In DPDK 22.11, rte_fib6 does not return all that it reserved for a
  // prefix when the prefix is withdrawn: after some 100,000 changes it refuses every prefix.
  void reload();
  void insert(const Route<Ipv6>& route);
  void erase(Prefix6 prefix);
  [[nodiscard]] Bytes lookup_bytes() const { return footprint_.lookup; }
  [[nodiscard]] Bytes total_bytes() const { return footprint_.total; }
  [[nodiscard]] rte_fib6& get() const { return *fib_; }
  [[nodiscard]] bool offers(rte_fib6_lookup_type type) const {
    return rte_fib6_select_lookup(fib_.get(), type) == 0;
  }

 private:
  std::span<const Route<Ipv6>> routes_;
  Tbl8s tbl8s_;
  std::unique_ptr<rte_fib6, FreeWith<rte_fib6_free>> fib_;
  Footprint footprint_{};
};

class Fib6Lookup {
 public:
  using Key = WireIpv6;
  using Answer = std::uint64_t;

  Fib6Lookup(const Fib6Table& table, rte_fib6_lookup_type type) : table_{&table}, type_{type} {}
  void prepare() const { rte_fib6_select_lookup(&table_->get(), type_); }
  [[nodiscard]] static bool bulk_only() { return false; }
  void bulk(const Key* keys, Answer* answers) const { look_up(keys, answers, kBurst); }
  [[nodiscard]] Answer one(const Key& key) const {
    Answer answer = 0;
    look_up(&key, &answer, 1);
    return answer;
  }
  [[nodiscard]] static NextHopId next_hop(Answer answer) {
    return NextHopId{static_cast<std::uint32_t>(answer)};
  }

 private:
  void look_up(const Key* keys, Answer* answers, int count) const {
    auto* const bytes = const_cast<std::uint8_t*>(keys->data());
    rte_fib6_lookup_bulk(&table_->get(),
                         reinterpret_cast<std::uint8_t(*)[RTE_FIB6_IPV6_ADDR_SIZE]>(bytes), answers,
                         count);
  }

  const Fib6Table* table_;  // the table's rte_fib6 is replaced when it is reloaded
  rte_fib6_lookup_type type_;
};

class Lpm6Table {
 public:
  using Address = Ipv6;

  Lpm6Table(std::span<const Route<Ipv6>> routes, Tbl8s tbl8s);
  [[nodiscard]] Bytes lookup_bytes() const { return footprint_.lookup; }
  [[nodiscard]] Bytes total_bytes() const { return footprint_.total; }
  [[nodiscard]] double load_seconds() const { return load_seconds_; }
  [[nodiscard]] const rte_lpm6& get() const { return *lpm_; }

 private:
  std::unique_ptr<rte_lpm6, FreeWith<rte_lpm6_free>> lpm_;
  Footprint footprint_{};
  double load_seconds_ = 0;
};

class Lpm6Lookup {
 public:
  using Key = WireIpv6;
  using Answer = std::int32_t;  // -1: no route

  explicit Lpm6Lookup(const Lpm6Table& table) : lpm_{&table.get()} {}
  void prepare() const {}
  [[nodiscard]] static bool bulk_only() { return false; }
  void bulk(const Key* keys, Answer* answers) const { look_up(keys, answers, kBurst); }
  [[nodiscard]] Answer one(const Key& key) const {
    Answer answer = 0;
    look_up(&key, &answer, 1);
    return answer;
  }
  [[nodiscard]] static NextHopId next_hop(Answer answer) {
    return answer < 0 ? kNone : NextHopId{static_cast<std::uint32_t>(answer)};
  }

 private:
  void look_up(const Key* keys, Answer* answers, unsigned count) const {
    auto* const bytes = const_cast<std::uint8_t*>(keys->data());
    rte_lpm6_lookup_bulk_func(
        lpm_, reinterpret_cast<std::uint8_t(*)[RTE_LPM6_IPV6_ADDR_SIZE]>(bytes), answers, count);
  }

  const rte_lpm6* lpm_;
};

}  // namespace ringroad::bench

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Ringroad's trie as a subject.
#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/units.hpp"
#include "bench/fib/subject.hpp"
#include "bench/fib/table.hpp"
#include "fib/trie.hpp"
#include "worker/reclaimer.hpp"

namespace ringroad::bench {

// The resident memory of this process without hugetlbfs pages, which DPDK uses.
[[nodiscard]] inline std::uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

template <class AddressOfFamily>
class RingroadTable {
 public:
  using Address = AddressOfFamily;
  using Trie = fib::Trie<Address>;

  RingroadTable(std::span<const Route<Address>> routes, worker::QsbrReclaimer& reclaimer)
      : reclaimer_{reclaimer}, trie_{reclaimer} {
    ::malloc_trim(0);  // otherwise memory freed by others would not count as growth
    const std::uint64_t before = resident_bytes();
    apply(routes);
    const std::uint64_t now = resident_bytes();
    grown_ = now > before ? now - before : 0;
  }

  void insert(const Route<Address>& route) {
    trie_.insert(route.prefix, route.next_hop);
    reclaimer_.run_once();
  }
  void erase(Prefix<Address> prefix) {
    trie_.erase(prefix);
    reclaimer_.run_once();
  }
  void apply(std::span<const Route<Address>> changes) {
    trie_.apply(changes);
    reclaimer_.run_once();
  }

  [[nodiscard]] const Trie& trie() const { return trie_; }
  [[nodiscard]] Bytes lookup_bytes() const { return trie_.memory(); }
  [[nodiscard]] Bytes total_bytes() const { return {grown_}; }

 private:
  worker::QsbrReclaimer& reclaimer_;
  Trie trie_;
  std::uint64_t grown_ = 0;
};

template <class Address>
class RingroadLookup {
 public:
  using Key = std::conditional_t<std::is_same_v<Address, Ipv4>, std::uint32_t, Address>;
  using Answer = NextHopId;

  // If empty, the version that the trie selects at run time.
  RingroadLookup(const typename RingroadTable<Address>::Trie& trie,
                 std::optional<fib::LookupWay> way)
      : trie_{&trie}, way_{way} {}

  void prepare() const {}
  [[nodiscard]] bool bulk_only() const { return way_.has_value(); }
  void bulk(const Key* keys, Answer* answers) const {
    const std::span from{keys, kBurst};
    const std::span to{answers, kBurst};
    if (way_) {
      trie_->lookup(from, to, *way_);
    } else {
      trie_->lookup(from, to);
    }
  }
  [[nodiscard]] Answer one(Key key) const { return trie_->lookup(Address{key}); }
  [[nodiscard]] static NextHopId next_hop(Answer answer) { return answer; }

 private:
  const typename RingroadTable<Address>::Trie* trie_;
  std::optional<fib::LookupWay> way_;
};

// visit(name, a Lookup)
template <class Address, class Visit>
void each_ringroad_lookup(const RingroadTable<Address>& table, Visit& visit) {
  for (const fib::LookupWay way : fib::lookup_ways()) {
    if (std::is_same_v<Address, Ipv4> || way != fib::LookupWay::kAvx2) {  // in IPv6 it is scalar
      visit("ringroad-" + std::string{to_string(way)}, RingroadLookup<Address>{table.trie(), way});
    }
  }
  visit("ringroad", RingroadLookup<Address>{table.trie(), std::nullopt});
}

}  // namespace ringroad::bench

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/fib/dpdk.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ringroad::bench {
namespace {

constexpr std::uint64_t kRoot = std::uint64_t{1} << 24;  // entries in each table
constexpr std::uint64_t kTbl8 = 256;
// Updates may temporarily need a few tbl8s more than the final routes.
constexpr std::size_t kSpareTbl8s = 256;

std::string new_name() {
  static unsigned serial = 0;
  return fmt::format("bench{}", serial++);
}

[[noreturn]] void refuse(std::string_view call, int error) {
  throw std::runtime_error{fmt::format("{}: {}", call, rte_strerror(error))};
}

template <class T>
T* required(T* created, std::string_view call) {
  if (created == nullptr) {
    refuse(call, rte_errno);
  }
  return created;
}

void require(int result, std::string_view call) {
  if (result != 0) {
    refuse(call, -result);
  }
}

std::uint64_t heap_bytes() {
  std::uint64_t total = 0;
  for (unsigned i = 0; i < rte_socket_count(); ++i) {
    rte_malloc_socket_stats stats{};
    if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0) {
      total += stats.heap_allocsz_bytes;
    }
  }
  return total;
}

// Allocated tbl8s that this many routes do not need are not counted.
Footprint footprint(std::uint64_t heap_before, Tbl8s tbl8s, std::size_t allocated,
                    std::uint64_t entry) {
  const std::uint64_t spare = (allocated - tbl8s.used) * kTbl8 * entry;
  return {{(kRoot + tbl8s.used * kTbl8) * entry}, {heap_bytes() - heap_before - spare}};
}

int socket() { return static_cast<int>(rte_socket_id()); }

}  // namespace

FibTable::FibTable(std::span<const Route<Ipv4>> routes, Tbl8s tbl8s, NextHopSize size) {
  const std::uint64_t before = heap_bytes();
  rte_fib_conf conf{};
  conf.type = RTE_FIB_DIR24_8;
  conf.default_nh = kNone.value();
  conf.max_routes = static_cast<int>(routes.size() + 1);  // plus a default route
  conf.dir24_8.nh_sz = size == NextHopSize::k2Bytes ? RTE_FIB_DIR24_8_2B : RTE_FIB_DIR24_8_4B;
  conf.dir24_8.num_tbl8 = static_cast<std::uint32_t>(tbl8s.used + kSpareTbl8s);
  fib_.reset(required(rte_fib_create(new_name().c_str(), socket(), &conf), "rte_fib_create"));
  for (const Route<Ipv4>& route : routes) {
    insert(route);
  }
  footprint_ =
      footprint(before, tbl8s, conf.dir24_8.num_tbl8, size == NextHopSize::k2Bytes ? 2 : 4);
}

void FibTable::insert(const Route<Ipv4>& route) {
  require(rte_fib_add(fib_.get(), route.prefix.address().value(), route.prefix.length(),
                      route.next_hop.value()),
          "rte_fib_add");
}

void FibTable::erase(Prefix4 prefix) {
  require(rte_fib_delete(fib_.get(), prefix.address().value(), prefix.length()), "rte_fib_delete");
}

LpmTable::LpmTable(std::span<const Route<Ipv4>> routes, Tbl8s tbl8s) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t before = heap_bytes();
  rte_lpm_config config{};
  config.max_rules = static_cast<std::uint32_t>(routes.size());
  config.number_tbl8s = static_cast<std::uint32_t>(tbl8s.used + kSpareTbl8s);
  lpm_.reset(required(rte_lpm_create(new_name().c_str(), socket(), &config), "rte_lpm_create"));
  for (const Route<Ipv4>& route : routes) {
    require(rte_lpm_add(lpm_.get(), route.prefix.address().value(), route.prefix.length(),
                        route.next_hop.value()),
            "rte_lpm_add");
  }
  load_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  footprint_ = footprint(before, tbl8s, config.number_tbl8s, 4);
}

Fib6Table::Fib6Table(std::span<const Route<Ipv6>> routes, Tbl8s tbl8s)
    : routes_{routes}, tbl8s_{tbl8s} {
  reload();
}

void Fib6Table::reload() {
  fib_.reset();
  const std::uint64_t before = heap_bytes();
  rte_fib6_conf conf{};
  conf.type = RTE_FIB6_TRIE;
  conf.default_nh = kNone.value();
  conf.max_routes = static_cast<int>(routes_.size() + 1);
  conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
  conf.trie.num_tbl8 = static_cast<std::uint32_t>(tbl8s_.reserved + kSpareTbl8s);
  fib_.reset(required(rte_fib6_create(new_name().c_str(), socket(), &conf), "rte_fib6_create"));
  for (const Route<Ipv6>& route : routes_) {
    insert(route);
  }
  footprint_ = footprint(before, tbl8s_, conf.trie.num_tbl8, 4);
}

void Fib6Table::insert(const Route<Ipv6>& route) {
  require(rte_fib6_add(fib_.get(), wire(route.prefix.address()).data(), route.prefix.length(),
                       route.next_hop.value()),
          "rte_fib6_add");
}

void Fib6Table::erase(Prefix6 prefix) {
  require(rte_fib6_delete(fib_.get(), wire(prefix.address()).data(), prefix.length()),
          "rte_fib6_delete");
}

Lpm6Table::Lpm6Table(std::span<const Route<Ipv6>> routes, Tbl8s tbl8s) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t before = heap_bytes();
  rte_lpm6_config config{};
  config.max_rules = static_cast<std::uint32_t>(routes.size());
  config.number_tbl8s = static_cast<std::uint32_t>(tbl8s.used + kSpareTbl8s);
  lpm_.reset(required(rte_lpm6_create(new_name().c_str(), socket(), &config), "rte_lpm6_create"));
  for (const Route<Ipv6>& route : routes) {
    require(rte_lpm6_add(lpm_.get(), wire(route.prefix.address()).data(), route.prefix.length(),
                         route.next_hop.value()),
            "rte_lpm6_add");
  }
  load_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  footprint_ = footprint(before, tbl8s, config.number_tbl8s, 4);
}

}  // namespace ringroad::bench

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Ringroad's RIB and trie together, as in the router.
#include <malloc.h>

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "bench/fib/ringroad.hpp"
#include "fib/rib.hpp"

namespace ringroad::bench {

template <class Address>
class RingroadRib {
 public:
  RingroadRib(std::span<const Route<Address>> routes, worker::QsbrReclaimer& reclaimer)
      : trie_{std::make_unique<fib::Trie<Address>>(reclaimer)} {
    const std::size_t before = allocated_bytes();
    rib_ = std::make_unique<fib::Rib<Address>>(typename fib::Rib<Address>::Listener{
        // The weight of a gateway holds the number of its next hop.
        .acquire = [](const auto& path) { return NextHopId{path.next_hops.front().weight}; },
        .release = {},
        .usability = {},
        .best_changed = [trie = trie_.get()](auto changes) { trie->apply(changes); },
    });
    add(routes);
    grown_ = allocated_bytes() - before;
  }

  // The memory of the RIB and of the trie's writer, without what lookups read.
  [[nodiscard]] double bytes_per_route() const {
    return static_cast<double>(grown_) / static_cast<double>(rib_->size());
  }

 private:
  // The trie's blocks are not allocated with malloc.
  [[nodiscard]] static std::size_t allocated_bytes() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  }

  void add(std::span<const Route<Address>> routes) {
    constexpr std::uint16_t kNextHops = 64;
    std::vector<fib::Path<Address>> paths(kNextHops + 1);
    for (std::uint16_t i = 0; i <= kNextHops; ++i) {
      paths[i].next_hops = {{.via = Address{}, .port = InterfaceId{}, .weight = i}};
    }
    std::vector<typename fib::RouteBatch<Address>::Entry> entries;
    entries.reserve(routes.size());
    for (const auto& [prefix, next_hop] : routes) {
      entries.push_back({prefix, next_hop.value()});
    }
    if (const Status status = rib_->add(
            {.table = fib::Table::kMain, .metric = 0, .paths = paths, .entries = entries});
        !status) {
      throw std::runtime_error{status.error().what};
    }
  }

  std::unique_ptr<fib::Trie<Address>> trie_;
  std::unique_ptr<fib::Rib<Address>> rib_;
  std::size_t grown_ = 0;
};

}  // namespace ringroad::bench

#pragma once
// Ringroad's RIB and trie together, as the router holds routes.
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/fib/ringroad.hpp"
#include "fib/rib.hpp"

namespace ringroad::bench {

template <class Address>
class RingroadRib {
 public:
  RingroadRib(std::span<const Route<Address>> routes, control::QsbrReclaimer& reclaimer)
      : trie_{std::make_unique<fib::Trie<Address>>(reclaimer)} {
    const std::uint64_t before = resident_bytes();
    rib_ = std::make_unique<fib::Rib<Address>>(typename fib::Rib<Address>::Listener{
        // The gateways are the next hops' numbers.
        .acquire = [](const auto& path) { return NextHopId{path.next_hops.front().weight}; },
        .release = {},
        .usable = {},
        .best_changed = [trie = trie_.get()](auto changes) { trie->apply(changes); },
    });
    add(routes);
    const std::uint64_t now = resident_bytes();
    grown_ = now > before ? now - before : 0;
  }

  [[nodiscard]] double bytes_per_route() const {
    return static_cast<double>(grown_ - trie_->memory().count) / static_cast<double>(rib_->size());
  }

 private:
  void add(std::span<const Route<Address>> routes) {
    constexpr std::uint16_t kNextHops = 64;
    std::vector<fib::Path<Address>> paths(kNextHops + 1);
    for (std::uint16_t i = 0; i <= kNextHops; ++i) {
      paths[i].next_hops = {{.via = Address{}, .port = PortId{}, .weight = i}};
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
  std::uint64_t grown_ = 0;
};

}  // namespace ringroad::bench

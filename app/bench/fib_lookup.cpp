// Cycles a route lookup: fib_lookup [FILE OF PREFIXES].
#include <fmt/core.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/reclaim.hpp"
#include "fib/prefix_file.hpp"
#include "fib/trie.hpp"

namespace ringroad {
namespace {

constexpr std::size_t kAddresses = 1 << 20;  // 4 MiB: read in order, so that they come by prefetch
constexpr std::size_t kBulk = 32;            // a burst of packets
constexpr std::size_t kRounds = 7;
constexpr std::uint32_t kNextHops = 64;

using Addresses = std::vector<std::uint32_t>;

class NoReaders : public Reclaimer {
 public:
  void retire(std::function<void()> release) override { release(); }
};

struct Timing {
  double median;
  double min;
  double max;
};

// `look_up` takes all addresses; the time is that of one.
Timing measure(const std::function<void()>& look_up) {
  std::array<double, kRounds> cycles{};
  look_up();
  for (double& round : cycles) {
    const std::uint64_t begin = __rdtsc();
    look_up();
    round = static_cast<double>(__rdtsc() - begin) / static_cast<double>(kAddresses);
  }
  std::ranges::sort(cycles);
  return {cycles[kRounds / 2], cycles.front(), cycles.back()};
}

void print(std::string_view table, std::string_view addresses, std::string_view how,
           Timing timing) {
  fmt::print("{:<12}{:<10}{:<9}{:>8.1f}{:>8.1f}{:>8.1f}\n", table, addresses, how, timing.median,
             timing.min, timing.max);
}

void bench(std::string_view table, std::string_view kind, const fib::Trie4& trie,
           const Addresses& addresses) {
  std::uint64_t sum = 0;
  const Timing scalar = measure([&] {
    for (const std::uint32_t address : addresses) {
      sum += trie.lookup(Ipv4{address}).value();
    }
  });
  print(table, kind, "scalar", scalar);

  std::array<NextHopId, kBulk> found{};
  const Timing bulk = measure([&] {
    for (std::size_t i = 0; i < kAddresses; i += kBulk) {
      trie.lookup(std::span{addresses}.subspan(i, kBulk), found);
      sum += found.back().value();
    }
  });
  print(table, kind, "bulk 32", bulk);
  if (sum == 0) {
    fmt::print("no address had a route\n");
  }
}

Addresses addresses_in(std::span<const Prefix4> prefixes, std::mt19937& random) {
  std::uniform_int_distribution<std::size_t> pick{0, prefixes.size() - 1};
  Addresses addresses(kAddresses);
  for (std::uint32_t& address : addresses) {
    const Prefix4 prefix = prefixes[pick(random)];
    const std::uint32_t host = static_cast<std::uint32_t>(random()) & ~prefix_mask(prefix.length());
    address = prefix.address().value() | host;
  }
  return addresses;
}

void bench_table(std::string_view name, std::span<const Prefix4> prefixes) {
  NoReaders reclaimer;
  fib::Trie4 trie{reclaimer};
  std::uint32_t next_hop = 0;
  for (const Prefix4 prefix : prefixes) {
    trie.insert(prefix, NextHopId{1 + next_hop++ % kNextHops});
  }

  std::mt19937 random{2544};
  const std::array everything{Prefix4{Ipv4{}, 0}};
  bench(name, "uniform", trie, addresses_in(everything, random));
  bench(name, "routed", trie, addresses_in(prefixes, random));
  fmt::print("{:<12}{} prefixes in {} KiB\n", name, trie.size(), trie.memory().count >> 10);
}

int run(int argc, char** argv) {
  if (argc > 2) {
    fmt::print(stderr, "usage: {} [FILE OF PREFIXES]\n", argv[0]);
    return 2;
  }
  std::vector<Prefix4> prefixes;
  prefixes.reserve(256);
  for (unsigned subnet = 0; subnet < 256; ++subnet) {
    prefixes.emplace_back(Ipv4{198, 18, static_cast<std::uint8_t>(subnet), 0}, std::uint8_t{24});
  }
  fmt::print("TSC cycles a lookup\n{:<12}{:<10}{:<9}{:>8}{:>8}{:>8}\n", "table", "addresses", "how",
             "median", "min", "max");
  bench_table("256 routes", prefixes);
  if (argc == 2) {
    const auto file = fib::read_prefix_file(argv[1]);
    if (!file) {
      fmt::print(stderr, "{}\n", file.error().what);
      return EXIT_FAILURE;
    }
    bench_table("file", file->prefixes);
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace ringroad

int main(int argc, char** argv) { return ringroad::run(argc, argv); }

#include "fib/trie.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fib/prefix_file.hpp"

namespace ringroad::fib {
namespace {

// Releases when told to; what it holds, a reader could still be reading.
class HeldReclaimer : public Reclaimer {
 public:
  void retire(std::function<void()> release) override { held_.push_back(std::move(release)); }
  void release_all() {
    for (const auto& release : std::exchange(held_, {})) {
      release();
    }
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  std::vector<std::function<void()>> held_;
};

// The plainest longest-prefix match there is: each length in turn.
class Reference {
 public:
  void insert(Prefix4 prefix, NextHopId next_hop) { of(prefix)[prefix.address()] = next_hop; }
  bool erase(Prefix4 prefix) { return of(prefix).erase(prefix.address()) != 0; }
  [[nodiscard]] NextHopId lookup(std::uint32_t address) const {
    for (unsigned length = 33; length-- > 0;) {
      const auto& routes = routes_.at(length);
      if (const auto found = routes.find(Ipv4{address & prefix_mask(length)});
          found != routes.end()) {
        return found->second;
      }
    }
    return kNoRoute;
  }
  [[nodiscard]] std::size_t size() const {
    return std::accumulate(routes_.begin(), routes_.end(), std::size_t{0},
                           [](std::size_t sum, const auto& routes) { return sum + routes.size(); });
  }

 private:
  using Routes = std::unordered_map<Ipv4, NextHopId>;
  Routes& of(Prefix4 prefix) { return routes_.at(prefix.length()); }

  std::array<Routes, 33> routes_;  // by length
};

using Random = std::mt19937;

std::uint32_t below(Random& random, std::uint32_t limit) {
  return std::uniform_int_distribution<std::uint32_t>{0, limit - 1}(random);
}

// Half of the prefixes go inside or around one that is there already, so that nests are deep and
// the edges of the levels (/16, /17, /24, /25) are met often.
Prefix4 random_prefix(Random& random, const std::vector<Prefix4>& known) {
  constexpr std::array<std::uint8_t, 9> kEdges{15, 16, 17, 23, 24, 25, 30, 31, 32};
  // One in 32 is short: those are slow to write.
  const std::uint32_t shape = below(random, 32);
  const auto length =
      static_cast<std::uint8_t>(shape == 0   ? below(random, 10)
                                : shape < 16 ? kEdges.at(below(random, kEdges.size()))
                                             : 10 + below(random, 23));
  auto address = static_cast<std::uint32_t>(random());
  if (!known.empty() && below(random, 2) == 0) {
    const Prefix4 near = known[below(random, static_cast<std::uint32_t>(known.size()))];
    address = near.address().value() | (address & ~prefix_mask(near.length()));
  }
  return {Ipv4{address}, length};
}

// The first and last address of each prefix, their neighbours outside, and one within; then as many
// anywhere.
std::vector<std::uint32_t> probes(Random& random, const std::vector<Prefix4>& prefixes) {
  std::vector<std::uint32_t> addresses;
  for (const Prefix4 prefix : prefixes) {
    const std::uint32_t first = prefix.address().value();
    const std::uint32_t last = prefix.last().value();
    const auto within = first | (static_cast<std::uint32_t>(random()) & (last - first));
    addresses.insert(addresses.end(), {first, last, first - 1, last + 1, within});
  }
  for (std::size_t count = addresses.size(); count > 0; --count) {
    addresses.push_back(static_cast<std::uint32_t>(random()));
  }
  return addresses;
}

// Returns the first address on which the trie and the reference differ, or the ways of lookup.
std::optional<std::uint32_t> first_difference(const Trie4& trie, const Reference& reference,
                                              const std::vector<std::uint32_t>& addresses) {
  std::vector<NextHopId> bulk(addresses.size(), NextHopId{0x55555555});
  trie.lookup(addresses, bulk);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (bulk[i] != trie.lookup(Ipv4{addresses[i]}) || bulk[i] != reference.lookup(addresses[i])) {
      return addresses[i];
    }
  }
  std::vector<NextHopId> again(addresses.size());
  for (const LookupWay way : lookup_ways()) {
    trie.lookup(addresses, again, way);
    if (const auto [here, there] = std::ranges::mismatch(again, bulk); here != again.end()) {
      return addresses[static_cast<std::size_t>(here - again.begin())];
    }
  }
  return std::nullopt;
}

Prefix4 prefix(std::string_view text) { return Prefix4::parse(text).value(); }

TEST_CASE("an empty trie has no route to anywhere") {
  HeldReclaimer reclaimer;
  const Trie4 trie{reclaimer};
  CHECK(trie.lookup(Ipv4{0}) == kNoRoute);
  CHECK(trie.lookup(kLimitedBroadcast) == kNoRoute);
  CHECK(trie.size() == 0);
  CHECK(trie.memory() < Bytes{300 * 1024});
}

TEST_CASE("a deleted prefix gives its addresses back to the one that covers it") {
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  trie.insert(prefix("192.168.0.0/16"), NextHopId{16});
  trie.insert(prefix("192.168.2.0/24"), NextHopId{24});
  CHECK(trie.lookup(Ipv4{192, 168, 2, 100}) == NextHopId{24});
  CHECK(trie.lookup(Ipv4{192, 168, 3, 100}) == NextHopId{16});
  CHECK(trie.erase(prefix("192.168.2.0/24")));
  CHECK(trie.lookup(Ipv4{192, 168, 2, 100}) == NextHopId{16});
  CHECK_FALSE(trie.erase(prefix("192.168.2.0/24")));
  CHECK(trie.erase(prefix("192.168.0.0/16")));
  CHECK(trie.lookup(Ipv4{192, 168, 2, 100}) == kNoRoute);
}

TEST_CASE("the default route answers what nothing else does") {
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  trie.insert(prefix("10.1.2.3"), NextHopId{32});
  trie.insert(prefix("default"), NextHopId{1});
  CHECK(trie.lookup(Ipv4{10, 1, 2, 3}) == NextHopId{32});
  CHECK(trie.lookup(Ipv4{10, 1, 2, 4}) == NextHopId{1});
  CHECK(trie.lookup(Ipv4{0}) == NextHopId{1});
  CHECK(trie.lookup(kLimitedBroadcast) == NextHopId{1});
  CHECK(trie.erase(prefix("default")));
  CHECK(trie.lookup(Ipv4{10, 1, 2, 4}) == kNoRoute);
  CHECK(trie.lookup(Ipv4{10, 1, 2, 3}) == NextHopId{32});
}

TEST_CASE("a prefix inserted again changes its next hop and stays one") {
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  trie.insert(prefix("10.0.0.0/9"), NextHopId{1});
  trie.insert(prefix("10.0.0.0/9"), NextHopId{0x7fffffff});
  CHECK(trie.size() == 1);
  CHECK(trie.find(prefix("10.0.0.0/9")) == NextHopId{0x7fffffff});
  CHECK_FALSE(trie.find(prefix("10.0.0.0/8")));
  CHECK(trie.lookup(Ipv4{10, 127, 255, 255}) == NextHopId{0x7fffffff});
  CHECK(trie.erase(prefix("10.0.0.0/9")));
  CHECK(trie.lookup(Ipv4{10, 127, 255, 255}) == kNoRoute);
}

TEST_CASE("nested prefixes answer alike whatever the order they come and go in") {
  const std::vector<std::vector<std::string_view>> sets{
      {"default", "10.0.0.0/8", "10.64.0.0/16", "10.64.128.0/17", "10.64.200.0/24", "10.64.200.7"},
      {"10.64.200.0/24", "10.64.200.0/25", "10.64.200.128/25", "10.64.200.0/31", "10.64.200.0",
       "10.64.200.1"},
      {"10.64.0.0/16", "10.64.0.0/17", "10.64.128.0/17", "10.64.255.0/24", "10.64.255.255",
       "10.65.0.0"},
  };
  for (const auto& set : sets) {
    std::vector<Prefix4> prefixes;
    std::ranges::transform(set, std::back_inserter(prefixes), prefix);
    Random random{1};
    const auto addresses = probes(random, prefixes);
    std::ranges::sort(prefixes);
    HeldReclaimer reclaimer;
    Trie4 trie{reclaimer};
    do {
      Reference reference;
      for (const Prefix4 each : prefixes) {
        const NextHopId next_hop{each.length() + 1U};
        trie.insert(each, next_hop);
        reference.insert(each, next_hop);
        REQUIRE_FALSE(first_difference(trie, reference, addresses));
      }
      // Away in an order other than they came: rotated by two.
      for (std::size_t i = 0; i < prefixes.size(); ++i) {
        const Prefix4 each = prefixes[(i + 2) % prefixes.size()];
        REQUIRE(trie.erase(each));
        reference.erase(each);
        REQUIRE_FALSE(first_difference(trie, reference, addresses));
      }
      reclaimer.release_all();
    } while (std::ranges::next_permutation(prefixes).found);
  }
}

TEST_CASE("random tables that grow and shrink match a plain search") {
  std::size_t lookups = 0;
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    Random random{seed};
    HeldReclaimer reclaimer;
    Trie4 trie{reclaimer};
    Reference reference;
    std::vector<Prefix4> known;
    for (unsigned round = 0; round < 20; ++round) {
      // Mostly adding at first, mostly deleting in the end.
      for (unsigned step = 0; step < 1500; ++step) {
        if (known.empty() || below(random, 20) >= round) {
          const Prefix4 added = random_prefix(random, known);
          const NextHopId next_hop{1 + below(random, 1000)};
          trie.insert(added, next_hop);
          reference.insert(added, next_hop);
          known.push_back(added);
        } else {
          std::swap(known[below(random, static_cast<std::uint32_t>(known.size()))], known.back());
          REQUIRE(trie.erase(known.back()) == reference.erase(known.back()));
          known.pop_back();
        }
        if (below(random, 100) == 0) {
          reclaimer.release_all();
        }
      }
      REQUIRE(trie.size() == reference.size());
      auto addresses = probes(random, known);
      std::ranges::shuffle(addresses, random);
      addresses.resize(std::min<std::size_t>(addresses.size(), 14'000));
      lookups += 2 * addresses.size();  // scalar and bulk
      REQUIRE_FALSE(first_difference(trie, reference, addresses));
    }
  }
  CHECK(lookups > 2'000'000);
}

TEST_CASE("bulk lookup answers any number of addresses and writes no further") {
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  Random random{7};
  std::vector<Prefix4> known;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    known.push_back(random_prefix(random, known));
    trie.insert(known.back(), NextHopId{i + 1});
  }
  auto addresses = probes(random, known);
  std::ranges::shuffle(addresses, random);
  constexpr NextHopId kUntouched{0x55555555};
  for (std::size_t count = 0; count <= 100; ++count) {
    std::vector<NextHopId> next_hops(count + 1, kUntouched);
    trie.lookup(std::span{addresses}.subspan(count, count), next_hops);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(next_hops[i] == trie.lookup(Ipv4{addresses[count + i]}));
    }
    REQUIRE(next_hops[count] == kUntouched);
  }
}

TEST_CASE("blocks that were replaced are used again, once no reader can hold them") {
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  trie.insert(prefix("10.0.0.0/8"), NextHopId{8});
  const auto come_and_go = [&] {
    for (std::uint32_t i = 0; i < 1000; ++i) {
      trie.insert(prefix("10.1.2.3"), NextHopId{i % 2 == 0 ? 32U : 1000U});
      trie.insert(prefix("10.1.2.0/24"), NextHopId{24});
      REQUIRE(trie.erase(prefix("10.1.2.3")));
      REQUIRE(trie.erase(prefix("10.1.2.0/24")));
    }
  };
  come_and_go();
  const Bytes held = trie.memory();
  come_and_go();
  CHECK(trie.memory().count > held.count + 1000 * 64);  // a reader may be in any of them
  reclaimer.release_all();
  const Bytes before = trie.memory();
  come_and_go();
  CHECK(trie.memory() == before);
  CHECK(trie.lookup(Ipv4{10, 1, 2, 3}) == NextHopId{8});
}

TEST_CASE("what a trie retired may be released after it is gone") {
  HeldReclaimer reclaimer;
  {
    Trie4 trie{reclaimer};
    trie.insert(prefix("10.1.2.3"), NextHopId{1});
    trie.erase(prefix("10.1.2.3"));
  }
  CHECK(reclaimer.held() == 1);
  reclaimer.release_all();
}

TEST_CASE("an Internet table matches a plain search") {
  // Laid beside the source tree where there is one.
  const std::filesystem::path source{__FILE__};
  const auto path = source.parent_path() / "../../../../shared/data/internet-prefixes.txt.gz";
  if (!std::filesystem::exists(path)) {
    WARN("SKIPPED: there is no " << path);
    return;
  }
  const auto file = read_prefix_file(path.string());
  REQUIRE(file);
  REQUIRE(file->prefixes.size() > 800'000);
  HeldReclaimer reclaimer;
  Trie4 trie{reclaimer};
  Reference reference;
  Random random{11};
  std::vector<Trie4::Change> changes;
  for (const Prefix4 each : file->prefixes) {
    const NextHopId next_hop{1 + below(random, 64)};
    changes.push_back({each, next_hop});
    reference.insert(each, next_hop);
  }
  trie.apply(changes);
  CHECK(trie.memory() < Bytes{8U << 20});
  std::vector<Prefix4> sample;
  std::ranges::sample(file->prefixes, std::back_inserter(sample), 10'000, random);
  const auto addresses = probes(random, sample);
  REQUIRE_FALSE(first_difference(trie, reference, addresses));
  const auto erase = [&](Prefix4 each) { return trie.erase(each); };
  REQUIRE(std::ranges::all_of(file->prefixes, erase));
  const auto routed = [&](std::uint32_t address) { return trie.lookup(Ipv4{address}) != kNoRoute; };
  REQUIRE(std::ranges::none_of(addresses, routed));
}

}  // namespace
}  // namespace ringroad::fib

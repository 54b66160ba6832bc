// SPDX-License-Identifier: BSD-3-Clause
// Readers run while the writer changes routes: every answer must be right before or after the
// change.
#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "fib/reference.hpp"
#include "fib/trie.hpp"
#include "fib/trie_fixture.hpp"

namespace ringroad::fib {
namespace {

constexpr std::size_t kReaders = 2;
constexpr std::size_t kProbes = 43;  // a bulk lookup's blocks of 32 and 8, and singles
constexpr std::size_t kHeld = 500;   // batches of blocks that the writer lets wait for readers

// Readers report quiescent states. Retired memory is released once each reader has reported one
// since.
class QuiescentReclaimer : public Reclaimer {
 public:
  void retire(std::function<void()> release) override {
    held_.emplace_back(epoch_.fetch_add(1), std::move(release));
  }
  void quiescent(std::size_t reader) { seen_.at(reader).store(epoch_.load()); }
  void offline(std::size_t reader) {
    seen_.at(reader).store(std::numeric_limits<std::uint64_t>::max());
  }
  void release_safe() {
    std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
    for (const auto& seen : seen_) {
      oldest = std::min(oldest, seen.load());
    }
    while (!held_.empty() && held_.front().first < oldest) {
      held_.front().second();
      held_.pop_front();
    }
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  std::atomic<std::uint64_t> epoch_{1};
  std::array<std::atomic<std::uint64_t>, kReaders> seen_{};
  std::deque<std::pair<std::uint64_t, std::function<void()>>> held_;
};

// A cycle of updates that begins and ends with an empty table.
template <class Address>
struct Script {
  using Change = RouteChange<Address>;

  // One change or a batch, and the number of its moments: an address's answer may change once and,
  // in a batch, before and after each change of the default route too.
  struct Step {
    std::vector<Change> changes;
    std::size_t moments;
  };

  std::vector<Address> addresses;
  std::vector<Step> steps;
  std::vector<std::vector<NextHopId>> truth;  // [moment][address]
};

template <class Address>
class Writing {
 public:
  Script<Address> script() {
    // The probes are in few /16 prefixes and have few values of each octet, so that nodes are added
    // and removed at every level above them.
    for (std::size_t i = 0; i < kProbes; ++i) {
      script_.addresses.push_back(probe());
    }
    moment();
    // These blocks are full of one-byte leaves, so that a few blocks below them cause long leaves.
    std::vector<Prefix<Address>> background;
    for (std::uint8_t i = 0; i < 120; ++i) {
      background.push_back(sibling(i % 2 == 0 ? 24 : 32, 130U + i));
      step({{background.back(), NextHopId{1U + i}}});
    }
    for (std::uint32_t i = 1; i < 1000; ++i) {
      std::vector<RouteChange<Address>> changes{draw(i)};
      while (i % 2 == 0 && changes.size() < 12 && below(random_, 8) != 0) {
        changes.push_back(draw(i));
      }
      step(std::move(changes));
    }
    std::ranges::copy(background, std::back_inserter(table_));
    while (!table_.empty()) {
      step({withdraw()});
    }
    return std::move(script_);
  }

 private:
  using Change = RouteChange<Address>;

  // Octets that differ are the last ones of a quarter. Their leaves come first in a block, and a
  // lookup may read those words as if they were bytes.
  Address probe() {
    if constexpr (Address::kBits == 32) {
      return Address{0x0a003c00U | (static_cast<std::uint32_t>(random_()) & 0x00030381U)};
    } else {
      return {0x2001'0d3c'003e'003eU | (random_() & 0x0002'0003'0001'0001U),
              0x3c00'0000'0000'003eU | (random_() & 0x0300'0000'0000'0001U)};
    }
  }
  // Returns the first probe with another last octet within this length.
  Prefix<Address> sibling(std::uint8_t length, unsigned octet) const {
    const auto bits = [&] {
      if constexpr (Address::kBits == 32) {
        return Address{octet << (32 - length)};
      } else {
        return Address{std::uint64_t{octet} << (64 - length), 0};
      }
    };
    return {spliced(script_.addresses.front(), bits(), length - 8U), length};
  }

  Change draw(std::uint32_t number) {
    constexpr std::array<std::uint8_t, 21> kLengths{0,  0,  0,  5,  8,  15, 16, 17, 23,  24, 25,
                                                    31, 32, 47, 48, 49, 64, 65, 96, 127, 128};
    constexpr std::size_t kCount = Address::kBits == 32 ? 13 : kLengths.size();
    if (table_.size() > 14 || (!table_.empty() && below(random_, 4) == 0)) {
      return withdraw();
    }
    const Prefix<Address> prefix{any_of(random_, script_.addresses),
                                 kLengths.at(below(random_, kCount))};
    std::erase(table_, prefix);
    table_.push_back(prefix);
    // The next hop fits into a byte or not, and is not reused for a long time.
    return {prefix, NextHopId{number % 3 == 0 ? 1 + number % 254 : 0x7ffff000 + number}};
  }
  Change withdraw() {
    std::swap(table_[below(random_, table_.size())], table_.back());
    const Prefix<Address> withdrawn = table_.back();
    table_.pop_back();
    return {withdrawn, kNoRoute};
  }

  void step(std::vector<Change> changes) {
    const std::size_t before = script_.truth.size();
    for (const Change& change : changes) {
      const bool barrier = change.prefix.length() == 0;
      if (barrier) {
        moment();
      }
      reference_.apply({&change, 1});
      if (barrier) {
        moment();
      }
    }
    moment();
    script_.steps.push_back({std::move(changes), script_.truth.size() - before});
  }
  void moment() {
    std::vector<NextHopId>& now = script_.truth.emplace_back();
    std::ranges::transform(script_.addresses, std::back_inserter(now),
                           [&](Address address) { return reference_.lookup(address); });
  }

  Random random_{42};
  Script<Address> script_;
  Reference<Address> reference_;
  std::vector<Prefix<Address>> table_;  // prefixes that may be withdrawn
};

#ifdef __SANITIZE_THREAD__
// The thread sanitizer does not see gather instructions, and therefore not the ordering that their
// readers have.
extern "C" const char* __tsan_default_suppressions() {
  return "race:avx2_block\nrace:bulk_lookup_avx512.cpp\n";
}
#endif

// The moments that were begun and finished so far, over all cycles.
struct Progress {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> stop{false};
};

struct Tally {
  std::atomic<std::uint64_t> during_update{0};
  std::atomic<std::uint64_t> wrong{0};
};

// Looks up single addresses and bulks in each version, in turn.
template <class Address>
void read(const Script<Address>& script, const Trie<Address>& trie, QuiescentReclaimer& reclaimer,
          std::size_t self, const Progress& progress, Tally& tally) {
  std::array<NextHopId, kProbes> answers;
  const auto keys = bulk_keys<Address>(script.addresses);
  const std::size_t cycle = script.truth.size() - 1;
  for (std::size_t turn = self; !progress.stop.load(); ++turn) {
    reclaimer.quiescent(self);
    const std::uint64_t before = progress.done.load();
    if (const std::size_t way = turn % (lookup_ways().size() + 1); way > 0) {
      trie.lookup(keys, answers, lookup_ways()[way - 1]);
    } else {
      std::ranges::transform(script.addresses, answers.begin(),
                             [&](Address address) { return trie.lookup(address); });
    }
    const std::uint64_t after = progress.begun.load();
    // A reader that was delayed for a whole cycle may have seen any of the answers.
    const std::uint64_t last = std::min(after, before + cycle);
    std::uint64_t wrong = 0;
    for (std::size_t i = 0; i < kProbes; ++i) {
      bool right = false;
      for (std::uint64_t moment = before; moment <= last && !right; ++moment) {
        right = script.truth[moment % cycle][i] == answers[i];
      }
      wrong += right ? 0U : 1U;
    }
    tally.during_update += after != before ? 1U : 0U;
    tally.wrong += wrong;
  }
  reclaimer.offline(self);
}

// Returns false if a prefix that is to be erased is missing.
template <class Address>
bool write(Trie<Address>& trie, const std::vector<RouteChange<Address>>& changes) {
  if (changes.size() > 1) {
    trie.apply(changes);
    return true;
  }
  const auto [prefix, next_hop] = changes.front();
  if (next_hop == kNoRoute) {
    return trie.erase(prefix);
  }
  trie.insert(prefix, next_hop);
  return true;
}

TEST_CASE("a default route that changed and changed back under a lookup is read again") {
  DefaultRoute route;
  route.set(1);
  unsigned looks = 0;
  route.with([&](std::uint32_t next_hop) {
    CHECK(next_hop == 1);
    if (++looks == 1) {
      route.set(2);
      route.set(1);
    }
  });
  CHECK(looks == 2);
}

TEMPLATE_TEST_CASE("a batch that changes the default route takes each of its changes in its turn",
                   "", Ipv4, Ipv6) {
  QuiescentReclaimer reclaimer;
  Trie<TestType> trie{reclaimer};
  reclaimer.offline(1);
  const Prefix<TestType> everything{};
  const Prefix<TestType> own{TestType{}, 24};
  // The address is answered by default route 1, then by its own route 2 before the default route
  // becomes 3, and back.
  std::vector<RouteChange<TestType>> there;
  std::vector<RouteChange<TestType>> back{{everything, NextHopId{1}}, {own, kNoRoute}};
  // Many blocks make the update slow.
  for (std::uint32_t i = 1; i < (kSlower == 1 ? 5000U : 500U); ++i) {
    const auto address = [&] {
      if constexpr (TestType::kBits == 32) {
        return TestType{i << 16};
      } else {
        return TestType{std::uint64_t{i} << 48, 0};
      }
    };
    there.push_back({{address(), 24}, NextHopId{i}});
    back.push_back({{address(), 24}, kNoRoute});
  }
  there.insert(there.end(), {{own, NextHopId{2}}, {everything, NextHopId{3}}});
  trie.apply(back);
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> wrong{0};
  std::jthread reader{[&] {
    while (!stop.load()) {
      reclaimer.quiescent(0);
      const NextHopId answer = trie.lookup(own.address());
      wrong += answer == NextHopId{1} || answer == NextHopId{2} ? 0U : 1U;
    }
  }};
  for (std::size_t i = 0; i < (kSlower == 1 ? 50U : 10U); ++i) {
    trie.apply(there);
    trie.apply(back);
    reclaimer.release_safe();
  }
  stop = true;
  reader.join();
  CHECK(wrong == 0);
}

template <class Address>
void check_churn(std::size_t cycles) {
  const Script<Address> script = Writing<Address>{}.script();
  QuiescentReclaimer reclaimer;
  Trie<Address> trie{reclaimer};
  Progress progress;
  Tally tally;
  std::vector<std::jthread> readers;
  readers.reserve(kReaders);
  for (std::size_t self = 0; self < kReaders; ++self) {
    readers.emplace_back([&, self] { read(script, trie, reclaimer, self, progress, tally); });
  }
  std::size_t missing = 0;
  const auto churn = [&](std::size_t times) {
    for (; times > 0; --times) {
      for (const auto& [changes, moments] : script.steps) {
        progress.begun.fetch_add(moments);
        missing += write(trie, changes) ? 0U : 1U;
        progress.done.fetch_add(moments);
        reclaimer.release_safe();
        while (reclaimer.held() > kHeld) {
          std::this_thread::yield();
          reclaimer.release_safe();
        }
      }
    }
  };
  churn(cycles / 4);
  const Bytes warm = trie.memory();
  churn(cycles - cycles / 4);
  progress.stop = true;
  readers.clear();
  CHECK(tally.wrong == 0);
  CHECK(tally.during_update > 0);
  CHECK(missing == 0);
  CHECK(trie.size() == 0);
  // Blocks were reused while readers ran. How many wait for readers varies.
  CHECK(trie.memory().count < warm.count + (1U << 20));
}

TEMPLATE_TEST_CASE("readers meet only the old answer or the new one while routes churn", "", Ipv4,
                   Ipv6) {
  check_churn<TestType>(kSlower == 1 ? 100 : 20);
}

TEMPLATE_TEST_CASE("readers meet only the old answer or the new one while routes churn for long",
                   "[.long]", Ipv4, Ipv6) {
  check_churn<TestType>(5000);
}

}  // namespace
}  // namespace ringroad::fib

// Readers run while the writer changes routes: every answer must be the truth of before or after.
#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "fib/trie.hpp"

namespace ringroad::fib {
namespace {

constexpr std::size_t kReaders = 2;
constexpr std::size_t kProbes = 32;
constexpr std::size_t kHeld = 20;  // batches of blocks that the writer lets wait for readers

// Readers report quiescent states; what was retired is released once each has reported one since.
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

struct Update {
  Prefix4 prefix;
  NextHopId next_hop;  // kNoRoute: delete it
};

// A cycle of updates that ends with the empty table it starts from, and the truth after each.
struct Script {
  std::vector<std::uint32_t> addresses;
  std::vector<Update> updates;
  std::vector<std::vector<NextHopId>> truth;  // [updates done][address]
};

Script make_script() {
  constexpr std::array<std::uint8_t, 10> kLengths{0, 8, 15, 16, 17, 23, 24, 25, 31, 32};
  std::mt19937 random{42};
  Script script;
  // In few /16s and /24s, so that nodes come and go at every level under the addresses read.
  for (std::size_t i = 0; i < kProbes; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    script.addresses.push_back(0x0a000000U | (bits & 0x000301ffU));
  }
  std::vector<Update> table;
  const auto record = [&](Update update) {
    script.updates.push_back(update);
    std::vector<NextHopId> row;
    for (const std::uint32_t address : script.addresses) {
      Update longest{{}, kNoRoute};
      for (const Update& route : table) {
        if (route.prefix.contains(Ipv4{address}) &&
            (longest.next_hop == kNoRoute || route.prefix.length() >= longest.prefix.length())) {
          longest = route;
        }
      }
      row.push_back(longest.next_hop);
    }
    script.truth.push_back(std::move(row));
  };
  const auto erase_one = [&] {
    std::swap(table[random() % table.size()], table.back());
    const Prefix4 erased = table.back().prefix;
    table.pop_back();
    record({erased, kNoRoute});
  };
  script.truth.emplace_back(kProbes, kNoRoute);
  for (std::uint32_t step = 1; step < 1000; ++step) {
    if (table.size() > 12) {
      erase_one();
      continue;
    }
    const Prefix4 prefix{Ipv4{script.addresses[random() % kProbes]},
                         kLengths.at(random() % kLengths.size())};
    std::erase_if(table, [&](const Update& route) { return route.prefix == prefix; });
    table.push_back({prefix, NextHopId{step}});
    record(table.back());
  }
  while (!table.empty()) {
    erase_one();
  }
  return script;
}

// The updates begun and done so far, over all cycles.
struct Progress {
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> stop{false};
};

struct Tally {
  std::atomic<std::uint64_t> checked{0};
  std::atomic<std::uint64_t> during_update{0};
  std::atomic<std::uint64_t> wrong{0};
};

void read(const Script& script, const Trie4& trie, QuiescentReclaimer& reclaimer, std::size_t self,
          const Progress& progress, Tally& tally) {
  std::array<NextHopId, kProbes> answers;
  while (!progress.stop.load()) {
    reclaimer.quiescent(self);
    const std::uint64_t before = progress.done.load();
    if (self == 0) {
      trie.lookup(script.addresses, answers);
    } else {
      std::ranges::transform(script.addresses, answers.begin(),
                             [&](std::uint32_t address) { return trie.lookup(Ipv4{address}); });
    }
    const std::uint64_t after = progress.begun.load();
    // A reader that was held up for a whole cycle may have met any of the truths.
    const std::uint64_t last = std::min(after, before + script.updates.size());
    std::uint64_t wrong = 0;
    for (std::size_t i = 0; i < kProbes; ++i) {
      bool right = false;
      for (std::uint64_t step = before; step <= last && !right; ++step) {
        right = script.truth[step % script.updates.size()][i] == answers[i];
      }
      wrong += right ? 0U : 1U;
    }
    tally.checked += kProbes;
    tally.during_update += after != before ? 1U : 0U;
    tally.wrong += wrong;
  }
  reclaimer.offline(self);
}

TEST_CASE("readers meet only the old answer or the new one while routes churn") {
  const Script script = make_script();
  QuiescentReclaimer reclaimer;
  Trie4 trie{reclaimer};
  Progress progress;
  Tally tally;
  std::vector<std::jthread> readers;
  for (std::size_t self = 0; self < kReaders; ++self) {
    readers.emplace_back([&, self] { read(script, trie, reclaimer, self, progress, tally); });
  }
  std::size_t missing = 0;
  while (tally.during_update < 500'000) {
    for (const Update& update : script.updates) {
      progress.begun.fetch_add(1);
      if (update.next_hop == kNoRoute) {
        missing += trie.erase(update.prefix) ? 0U : 1U;
      } else {
        trie.insert(update.prefix, update.next_hop);
      }
      progress.done.fetch_add(1);
      reclaimer.release_safe();
      while (reclaimer.held() > kHeld) {
        std::this_thread::yield();
        reclaimer.release_safe();
      }
    }
  }
  progress.stop = true;
  readers.clear();
  CHECK(tally.wrong == 0);
  CHECK(missing == 0);
  CHECK(trie.size() == 0);
  // Blocks were used again under the readers: 500,000 updates would fill far more than this.
  CHECK(trie.memory() < Bytes{32U << 20});
}

}  // namespace
}  // namespace ringroad::fib

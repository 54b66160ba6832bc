// SPDX-License-Identifier: BSD-3-Clause
// The table of a set that rules write, and its threads.
#include "filter/dynamic_set.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace ringroad::filter {
namespace {

using namespace std::chrono_literals;
using Words = DynamicSet::Words;

const ElementForms& plain() {
  static const ElementForms kForms = [] {
    ElementForms forms;
    forms.all.emplace_back();
    return forms;
  }();
  return kForms;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_{seed} {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

}  // namespace

TEST_CASE("a set does what a map with deadlines does") {
  Random random{7};
  for (const unsigned words : {1U, 3U, 16U}) {
    constexpr std::uint32_t kMost = 24;  // not more than one sweep sees
    DynamicSet set{{.key_words = words, .data_words = 2, .most = kMost, .ends = true}, plain(), 5};
    std::map<std::uint32_t, std::pair<Nanoseconds, std::uint32_t>> model;
    Nanoseconds now{1};
    for (int step = 0; step < 20'000; ++step) {
      now += Nanoseconds{random() % 3};
      std::erase_if(model, [&](const auto& each) { return each.second.first <= now; });
      std::vector<std::uint32_t> key(words, 9);
      const std::uint32_t name = random() % 40;
      key.back() = name;
      const std::uint32_t hash = set.hash(key);
      std::array<std::uint32_t, kDataWordsMax> data{};
      const auto known = model.find(name);
      const std::uint32_t found = set.find(key, hash, now, data.data());
      REQUIRE((found != DynamicSet::kNone) == (known != model.end()));
      if (known != model.end()) {
        REQUIRE(data[1] == known->second.second);
      }
      if (random() % 3 == 0) {
        set.remove(key, hash, now);
        model.erase(name);
      } else {
        const Nanoseconds lifetime{1 + random() % 100};
        const std::uint32_t value = random();
        const std::uint32_t added = set.add(key, hash, {now}, {.lifetime = lifetime},
                                            std::array<std::uint32_t, 2>{1, value});
        REQUIRE((added != DynamicSet::kNone) == (known != model.end() || model.size() < kMost));
        if (added != DynamicSet::kNone) {
          model.try_emplace(name, now + lifetime, value);
        }
      }
      std::size_t visited = 0;
      set.visit(now, [&](std::uint32_t, Words each, Words) {
        visited += model.contains(each.back()) ? 1U : 0U;
      });
      REQUIRE(visited == model.size());
    }
  }
}

TEST_CASE("threads that add, find and remove never see another key's data") {
  constexpr std::uint32_t kMost = 64;
  constexpr std::uint32_t kNames = 100;
  DynamicSet set{{.key_words = 2, .data_words = 2, .most = kMost, .ends = true}, plain(), 5};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  const auto work = [&](unsigned seed) {
    Random random{seed};
    std::array<std::uint32_t, kDataWordsMax> data{};
    for (std::uint32_t step = 1; step < 100'000; ++step) {
      const std::uint32_t name = random() % kNames;
      const std::array<std::uint32_t, 2> key{name, ~name};
      const std::uint32_t hash = set.hash(key);
      const Nanoseconds now{step};
      if (set.find(key, hash, now, data.data()) != DynamicSet::kNone) {
        ++found;
        wrong += data[0] != name || data[1] != name + 1 ? 1U : 0U;
      }
      if (random() % 4 == 0) {
        set.remove(key, hash, now);
      } else {
        static_cast<void>(set.add(key, hash, {now}, {.lifetime = Nanoseconds{random() % 1000}},
                                  std::array<std::uint32_t, 2>{name, name + 1}));
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 3; ++i) {
    threads.emplace_back(work, i);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
  CHECK(found > 0);
  // All elements are free, or in the set once.
  const Nanoseconds end{1'000'000'000};
  std::uint32_t added = 0;
  for (std::uint32_t name = 0; name < kMost; ++name) {
    const std::array<std::uint32_t, 2> key{name, 0};
    added +=
        set.add(key, set.hash(key), {end}, {}, std::array<std::uint32_t, 2>{}) != DynamicSet::kNone
            ? 1U
            : 0U;
  }
  CHECK(added == kMost);
}

}  // namespace ringroad::filter

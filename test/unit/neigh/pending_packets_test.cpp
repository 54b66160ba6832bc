// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/pending_packets.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace ringroad::neigh {
namespace {

// Move-only, as packets are.
using Packet = std::unique_ptr<int>;
using Queue = PendingPackets<Packet>;
using Exceeded = Queue::Exceeded;
constexpr Bytes kLimit{100};
constexpr NeighborId kOne{1};
constexpr NeighborId kTwo{2};

std::vector<int> numbers(const std::vector<Packet>& packets) {
  std::vector<int> result;
  result.reserve(packets.size());
  for (const Packet& packet : packets) {
    result.push_back(*packet);
  }
  return result;
}

using Dropped = std::vector<std::pair<int, Exceeded>>;

Dropped push(Queue& queue, NeighborId id, int number, const Queue::Size& size) {
  Dropped dropped;
  queue.push(id, std::make_unique<int>(number), size,
             [&](NeighborId owner, Packet packet, Exceeded exceeded) {
               CHECK((exceeded == Exceeded::kBuffers || owner == id));
               dropped.emplace_back(*packet, exceeded);
             });
  return dropped;
}

Dropped push(Queue& queue, int number, Bytes size) { return push(queue, kOne, number, {size}); }

Dropped for_neighbor(const std::vector<int>& numbers) {
  Dropped dropped;
  for (const int number : numbers) {
    dropped.emplace_back(number, Exceeded::kNeighbor);
  }
  return dropped;
}

}  // namespace

TEST_CASE("packets that wait leave in the order they came") {
  Queue queue{{.neighbor = kLimit}};
  CHECK(queue.newest(kOne) == nullptr);
  for (int number = 1; number <= 5; ++number) {
    CHECK(push(queue, number, Bytes{10}).empty());
  }
  CHECK(queue.size(kOne) == 5);
  CHECK(queue.size(kTwo) == 0);
  REQUIRE(queue.newest(kOne) != nullptr);
  CHECK(**queue.newest(kOne) == 5);
  CHECK(**queue.oldest(kOne) == 1);
  CHECK(numbers(queue.remove_all(kOne)) == std::vector{1, 2, 3, 4, 5});
  CHECK(queue.size() == 0);
  CHECK_FALSE(queue.has(kOne));
  CHECK(queue.remove_all(kOne).empty());
  CHECK_FALSE(queue.pop(kOne));
}

TEST_CASE("a queue filled to its limit exactly drops nothing") {
  Queue queue{{.neighbor = kLimit}};
  CHECK(push(queue, 1, Bytes{60}).empty());
  CHECK(push(queue, 2, Bytes{40}).empty());
  CHECK(push(queue, 3, Bytes{1}) == for_neighbor({1}));
}

TEST_CASE("a packet too many drops the oldest of its neighbor, as many as it takes") {
  Queue queue{{.neighbor = kLimit}};
  CHECK(push(queue, kTwo, 0, {Bytes{25}}).empty());
  for (int number = 1; number <= 4; ++number) {
    push(queue, number, Bytes{25});
  }
  CHECK(push(queue, 5, Bytes{1}) == for_neighbor({1}));
  CHECK(push(queue, 6, Bytes{50}) == for_neighbor({2, 3}));
  CHECK(numbers(queue.remove_all(kOne)) == std::vector{4, 5, 6});
  CHECK(numbers(queue.remove_all(kTwo)) == std::vector{0});
}

TEST_CASE("a packet larger than its neighbor's limit waits alone") {
  Queue queue{{.neighbor = kLimit}};
  push(queue, 1, Bytes{10});
  CHECK(push(queue, 2, Bytes{500}) == for_neighbor({1}));
  CHECK(queue.size(kOne) == 1);
  CHECK(push(queue, 3, Bytes{10}) == for_neighbor({2}));
  CHECK(numbers(queue.remove_all(kOne)) == std::vector{3});
}

TEST_CASE("beyond the share of all neighbors the oldest packet of all goes, whoever's it is") {
  Queue queue{{.neighbor = kLimit, .buffers = 4}};
  CHECK(push(queue, kOne, 1, {Bytes{1}, 2}).empty());
  CHECK(push(queue, kTwo, 2, {Bytes{1}, 1}).empty());
  CHECK(push(queue, kOne, 3, {Bytes{1}, 1}).empty());
  CHECK(queue.buffers() == 4);
  CHECK(push(queue, kTwo, 4, {Bytes{1}, 3}) ==
        Dropped{{1, Exceeded::kBuffers}, {2, Exceeded::kBuffers}});
  CHECK(queue.buffers() == 4);
  CHECK(numbers(queue.remove_all(kOne)) == std::vector{3});
  CHECK(numbers(queue.remove_all(kTwo)) == std::vector{4});
  CHECK(queue.buffers() == 0);
  // A packet that alone exceeds the limit of all is dropped, and no other one is.
  CHECK(push(queue, kOne, 5, {Bytes{1}, 1}).empty());
  CHECK(push(queue, kTwo, 6, {Bytes{1}, 5}) == Dropped{{6, Exceeded::kBuffers}});
  CHECK(queue.size() == 1);
}

TEST_CASE("the queues of many neighbors do what lists would") {
  struct Waiting {
    int number;
    NeighborId id;
    Queue::Size size;
  };
  std::minstd_rand random{7};
  const Queue::Limits limits{.neighbor = Bytes{40}, .buffers = 60};
  Queue queue{limits};
  std::vector<Waiting> model;
  const auto sum = [&](auto of, auto matches) {
    std::uint64_t total = 0;
    for (const Waiting& one : model) {
      total += matches(one) ? of(one) : 0;
    }
    return total;
  };
  const auto drop_first = [&](auto matches) {
    const auto first = std::ranges::find_if(model, matches);
    const int number = first->number;
    model.erase(first);
    return number;
  };
  for (int step = 0; step < 20'000; ++step) {
    const NeighborId id{static_cast<std::uint32_t>(random() % 12)};
    const auto of_id = [&](const Waiting& one) { return one.id == id; };
    const auto all = [](const Waiting&) { return true; };
    if (random() % 4 != 0) {
      const Queue::Size size{Bytes{1 + random() % 20},
                             static_cast<std::uint32_t>(1 + random() % 3)};
      Dropped expected;
      while (sum([](const Waiting& one) { return one.size.buffers; }, all) + size.buffers >
             limits.buffers) {
        expected.emplace_back(drop_first(all), Exceeded::kBuffers);
      }
      while (std::ranges::any_of(model, of_id) &&
             sum([](const Waiting& one) { return one.size.memory.count; }, of_id) +
                     size.memory.count >
                 limits.neighbor.count) {
        expected.emplace_back(drop_first(of_id), Exceeded::kNeighbor);
      }
      model.push_back({step, id, size});
      REQUIRE(push(queue, id, step, size) == expected);
    } else if (random() % 2 == 0) {
      const auto popped = queue.pop(id);
      REQUIRE(popped.has_value() == std::ranges::any_of(model, of_id));
      if (popped) {
        REQUIRE(**popped == drop_first(of_id));
      }
    } else {
      std::vector<int> expected;
      while (std::ranges::any_of(model, of_id)) {
        expected.push_back(drop_first(of_id));
      }
      REQUIRE(numbers(queue.remove_all(id)) == expected);
    }
    REQUIRE(queue.size() == model.size());
    REQUIRE(queue.buffers() == sum([](const Waiting& one) { return one.size.buffers; }, all));
  }
}

}  // namespace ringroad::neigh

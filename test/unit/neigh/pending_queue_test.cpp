#include "neigh/pending_queue.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

namespace ringroad::neigh {
namespace {

// Move-only, as packets are.
using Packet = std::unique_ptr<int>;
using Queue = PendingQueue<Packet>;
constexpr Bytes kLimit{100};

std::vector<int> numbers(const std::vector<Packet>& packets) {
  std::vector<int> result;
  result.reserve(packets.size());
  for (const Packet& packet : packets) {
    result.push_back(*packet);
  }
  return result;
}

std::vector<int> push(Queue& queue, int number, Bytes size) {
  return numbers(queue.push(std::make_unique<int>(number), size, kLimit));
}

}  // namespace

TEST_CASE("packets that wait leave in the order they came") {
  Queue queue;
  for (int number = 1; number <= 5; ++number) {
    CHECK(push(queue, number, Bytes{10}).empty());
  }
  CHECK(queue.size() == 5);
  CHECK(queue.bytes() == Bytes{50});
  REQUIRE(queue.newest() != nullptr);
  CHECK(**queue.newest() == 5);
  CHECK(numbers(queue.take()) == std::vector{1, 2, 3, 4, 5});
  CHECK(queue.size() == 0);
  CHECK(queue.bytes() == Bytes{0});
  CHECK(queue.take().empty());
  CHECK(queue.newest() == nullptr);
}

TEST_CASE("a queue filled to its limit exactly drops nothing") {
  Queue queue;
  CHECK(push(queue, 1, Bytes{60}).empty());
  CHECK(push(queue, 2, Bytes{40}).empty());
  CHECK(queue.bytes() == kLimit);
}

TEST_CASE("a packet too many drops the oldest, as many as it takes") {
  Queue queue;
  for (int number = 1; number <= 4; ++number) {
    push(queue, number, Bytes{25});
  }
  CHECK(push(queue, 5, Bytes{1}) == std::vector{1});
  CHECK(push(queue, 6, Bytes{50}) == std::vector{2, 3});
  CHECK(queue.bytes() == Bytes{76});
  CHECK(numbers(queue.take()) == std::vector{4, 5, 6});
}

TEST_CASE("a packet larger than the limit waits alone") {
  Queue queue;
  push(queue, 1, Bytes{10});
  CHECK(push(queue, 2, Bytes{500}) == std::vector{1});
  CHECK(queue.size() == 1);
  CHECK(push(queue, 3, Bytes{10}) == std::vector{2});
  CHECK(queue.bytes() == Bytes{10});
}

TEST_CASE("a queue that was emptied takes packets again") {
  Queue queue;
  push(queue, 1, Bytes{100});
  CHECK(numbers(queue.take()) == std::vector{1});
  CHECK(push(queue, 2, Bytes{100}).empty());
  CHECK(numbers(queue.take()) == std::vector{2});
}

}  // namespace ringroad::neigh

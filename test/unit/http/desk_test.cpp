// SPDX-License-Identifier: BSD-3-Clause
#include "http/desk.hpp"

#include <poll.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <thread>

namespace ringroad::http {
namespace {

using namespace std::chrono_literals;

bool is_readable(const Desk& desk, std::chrono::milliseconds within = 0ms) {
  pollfd one{.fd = desk.poll_fd(), .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, static_cast<int>(within.count())) == 1;
}

class Slices final : public Errand {
 public:
  Slices(int slices, Clock& clock, Nanoseconds each) : left_{slices}, clock_{clock}, each_{each} {}
  bool advance() override {
    clock_.advance(each_);
    ++done;
    return --left_ == 0;
  }
  void abandon() override { abandoned = true; }

  std::atomic<int> done{0};
  std::atomic<bool> abandoned{false};

 private:
  int left_;
  Clock& clock_;
  Nanoseconds each_;
};

}  // namespace

TEST_CASE("an errand is done a slice at a time, and its thread waits for the last") {
  Clock clock{Clock::Manual{}};
  const auto desk = Desk::open(clock);
  REQUIRE(desk);
  CHECK_FALSE(is_readable(**desk));
  const auto errand = std::make_shared<Slices>(3, clock, 10us);
  std::atomic<int> result{-1};
  std::thread thread{[&] { result = (*desk)->run(errand, 10s) ? 1 : 0; }};
  for (int i = 1; i <= 3; ++i) {
    REQUIRE(is_readable(**desk, 5s));
    CHECK(result == -1);
    (*desk)->run_once();
    CHECK(errand->done == i);
  }
  thread.join();
  CHECK(result == 1);
  CHECK(errand->abandoned);
  CHECK_FALSE(is_readable(**desk));
}

TEST_CASE("errands get a fifth of the control thread's time and no more") {
  Clock clock{Clock::Manual{}, 1s};
  const auto desk = Desk::open(clock);
  const auto errand = std::make_shared<Slices>(1000, clock, 1ms);
  std::thread thread{[&] { static_cast<void>((*desk)->run(errand, 20s)); }};
  REQUIRE(is_readable(**desk, 5s));
  const Nanoseconds start = clock.now();
  while (clock.now() - start < 1s) {
    const int before = errand->done;
    (*desk)->run_once();
    if (errand->done == before) {
      clock.advance(1ms);
    }
  }
  CHECK(errand->done >= 200);
  CHECK(errand->done <= 200 + 25);
  (*desk)->close();
  thread.join();
}

TEST_CASE("a thread that waits in vain gives up, and its errand is abandoned") {
  Clock clock{Clock::Manual{}};
  const auto desk = Desk::open(clock);
  const auto errand = std::make_shared<Slices>(1, clock, 1us);
  CHECK_FALSE((*desk)->run(errand, 1ms));
  CHECK_FALSE(errand->abandoned);
  (*desk)->run_once();
  CHECK(errand->abandoned);
  CHECK(errand->done == 0);
}

TEST_CASE("a desk that closes lets every thread go, and takes no more") {
  Clock clock{Clock::Manual{}};
  const auto desk = Desk::open(clock);
  const auto errand = std::make_shared<Slices>(1, clock, 1us);
  std::atomic<int> result{-1};
  std::thread thread{[&] { result = (*desk)->run(errand, 20s) ? 1 : 0; }};
  REQUIRE(is_readable(**desk, 5s));
  (*desk)->close();
  thread.join();
  CHECK(result == 0);
  CHECK(errand->abandoned);
  CHECK_FALSE((*desk)->run(std::make_shared<Slices>(1, clock, 1us), 20s));
}

TEST_CASE("more errands than there are threads are refused at once") {
  Clock clock{Clock::Manual{}};
  const auto desk = Desk::open(clock);
  for (std::size_t i = 0; i < Desk::kErrandsMax; ++i) {
    CHECK_FALSE((*desk)->run(std::make_shared<Slices>(1, clock, 1us), 0ms));
  }
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE((*desk)->run(std::make_shared<Slices>(1, clock, 1us), 20s));
  CHECK(std::chrono::steady_clock::now() - start < 10s);
}

}  // namespace ringroad::http

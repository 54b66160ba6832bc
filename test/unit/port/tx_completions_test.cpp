#include "port/tx_completions.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace ringroad::port;

namespace {

// A ring as a device sees it, asked as rte_eth_tx_descriptor_status is.
struct Device {
  std::uint16_t ring;
  std::uint16_t reported;
  std::uint64_t filled = 0;
  std::uint64_t sent = 0;
  unsigned asked = 0;

  bool is_done(std::uint16_t offset) {
    ++asked;
    REQUIRE(offset < ring);
    const std::uint64_t descriptor = filled - (ring - offset);
    REQUIRE(descriptor % reported == reported - 1U);
    return descriptor < sent;
  }
};

}  // namespace

TEST_CASE("bytes are done as the device sends descriptors, to within what it reports") {
  const std::uint16_t reported = GENERATE(std::uint16_t{1}, std::uint16_t{32});
  Device device{.ring = 512, .reported = reported};
  TxCompletions completions{{.descriptors = 512, .reported = reported}};
  std::mt19937 random{9};
  std::uint64_t handed = 0;
  std::uint64_t done = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::uint64_t room = device.ring - 1 - (device.filled - device.sent);
    const auto count = static_cast<std::uint16_t>(std::min<std::uint64_t>(random() % 64, room));
    completions.hand_over(count, std::uint64_t{count} * 100);
    device.filled += count;
    handed += std::uint64_t{count} * 100;
    device.sent += random() % (device.filled - device.sent + 1);
    device.asked = 0;
    done += completions.poll([&](std::uint16_t offset) { return device.is_done(offset); });
    REQUIRE(device.asked <= 10);
    REQUIRE(done <= device.sent * 100);
    REQUIRE(done + std::uint64_t{reported} * 100 >= device.sent * 100 + (reported == 1 ? 100 : 0));
  }
  CHECK(handed >= done);
}

TEST_CASE("what the ring took beyond its size was sent before") {
  TxCompletions completions{{.descriptors = 64, .reported = 1}};
  for (int i = 0; i < 10; ++i) {
    completions.hand_over(32, 3200);
  }
  CHECK(completions.poll([](std::uint16_t) { return false; }) == 8 * 3200);
  CHECK(completions.poll([](std::uint16_t) { return true; }) == 2 * 3200);
  completions.hand_over(5, 500);
  completions.reset();
  CHECK(completions.poll([](std::uint16_t) { return true; }) == 0);
}

// SPDX-License-Identifier: BSD-3-Clause
#include "port/tx_completions.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace ringroad::port;

namespace {

// A device's TX ring, polled as with rte_eth_tx_descriptor_status.
struct Device {
  std::uint16_t ring;
  std::uint64_t filled = 0;
  std::uint64_t sent = 0;
  unsigned asked = 0;

  bool is_done(std::uint16_t offset) {
    ++asked;
    REQUIRE(offset < ring);
    const std::uint64_t descriptor = filled - (ring - offset);
    return descriptor < sent;
  }
};

}  // namespace

TEST_CASE("bytes are done as the device sends descriptors") {
  Device device{.ring = 512};
  TxCompletions completions{512};
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
    REQUIRE(done == device.sent * 100);
  }
  CHECK(handed >= done);
}

TEST_CASE("a ring that is empty is seen to be, though packets took several descriptors") {
  const unsigned segments = GENERATE(1U, 2U, 3U, 4U);
  for (std::uint16_t packets = 1; packets < 64; ++packets) {
    TxCompletions completions{512};
    completions.hand_over(packets, std::uint64_t{packets} * 100);
    // Only the last descriptor of each packet is ever marked as done.
    const auto ends_a_packet = [&](std::uint16_t offset) {
      return (511U - offset) % segments == 0;
    };
    CHECK(completions.poll(ends_a_packet) == std::uint64_t{packets} * 100);
  }
}

TEST_CASE("what the ring took beyond its size was sent before") {
  TxCompletions completions{64};
  for (int i = 0; i < 10; ++i) {
    completions.hand_over(32, 3200);
  }
  CHECK(completions.poll([](std::uint16_t) { return false; }) == 8 * 3200);
  CHECK(completions.poll([](std::uint16_t) { return true; }) == 2 * 3200);
  completions.hand_over(5, 500);
  completions.reset();
  CHECK(completions.poll([](std::uint16_t) { return true; }) == 0);
}

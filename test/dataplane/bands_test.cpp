#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

constexpr std::uint8_t kUrgent = 0x10;
constexpr std::uint8_t kBulk = 0x08;

void send(Testbed& bed, std::uint8_t tos, std::uint16_t id) {
  auto fields = bed.from_a_to_b();
  fields.tos = tos;
  fields.id = id;
  bed.receive(kPortA, make_ipv4(fields));
}

}  // namespace

TEST_CASE("on a port that is held back the urgent overtake the bulk, each in its order") {
  Testbed bed{{.config = Testbed::basic_config(), .tx_ring = 8}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 100; ++i) {
    send(bed, kBulk, i);
  }
  bed.run();
  for (std::uint16_t i = 0; i < 50; ++i) {
    send(bed, kUrgent, static_cast<std::uint16_t>(1000 + i));
  }
  bed.run();
  std::vector<Frame> all;
  for (int round = 0; round < 100; ++round) {
    const auto some = bed.sent(kPortB);
    all.insert(all.end(), some.begin(), some.end());
    bed.run();
  }
  REQUIRE(all.size() == 150);
  std::uint16_t next_bulk = 0;
  std::uint16_t next_urgent = 1000;
  std::size_t last_urgent = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint16_t id = word(all[i], kIpId);
    if (id >= 1000) {
      CHECK(id == next_urgent++);
      last_urgent = i;
    } else {
      CHECK(id == next_bulk++);
    }
  }
  // Ahead of them went only what the ring and the head already had: 8 and a batch.
  CHECK(last_urgent < 50 + 8 + 64);
  CHECK(next_bulk > 0);
  CHECK(bed.all_drops() == 0);
}

TEST_CASE("a full band drops its newest and no other's") {
  auto config = Testbed::basic_config();
  config.schedulers = {{.name = "short", .limit = 20, .rate = {}}};
  config.ports[1].scheduler = "short";
  Testbed bed{{.config = config, .tx_ring = 1}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 200; ++i) {
    send(bed, kBulk, i);
  }
  bed.run();
  send(bed, kUrgent, 1000);
  bed.run();
  const std::uint64_t dropped = bed.drops(DropReason::kBandFull);
  CHECK(dropped > 0);
  std::vector<std::uint16_t> ids;
  for (int round = 0; round < 400; ++round) {
    for (const Frame& frame : bed.sent(kPortB)) {
      ids.push_back(word(frame, kIpId));
    }
    bed.run();
  }
  CHECK(ids.size() == 201 - dropped);
  CHECK(std::ranges::count(ids, 1000) == 1);
  std::erase(ids, 1000);
  CHECK(std::ranges::is_sorted(ids));
}

TEST_CASE("a port without backlog sends past the bands") {
  Testbed bed;
  bed.resolve_hosts();
  const auto direct = [&] {
    return bed.router->workers()[0]->tx(kPortB)->bands().direct_packets();
  };
  const std::uint64_t before = direct();
  send(bed, 0, 1);
  bed.run();
  CHECK(direct() == before + 1);
  CHECK(bed.router->workers()[0]->tx(kPortB)->backlog() == 0);
}

TEST_CASE("a held back port does not hold up another") {
  Testbed bed{{.config = Testbed::basic_config(), .tx_ring = 4}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 500; ++i) {
    send(bed, 0, i);
  }
  bed.run();
  auto back = bed.from_a_to_b();
  std::swap(back.source, back.destination);
  back.destination_mac = bed.mac(kPortB);
  bed.receive(kPortB, make_ipv4(back));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("a shaped port sends at its rate") {
  auto config = Testbed::basic_config();
  config.schedulers = {{.name = "slow", .rate = BitsPerSecond{8'000'000}, .burst = Bytes{2000}}};
  config.ports[1].scheduler = "slow";
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  bed.advance(1s);
  auto fields = bed.from_a_to_b();
  fields.payload.assign(986 - 20, 0);  // frames of 1000 bytes: one a millisecond
  for (int i = 0; i < 500; ++i) {
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  CHECK(bed.sent(kPortB).size() == 2);  // the burst
  std::size_t sent = 0;
  for (int millisecond = 0; millisecond < 100; ++millisecond) {
    bed.advance(1ms);
    sent += bed.sent(kPortB).size();
  }
  CHECK(sent >= 99);
  CHECK(sent <= 101);
  bed.advance_in_steps(1s, 10ms);
}

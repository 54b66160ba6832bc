// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <thread>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;

TEST_CASE("routes and neighbors come and go under traffic and no other flow loses a packet") {
  Testbed bed;
  bed.resolve_hosts();
  const Frame frame = make_ipv4(bed.from_a_to_b());
  constexpr int kRounds = 400;
  constexpr int kBurst = 100;

  REQUIRE(bed.router->start_workers());
  std::uint64_t out = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto octet = static_cast<std::uint8_t>(round % 200);
    const config::Route route{
        .to = {Ipv4{10, octet, 0, 0}, static_cast<std::uint8_t>(16 + round % 8)},
        .next_hops = {{Ipv4{192, 168, 2, 9}, 1}}};
    const config::StaticNeighbor neighbor{
        .address = Ipv4{192, 168, 2, 9}, .port = "b", .mac = Mac{{2, 0, 0, 0, 1, octet}}};
    for (int i = 0; i < kBurst; ++i) {
      bed.receive(kPortA, frame);
    }
    CHECK(bed.router->configuration().add_route(route));
    CHECK(bed.router->configuration().add_neighbor(neighbor));
    bed.router->run_once();
    CHECK(bed.router->configuration().erase_route(
        {.prefix = route.to, .table = {}, .metric = {}, .via = {}, .protocol = {}}));
    CHECK(bed.router->configuration().erase_neighbor({interface_of(kPortB), neighbor.address}));
    bed.router->run_once();
    out += bed.discard(kPortB);
    std::this_thread::yield();
  }
  for (int wait = 0; wait < 100000 && out < std::uint64_t{kRounds} * kBurst; ++wait) {
    out += bed.discard(kPortB);
    std::this_thread::yield();
  }
  bed.router->stop_workers();
  CHECK(out == std::uint64_t{kRounds} * kBurst);
  CHECK(bed.all_drops() == 0);
}

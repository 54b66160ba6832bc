// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;

TEST_CASE("routes and neighbors come and go under traffic and no other flow loses a packet") {
  Testbed bed;
  bed.resolve_hosts();
  const Frame frame = make_ipv4(bed.from_a_to_b());
  lose_nothing_while(bed, frame, [&](int round) {
    const auto octet = static_cast<std::uint8_t>(round % 200);
    const config::Route route{
        .to = {Ipv4{10, octet, 0, 0}, static_cast<std::uint8_t>(16 + round % 8)},
        .next_hops = {{Ipv4{192, 168, 2, 9}, 1}}};
    const config::StaticNeighbor neighbor{
        .address = Ipv4{192, 168, 2, 9}, .port = "b", .mac = Mac{{2, 0, 0, 0, 1, octet}}};
    CHECK(bed.router->configuration().add_route(route));
    CHECK(bed.router->configuration().add_neighbor(neighbor));
    bed.router->run_once();
    CHECK(bed.router->configuration().erase_route(fib::RouteSelector4{
        .prefix = route.to, .table = {}, .metric = {}, .via = {}, .protocol = {}}));
    CHECK(bed.router->configuration().erase_neighbor(
        neigh::Key4{interface_of(kPortB), neighbor.address}));
    bed.router->run_once();
  });
}

// SPDX-License-Identifier: BSD-3-Clause
// Changes of ports while they forward: link, MTU, MAC, addresses, and the effects on ARP and
// routes.
#include <algorithm>
#include <catch2/catch.hpp>

#include "testbed.hpp"

namespace ringroad::test {
namespace {

using stats::DropReason;

constexpr std::uint16_t kArp = 0x0806;
constexpr Prefix4 kTen{Ipv4{10, 0, 0, 0}, 8};

config::Route route(Prefix4 prefix, Ipv4 via) {
  config::Route route;
  route.to = prefix;
  route.next_hops = {{via, 1}};
  return route;
}

// Sends a packet from A to `destination`, and returns the frames that leave by port b.
std::vector<Frame> to_b(Testbed& bed, Ipv4 destination = kHostB, std::size_t payload = 26) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.destination = destination;
  fields.payload.resize(payload, 0x5a);
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  std::vector<Frame> frames = bed.sent(kPortB);
  std::erase_if(frames, [](const Frame& frame) { return ether_type(frame) == kArp; });
  return frames;
}

// Whether the router answers an ARP request for its address on that port.
bool answers_for(Testbed& bed, PortId port, Ipv4 address) {
  const bool a = port == kPortA;
  bed.receive(port,
              make_arp(1, a ? kMacA : kMacB, a ? kHostA : kHostB, {}, address, kBroadcastMac));
  bed.run();
  const auto frames = bed.sent(port);
  return std::ranges::any_of(frames, [](const Frame& frame) {
    return ether_type(frame) == kArp && word(frame, kArpOperation) == 2;
  });
}

// The options of a router that announces addresses.
Testbed::Options announcing() {
  Testbed::Options options;
  options.config.arp.notify = true;
  return options;
}
void settle(Testbed& bed) {
  bed.advance_in_steps(5s);
  bed.resolve_hosts();
}

}  // namespace

TEST_CASE("a port that is started a hundred times over loses no buffer") {
  Testbed bed;
  bed.resolve_hosts();
  REQUIRE(to_b(bed).size() == 1);
  const std::uint32_t free = bed.router->pools().free();
  for (int i = 0; i < 100; ++i) {
    REQUIRE(bed.router->ports().at(kPortB.value())->reset());
    REQUIRE(to_b(bed).size() == 1);
  }
  CHECK(bed.router->pools().free() == free);
}

TEST_CASE("a port that is taken down receives nothing and is no way to anywhere") {
  Testbed bed;
  bed.resolve_hosts();
  REQUIRE(bed.router->configuration().add_route(route(kTen, kHostB)));
  REQUIRE(to_b(bed, {10, 1, 2, 3}).size() == 1);

  REQUIRE(bed.router->links().set_link(interface_of(kPortB), false));
  CHECK(to_b(bed).empty());
  CHECK(to_b(bed, {10, 1, 2, 3}).empty());
  CHECK(bed.drops(DropReason::kNoRoute) == 2);
  CHECK_FALSE(answers_for(bed, kPortA, kRouterB));
  bed.receive(kPortB, make_arp(1, kMacB, kHostB, {}, kRouterB, kBroadcastMac));
  bed.run();
  CHECK(bed.drops(DropReason::kPortDown) == 1);
  CHECK(bed.router->neighbors().table().size() == 1);

  REQUIRE(bed.router->links().set_link(interface_of(kPortB), true));
  bed.resolve_hosts();
  CHECK(to_b(bed).size() == 1);
  CHECK(to_b(bed, {10, 1, 2, 3}).size() == 1);
  CHECK(answers_for(bed, kPortA, kRouterB));
}

TEST_CASE("a port goes down and up a hundred times under traffic, and nothing is left behind") {
  Testbed bed;
  bed.resolve_hosts();
  REQUIRE(bed.router->configuration().add_route(route(kTen, kHostB)));
  const auto routes = bed.router->main_routes();
  const auto neighbors = bed.router->neighbors().table().size();
  for (int i = 0; i < 100; ++i) {
    CAPTURE(i);
    // One packet is being forwarded, another waits for a neighbor that does not answer.
    Ipv4Fields fields = bed.from_a_to_b();
    bed.receive(kPortA, make_ipv4(fields));
    fields.destination = {192, 168, 2, 77};
    bed.receive(kPortA, make_ipv4(fields));
    if (i % 2 != 0) {
      bed.run();
      bed.discard(kPortB);
    }
    REQUIRE(bed.router->links().set_link(interface_of(kPortB), false));
    CHECK(to_b(bed, {10, 1, 2, 3}).empty());
    REQUIRE(bed.router->links().set_link(interface_of(kPortB), true));
    bed.resolve_hosts();
    REQUIRE(to_b(bed, {10, 1, 2, 3}).size() == 1);
    REQUIRE(bed.router->main_routes() == routes);
    REQUIRE(bed.router->neighbors().table().size() == neighbors);
  }
}

TEST_CASE("a new MTU holds from the next packet on, on known and unknown next hops") {
  Testbed bed;
  bed.resolve_hosts();
  CHECK(to_b(bed, kHostB, 1480).size() == 1);
  REQUIRE(bed.router->links().set_mtu(interface_of(kPortB), 1400));
  CHECK(to_b(bed, kHostB, 1480).size() == 2);
  CHECK(to_b(bed, kHostB, 1380).size() == 1);
  // 192.168.2.3 is resolved first.
  CHECK(to_b(bed, {192, 168, 2, 3}, 1480).empty());
  bed.receive(kPortB,
              make_arp(2, kMacB, {192, 168, 2, 3}, bed.mac(kPortB), kRouterB, bed.mac(kPortB)));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 2);
  REQUIRE(bed.router->links().set_mtu(interface_of(kPortB), 1500));
  CHECK(to_b(bed, kHostB, 1480).size() == 1);

  CHECK_FALSE(bed.router->links().set_mtu(interface_of(kPortB), 67));
  CHECK_FALSE(bed.router->links().set_mtu(interface_of(kPortB), 9711));
  CHECK_FALSE(
      bed.router->links().set_mtu(interface_of(kPortB), 9000));  // more than the buffers hold
  CHECK(bed.router->configuration().running_config().ports[1].mtu == 1500);
}

TEST_CASE("a new MAC is in every frame from then on, and told to the link") {
  Testbed bed{announcing()};
  settle(bed);
  const Mac before = bed.mac(kPortB);
  const Mac fresh{{0x02, 0, 0, 0, 0x77, 0x01}};
  REQUIRE(bed.router->links().set_mac(interface_of(kPortB), fresh));
  bed.run();
  const auto told = bed.sent(kPortB);
  REQUIRE(told.size() == 1);
  CHECK(told[0] == make_arp(1, fresh, kRouterB, {}, kRouterB, kBroadcastMac));
  const auto sent = to_b(bed);
  REQUIRE(sent.size() == 1);
  CHECK(source_mac(sent[0]) == fresh);
  CHECK(destination_mac(sent[0]) == kMacB);
  // Frames to the old address belong to another station.
  Ipv4Fields fields;
  fields.destination_mac = before;
  fields.source = kHostB;
  fields.destination = kHostA;
  bed.receive(kPortB, make_ipv4(fields));
  bed.run();
  CHECK(bed.drops(DropReason::kOtherHost) == 1);
  fields.destination_mac = fresh;
  bed.receive(kPortB, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);

  CHECK_FALSE(bed.router->links().set_mac(interface_of(kPortB), Mac{{1, 0, 0, 0, 0, 1}}));
  CHECK_FALSE(bed.router->links().set_mac(interface_of(kPortB), Mac{}));
}

TEST_CASE("an address that is added is announced, answered for and brings its subnet") {
  Testbed bed{announcing()};
  settle(bed);
  const Ipv4 own{172, 16, 5, 1};
  const Ipv4 host{172, 16, 5, 9};
  CHECK(to_b(bed, host).empty());
  CHECK(bed.drops(DropReason::kNoRoute) == 1);

  REQUIRE(bed.router->links().add_address(interface_of(kPortB), {own, 24}));
  bed.run();
  const auto told = bed.sent(kPortB);
  REQUIRE(told.size() == 1);
  CHECK(told[0] == make_arp(1, bed.mac(kPortB), own, {}, own, kBroadcastMac));
  CHECK(answers_for(bed, kPortB, own));
  CHECK(to_b(bed, host).empty());
  bed.receive(kPortB, make_arp(2, kMacB, host, bed.mac(kPortB), own, bed.mac(kPortB)));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);  // the packet that waited
  CHECK(to_b(bed, host).size() == 1);

  REQUIRE(bed.router->links().erase_address(interface_of(kPortB), {own, 24}));
  CHECK_FALSE(answers_for(bed, kPortB, own));
  CHECK(to_b(bed, host).empty());
  CHECK(bed.drops(DropReason::kNoRoute) == 2);
  CHECK(to_b(bed).size() == 1);
}

TEST_CASE("a secondary address takes the place of the primary one on its subnet") {
  Testbed bed;
  bed.resolve_hosts();
  const Ipv4 second{192, 168, 2, 77};
  REQUIRE(bed.router->links().add_address(interface_of(kPortB), {second, 24}));
  const std::uint64_t changes = bed.router->routing().trie_changes();
  REQUIRE(bed.router->links().erase_address(interface_of(kPortB), {kRouterB, 24}));
  // The subnet always had a route: only the address's own prefix changed.
  CHECK(bed.router->routing().trie_changes() - changes <= 1);
  CHECK(to_b(bed).size() == 1);
  const auto best = bed.router->routing().rib().best({kRouterB, 24});
  CHECK((best && best->path.source == second));
  // The second address is the port's source address from now on.
  static_cast<void>(bed.sent(kPortB));
  CHECK(to_b(bed, {192, 168, 2, 50}).empty());
  CHECK_FALSE(answers_for(bed, kPortB, kRouterB));
  CHECK(answers_for(bed, kPortB, second));
}

TEST_CASE("a port's last address takes its routes, and a new one brings them back") {
  Testbed bed;
  bed.resolve_hosts();
  REQUIRE(bed.router->configuration().add_route(route(kTen, kHostB)));
  REQUIRE(bed.router->links().erase_address(interface_of(kPortB), {kRouterB, 24}));
  CHECK(to_b(bed, {10, 1, 2, 3}).empty());
  CHECK(bed.drops(DropReason::kNoRoute) == 1);
  REQUIRE(bed.router->links().add_address(interface_of(kPortB), {kRouterB, 24}));
  bed.resolve_hosts();
  CHECK(to_b(bed, {10, 1, 2, 3}).size() == 1);
}

TEST_CASE("a route goes with the address that is its source") {
  Testbed bed;
  bed.resolve_hosts();
  const InterfaceAddress4 own{Ipv4{10, 255, 0, 1}, 32};
  REQUIRE(bed.router->links().add_address(interface_of(kPortA), own));
  config::Route with_source = route(kTen, kHostB);
  with_source.source = own.address;
  REQUIRE(bed.router->configuration().add_route(with_source));
  REQUIRE(bed.router->links().erase_address(interface_of(kPortA), own));
  CHECK(bed.router->configuration().running_config().routes.empty());
  CHECK(to_b(bed, {10, 1, 2, 3}).empty());
}

TEST_CASE("addresses that cannot be are refused, and nothing changes") {
  Testbed bed;
  const config::Config before = bed.router->configuration().running_config();
  CHECK_FALSE(
      bed.router->links().add_address(interface_of(kPortB), {kRouterB, 24}));  // already present
  CHECK_FALSE(bed.router->links().add_address(interface_of(kPortB),
                                              {Ipv4{10, 0, 0, 0}, 24}));  // the network
  CHECK_FALSE(bed.router->links().add_address(interface_of(kPortB),
                                              {Ipv4{10, 0, 0, 255}, 24}));  // its broadcast
  CHECK_FALSE(bed.router->links().add_address(interface_of(kPortB), {Ipv4{224, 0, 0, 1}, 24}));
  CHECK_FALSE(bed.router->links().erase_address(interface_of(kPortB), {kRouterB, 25}));
  CHECK(bed.router->configuration().running_config() == before);
}

TEST_CASE("with dad an address is used once nobody answered for it") {
  Testbed::Options options;
  options.config.ports[1].dad = true;
  Testbed bed{std::move(options)};
  static_cast<void>(bed.sent(kPortB));
  CHECK_FALSE(answers_for(bed, kPortB, kRouterB));
  bed.advance_in_steps(10s);
  CHECK(answers_for(bed, kPortB, kRouterB));

  const InterfaceAddress4 taken{Ipv4{172, 16, 0, 1}, 24};
  REQUIRE(bed.router->links().add_address(interface_of(kPortB), taken));
  bed.advance_in_steps(1500ms);
  bed.receive(kPortB, make_arp(2, kMacB, taken.address, {}, taken.address, kBroadcastMac));
  bed.advance_in_steps(10s);
  CHECK_FALSE(answers_for(bed, kPortB, taken.address));
  CHECK(bed.router->configuration().running_config().ports[1].addresses.size() == 1);
  bed.resolve_hosts();
  CHECK(to_b(bed).size() == 1);
}

TEST_CASE("a sub-interface follows its link") {
  Testbed::Options options;
  options.config.ports.push_back(sub_interface("b.5", "b", 5, {Ipv4{10, 5, 0, 1}, 24}));
  Testbed bed{std::move(options)};
  bed.resolve_hosts();
  constexpr InterfaceId kTagged{kPortsMax};
  REQUIRE(bed.router->links().set_mtu(interface_of(kPortB), 1400));
  CHECK(bed.router->world().port(kTagged).mtu == 1400);
  REQUIRE(bed.router->links().set_mtu(interface_of(kPortB), 1500));
  CHECK(bed.router->world().port(kTagged).mtu == 1400);
  CHECK_FALSE(bed.router->links().set_mtu(kTagged, 1501));
  CHECK_FALSE(bed.router->links().set_mac(kTagged, kMacA));
  REQUIRE(bed.router->links().set_mac(interface_of(kPortB), Mac{{2, 0, 0, 0, 9, 9}}));
  CHECK(bed.router->world().port(kTagged).mac == Mac{{2, 0, 0, 0, 9, 9}});
  REQUIRE(bed.router->links().set_link(kTagged, false));
  CHECK_FALSE(answers_for(bed, kPortA, {10, 5, 0, 1}));
  CHECK(to_b(bed).size() == 1);
  REQUIRE(bed.router->links().set_link(kTagged, true));
  CHECK(answers_for(bed, kPortA, {10, 5, 0, 1}));
  REQUIRE(bed.router->links().set_link(interface_of(kPortB), false));
  CHECK_FALSE(bed.router->links().set_link(kTagged, true));
  CHECK_FALSE(answers_for(bed, kPortA, {10, 5, 0, 1}));
  REQUIRE(bed.router->links().set_link(interface_of(kPortB), true));
  CHECK(answers_for(bed, kPortA, {10, 5, 0, 1}));
}

}  // namespace ringroad::test

// SPDX-License-Identifier: BSD-3-Clause
// Ports, sub-interfaces and schedulers that come and go with a reload.
#include <rte_ethdev.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <string>
#include <vector>

#include "reloading.hpp"

namespace ringroad::test {
namespace {

constexpr const char* kWithPort = R"(
arp: {notify: false}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24]}
  b: {device: net_ring1, addresses: [192.168.2.1/24]}
  c: {device: net_ring2, addresses: [192.168.3.1/24], scheduler: slow}
vlans:
  c.5: {addresses: [10.5.0.1/24]}
schedulers: {slow: {discipline: prio, bands: 2}}
routes:
  - {to: 10.0.0.0/8, via: 192.168.3.2}
neighbors:
  - {address: 192.168.3.2, port: c, mac: "02:00:00:00:00:0c"}
)";

}  // namespace

TEST_CASE("whichever step of a reload with a new port fails, nothing is changed") {
  Reloading router{kPlain};
  fail_each_step(router, kWithPort, 10);
}

TEST_CASE("a port comes and goes with a reload") {
  Reloading router{kPlain};
  Testbed& bed = router.bed;
  bed.resolve_hosts();
  constexpr PortId kPortC{2};
  const auto names = [&] {
    std::string all;
    const auto ports = router.carry_out({"show", "ports"});
    for (const json& port : ports.value()) {
      all += port.at("name").get<std::string>() + " ";
    }
    return all;
  };
  // The number of frames that reach C, of packets from host A to the network behind it.
  const auto reach_c = [&] {
    router.drain();
    Ipv4Fields fields = bed.from_a_to_b();
    fields.destination = Ipv4{10, 1, 2, 3};
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    return bed.sent(kPortC).size();
  };
  auto answer = router.reload(kWithPort, {{"confirm", 10U}});
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(keys_of(*answer).front() == "added ports.c");
  CHECK(names() == "a b c c.5 ");
  CHECK(reach_c() == 1);
  CHECK(bed.router->workers()[0]->tx(kPortC)->bands().discipline().bands == 2);
  // Frames that it receives are forwarded, and its addresses answer.
  Ipv4Fields back = bed.from_b_to_a();
  back.source = Ipv4{10, 1, 2, 3};
  Frame frame = make_ipv4(back);
  std::ranges::copy(bed.mac(kPortC).octets, frame.begin());
  router.drain();
  bed.receive(kPortC, frame);
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  bed.receive(kPortC, make_arp(1, kMacB, {192, 168, 3, 9}, {}, {192, 168, 3, 1}, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortC).size() == 1);

  // Nobody confirms: it is gone, and its device closed.
  const std::string device = bed.router->ports().at(2)->settings().device;
  std::uint16_t number = 0;
  CHECK(rte_eth_dev_get_port_by_name(device.c_str(), &number) == 0);
  bed.advance(11s);
  CHECK(names() == "a b ");
  CHECK(reach_c() == 0);
  CHECK(rte_eth_dev_get_port_by_name(device.c_str(), &number) != 0);

  // It comes again, with another device; and goes, first on trial, then for good.
  REQUIRE(router.reload(kWithPort));
  constexpr PortId kPortAgain{3};
  CHECK(names() == "a b c c.5 ");
  CHECK(reach_c() == 0);
  CHECK(bed.sent(kPortAgain).size() == 1);
  const std::string again = bed.router->ports().at(3)->settings().device;
  answer = router.reload(kPlain, {{"confirm", 10U}});
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(names() == "a b ");
  CHECK(rte_eth_dev_get_port_by_name(again.c_str(), &number) == 0);
  bed.advance(11s);
  CHECK(names() == "a b c c.5 ");
  CHECK(reach_c() == 0);
  CHECK(bed.sent(kPortAgain).size() == 1);
  REQUIRE(router.reload(kPlain));
  CHECK(names() == "a b ");
  CHECK(rte_eth_dev_get_port_by_name(again.c_str(), &number) != 0);
  // The drops of ports that are gone are still listed.
  CHECK(router.carry_out({"show", "drops"}));
}

TEST_CASE("a port gets another device with a reload, but no device that another port has") {
  Reloading router{kPlain};
  router.bed.resolve_hosts();
  const std::string device = router.bed.add_device("b");
  const std::string old = router.bed.router->ports().at(1)->settings().device;
  std::string yaml = router.with_devices(kPlain);
  yaml.replace(yaml.find(old), old.size(), device);
  const auto answer = router.reload_text(yaml);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  constexpr PortId kNew{2};
  router.bed.receive(kNew, [&] {
    Frame frame = router.bed.reply_from_b();
    std::ranges::copy(router.bed.mac(kNew).octets, frame.begin());
    return frame;
  }());
  router.bed.run();
  router.drain();
  router.bed.receive(kPortA, make_ipv4(router.bed.from_a_to_b()));
  router.bed.run();
  CHECK(!router.bed.sent(kNew).empty());
  CHECK(router.bed.sent(kPortB).empty());

  yaml.replace(yaml.find("  b:"), 4, "  z:");
  const auto refused = router.reload_text(yaml);
  REQUIRE(!refused);
  CHECK(refused.error().what.find("ports.z.device: port b has " + device) != std::string::npos);
}

TEST_CASE("a port that was refused can be added once its settings are right") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  std::string yaml = router.with_devices(kPlain);
  yaml.replace(yaml.find("ports:\n"), 7, "ports:\n  n: {device: net_null8, mtu: 9000}\n");
  for (int i = 0; i < 2; ++i) {
    const auto refused = router.reload_text(yaml);
    REQUIRE(!refused);
    CHECK(refused.error().what.find("ports.n.mtu: ") != std::string::npos);
    CHECK(difference(before, State{router.bed}.text()).empty());
  }
  yaml.replace(yaml.find("9000"), 4, "1500");
  const auto answer = router.reload_text(yaml);
  INFO((answer ? "" : answer.error().what));
  CHECK(answer);
}

TEST_CASE("a device with other arguments is the same device") {
  Reloading router{kPlain};
  std::string yaml = router.with_devices(kPlain);
  yaml.replace(yaml.find("ports:\n"), 7, "ports:\n  n: {device: \"net_null7\"}\n");
  REQUIRE(router.reload_text(yaml));
  const std::string before = State{router.bed}.text();
  yaml.replace(yaml.find("net_null7"), 9, "net_null7,size=100");
  const auto refused = router.reload_text(yaml);
  REQUIRE(!refused);
  CHECK(refused.error().what.find("ports.n.device: port n has net_null7; remove it") !=
        std::string::npos);
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("a port that the machine does not have is refused at its line") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  std::string yaml = router.with_devices(kPlain);
  yaml.replace(yaml.find("ports:\n"), 7,
               "ports:\n  c: {device: \"net_af_packet7,iface=nowhere\"}\n");
  const auto refused = router.reload_text(yaml);
  REQUIRE(!refused);
  CHECK(refused.error().what.find("ports.c.device: port c (net_af_packet7,iface=nowhere): ") !=
        std::string::npos);
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("a flow loses no packet while a port comes and goes") {
  lose_nothing_while_reloading(kWithPort, 40);
}

TEST_CASE("the bands of a new scheduler take over what waits, in its order") {
  const std::string shaped =
      std::string{kPlain} + "schedulers: {slow: {rate: 100kbit, burst: 2KiB}}\n";
  const std::string slow = std::string{shaped}.replace(shaped.find("[192.168.2.1/24]"), 16,
                                                       "[192.168.2.1/24], scheduler: slow");
  Reloading router{slow};
  router.bed.resolve_hosts();
  const auto frame = [&](std::uint16_t number, std::uint8_t tos) {
    Ipv4Fields fields = router.bed.from_a_to_b();
    fields.tos = tos;
    fields.payload.assign(1000, static_cast<std::uint8_t>(number));
    return make_ipv4(fields);
  };
  constexpr int kFrames = 60;
  for (int i = 0; i < kFrames; ++i) {
    router.bed.receive(kPortA, frame(static_cast<std::uint16_t>(i), i % 2 == 0 ? 0 : 0x10));
  }
  router.bed.run();
  std::vector<Frame> sent = router.bed.sent(kPortB);
  CHECK(sent.size() < 10);
  const auto answer = router.reload(shaped);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(keys_of(*answer) == std::vector<std::string>{"changed ports.b.scheduler"});
  router.bed.run();
  std::ranges::move(router.bed.sent(kPortB), std::back_inserter(sent));
  REQUIRE(sent.size() == kFrames);
  CHECK(router.bed.all_drops() == 0);
  for (const unsigned parity : {0U, 1U}) {
    std::vector<unsigned> numbers;
    for (const Frame& one : sent) {
      if (one.back() % 2 == parity) {
        numbers.push_back(one.back());
      }
    }
    CHECK(std::ranges::is_sorted(numbers));
  }
  const auto bands = router.carry_out({"show", "bands"}, {{"port", "b"}});
  REQUIRE(bands);
  std::uint64_t packets = 0;
  for (const json& band : bands->at(0).at("bands")) {
    packets += band.at("sent_packets").get<std::uint64_t>();
  }
  CHECK(packets >= kFrames);

  // And back, to bands of other numbers.
  const std::string drr =
      std::string{slow}.replace(slow.find("{rate"), 5, "{discipline: drr, bands: 8, rate");
  REQUIRE(router.reload(drr, {{"confirm", 5U}}));
  CHECK(router.bed.router->workers()[0]->tx(kPortB)->bands().discipline().bands == 8);
  router.bed.advance(6s);
  CHECK(router.bed.router->workers()[0]->tx(kPortB)->bands().discipline().bands == 3);
}

TEST_CASE("sub-interfaces come and go with a reload") {
  const std::string none = kPlain;
  const std::string one = none + "vlans: {a.7: {addresses: [10.7.0.1/24]}}\n";
  const std::string other = none + "vlans: {a.7: {id: 8, addresses: [10.7.0.1/24]}}\n";
  Reloading router{none};
  router.bed.resolve_hosts();
  const auto answers = [&](std::uint16_t vlan) {
    router.drain();
    router.bed.receive(kPortA,
                       tagged(make_arp(1, kMacA, {10, 7, 0, 2}, {}, {10, 7, 0, 1}, kBroadcastMac),
                              {{0x8100, vlan}}));
    router.bed.run();
    return !router.bed.sent(kPortA).empty();
  };
  CHECK(!answers(7));
  auto answer = router.reload(one);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(keys_of(*answer) == std::vector<std::string>{"added vlans.a.7"});
  CHECK(answers(7));
  REQUIRE(router.reload(other));
  CHECK(!answers(7));
  CHECK(answers(8));
  REQUIRE(router.reload(one, {{"confirm", 10U}}));
  CHECK(answers(7));
  router.bed.advance(11s);
  CHECK(!answers(7));
  CHECK(answers(8));
  REQUIRE(router.reload(none));
  CHECK(!answers(8));
  const auto ports = router.carry_out({"show", "ports"});
  REQUIRE(ports);
  CHECK(ports->size() == 2);
  REQUIRE(router.reload(one));
  CHECK(answers(7));
  // It comes again as the file says, not as it was.
  REQUIRE(router.reload(none));
  REQUIRE(router.reload(none + "vlans: {a.7: {mtu: 1300, addresses: [10.7.0.1/24]}}\n"));
  CHECK(answers(7));
  CHECK(router.bed.router->world().find_port("a.7")->mtu == 1300);
  CHECK(router.bed.router->configuration().brief_config().ports.back().mtu == 1300);
}

}  // namespace ringroad::test

// SPDX-License-Identifier: BSD-3-Clause
// Drops by port: a packet that is refused counts at the port that received it, a packet that could
// not be sent counts at the port by which it was to leave.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "control/verbs.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

Result<nlohmann::json> show_drops(Testbed& bed, const nlohmann::json& port) {
  const nlohmann::json options =
      port.is_null() ? nlohmann::json::object() : nlohmann::json{{"port", port}};
  return control::carry_out(*bed.router, {{"verb", {"show", "drops"}}, {"options", options}});
}

void send_to_b(Testbed& bed, unsigned packets) {
  for (unsigned i = 0; i < packets; ++i) {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  }
  bed.run();
}

// Checks that all drops of that reason are port B's.
void check_at_b(const Testbed& bed, DropReason reason) {
  INFO(stats::name(reason));
  CHECK(bed.drops(reason) > 0);
  CHECK(bed.router->drops(interface_of(kPortB), reason) == bed.drops(reason));
}

}  // namespace

TEST_CASE("a full band is of the port before which it is") {
  auto config = Testbed::basic_config();
  config.schedulers = {{.name = "short", .limit = 20, .rate = {}}};
  config.ports[1].scheduler = "short";
  Testbed bed{{.config = config, .tx_ring = 1}};
  bed.resolve_hosts();
  send_to_b(bed, 200);
  check_at_b(bed, DropReason::kBandFull);
}

TEST_CASE("what waits for a neighbor is of the port on which the neighbor is") {
  Testbed bed;
  SECTION("that never answers") {
    send_to_b(bed, 3);
    bed.advance_in_steps(5s);
    check_at_b(bed, DropReason::kHostUnreachable);
  }
  SECTION("for which too many wait") {
    send_to_b(bed, 200);
    check_at_b(bed, DropReason::kNeighborQueueFull);
  }
  SECTION("whose port is taken down") {
    send_to_b(bed, 3);
    CHECK(bed.router->links().set_link(interface_of(kPortB), false));
    check_at_b(bed, DropReason::kPortDown);
  }
}

TEST_CASE("what an error answers counts where it came in, and so does the error's own end") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.source = Ipv4{192, 168, 1, 77};  // this host never answers ARP requests
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.router->drops(interface_of(kPortA), DropReason::kTtlExceeded) == 1);
  bed.advance_in_steps(5s);
  CHECK(bed.router->drops(interface_of(kPortA), DropReason::kHostUnreachable) == 1);
  CHECK(bed.all_drops() == 2);
}

TEST_CASE("a frame that a sub-interface took is its own and not its link's") {
  Testbed::Options options;
  options.config.ports.push_back(sub_interface("a.9", "a", 9, {Ipv4{10, 9, 0, 1}, 24}));
  Testbed bed{std::move(options)};
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.bad_checksum = true;
  const auto with_tag = [&](std::uint8_t id) {
    Frame frame = make_ipv4(fields);
    const std::array<std::uint8_t, 4> tag{0x81, 0x00, 0, id};
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    return frame;
  };
  bed.receive(kPortA, with_tag(9));
  bed.receive(kPortA, with_tag(10));
  bed.run();
  CHECK(bed.router->drops(InterfaceId{kPortsMax}, DropReason::kIpBadChecksum) == 1);
  CHECK(bed.router->drops(interface_of(kPortA), DropReason::kVlanUnknown) == 1);

  const auto all = show_drops(bed, nullptr);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[0]["reason"] == "vlan_unknown");
  CHECK((*all)[0]["ports"] == nlohmann::json{{"a", 1}});
  CHECK((*all)[1]["ports"] == nlohmann::json{{"a.9", 1}});
  const auto of_sub_interface = show_drops(bed, "a.9");
  REQUIRE(of_sub_interface);
  REQUIRE(of_sub_interface->size() == 1);
  CHECK((*of_sub_interface)[0]["reason"] == "ip_bad_checksum");
  CHECK((*of_sub_interface)[0]["packets"] == 1);
  CHECK(show_drops(bed, "b")->empty());
}

TEST_CASE("drops of a port that there is not are refused") {
  Testbed bed;
  for (const nlohmann::json& name : {nlohmann::json("c"), nlohmann::json(""), nlohmann::json(5)}) {
    CHECK_FALSE(show_drops(bed, name));
  }
}

// SPDX-License-Identifier: BSD-3-Clause
// Neighbors, as roadctl adds, deletes and shows them.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/verbs.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;
using stats::DropReason;

namespace {

// Returns the router's answer or the reason of its refusal.
json ask(Testbed& bed, const std::vector<std::string>& verb, const json& options = json::object()) {
  const auto answer = control::carry_out(*bed.router, {{"verb", verb}, {"options", options}});
  return answer ? *answer : json(answer.error().what);
}

}  // namespace

TEST_CASE(
    "neighbors are added, deleted and flushed as by ip neigh, and the configuration follows") {
  Testbed bed;
  bed.resolve_hosts();
  const json by_hand{{"address", "192.168.2.9"}, {"port", "b"}, {"mac", "02:00:00:00:00:09"}};
  const json key{{"address", "192.168.2.9"}, {"port", "b"}};
  const auto yaml = [&] { return ask(bed, {"show", "config"}).at("yaml").get<std::string>(); };
  const auto rows = [&] { return ask(bed, {"show", "neighbors"}).size(); };
  CHECK(ask(bed, {"neighbor", "add"}, by_hand) == json::object());
  const json shown = ask(bed, {"show", "neighbors"});
  REQUIRE(shown.size() == 3);
  CHECK(shown[2].at("state") == "PERMANENT");
  CHECK(shown[2].at("mac") == by_hand.at("mac"));
  CHECK(yaml().find("{address: 192.168.2.9, port: b, mac: \"02:00:00:00:00:09\"}") !=
        std::string::npos);

  // Deletes a learned neighbor, which is not in the configuration.
  CHECK(ask(bed, {"neighbor", "del"}, {{"address", "192.168.2.2"}, {"port", "b"}}) ==
        json::object());
  CHECK(rows() == 2);
  CHECK(ask(bed, {"neighbor", "del"}, {{"address", "192.168.2.2"}, {"port", "b"}}) ==
        "port b has no neighbor 192.168.2.2");
  CHECK(ask(bed, {"neighbor", "flush"}, {{"port", "b"}}) == json{{"removed", 0}});
  CHECK(ask(bed, {"neighbor", "flush"}) == json{{"removed", 1}});
  CHECK(rows() == 1);

  CHECK(ask(bed, {"neighbor", "del"}, key) == json::object());
  CHECK(rows() == 0);
  CHECK(yaml().find("neighbors:") == std::string::npos);
}

TEST_CASE("a neighbor that was learnt can be made permanent, and is then anyone again") {
  Testbed bed;
  bed.resolve_hosts();
  CHECK(ask(bed, {"neighbor", "add"},
            {{"address", kHostB.to_string()}, {"port", "b"}, {"mac", "02:00:00:00:00:99"}}) ==
        json::object());
  bed.receive(kPortB, make_arp(1, kMacB, kHostB, {}, kRouterB, kBroadcastMac));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 2);
  CHECK(destination_mac(out[0]) == Mac{{2, 0, 0, 0, 0, 0x99}});
  CHECK(ask(bed, {"neighbor", "del"}, {{"address", kHostB.to_string()}, {"port", "b"}}) ==
        json::object());
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(is_request_for(out[0], kHostB));
}

TEST_CASE("a neighbor that cannot be is refused") {
  Testbed bed;
  for (const char* address : {"192.168.2.1", "192.168.2.255", "224.0.0.1", "0.0.0.0"}) {
    CHECK(ask(bed, {"neighbor", "add"},
              {{"address", address}, {"port", "b"}, {"mac", "02:00:00:00:00:09"}})
              .is_string());
  }
  CHECK(ask(bed, {"neighbor", "add"},
            {{"address", "192.168.2.9"}, {"port", "b"}, {"mac", "ff:ff:ff:ff:ff:ff"}})
            .is_string());
  CHECK(bed.router->neighbors().table().size() == 0);
}

TEST_CASE("neighbors are shown page by page to whom wants that") {
  Testbed bed;
  bed.resolve_hosts();
  const json whole = ask(bed, {"show", "neighbors"});
  REQUIRE(whole.size() == 2);
  const json first = ask(bed, {"show", "neighbors"}, {{"limit", 1U}});
  CHECK(first == json::array({whole[0]}));
  CHECK(ask(bed, {"show", "neighbors"}, {{"limit", 5U}, {"after", first[0]}}) ==
        json::array({whole[1]}));
  CHECK(ask(bed, {"show", "neighbors"}, {{"limit", 5U}, {"after", whole[1]}}).empty());
  CHECK(ask(bed, {"show", "neighbors"}, {{"after", "b"}}).is_string());
  CHECK(ask(bed, {"show", "neighbors"}, {{"after", {{"address", "10.0.0.1"}, {"port", "z"}}}})
            .is_string());
}

TEST_CASE("the ARP cache counts as Linux's") {
  Testbed bed;
  const auto cache = [&](const char* counter) {
    return ask(bed, {"show", "memory"}).at("arp_cache").at(counter).get<int>();
  };
  bed.resolve_hosts();
  CHECK(cache("entries") == 2);
  CHECK(cache("allocs") == 2);
  CHECK(cache("lookups") == 2);
  CHECK(cache("hits") == 0);
  CHECK(cache("rcv_probes_mcast") == 2);
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, bed.mac(kPortA)));
  auto absent = bed.from_a_to_b();
  absent.destination = Ipv4{192, 168, 2, 77};
  for (int i = 0; i < 200; ++i) {
    bed.receive(kPortA, make_ipv4(absent));
  }
  bed.run();
  CHECK(cache("rcv_probes_ucast") == 1);
  CHECK(cache("hits") == 200);
  CHECK(cache("unresolved_discards") ==
        static_cast<int>(bed.drops(DropReason::kNeighborQueueFull)));
  CHECK(cache("unresolved_discards") > 0);
  bed.advance_in_steps(4s);
  CHECK(cache("res_failed") == 1);
  REQUIRE(bed.router->configuration().erase_neighbor(neigh::Key4{interface_of(kPortB), kHostB}));
  CHECK(cache("destroys") == 1);
  CHECK(cache("entries") == 2);
  CHECK(cache("table_fulls") == 0);
}

// SPDX-License-Identifier: BSD-3-Clause
// The effects of the verbs of `ip route` and `ip address` on packets: routes replaced under
// traffic, next hops that are added and removed, gateways and hosts outside all subnets, source
// addresses, overlapping subnets.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "control/verbs.hpp"
#include "testbed.hpp"

namespace ringroad::test {
namespace {

using nlohmann::json;

constexpr Ipv4 kSecond{192, 168, 2, 3};
constexpr Ipv4 kFar{203, 0, 113, 1};
constexpr Ipv4 kTarget{10, 1, 2, 3};
constexpr Mac kMacFar{{2, 0, 0, 0, 0, 0x66}};

Result<json> request(Testbed& bed, const json& verb, const json& options) {
  return control::carry_out(*bed.router, {{"verb", verb}, {"options", options}});
}
void tell(Testbed& bed, const json& verb, const json& options) {
  const auto answer = request(bed, verb, options);
  INFO(verb << options << ": " << (answer ? "" : answer.error().what));
  REQUIRE(answer);
}
bool refuses(Testbed& bed, const json& verb, const json& options) {
  return !request(bed, verb, options).has_value();
}
json routes(Testbed& bed, const char* prefix) {
  const auto answer = request(bed, {"show", "routes"}, {{"prefix", prefix}});
  REQUIRE(answer);
  return *answer;
}
std::vector<std::string> gateways(Testbed& bed, const char* prefix) {
  std::vector<std::string> all;
  for (const json& route : routes(bed, prefix)) {
    for (const json& hop : route.at("nexthops")) {
      all.push_back(hop.at("via").is_string() ? hop.at("via").get<std::string>() : "-");
    }
  }
  return all;
}
using Names = std::vector<std::string>;

void answer_for(Testbed& bed, Ipv4 neighbor, Mac mac) {
  bed.receive(kPortB, make_arp(1, mac, neighbor, {}, kRouterB, kBroadcastMac));
  bed.run();
  bed.discard(kPortB);
}

// Sends a packet from A, and returns the frames that leave by port b.
std::vector<Frame> to_b(Testbed& bed, Ipv4 destination, std::uint8_t ttl = 64) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.destination = destination;
  fields.ttl = ttl;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  return bed.sent(kPortB);
}
bool goes_to(Testbed& bed, Ipv4 destination, Mac mac) {
  const auto frames = to_b(bed, destination);
  return frames.size() == 1 && destination_mac(frames[0]) == mac;
}

}  // namespace

TEST_CASE("a route is replaced, changed and appended to under traffic, and no packet is lost") {
  Testbed bed;
  bed.resolve_hosts();
  answer_for(bed, kSecond, kMacFar);
  tell(bed, {"route", "add"}, {{"prefix", "10.0.0.0/8"}, {"via", "192.168.2.2"}});
  Ipv4Fields fields = bed.from_a_to_b();
  fields.destination = kTarget;
  const Frame frame = make_ipv4(fields);
  lose_nothing_while(bed, frame, [&](int /*round*/) {
    const json second{{"prefix", "10.0.0.0/8"}, {"via", "192.168.2.3"}};
    const json first{{"prefix", "10.0.0.0/8"}, {"via", "192.168.2.2"}};
    tell(bed, {"route", "replace"}, second);
    tell(bed, {"route", "change"}, first);
    tell(bed, {"route", "append"}, second);
    tell(bed, {"route", "del"}, first);
    bed.router->run_once();
    tell(bed, {"route", "replace"}, first);
    bed.router->run_once();
  });
}

TEST_CASE("add, replace, change and append are told apart by what is there") {
  Testbed bed;
  const json by_a{{"prefix", "10.0.0.0/8"}, {"via", "192.168.1.2"}};
  const json by_b{{"prefix", "10.0.0.0/8"}, {"via", "192.168.2.2"}};
  CHECK(refuses(bed, {"route", "change"}, by_a));
  tell(bed, {"route", "append"}, by_a);
  CHECK(refuses(bed, {"route", "add"}, by_b));
  CHECK(gateways(bed, "10.0.0.0/8") == Names{"192.168.1.2"});
  tell(bed, {"route", "change"}, by_b);
  CHECK(gateways(bed, "10.0.0.0/8") == Names{"192.168.2.2"});
  CHECK(refuses(bed, {"route", "append"}, by_b));
  tell(bed, {"route", "append"}, by_a);
  CHECK(gateways(bed, "10.0.0.0/8") == Names{"192.168.2.2", "192.168.1.2"});
  CHECK(refuses(bed, {"route", "append"}, {{"prefix", "10.0.0.0/8"}, {"port", "b"}}));
  // Another metric is another route.
  tell(bed, {"route", "replace"},
       {{"prefix", "10.0.0.0/8"}, {"via", "192.168.1.2"}, {"metric", 5U}});
  CHECK(gateways(bed, "10.0.0.0/8") == Names{"192.168.2.2", "192.168.1.2", "192.168.1.2"});
  tell(bed, {"route", "replace"}, {{"prefix", "10.0.0.0/8"}, {"type", "blackhole"}});
  CHECK(routes(bed, "10.0.0.0/8").at(0).at("type") == "blackhole");
  CHECK(refuses(bed, {"route", "append"}, by_a));
  // A connected route belongs to its address and cannot be replaced.
  CHECK(refuses(bed, {"route", "replace"}, {{"prefix", "192.168.2.0/24"}, {"via", "192.168.1.2"}}));
  CHECK(bed.router->configuration().running_config().routes.size() == 2);
}

TEST_CASE("a gateway of a group leaves it, and the last takes the route with it") {
  Testbed bed;
  const json prefix = "10.0.0.0/8";
  tell(bed, {"route", "add"},
       {{"prefix", prefix},
        {"nexthops",
         {{{"via", "192.168.2.2"}, {"weight", 3U}},
          {{"via", "192.168.2.3"}},
          {{"via", "192.168.1.2"}, {"weight", 2U}}}}});
  CHECK(refuses(bed, {"route", "del"}, {{"prefix", prefix}, {"via", "192.168.2.9"}}));
  CHECK(refuses(
      bed, {"route", "del"},
      {{"prefix", prefix}, {"nexthops", {{{"via", "192.168.2.2"}}, {{"via", "192.168.2.9"}}}}}));
  CHECK(gateways(bed, "10.0.0.0/8").size() == 3);
  tell(bed, {"route", "del"}, {{"prefix", prefix}, {"via", "192.168.2.3"}});
  CHECK(gateways(bed, "10.0.0.0/8") == Names{"192.168.2.2", "192.168.1.2"});
  CHECK(routes(bed, "10.0.0.0/8").at(0).at("nexthops").at(0).at("weight") == 3);
  CHECK(bed.router->configuration().running_config().routes.at(0).next_hops.size() == 2);
  tell(bed, {"route", "del"}, {{"prefix", prefix}, {"port", "a"}});
  CHECK(gateways(bed, "10.0.0.0/8") == Names{"192.168.2.2"});
  tell(bed, {"route", "del"}, {{"prefix", prefix}, {"via", "192.168.2.2"}});
  CHECK(routes(bed, "10.0.0.0/8").empty());
  CHECK(bed.router->configuration().running_config().routes.empty());
}

TEST_CASE("flows stay where they are while a group's other member goes") {
  auto config = Testbed::basic_config();
  config.ecmp.seed = 1;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  answer_for(bed, kSecond, kMacFar);
  tell(bed, {"route", "add"},
       {{"prefix", "10.0.0.0/8"},
        {"nexthops",
         {{{"via", "192.168.2.2"}}, {{"via", "192.168.2.3"}}, {{"via", "192.168.1.2"}}}}});
  const auto way = [&](std::uint32_t flow) {
    return bed.router->routing().resolve(kTarget, flow).next_hop;
  };
  std::vector<Ipv4> before;
  for (std::uint32_t flow = 0; flow < 1000; ++flow) {
    before.push_back(way(flow * 0x9e3779b9U));
  }
  tell(bed, {"route", "del"}, {{"prefix", "10.0.0.0/8"}, {"via", "192.168.1.2"}});
  for (std::uint32_t flow = 0; flow < 1000; ++flow) {
    const Ipv4 now = way(flow * 0x9e3779b9U);
    REQUIRE((before[flow] == kHostA || now == before[flow]));
    REQUIRE(now != kHostA);
  }
}

TEST_CASE("a gateway that no subnet holds is a neighbor where the route says onlink") {
  Testbed bed;
  bed.resolve_hosts();
  CHECK(refuses(bed, {"route", "add"}, {{"prefix", "default"}, {"via", "203.0.113.1"}}));
  CHECK(refuses(bed, {"route", "add"},
                {{"prefix", "default"}, {"via", "203.0.113.1"}, {"port", "b"}}));
  CHECK(refuses(bed, {"route", "add"},
                {{"prefix", "default"}, {"via", "203.0.113.1"}, {"onlink", true}}));
  tell(bed, {"route", "add"},
       {{"prefix", "default"}, {"via", "203.0.113.1"}, {"port", "b"}, {"onlink", true}});
  const auto asked = to_b(bed, kTarget);
  REQUIRE(asked.size() == 1);
  CHECK(address(asked[0], kArpTarget) == kFar);
  CHECK(address(asked[0], 28) == kRouterB);
  bed.receive(kPortB, make_arp(2, kMacFar, kFar, bed.mac(kPortB), kRouterB, bed.mac(kPortB)));
  bed.run();
  const auto waited = bed.sent(kPortB);
  REQUIRE(waited.size() == 1);
  CHECK(destination_mac(waited[0]) == kMacFar);
  CHECK(goes_to(bed, kTarget, kMacFar));
  CHECK(bed.router->configuration().running_config().routes.at(0).next_hops.at(0).on_link);
  tell(bed, {"route", "del"}, {{"prefix", "default"}, {"via", "203.0.113.1"}});
  CHECK(to_b(bed, kTarget).empty());
}

TEST_CASE("a port without an address forwards by routes that name it") {
  auto config = Testbed::basic_config();
  config.ports[1].addresses.clear();
  Testbed bed{{.config = config}};
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  bed.run();
  bed.discard(kPortA);
  tell(bed, {"route", "add"},
       {{"prefix", "default"}, {"via", "203.0.113.1"}, {"port", "b"}, {"onlink", true}});
  const auto asked = to_b(bed, kTarget);
  REQUIRE(asked.size() == 1);
  // As in Linux's inet_select_addr, another port's address is used, because this port has none.
  CHECK(address(asked[0], 28) == kRouterA);
  bed.receive(kPortB, make_arp(2, kMacFar, kFar, bed.mac(kPortB), kRouterA, bed.mac(kPortB)));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
  CHECK(goes_to(bed, kTarget, kMacFar));
}

TEST_CASE("a route to a port finds each destination on its link") {
  Testbed bed;
  bed.resolve_hosts();
  tell(bed, {"route", "add"}, {{"prefix", "203.0.113.1"}, {"port", "b"}});
  CHECK(routes(bed, "203.0.113.1").at(0).at("nexthops").at(0).at("state") == "onlink");
  const auto asked = to_b(bed, kFar);
  REQUIRE(asked.size() == 1);
  CHECK(address(asked[0], kArpTarget) == kFar);
  bed.receive(kPortB, make_arp(2, kMacFar, kFar, bed.mac(kPortB), kRouterB, bed.mac(kPortB)));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
  CHECK(goes_to(bed, kFar, kMacFar));
  // The host's own next hop is in the trie now, so the workers forward without the control thread.
  CHECK(bed.router->routing().resolve(kFar, 0).kind == neigh::AdjacencyKind::kUnicast);
  // A gateway there needs no `onlink`: Linux's fib_check_nh finds it through that route.
  tell(bed, {"route", "add"}, {{"prefix", "default"}, {"via", "203.0.113.1"}, {"port", "b"}});
  CHECK(goes_to(bed, kTarget, kMacFar));
  REQUIRE(bed.router->configuration().erase_neighbor(neigh::Key4{interface_of(kPortB), kFar}));
  CHECK(bed.router->routing().resolve(kFar, 0).kind == neigh::AdjacencyKind::kGlean);
  tell(bed, {"route", "del"}, {{"prefix", "203.0.113.1"}, {"port", "b"}});
  CHECK(bed.router->routing().resolve(kFar, 0).kind != neigh::AdjacencyKind::kGlean);
}

TEST_CASE("an address with a peer has the peer's subnet") {
  Testbed bed;
  bed.resolve_hosts();
  tell(bed, {"address", "add"},
       {{"address", "10.0.0.1"}, {"peer", "203.0.113.1/32"}, {"port", "b"}});
  CHECK(refuses(bed, {"address", "add"},
                {{"address", "10.0.0.1 peer 203.0.113.1/32"}, {"port", "b"}}));
  const json peer = routes(bed, "203.0.113.1");
  REQUIRE(peer.size() == 1);
  CHECK(peer.at(0).at("source") == "10.0.0.1");
  tell(bed, {"neighbor", "add"},
       {{"address", "203.0.113.1"}, {"port", "b"}, {"mac", kMacFar.to_string()}});
  CHECK(goes_to(bed, kFar, kMacFar));
  tell(bed, {"route", "add"}, {{"prefix", "10.1.0.0/16"}, {"via", "203.0.113.1"}});
  CHECK(goes_to(bed, kTarget, kMacFar));
  const auto running = bed.router->configuration().running_config();
  CHECK(running.ports[1].addresses.back().to_string() == "10.0.0.1 peer 203.0.113.1/32");
  tell(bed, {"address", "del"}, {{"address", "10.0.0.1 peer 203.0.113.1/32"}, {"port", "b"}});
  CHECK(routes(bed, "203.0.113.1").empty());
  CHECK(routes(bed, "10.0.0.1").empty());
}

TEST_CASE("an error carries the source of the route that it goes by") {
  Testbed bed;
  bed.resolve_hosts();
  tell(bed, {"address", "add"}, {{"address", "192.0.2.1/32"}, {"port", "a"}});
  tell(bed, {"route", "add"},
       {{"prefix", "50.0.0.0/8"}, {"via", "192.168.2.2"}, {"source", "192.0.2.1"}});
  tell(bed, {"route", "add"}, {{"prefix", "51.0.0.0/8"}, {"via", "192.168.2.2"}});
  const auto error_to = [&](Ipv4 sender) {
    Ipv4Fields fields;
    fields.source_mac = kMacB;
    fields.destination_mac = bed.mac(kPortB);
    fields.source = sender;
    fields.destination = kHostA;
    fields.ttl = 1;
    bed.receive(kPortB, make_ipv4(fields));
    bed.advance(2s);
    const auto frames = bed.sent(kPortB);
    return frames.empty() ? Ipv4{} : ip_source(frames.back());
  };
  CHECK(error_to({50, 1, 1, 1}) == Ipv4{192, 0, 2, 1});
  CHECK(error_to({51, 1, 1, 1}) == kRouterB);
  // A route is removed with its source address, but not while another port has that address.
  tell(bed, {"address", "add"}, {{"address", "192.0.2.1/32"}, {"port", "b"}});
  tell(bed, {"address", "del"}, {{"address", "192.0.2.1/32"}, {"port", "a"}});
  CHECK(routes(bed, "50.0.0.0/8").size() == 1);
  tell(bed, {"address", "del"}, {{"address", "192.0.2.1/32"}, {"port", "b"}});
  CHECK(routes(bed, "50.0.0.0/8").empty());
  CHECK(routes(bed, "51.0.0.0/8").size() == 1);
}

TEST_CASE("two ports share a subnet: the first is used, and the second when that has gone") {
  Testbed bed;
  bed.resolve_hosts();
  const auto ports = [&](const char* prefix) {
    Names names;
    for (const json& route : routes(bed, prefix)) {
      names.push_back(route.at("nexthops").at(0).at("port").get<std::string>());
    }
    return names;
  };
  tell(bed, {"address", "add"}, {{"address", "192.168.2.7/24"}, {"port", "a"}});
  CHECK(ports("192.168.2.0/24") == Names{"b", "a"});
  CHECK(bed.router->routing().resolve(kHostB, 0).port == interface_of(kPortB));
  tell(bed, {"link", "set"}, {{"port", "b"}, {"up", false}});
  CHECK(ports("192.168.2.0/24") == Names{"a"});
  CHECK(bed.router->routing().resolve(kHostB, 0).port == interface_of(kPortA));
  tell(bed, {"link", "set"}, {{"port", "b"}, {"up", true}});
  CHECK(ports("192.168.2.0/24") == Names{"b", "a"});
  // If both ports have the same address, it is the router's own while either has it.
  tell(bed, {"address", "add"}, {{"address", "192.168.2.1/24"}, {"port", "a"}});
  tell(bed, {"address", "del"}, {{"address", "192.168.2.1/24"}, {"port", "b"}});
  CHECK(bed.router->world().is_own(kRouterB));
  CHECK(routes(bed, "192.168.2.1").at(0).at("type") == "local");
  CHECK(routes(bed, "192.168.2.255").at(0).at("type") == "broadcast");
  tell(bed, {"address", "del"}, {{"address", "192.168.2.1/24"}, {"port", "a"}});
  CHECK_FALSE(bed.router->world().is_own(kRouterB));
  CHECK(routes(bed, "192.168.2.255").at(0).at("type") == "broadcast");
  tell(bed, {"address", "del"}, {{"address", "192.168.2.7/24"}, {"port", "a"}});
  CHECK(routes(bed, "192.168.2.255").empty());
}

TEST_CASE("a static route may equal a connected subnet, as a configuration may say") {
  auto config = Testbed::basic_config();
  config::Route route;
  route.to = Prefix4{Ipv4{192, 168, 2, 0}, 24};
  route.next_hops = {{kHostA, 1}};
  config.routes = {route};
  Testbed bed{{.config = config}};
  CHECK(gateways(bed, "192.168.2.0/24") == Names{"-", "192.168.1.2"});
  CHECK(bed.router->routing().resolve(kHostB, 0).port == interface_of(kPortB));
  tell(bed, {"link", "set"}, {{"port", "b"}, {"up", false}});
  CHECK(bed.router->routing().resolve(kHostB, 0).next_hop == kHostA);
  tell(bed, {"link", "set"}, {{"port", "b"}, {"up", true}});
  CHECK(bed.router->routing().resolve(kHostB, 0).port == interface_of(kPortB));
  CHECK(bed.router->configuration().running_config().routes == config.routes);
  // As in Linux, the route that was added first is used.
  tell(bed, {"route", "add"}, {{"prefix", "10.0.0.0/24"}, {"via", "192.168.1.2"}});
  tell(bed, {"address", "add"}, {{"address", "10.0.0.1/24"}, {"port", "b"}});
  CHECK(gateways(bed, "10.0.0.0/24") == Names{"192.168.1.2", "-"});
  CHECK(refuses(bed, {"route", "add"}, {{"prefix", "192.168.1.0/24"}, {"via", "192.168.2.2"}}));
}

TEST_CASE("several settings of a link are made together or not at all") {
  Testbed bed;
  const Mac before = bed.mac(kPortB);
  CHECK(refuses(bed, {"link", "set"},
                {{"port", "b"}, {"mtu", 1400U}, {"mac", "01:00:5e:00:00:01"}, {"up", false}}));
  CHECK(refuses(bed, {"link", "set"}, {{"port", "b"}, {"mac", "02:00:00:00:00:77"}, {"mtu", 50U}}));
  CHECK(bed.router->world().port(interface_of(kPortB)).mtu == 1500);
  CHECK(bed.router->world().port(interface_of(kPortB)).up);
  CHECK(bed.mac(kPortB) == before);
  CHECK_FALSE(bed.router->configuration().running_config().ports[1].mac);
  tell(bed, {"link", "set"}, {{"port", "b"}, {"mac", "02:00:00:00:00:77"}, {"mtu", 1400U}});
  CHECK(bed.mac(kPortB) == Mac{{2, 0, 0, 0, 0, 0x77}});
  tell(bed, {"link", "set"}, {{"port", "b"}, {"mac", before.to_string()}});
  CHECK_FALSE(bed.router->configuration().running_config().ports[1].mac);
}

}  // namespace ringroad::test

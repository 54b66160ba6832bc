// SPDX-License-Identifier: BSD-3-Clause
// The verbs of roadctl, applied to a router that has forwarded, refused and learned.
#include "control/verbs.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "testbed.hpp"

namespace ringroad::test {
namespace {

nlohmann::json ask(Testbed& bed, const nlohmann::json& verb, const nlohmann::json& options = {}) {
  const auto answer = control::carry_out(
      *bed.router,
      {{"verb", verb}, {"options", options.is_null() ? nlohmann::json::object() : options}});
  INFO(verb << ": " << (answer ? "" : answer.error().what));
  REQUIRE(answer);
  return *answer;
}

}  // namespace

TEST_CASE("every verb that shows answers, of every port and sub-interface") {
  Testbed::Options options;
  options.config.ports.push_back(sub_interface("a.9", "a", 9, {Ipv4{10, 9, 0, 1}, 24}));
  Testbed bed{std::move(options)};
  bed.resolve_hosts();
  Ipv4Fields fields = bed.from_a_to_b();
  bed.receive(kPortA, make_ipv4(fields));
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  fields.bad_checksum = true;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();

  for (const char* const what : {"ports", "workers", "routes", "neighbors", "bands", "drops",
                                 "counters", "memory", "config", "load"}) {
    CHECK_FALSE(ask(bed, {"show", what}).is_null());
  }
  const auto counters = ask(bed, {"show", "counters"});
  CHECK(counters.at("IpInHdrErrors") == 2);
  for (std::size_t i = 0; i < stats::kIpCounters; ++i) {
    CHECK(counters.contains(stats::name(static_cast<stats::IpCounter>(i))));
  }
  const auto ports = ask(bed, {"show", "ports"});
  REQUIRE(ports.size() == 3);
  CHECK(ports[0].at("rx_packets") == 4);
  CHECK(ports[2].at("name") == "a.9");
  REQUIRE(ports[2].at("vlan").at("tags").size() == 1);
  CHECK(ports[2].at("vlan").at("tags")[0].at("id") == 9);
}

TEST_CASE("ports count the frames and the bytes that came and went") {
  Testbed bed;
  bed.resolve_hosts();
  const auto totals = [&] {
    const auto ports = ask(bed, {"show", "ports"});
    std::vector<std::uint64_t> counts;
    for (const auto& port : {ports.at(0), ports.at(1)}) {
      for (const char* const key : {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes"}) {
        counts.push_back(port.at(key));
      }
    }
    return counts;
  };
  const auto before = totals();
  const Frame frame = make_ipv4(bed.from_a_to_b());
  for (int i = 0; i < 10; ++i) {
    bed.receive(kPortA, frame);
  }
  bed.run();
  auto expected = before;
  expected[0] += 10;
  expected[1] += 10 * frame.size();
  expected[6] += 10;
  expected[7] += 10 * frame.size();
  CHECK(totals() == expected);
}

TEST_CASE("nothing is counted before the first packet") {
  Testbed bed;
  const auto ports = ask(bed, {"show", "ports"});
  for (const auto& port : ports) {
    for (const char* const key : {"rx_packets", "rx_bytes", "tx_requeued"}) {
      CHECK(port.at(key) == 0);
    }
  }
}

TEST_CASE("every loop of a worker is counted once, and what it forwards is not copied") {
  Testbed bed;
  CHECK(ask(bed, {"show", "workers"})[0].at("cycles_per_packet").is_null());
  bed.resolve_hosts();
  for (int i = 0; i < 100; ++i) {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  }
  bed.run();
  CHECK(bed.sent(kPortB).size() >= 100);
  const auto worker = ask(bed, {"show", "workers"})[0];
  CHECK(worker.at("copied_bytes") == 0);
  CHECK(worker.at("busy_polls") > 0);
  CHECK(worker.at("since_start").at("cycles_per_packet") > 0);
  CHECK(worker.at("control_polls") > 0);  // requests for the hosts' addresses
  CHECK(worker.at("empty_polls") > 0);
  CHECK(worker.at("busy_polls").get<int>() + worker.at("control_polls").get<int>() +
            worker.at("empty_polls").get<int>() ==
        worker.at("polls").get<int>());
  const auto load = worker.at("since_start");
  CHECK(load.at("busy_percent").get<double>() + load.at("control_percent").get<double>() +
            load.at("idle_percent").get<double>() ==
        Approx(100).margin(0.2));

  Ipv4Fields expired = bed.from_a_to_b();
  expired.ttl = 1;
  bed.receive(kPortA, make_ipv4(expired));
  bed.run();
  const auto copied = ask(bed, {"show", "memory"}).at("copied_bytes");
  CHECK(copied.at("icmp_errors") > 0);
  CHECK(copied.at("fragments") == 0);
}

TEST_CASE("links and addresses are changed by what roadctl sends") {
  Testbed bed;
  static_cast<void>(
      ask(bed, {"link", "set"}, {{"port", "b"}, {"mtu", 1400U}, {"mac", "02:00:00:00:00:77"}}));
  static_cast<void>(ask(bed, {"address", "add"}, {{"port", "b"}, {"address", "10.5.0.1/24"}}));
  static_cast<void>(ask(bed, {"link", "set"}, {{"port", "a"}, {"up", false}}));
  const auto ports = ask(bed, {"show", "ports"});
  CHECK(ports[0].at("link") == "down");
  CHECK(ports[1].at("mtu") == 1400);
  CHECK(ports[1].at("mac") == "02:00:00:00:00:77");
  CHECK(ports[1].at("addresses").size() == 2);
  static_cast<void>(ask(bed, {"address", "del"}, {{"port", "b"}, {"address", "10.5.0.1/24"}}));
  static_cast<void>(ask(bed, {"address", "del"}, {{"port", "b"}, {"address", "192.168.2.1/24"}}));
  const auto bare = ask(bed, {"show", "ports"})[1];
  CHECK(bare.at("addresses").empty());
  CHECK(bare.at("link") == "up");
  const auto refused = control::carry_out(
      *bed.router, {{"verb", {"link", "set"}}, {"options", {{"port", "b"}, {"up", "yes"}}}});
  CHECK_FALSE(refused);
}

TEST_CASE("a request that lacks what it needs is refused") {
  Testbed bed;
  const auto refused = [&](const nlohmann::json& verb, const nlohmann::json& options) {
    return !control::carry_out(*bed.router, {{"verb", verb}, {"options", options}});
  };
  const auto nothing = nlohmann::json::object();
  CHECK(refused({"show", "routes"}, {{"after", {{"prefix", "10.0.0.0/8"}}}, {"limit", 3U}}));
  CHECK(refused({"show", "neighbors"}, {{"after", nothing}, {"limit", 3U}}));
  for (const char* const group : {"route", "neighbor", "address", "link"}) {
    for (const char* const verb : {"add", "del", "get", "load", "set"}) {
      CHECK(refused({group, verb}, nothing));
    }
  }
}

TEST_CASE("delays are measured when asked for") {
  Testbed::Options options;
  config::Scheduler scheduler;
  scheduler.name = "edge";
  scheduler.rate = BitsPerSecond{8'000'000};
  scheduler.burst = Bytes{2000};
  options.config.schedulers = {scheduler};
  options.config.ports[1].scheduler = "edge";
  Testbed bed{std::move(options)};
  bed.resolve_hosts();
  CHECK_FALSE(ask(bed, {"show", "bands"}, {{"port", "b"}})[0]["bands"][1].contains("delay_ns"));
  ask(bed, {"bands", "delays"}, {{"on", true}, {"port", "b"}});
  for (int i = 0; i < 10; ++i) {
    auto fields = bed.from_a_to_b();
    fields.payload.assign(966, 0);
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.advance_in_steps(std::chrono::milliseconds{50}, std::chrono::milliseconds{1});
  const auto bands = ask(bed, {"show", "bands"}, {{"port", "b"}});
  REQUIRE(bands.size() == 1);
  CHECK(bands[0]["bands"][1]["delay_ns"]["samples"] == 10);
  CHECK(bands[0]["bands"][1]["delay_ns"]["max"].get<std::uint64_t>() >= 7'000'000);
  ask(bed, {"bands", "delays"}, {{"on", false}});
  CHECK_FALSE(ask(bed, {"show", "bands"})[0]["bands"][1].contains("delay_ns"));
}

}  // namespace ringroad::test

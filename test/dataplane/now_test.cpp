// SPDX-License-Identifier: BSD-3-Clause
// What is reported of the last second and the last minute.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "control/verbs.hpp"
#include "testbed.hpp"

namespace ringroad::test {
namespace {

using nlohmann::json;

json ask(Testbed& bed, const json& verb, const json& options = json::object()) {
  const auto answer = control::carry_out(*bed.router, {{"verb", verb}, {"options", options}});
  INFO(verb << ": " << (answer ? "" : answer.error().what));
  REQUIRE(answer);
  return *answer;
}

// In each tenth of a second, so many packets from host A to host B.
void forward(Testbed& bed, int packets, int tenths) {
  const Frame frame = make_ipv4(bed.from_a_to_b());
  for (int i = 0; i < tenths; ++i) {
    for (int j = 0; j < packets; ++j) {
      bed.receive(kPortA, frame);
    }
    bed.run();
    bed.advance(100ms);
    bed.discard(kPortB);
    bed.discard(kPortA);
  }
}

void expire(Testbed& bed, int packets) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.ttl = 1;
  for (int i = 0; i < packets; ++i) {
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  bed.discard(kPortA);
}

}  // namespace

TEST_CASE("rates of a port are of the last second, beside its totals") {
  Testbed bed;
  bed.resolve_hosts();
  forward(bed, 100, 30);
  const std::size_t bytes = make_ipv4(bed.from_a_to_b()).size();
  auto ports = ask(bed, {"show", "ports"});
  CHECK(ports[0].at("rx_packets_per_second") == 1000);
  CHECK(ports[0].at("rx_bits_per_second") == 8000 * bytes);
  CHECK(ports[0].at("tx_packets_per_second") == 0);
  CHECK(ports[1].at("tx_packets_per_second") == 1000);
  CHECK(ports[1].at("tx_bits_per_second") == 8000 * bytes);
  CHECK(ports[0].at("rx_packets") >= 3000);
  const auto speed = ports[0].at("speed_mbps").get<double>();
  REQUIRE(speed > 0);
  CHECK(ports[0].at("rx_percent").get<double>() ==
        Approx(100 * 8000.0 * static_cast<double>(bytes + 24) / (speed * 1e6)).margin(0.051));
  const auto bands = ask(bed, {"show", "bands"}, {{"port", "b"}});
  CHECK(bands[0].at("sent_packets_per_second") == 1000);
  CHECK(bands[0].at("dropped_per_second") == 0);
  std::uint64_t sum = 0;
  for (const json& band : bands[0].at("bands")) {
    sum += band.at("sent_packets_per_second").get<std::uint64_t>();
  }
  CHECK(sum == 1000);

  forward(bed, 0, 20);
  ports = ask(bed, {"show", "ports"});
  CHECK(ports[0].at("rx_packets_per_second") == 0);
  CHECK(ports[1].at("tx_bits_per_second") == 0);
  CHECK(ports[0].at("rx_packets") >= 3000);
}

TEST_CASE("a worker's load and its cycles a packet are those of the last second") {
  Testbed bed;
  bed.resolve_hosts();
  forward(bed, 200, 30);
  auto worker = ask(bed, {"show", "workers"})[0];
  CHECK(worker.at("packets_per_second") == 2000);
  CHECK(worker.at("cycles_per_packet") > 0);
  CHECK(worker.at("busy_percent") > 0);
  const auto busy = worker.at("since_start").at("cycles_per_packet");
  CHECK(busy > 0);
  // Without packets there are no cycles a packet, whatever there was before.
  forward(bed, 0, 20);
  worker = ask(bed, {"show", "workers"})[0];
  CHECK(worker.at("packets_per_second") == 0);
  CHECK(worker.at("busy_percent") == 0);
  CHECK(worker.at("idle_percent").get<double>() + worker.at("control_percent").get<double>() ==
        Approx(100).margin(0.2));
  CHECK(worker.at("cycles_per_packet").is_null());
  CHECK(worker.at("cycles").at("rx").is_null());
  CHECK(worker.at("since_start").at("cycles_per_packet") > 0);
  CHECK(worker.at("since_start").at("busy_percent") > 0);
}

TEST_CASE("time that a worker slept is idle time, whatever woke it") {
  auto config = Testbed::basic_config();
  config.engine.idle = IdleMode::kPause;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  worker::Worker& worker = *bed.router->workers()[0];
  const std::uint64_t busy = worker.counters().busy_cycles.get();
  const std::uint64_t idle = worker.counters().idle_cycles.get();
  for (int i = 0; i < 20; ++i) {
    while (worker.poll_once()) {
    }
    // It sleeps in the last of these polls, and the next one finds a packet.
    const std::uint64_t sleeps = worker.sleeper().counters().sleeps.get();
    while (worker.sleeper().counters().sleeps.get() < sleeps + 20) {
      worker.poll_once();
    }
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    CHECK(worker.poll_once());
    bed.discard(kPortB);
  }
  // Each round has 20 sleeps of 1 to 20 us and more.
  CHECK(worker.counters().idle_cycles.get() - idle >
        5 * (worker.counters().busy_cycles.get() - busy));
}

TEST_CASE(
    "drops are reported by reason and port: in total, of the last second, of the last minute") {
  Testbed bed;
  bed.resolve_hosts();
  forward(bed, 0, 20);
  CHECK(ask(bed, {"show"}).at("drops_last_minute").empty());
  expire(bed, 7);
  auto drop = ask(bed, {"show", "drops"})[0];
  CHECK(drop.at("reason") == "ttl_exceeded");
  CHECK(drop.at("packets") == 7);
  CHECK(drop.at("last_minute") == 7);  // at once, not only at the next sample
  forward(bed, 0, 10);
  drop = ask(bed, {"show", "drops"})[0];
  CHECK(drop.at("per_second") == 7);
  CHECK(drop.at("ports") == json{{"a", 7}});
  auto port = ask(bed, {"show", "ports"})[0];
  CHECK(port.at("drops") == json{{"ttl_exceeded", 7}});
  CHECK(port.at("drops_per_second") == json{{"ttl_exceeded", 7}});
  CHECK(ask(bed, {"show", "ports"})[1].at("drops").empty());
  CHECK(ask(bed, {"show", "drops"}, {{"port", "b"}}).empty());
  forward(bed, 0, 20);
  drop = ask(bed, {"show", "drops"})[0];
  CHECK(drop.at("per_second") == 0);
  CHECK(drop.at("last_minute") == 7);
  port = ask(bed, {"show", "ports"})[0];
  CHECK(port.at("drops_per_second").empty());
  forward(bed, 0, 600);
  drop = ask(bed, {"show", "drops"})[0];
  CHECK(drop.at("packets") == 7);
  CHECK(drop.at("last_minute") == 0);
  CHECK(ask(bed, {"show"}).at("drops_last_minute").empty());
}

TEST_CASE("delays are reported of the last second too, and can be measured anew") {
  Testbed bed;
  bed.resolve_hosts();
  bed.router->measure_delays(std::nullopt, true);
  const auto band = [&] {
    const auto bands = ask(bed, {"show", "bands"}, {{"port", "b"}});
    json sum{{"delay_ns", 0}, {"recent_delay_ns", 0}};
    for (const json& one : bands[0].at("bands")) {
      for (const auto& [key, value] : sum.items()) {
        value = value.get<std::uint64_t>() + one.at(key).at("samples").get<std::uint64_t>();
      }
    }
    return sum;
  };
  forward(bed, 10, 30);
  CHECK(band() == json{{"delay_ns", 300}, {"recent_delay_ns", 100}});
  forward(bed, 0, 20);
  CHECK(band() == json{{"delay_ns", 300}, {"recent_delay_ns", 0}});
  static_cast<void>(ask(bed, {"bands", "delays"}, {{"reset", true}}));
  CHECK(band() == json{{"delay_ns", 0}, {"recent_delay_ns", 0}});
  forward(bed, 1, 5);
  const std::uint64_t anew = band().at("delay_ns");
  CHECK(anew >= 5);
  CHECK(anew <= 8);  // requests for the host's address may be among them
  // What is not measured is not begun by a reset.
  bed.router->measure_delays(std::nullopt, false);
  static_cast<void>(ask(bed, {"bands", "delays"}, {{"reset", true}}));
  CHECK_FALSE(ask(bed, {"show", "bands"})[0].at("bands")[0].contains("delay_ns"));
  CHECK_FALSE(control::carry_out(
      *bed.router, {{"verb", {"bands", "delays"}}, {"options", {{"reset", true}, {"on", true}}}}));
}

TEST_CASE("the router as a whole is reported in one answer") {
  Testbed bed{{.identity = {.version = "1.2.3",
                            .commit = "abc",
                            .config_path = "/etc/r.yaml",
                            .config_hash = "00ff"}}};
  bed.resolve_hosts();
  forward(bed, 10, 30);
  const auto router = ask(bed, {"show"});
  CHECK(router.at("version") == "1.2.3");
  CHECK(router.at("commit") == "abc");
  CHECK(router.at("config") == json{{"path", "/etc/r.yaml"}, {"hash", "00ff"}});
  CHECK(std::isdigit(router.at("dpdk").get<std::string>().at(0)) != 0);
  CHECK(router.at("uptime_seconds") == 3);
  REQUIRE(router.at("ports").size() == 2);
  CHECK(router.at("ports")[0].at("link") == "up");
  CHECK(router.at("ports")[0].at("rx_packets_per_second") == 100);
  REQUIRE(router.at("workers").size() == 1);
  CHECK(router.at("workers")[0].at("packets_per_second") == 100);
  CHECK(router.at("routes") == json{{"ipv4", bed.router->main_routes()}, {"ipv6", 0}});
  std::uint64_t neighbors = 0;
  for (const auto& [state, count] : router.at("neighbors").items()) {
    neighbors += count.get<std::uint64_t>();
  }
  CHECK(neighbors == 2);
  CHECK(router.at("neighbors").at("FAILED") == 0);
  CHECK_FALSE(control::carry_out(*bed.router, {{"verb", {"show"}}, {"options", {{"moon", true}}}}));
}

}  // namespace ringroad::test

// SPDX-License-Identifier: BSD-3-Clause
// A reload makes the router what a start with the file makes it, or changes nothing.
#include "control/reload.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <variant>

#include "base/prefix.hpp"
#include "fib/prefix_file.hpp"
#include "random_changes.hpp"
#include "reload_configs.hpp"
#include "reloading.hpp"

namespace ringroad::test {
namespace {

constexpr const char* kOther = R"(
arp: {notify: false, retransmit: 2s}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24], mtu: 1400}
  b: {device: net_ring1, addresses: [192.168.2.1/24, 192.168.3.1/24], rp_filter: strict}
tables: {green: 10}
routes:
  - {to: 10.0.0.0/8, via: 192.168.2.3}
  - {to: 10.5.0.0/16, type: blackhole}
  - {to: 10.6.0.0/16, via: 192.168.3.9, table: green, metric: 5}
neighbors:
  - {address: 192.168.2.9, port: b, mac: "02:00:00:00:00:09"}
icmp: {rate: 7}
)";

}  // namespace

TEST_CASE("a reload answers with what changed, and the router is as after a start") {
  std::string fresh;
  {
    Testbed bed{{.config = config_of(kOther)}};
    fresh = State{bed}.text();
  }
  Reloading router{kPlain};
  const auto answer = router.reload(kOther);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(answer->at("applied") == true);
  CHECK(answer->at("routes") == json({{"added", 2}, {"removed", 0}, {"changed", 1}}));
  CHECK(keys_of(*answer) ==
        std::vector<std::string>{
            "changed ports.a.mtu", "added ports.b.addresses", "changed ports.b.rp_filter",
            "added tables.green", "added neighbors[192.168.2.9 port b]", "changed arp.retransmit",
            "changed icmp.rate", "added routes[10.6.0.0/16 metric 5 table green]",
            "changed routes[10.0.0.0/8]", "added routes[10.5.0.0/16]"});
  CHECK(difference(fresh, State{router.bed}.text()).empty());
  const auto again = router.reload(kOther);
  REQUIRE(again);
  CHECK(again->at("changes").empty());
}

TEST_CASE("a reload reads a changed file of routes of both families") {
  constexpr const char* kDual = R"(
arp: {notify: false}
nd: {dad_transmits: 0}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24]}
  b: {device: net_ring1, addresses: [192.168.2.1/24, "2001:db8:2::1/64"]}
routes:
  - {to: "2001:db8:77::/48", via: "2001:db8:2::9"}
)";
  const Folder folder;
  const std::string file = folder / "prefixes";
  const auto yaml = [&](const std::string& metric) {
    return fmt::format("{}  - {{file: {}, via: [192.168.2.2, \"2001:db8:2::2\"]{}}}\n", kDual, file,
                       metric);
  };
  constexpr const char* kChanged =
      "10.2.0.0/16\n2001:db8:b::/48\n2001:db8:c::/48\n2001:db8:d::/48\n";
  std::ofstream{file} << kChanged;
  std::string fresh;
  {
    Testbed bed{{.config = config_of(yaml(""))}};
    fresh = State{bed}.text();
  }
  Reloading router{kDual};
  std::ofstream{file} << "10.1.0.0/16\n2001:db8:a::/48\n2001:db8:b::/48\n10.2.0.0/16\n";
  REQUIRE(router.reload(yaml("")));
  CHECK(router.bed.router->configuration().running_config().route_files.size() == 1);

  std::ofstream{file} << kChanged;
  fail_each_step(router, yaml(""), 5);
  CHECK(difference(fresh, State{router.bed}.text()).empty());
  const auto again = router.reload(yaml(""));
  REQUIRE(again);
  CHECK(again->at("changes").empty());

  const auto moved = router.reload(yaml(", metric: 7"));
  REQUIRE(moved);
  CHECK(moved->at("routes") == json({{"added", 4}, {"removed", 4}, {"changed", 0}}));
  CHECK(std::ranges::count(keys_of(*moved), "added routes[2001:db8:d::/48 metric 7]") == 1);
  std::ofstream{file} << "10.2.0.0/16\n2001:db8:b::/48\n2001:db8:b::/48\n";
  const auto twice = router.reload(yaml(""));
  REQUIRE_FALSE(twice);
  CHECK(twice.error().what.ends_with(file + ": 2001:db8:b::/48 is there twice"));
}

TEST_CASE("a reload sets and keeps IPv4 routes by IPv6 gateways") {
  constexpr const char* kPorts = R"(
arp: {notify: false}
nd: {dad_transmits: 0}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24]}
  b: {device: net_ring1, addresses: ["2001:db8:2::1/64"]}
)";
  const std::string with = std::string{kPorts} + R"(
routes:
  - {to: 0.0.0.0/0, via: "fe80::2", port: b}
  - {to: 10.0.0.0/8, via: "2001:db8:2::2"}
  - to: 10.1.0.0/16
    nexthops: [{via: 192.168.1.2}, {via: "2001:db8:2::2", weight: 2}]
)";
  std::string fresh;
  {
    Testbed bed{{.config = config_of(with)}};
    fresh = State{bed}.text();
  }
  Reloading router{kPorts};
  const std::string before = State{router.bed}.text();
  const auto answer = router.reload(with);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(answer->at("routes") == json({{"added", 3}, {"removed", 0}, {"changed", 0}}));
  CHECK(difference(fresh, State{router.bed}.text()).empty());
  CHECK(router.reload(with)->at("changes").empty());
  REQUIRE(router.reload(kPorts));
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("a check of a reload changes nothing") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  const auto answer = router.reload(kOther, {{"check", true}});
  REQUIRE(answer);
  CHECK(answer->at("applied") == false);
  CHECK(answer->at("changes").size() == 10);
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("what changes were made since the start, a reload brings the router to the file") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  REQUIRE(router.carry_out({"route", "del"}, {{"prefix", "10.0.0.0/8"}}));
  REQUIRE(router.carry_out({"route", "add"}, {{"prefix", "10.1.0.0/16"}, {"via", "192.168.1.7"}}));
  REQUIRE(router.carry_out({"link", "set"}, {{"port", "a"}, {"mtu", 1300U}}));
  REQUIRE(router.carry_out({"link", "set"}, {{"port", "b"}, {"up", false}}));
  const auto answer = router.reload(kPlain);
  REQUIRE(answer);
  CHECK(keys_of(*answer) == std::vector<std::string>{"changed ports.a.mtu", "changed ports.b.up",
                                                     "added routes[10.0.0.0/8]",
                                                     "removed routes[10.1.0.0/16]"});
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("a reload that needs a restart, or a file with problems, changes nothing") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  const std::string file = router.write_text(
      "engine:\n  workers: [1, 2]\nports:\n  a: {queues: 3, device: net_ring0}\n  b: {device: "
      "net_ring1, mtu: 1400}\n");
  const auto refused = router.carry_out({"reload"}, {{"file", file}});
  REQUIRE(!refused);
  CHECK(refused.error().what.starts_with(
      file + ":2:3: engine.workers: from [1] to [1, 2] needs a restart\n"));
  CHECK(refused.error().what.find(":4:7: ports.a.queues: ") != std::string::npos);
  CHECK(difference(before, State{router.bed}.text()).empty());

  const auto broken = router.reload_text("ports: {a: {mtu: 1}}\n");
  REQUIRE(!broken);
  CHECK(broken.error().what.find(":1:18: ports.a.mtu: ") != std::string::npos);
  const auto absent = router.carry_out({"reload"}, {{"file", "/nowhere.yaml"}});
  REQUIRE(!absent);
  CHECK(absent.error().what == "/nowhere.yaml: cannot read: No such file or directory");
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("whichever step of a reload fails, nothing is changed") {
  Reloading router{kPlain};
  fail_each_step(router, kOther, 5);
}

TEST_CASE("a reload goes back by itself unless it is confirmed") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  const auto answer = router.reload(kOther, {{"confirm", 60U}});
  REQUIRE(answer);
  CHECK(answer->at("confirm_seconds") == 60);
  const std::string after = State{router.bed}.text();
  router.bed.advance(59s);
  CHECK(difference(after, State{router.bed}.text()).empty());

  // Nothing else may change the router meanwhile.
  const auto second = router.reload(kPlain);
  REQUIRE(!second);
  CHECK(second.error().what.find("roadctl confirm") != std::string::npos);
  CHECK(!router.carry_out({"route", "del"}, {{"prefix", "10.0.0.0/8"}}));

  router.bed.advance(2s);
  CHECK(difference(before, State{router.bed}.text()).empty());
  CHECK(!router.carry_out({"confirm"}));

  REQUIRE(router.reload(kOther, {{"confirm", 60U}}));
  REQUIRE(router.carry_out({"confirm"}));
  router.bed.advance(61s);
  CHECK(difference(after, State{router.bed}.text()).empty());
  CHECK(!router.carry_out({"confirm"}));
}

TEST_CASE("a flow that a reload does not touch loses no packet") {
  lose_nothing_while_reloading(kOther, 8);
}

TEST_CASE("of random pairs of configurations, a reload from one to the other is like a start") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    const Folder folder;
    RandomReload random{seed, folder};
    const std::string from = random.valid();
    const std::string to = random.valid();
    std::string fresh;
    {
      Testbed bed{{.config = config_of(to)}};
      bed.run();
      fresh = State{bed}.text();
    }
    Reloading router{from};
    if (seed % 2 == 0) {
      RandomChanges changes{seed};
      for (int i = 0; i < 20; ++i) {
        static_cast<void>(control::carry_out(*router.bed.router, changes.next().json()));
        router.bed.run();
      }
    }
    router.drain();
    const auto answer = router.reload(to);
    INFO(from << "-----\n" << to);
    INFO((answer ? "" : answer.error().what));
    REQUIRE(answer);
    CHECK(difference(fresh, State{router.bed}.text()).empty());
    router.drain();
  }
}

// Takes 2 s with optimization, besides the start; run by hand:
// build/release/test/dataplane/dataplane '900*'.
TEST_CASE("900,000 routes of which 1,000 differ are reloaded at once, and other flows lose nothing",
          "[.long]") {
  constexpr std::size_t kRoutes = 900'000;
  constexpr std::size_t kDifferent = 1000;
  const auto all = fib::read_prefix_file(INTERNET_PREFIXES);
  REQUIRE(all);
  std::vector<Prefix4> prefixes = all->prefixes;
  std::erase_if(prefixes, [](Prefix4 prefix) {
    return !is_routable(prefix) || prefix.contains(Ipv4{192, 168, 2, 1});
  });
  for (std::uint32_t i = 0; prefixes.size() < kRoutes + kDifferent; ++i) {
    prefixes.emplace_back(Ipv4{(100U << 24U) + (i << 6U)}, 27);
  }
  std::ranges::sort(prefixes);
  const auto [first, last] = std::ranges::unique(prefixes);
  prefixes.erase(first, last);
  Reloading router{kPlain};
  const auto write = [&](const std::string& name, std::size_t from) {
    std::ofstream file{router.folder / name};
    for (std::size_t i = from; i < from + kRoutes && i < prefixes.size(); ++i) {
      file << prefixes[i].to_string() << '\n';
    }
    return fmt::format("{}  - {{file: {}, via: 192.168.2.9}}\n", kPlain, router.folder / name);
  };
  REQUIRE(router.reload(write("one", 0)));
  router.bed.resolve_hosts();
  const json request{{"verb", {"reload"}},
                     {"options", {{"file", router.write(write("two", kDifferent / 2))}}}};

  REQUIRE(router.bed.router->start_workers());
  const Frame frame = make_ipv4(router.bed.from_a_to_b());
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Clock::duration longest{};
  auto reply = control::begin(*router.bed.router, request);
  auto* const later = std::get_if<std::unique_ptr<control::Later>>(&reply);
  REQUIRE(later != nullptr);
  std::string line;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (bool over = false; !over;) {
    for (int i = 0; i < 32; ++i, ++in) {
      router.bed.receive(kPortA, frame);
    }
    const Clock::time_point round = Clock::now();
    router.bed.router->run_once();
    over = (*later)->advance(line);
    longest = std::max(longest, Clock::now() - round);
    out += router.bed.discard(kPortB);
    std::this_thread::sleep_for(100us);
  }
  const std::chrono::duration<double, std::milli> took = Clock::now() - start;
  for (int wait = 0; wait < 1000 && out < in; ++wait) {
    std::this_thread::sleep_for(1ms);
    out += router.bed.discard(kPortB);
  }
  router.bed.router->stop_workers();
  const json answer = json::parse(line).at("ok");
  WARN(fmt::format("{} routes, {} changes: {:.0f} ms, longest round {:.1f} ms", kRoutes,
                   answer.at("changes").size(), took.count(),
                   std::chrono::duration<double, std::milli>{longest}.count()));
  CHECK(answer.at("routes") ==
        json({{"added", kDifferent / 2}, {"removed", kDifferent / 2}, {"changed", 0}}));
  CHECK(out == in);
  CHECK(router.bed.all_drops() == 0);
}

}  // namespace ringroad::test

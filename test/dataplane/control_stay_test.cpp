// SPDX-License-Identifier: BSD-3-Clause
// Measures how long one round of the control thread, or one request, holds the thread, with an
// Internet table through one gateway and 65,536 neighbors. While the thread is held, a ping is not
// answered. Prints a table; run by hand: build/release/test/dataplane/dataplane '[.long]' -d yes
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "control/api_protocol.hpp"
#include "control/verbs.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;

namespace {

constexpr std::uint32_t kHosts = 65'536;
constexpr Ipv4 kRouterWide{10, 0, 0, 1};
const char* const kInternet = INTERNET_PREFIXES;

Ipv4 host_at(std::uint32_t number) { return Ipv4{(10U << 24U) + 256 + number}; }
Mac mac_of(std::uint32_t number) {
  return {{0x02, 1, 0, static_cast<std::uint8_t>(number >> 16U),
           static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)}};
}

// The CPU time of this thread, so that other programs do not distort it.
double milliseconds_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

config::Config wide_config() {
  config::Config config = Testbed::basic_config();
  config.ports[1].addresses = {{kRouterWide, 8}};
  config.arp.gc_thresh = {kHosts, kHosts, kHosts + 1024};
  config.arp.timers.gc_stale = std::chrono::hours{10};
  return config;
}

class Bed {
 public:
  Bed() : bed{{.config = wide_config(), .tx_ring = 8192}} {}

  template <class Work>
  double time(const Work& work) {
    const double start = milliseconds_now();
    work();
    return milliseconds_now() - start;
  }

  // Sends one request, then runs rounds until nothing is left to do.
  void ask(const std::string& name, const json& verb, const json& options = json::object()) {
    const std::string line = json{{"verb", verb}, {"options", options}}.dump();
    const control::Handler handler = [&](const json& request) {
      return control::begin(*bed.router, request);
    };
    control::Answer answer;
    double request = time([&] { answer = control::answer(handler, line); });
    std::size_t bytes = 0;
    for (bool over = answer.rest == nullptr; !over;) {
      bytes += answer.line.size();
      answer.line.clear();
      request = std::max(request, time([&] { over = answer.rest->advance(answer.line); }));
      request = std::max(request, time([&] { bed.router->run_once(); }));
    }
    bytes += answer.line.size();
    print(name, request, fmt::format("{} bytes {}", bytes, answer.line.substr(0, 40)));
  }

  void print(const std::string& name, double request, const std::string& answer = "") {
    const auto [longest, rounds] = settle();
    fmt::print("{:44} {:9.2f} {:9.2f} {:7}  {:.60}\n", name, request, longest, rounds, answer);
    std::fflush(stdout);
    worst = std::max({worst, request, longest});
  }

  // Returns the duration of the longest round, and the number of rounds that did something.
  std::pair<double, int> settle() {
    double longest = 0;
    int rounds = 0;
    for (int quiet = 0; quiet < 3;) {
      bool busy = false;
      for (const auto& worker : bed.router->workers()) {
        busy = worker->poll_once() || busy;
      }
      bool round = false;
      longest = std::max(longest, time([&] { round = bed.router->run_once(); }));
      bed.discard(kPortA);
      bed.discard(kPortB);
      rounds += round ? 1 : 0;
      const auto* const load = bed.router->configuration().load();
      const bool loads = load != nullptr && !load->finished();
      if (loads && !round) {
        std::this_thread::sleep_for(std::chrono::microseconds{200});
      }
      quiet = busy || round || loads ? 0 : quiet + 1;
    }
    return {longest, rounds};
  }

  void learn_all() {
    constexpr std::uint32_t kBatch = 1024;
    double longest = 0;
    for (std::uint32_t first = 0; first < kHosts; first += kBatch) {
      for (std::uint32_t i = first; i < first + kBatch; ++i) {
        bed.receive(kPortB, make_arp(1, mac_of(i), host_at(i), {}, kRouterWide, kBroadcastMac));
      }
      longest = std::max(longest, settle().first);
    }
    print("65,536 neighbors are learnt", longest);
    REQUIRE(bed.router->neighbors().table().size() >= kHosts);
  }

  Testbed bed;
  double worst = 0;
};

}  // namespace

TEST_CASE("no request holds the control thread for long", "[.long]") {
  if (!std::filesystem::exists(kInternet)) {
    WARN(kInternet << " is not there: nothing is measured");
    return;
  }
  Bed bed;
  fmt::print("{:44} {:>9} {:>9} {:>7}\n", "", "request", "round", "rounds");
  fmt::print("{:44} {:>9} {:>9}\n", "", "ms", "ms");
  bed.learn_all();
  const std::string via = host_at(0).to_string();
  const std::string other = host_at(1).to_string();
  const auto load = [&](const std::string& name, const json& options) {
    json all{{"file", kInternet}, {"via", via}};
    all.update(options);
    bed.ask(name, {"route", "load"}, all);
  };
  load("route load", json::object());
  bed.ask("show routes, the first page", {"show", "routes"}, {{"limit", 500}});
  bed.ask("show routes, whole", {"show", "routes"});
  bed.ask("show routes, the last page", {"show", "routes"},
          {{"limit", 500}, {"after", {{"prefix", "223.255.0.0/16"}, {"metric", 0}}}});
  bed.ask("show routes, table default", {"show", "routes"}, {{"table", "default"}});
  bed.ask("show routes, all tables", {"show", "routes"}, {{"table", "all"}, {"limit", 500}});
  bed.ask("show routes PREFIX", {"show", "routes"}, {{"prefix", "8.8.8.0/24"}});
  bed.ask("show neighbors", {"show", "neighbors"});
  bed.ask("show neighbors, a page", {"show", "neighbors"}, {{"limit", 500}});
  for (const char* const what :
       {"ports", "workers", "bands", "drops", "counters", "memory", "load", "config"}) {
    bed.ask(fmt::format("show {}", what), {"show", what});
  }
  bed.ask("route get", {"route", "get"}, {{"address", "8.8.8.8"}});
  for (const char* const prefix : {"0.0.0.0/0", "0.0.0.0/1", "8.0.0.0/7", "8.0.0.0/8"}) {
    bed.ask(fmt::format("route add {}", prefix), {"route", "add"},
            {{"prefix", prefix}, {"via", other}, {"metric", 7}});
    bed.ask(fmt::format("route add {}, to another", prefix), {"route", "add"},
            {{"prefix", prefix}, {"via", via}, {"metric", 6}});
    bed.ask(fmt::format("route del {}", prefix), {"route", "del"},
            {{"prefix", prefix}, {"metric", 6}});
    bed.ask(fmt::format("route del {}, the last", prefix), {"route", "del"},
            {{"prefix", prefix}, {"metric", 7}});
  }
  // Groups whose members have very different weights have the most buckets.
  json hops = json::array();
  for (std::uint32_t i = 0; i < 256; ++i) {
    hops.push_back({{"via", host_at(i).to_string()}, {"weight", i % 16 + 1}});
  }
  bed.ask("route add, 256 next hops", {"route", "add"},
          {{"prefix", "9.9.9.0/24"}, {"metric", 9}, {"nexthops", hops}});
  bed.ask("show routes PREFIX, 256 next hops", {"show", "routes"}, {{"prefix", "9.9.9.0/24"}});
  bed.ask("neighbor del, of 256 next hops", {"neighbor", "del"},
          {{"address", host_at(3).to_string()}, {"port", "b"}});
  bed.ask("route del, 256 next hops", {"route", "del"}, {{"prefix", "9.9.9.0/24"}, {"metric", 9}});
  // Recursive gateways.
  bed.ask("route add, to a gateway far away", {"route", "add"},
          {{"prefix", "5.5.5.0/24"}, {"via", "8.8.8.8"}, {"metric", 9}});
  bed.ask("route del, to a gateway far away", {"route", "del"},
          {{"prefix", "5.5.5.0/24"}, {"metric", 9}});
  load("route load by a gateway far away", {{"metric", 20}, {"via", "8.8.8.8"}});
  bed.ask("another way to it", {"route", "add"}, {{"prefix", "8.8.8.8/32"}, {"via", other}});
  bed.ask("and back", {"route", "del"}, {{"prefix", "8.8.8.8/32"}});
  load("route load, refused at its end", {{"metric", 0}, {"via", other}});
  bed.ask("show config", {"show", "config"});
  bed.ask("route del, of a file", {"route", "del"}, {{"prefix", "8.8.8.0/24"}});
  bed.ask("show config, no file says it", {"show", "config"});
  bed.ask("link set mtu", {"link", "set"}, {{"port", "b"}, {"mtu", 1400}});
  bed.ask("link set mac", {"link", "set"}, {{"port", "b"}, {"mac", "02:00:00:00:77:77"}});
  bed.ask("link set down", {"link", "set"}, {{"port", "b"}, {"up", false}});
  bed.ask("link set up", {"link", "set"}, {{"port", "b"}, {"up", true}});
  bed.learn_all();
  bed.ask("neighbor flush, of another port", {"neighbor", "flush"}, {{"port", "a"}});
  bed.ask("neighbor flush", {"neighbor", "flush"});
  bed.learn_all();
  bed.bed.clock.advance(std::chrono::hours{11});
  bed.print("11 hours later", 0);
  bed.learn_all();
  bed.ask("address del", {"address", "del"}, {{"port", "b"}, {"address", "10.0.0.1/8"}});
  bed.ask("address add", {"address", "add"}, {{"port", "b"}, {"address", "10.0.0.1/8"}});
  const double end =
      bed.time([&] { static_cast<void>(bed.bed.router->configuration().running_config()); });
  fmt::print("running_config {:.2f}\nthe longest stay: {:.2f} ms\n", end, bed.worst);
}

// SPDX-License-Identifier: BSD-3-Clause
// The most work that a request or a round of the control thread does in one go, however much there
// is to do: counted, not timed. control_stay_test.cpp measures the times.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "config/load.hpp"
#include "control/verbs.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;

namespace {

constexpr std::uint32_t kHosts = 5000;
constexpr std::uint32_t kRoutes = 20'000;
constexpr Ipv4 kRouterWide{10, 0, 0, 1};

Ipv4 host_at(std::uint32_t number) { return Ipv4{(10U << 24U) + 256 + number}; }
Mac mac_of(std::uint32_t number) {
  return {
      {0x02, 1, 0, 0, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)}};
}
Prefix4 prefix(std::uint32_t number) { return {Ipv4{(20U << 24) + (number << 8)}, 24}; }

config::Config wide_config() {
  config::Config config = Testbed::basic_config();
  config.ports[1].addresses = {{kRouterWide, 8}};
  config.arp.gc_thresh = {kHosts, kHosts, kHosts};
  return config;
}

// A router with 5000 neighbors on port b, and 20,000 routes of a file through the first of them.
class Bed {
 public:
  Bed() : bed{{.config = wide_config(), .tx_ring = 8192}} {
    for (std::uint32_t first = 0; first < kHosts; first += 1000) {
      for (std::uint32_t i = first; i < first + 1000; ++i) {
        bed.receive(kPortB, make_arp(1, mac_of(i), host_at(i), {}, kRouterWide, kBroadcastMac));
      }
      settle();
    }
    REQUIRE(bed.router->neighbors().table().size() == kHosts);
  }

  void load_routes() {
    std::string path = std::filesystem::temp_directory_path() / "ringroad-work-XXXXXX";
    ::close(::mkstemp(path.data()));
    {
      std::ofstream stream{path};
      for (std::uint32_t i = 0; i < kRoutes; ++i) {
        stream << prefix(i).to_string() << '\n';
      }
    }
    REQUIRE(bed.router->configuration().load_routes({.path = path, .via = {host_at(0)}}));
    while (!bed.router->configuration().load()->finished()) {
      if (!bed.router->run_once()) {
        std::this_thread::sleep_for(100us);
      }
    }
    std::filesystem::remove(path);
    settle();
    REQUIRE(bed.router->configuration().load()->outcome().added == kRoutes);
  }

  void settle() {
    for (int round = 0; round < 20; ++round) {
      bed.run();
      bed.discard(kPortA);
      bed.discard(kPortB);
    }
  }

  control::Answer ask(const json& verb, const json& options = json::object()) {
    return control::answer(
        [this](const json& request) { return control::begin(*bed.router, request); },
        json{{"verb", verb}, {"options", options}}.dump());
  }
  // Returns the complete answer. `each` is called with the text that each slice added.
  template <class Each>
  json finish(control::Answer answer, const Each& each) {
    std::string line = answer.line;
    for (bool over = answer.rest == nullptr; !over;) {
      std::string slice;
      over = answer.rest->advance(slice);
      each(slice);
      line += slice;
      bed.router->run_once();
    }
    REQUIRE(line.ends_with("\n"));
    return json::parse(line).at("ok");
  }

  // Whether the router answers a host's ARP request in the next round.
  bool answers() {
    bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
    for (const auto& worker : bed.router->workers()) {
      worker->poll_once();
    }
    bed.router->run_once();
    for (const auto& worker : bed.router->workers()) {
      worker->poll_once();
    }
    bed.discard(kPortB);
    return bed.discard(kPortA) > 0;
  }

  // Returns the largest number of prefixes that a round changes in the trie, until nothing is left
  // to do.
  std::uint64_t most_changes() {
    std::uint64_t most = 0;
    for (int quiet = 0; quiet < 50;) {
      const std::uint64_t before = bed.router->routing().trie_changes();
      CHECK(answers());
      const std::uint64_t changed = bed.router->routing().trie_changes() - before;
      most = std::max(most, changed);
      quiet = changed > 0 ? 0 : quiet + 1;
    }
    return most;
  }
  [[nodiscard]] std::size_t neighbors() const { return bed.router->neighbors().table().size(); }

  Testbed bed;
};

std::size_t occurrences(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("all neighbors are listed some rows a turn, and are all there in the end") {
  Bed bed;
  std::size_t slices = 0;
  const json all = bed.finish(bed.ask({"show", "neighbors"}), [&](const std::string& slice) {
    CHECK(occurrences(slice, "\"address\"") <= 250);
    ++slices;
  });
  CHECK(slices >= kHosts / 250);
  REQUIRE(all.size() == kHosts);
  CHECK(all.front().at("address") == host_at(0).to_string());
  CHECK(all.back().at("address") == host_at(kHosts - 1).to_string());
}

TEST_CASE("a flush of many neighbors takes some a round, and answers when all are gone") {
  Bed bed;
  std::size_t left = kHosts;
  const auto answer = bed.finish(bed.ask({"neighbor", "flush"}), [&](const std::string&) {
    CHECK(left - bed.neighbors() <= 2 * 256);
    left = bed.neighbors();
    CHECK(bed.answers());
  });
  // Host A was learned during the flush, and stays.
  CHECK(answer.at("removed") == kHosts);
  CHECK(bed.neighbors() <= 1);
  CHECK(bed.finish(bed.ask({"neighbor", "flush"}, {{"port", "b"}}), [](const std::string&) {})
            .at("removed") == 0);
}

TEST_CASE("routes of a link that is lost go some a round, and come back so") {
  Bed bed;
  bed.load_routes();
  const auto& routing = bed.bed.router->routing();
  const auto is_reached = [&](std::uint32_t number) {
    return routing.rib().lookup(prefix(number).address()).has_value();
  };
  REQUIRE(is_reached(0));
  CHECK(bed.ask({"link", "set"}, {{"port", "b"}, {"up", false}}).line == "{\"ok\":{}}\n");
  CHECK(bed.most_changes() <= 2 * fib::Rib4::kSlice / 16);
  CHECK_FALSE(is_reached(0));
  CHECK_FALSE(is_reached(kRoutes - 1));
  CHECK(bed.neighbors() <= 1);
  CHECK(bed.ask({"link", "set"}, {{"port", "b"}, {"up", true}}).line == "{\"ok\":{}}\n");
  CHECK(bed.most_changes() <= 2 * fib::Rib4::kSlice / 16);
  CHECK(is_reached(0));
  CHECK(is_reached(kRoutes - 1));
}

TEST_CASE("a link that flaps while its routes still go has them all in the end") {
  Bed bed;
  bed.load_routes();
  for (int flap = 0; flap < 5; ++flap) {
    REQUIRE(bed.bed.router->links().set_link(interface_of(kPortB), false));
    bed.bed.router->run_once();
    REQUIRE(bed.bed.router->links().set_link(interface_of(kPortB), true));
    bed.bed.router->run_once();
  }
  bed.settle();
  for (const std::uint32_t number : {0U, kRoutes / 2, kRoutes - 1}) {
    CHECK(bed.bed.router->routing().rib().lookup(prefix(number).address()));
  }
  CHECK(bed.bed.router->world().trie().size() > kRoutes);
}

TEST_CASE("the configuration with many routes is written some a turn, and is taken back") {
  Bed bed;
  bed.load_routes();
  CHECK(bed.ask({"route", "del"}, {{"prefix", prefix(7).to_string()}}).line == "{\"ok\":{}}\n");
  CHECK(bed.ask({"neighbor", "add"},
                {{"address", "192.168.1.77"}, {"port", "a"}, {"mac", "02:00:00:00:00:77"}})
            .line == "{\"ok\":{}}\n");
  std::size_t slices = 0;
  const json answer = bed.finish(bed.ask({"show", "config"}), [&](const std::string& slice) {
    CHECK(occurrences(slice, "to:") <= 1000);
    ++slices;
  });
  CHECK(slices > kRoutes / 1000);
  const auto parsed = config::parse(answer.at("yaml").get<std::string>(), "running");
  REQUIRE(parsed);
  CHECK(parsed->routes.size() == kRoutes - 1);
  CHECK(*parsed == bed.bed.router->configuration().running_config());
}

TEST_CASE("a new MAC address reaches every neighbor, though there is no room for all at once") {
  Bed bed;
  CHECK(bed.ask({"link", "set"}, {{"port", "b"}, {"mac", "02:00:00:00:77:77"}}).line ==
        "{\"ok\":{}}\n");
  bed.settle();
  for (const std::uint32_t number : {0U, 1U, kHosts / 2, kHosts - 1}) {
    Ipv4Fields fields = bed.bed.from_a_to_b();
    fields.destination = host_at(number);
    bed.bed.receive(kPortA, make_ipv4(fields));
    bed.bed.run();
    const auto frames = bed.bed.sent(kPortB);
    REQUIRE_FALSE(frames.empty());
    CHECK(destination_mac(frames.front()) == mac_of(number));
    CHECK(source_mac(frames.front()) == Mac{{0x02, 0, 0, 0, 0x77, 0x77}});
  }
}

TEST_CASE("an address without a length finds the routes of the longest prefix that covers it") {
  Bed bed;
  const auto shown = [&](const json& options) {
    json rows = json::array();
    for (const json& row :
         bed.finish(bed.ask({"show", "routes"}, options), [](const std::string&) {})) {
      rows.push_back(row.at("prefix"));
    }
    return rows;
  };
  CHECK(shown({{"prefix", "8.8.8.8"}}) == json::array());
  for (const char* const known : {"8.0.0.0/8", "8.8.0.0/16"}) {
    for (const unsigned metric : {1U, 2U}) {
      CHECK(bed.ask({"route", "add"},
                    {{"prefix", known}, {"via", host_at(0).to_string()}, {"metric", metric}})
                .line == "{\"ok\":{}}\n");
    }
  }
  CHECK(bed.ask({"route", "add"},
                {{"prefix", "8.8.8.0/24"}, {"via", host_at(0).to_string()}, {"table", "7"}})
            .line == "{\"ok\":{}}\n");
  CHECK(shown({{"prefix", "8.8.8.8"}}) == json::array({"8.8.0.0/16", "8.8.0.0/16"}));
  CHECK(shown({{"prefix", "8.9.8.8"}}) == json::array({"8.0.0.0/8", "8.0.0.0/8"}));
  CHECK(shown({{"prefix", "9.9.9.9"}}) == json::array());
  CHECK(shown({{"prefix", "8.8.8.8"}, {"table", "7"}}) == json::array({"8.8.8.0/24"}));
  CHECK(shown({{"prefix", "8.9.8.8"}, {"table", "7"}}) == json::array());
  CHECK(shown({{"prefix", kRouterA.to_string()}}) == json::array({kRouterA.to_string()}));
  CHECK(shown({{"prefix", "8.8.8.8/32"}}) == json::array());
  CHECK(shown({{"prefix", "8.8.0.0/16"}}) == json::array({"8.8.0.0/16", "8.8.0.0/16"}));
}

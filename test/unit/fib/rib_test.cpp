#include "fib/rib.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace ringroad::fib {
namespace {

Prefix4 prefix(std::string_view text) { return Prefix4::parse(text).value(); }

Route route(std::string_view to, std::uint32_t metric, Ipv4 via = {10, 0, 0, 1}) {
  Route result;
  result.prefix = prefix(to);
  result.metric = metric;
  result.next_hops = {{via, PortId{0}, 1}};
  return result;
}

Route local_route(std::string_view to) {
  Route result;
  result.prefix = prefix(to);
  result.table = Table::kLocal;
  result.protocol = Protocol::kKernel;
  result.type = RouteType::kLocal;
  return result;
}

RouteSelector any(std::string_view to) {
  RouteSelector selector;
  selector.prefix = prefix(to);
  return selector;
}

// What the trie was told: the best route of each prefix, and how often it was told.
struct Told {
  std::map<Prefix4, Route> best;
  std::size_t times = 0;

  Rib::BestChanged listener() {
    return [this](Prefix4 changed, const Route* now) {
      ++times;
      if (now == nullptr) {
        REQUIRE(best.erase(changed) == 1);
      } else {
        REQUIRE(now->prefix == changed);
        const auto [place, added] = best.try_emplace(changed, *now);
        REQUIRE((added || place->second != *now));
        place->second = *now;
      }
    };
  }
};

TEST_CASE("the lowest metric is the best, and the next best takes over when it goes") {
  Told told;
  Rib rib{told.listener()};
  REQUIRE(rib.add(route("default", 200)));
  REQUIRE(rib.add(route("default", 100)));
  REQUIRE(rib.add(route("default", 300)));
  CHECK(told.times == 2);
  CHECK(rib.size() == 3);
  CHECK(rib.best({})->metric == 100);
  CHECK(told.best.at({}).metric == 100);

  CHECK(rib.erase(any("default"))->metric == 100);
  CHECK(told.best.at({}).metric == 200);
  auto last = any("default");
  last.metric = 300;
  CHECK(rib.erase(last));
  CHECK(told.times == 3);  // the best stayed
  CHECK(rib.erase(any("default"))->metric == 200);
  CHECK(told.best.empty());
  CHECK(rib.best({}) == nullptr);
  CHECK(rib.size() == 0);
}

TEST_CASE("the local table beats main whatever the metric") {
  Told told;
  Rib rib{told.listener()};
  REQUIRE(rib.add(route("192.168.1.1", 0)));
  auto local = local_route("192.168.1.1");
  local.metric = 1000;
  REQUIRE(rib.add(local));
  CHECK(rib.lookup(Ipv4{192, 168, 1, 1})->type == RouteType::kLocal);
  auto from_main = any("192.168.1.1");
  from_main.table = Table::kMain;
  CHECK(rib.erase(from_main)->table == Table::kMain);
  CHECK(*rib.best(prefix("192.168.1.1")) == local);
}

TEST_CASE("a route that is there already is refused and nothing changes") {
  Told told;
  Rib rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/8", 10)));
  const auto again = rib.add(route("10.0.0.0/8", 10, Ipv4{10, 0, 0, 2}));
  REQUIRE_FALSE(again);
  CHECK(again.error().what == "10.0.0.0/8 metric 10 exists already in table main; delete it first");
  CHECK(told.times == 1);
  CHECK(rib.best(prefix("10.0.0.0/8"))->next_hops.front().via == Ipv4{10, 0, 0, 1});
  auto other_table = route("10.0.0.0/8", 10);
  other_table.table = Table::kLocal;
  CHECK(rib.add(other_table));
}

TEST_CASE("deleting takes the first route that matches everything asked for") {
  Told told;
  Rib rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/8", 1, Ipv4{10, 0, 0, 1})));
  auto balanced = route("10.0.0.0/8", 2, Ipv4{10, 0, 0, 2});
  balanced.next_hops.push_back({Ipv4{10, 0, 0, 3}, PortId{1}, 5});
  REQUIRE(rib.add(balanced));
  auto connected = route("10.0.0.0/8", 3);
  connected.protocol = Protocol::kConnected;
  connected.next_hops = {{std::nullopt, PortId{2}, 1}};
  REQUIRE(rib.add(connected));

  auto selector = any("10.0.0.0/8");
  selector.via = Ipv4{10, 0, 0, 3};
  CHECK(rib.erase(selector) == balanced);
  selector.via.reset();
  selector.protocol = Protocol::kConnected;
  CHECK(rib.erase(selector) == connected);
  CHECK(rib.size() == 1);
  CHECK(told.times == 1);
}

TEST_CASE("deleting what is not there says what is not there") {
  Told told;
  Rib rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/9", 10)));
  auto selector = any("10.0.0.0/8");
  CHECK(rib.erase(selector).error().what == "there is no route 10.0.0.0/8 in any table");
  selector = any("10.0.0.0/9");
  selector.table = Table::kMain;
  selector.metric = 20;
  selector.via = Ipv4{10, 0, 0, 9};
  selector.protocol = Protocol::kStatic;
  CHECK(rib.erase(selector).error().what ==
        "there is no route 10.0.0.0/9 via 10.0.0.9 proto static metric 20 in table main");
  CHECK(rib.size() == 1);
  CHECK(told.times == 1);
}

TEST_CASE("lookup explains itself: the match, then the shorter prefixes it won over") {
  Told told;
  Rib rib{told.listener()};
  for (const auto* to : {"192.168.2.0/24", "default", "192.168.0.0/16", "192.168.3.0/24"}) {
    REQUIRE(rib.add(route(to, 5)));
  }
  REQUIRE(rib.add(route("192.168.0.0/16", 7)));
  const auto covering = rib.covering(Ipv4{192, 168, 2, 100});
  REQUIRE(covering.size() == 3);
  CHECK(covering[0]->prefix == prefix("192.168.2.0/24"));
  CHECK(covering[1]->prefix == prefix("192.168.0.0/16"));
  CHECK(covering[1]->metric == 5);
  CHECK(covering[2]->prefix == Prefix4{});
  CHECK(rib.lookup(Ipv4{192, 168, 2, 100}) == covering[0]);
  CHECK(rib.lookup(Ipv4{8, 8, 8, 8})->prefix == Prefix4{});
}

TEST_CASE("routes are visited by prefix, then by preference") {
  Told told;
  Rib rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/16", 2)));
  REQUIRE(rib.add(route("10.0.0.0/8", 9)));
  REQUIRE(rib.add(route("10.0.0.0/16", 1)));
  REQUIRE(rib.add(local_route("10.0.0.0/16")));
  REQUIRE(rib.add(route("9.0.0.0/8", 3)));
  std::vector<std::uint32_t> metrics;
  rib.for_each([&](const Route& each) { metrics.push_back(each.metric); });
  CHECK(metrics == std::vector<std::uint32_t>{3, 9, 0, 1, 2});
}

TEST_CASE("names are those of ip route") {
  CHECK(parse_table("local") == Table::kLocal);
  CHECK(parse_table("255") == Table::kLocal);
  CHECK(parse_table("main") == Table::kMain);
  CHECK(parse_table("254") == Table::kMain);
  CHECK_FALSE(parse_table("253"));
  CHECK_FALSE(parse_table(""));
  CHECK(to_string(Table::kLocal) == "local");
  CHECK(to_string(Table::kMain) == "main");
  CHECK(to_string(Protocol::kKernel) == "kernel");
  CHECK(to_string(Protocol::kConnected) == "connected");
  CHECK(to_string(Protocol::kStatic) == "static");
  CHECK(to_string(RouteType::kUnicast) == "unicast");
  CHECK(to_string(RouteType::kLocal) == "local");
  CHECK(to_string(RouteType::kBroadcast) == "broadcast");
  CHECK(to_string(RouteType::kMulticast) == "multicast");
  CHECK(to_string(RouteType::kMartian) == "martian");
  CHECK(to_string(RouteType::kBlackhole) == "blackhole");
  CHECK(to_string(RouteType::kUnreachable) == "unreachable");
  CHECK(to_string(RouteType::kProhibit) == "prohibit");
}

// Every route in a plain list; each question answered by looking at all of them.
class Reference {
 public:
  bool add(const Route& added) {
    for (const Route& each : routes_) {
      if (each.prefix == added.prefix && each.table == added.table && each.metric == added.metric) {
        return false;
      }
    }
    routes_.push_back(added);
    return true;
  }
  void erase(const Route& erased) { std::erase(routes_, erased); }
  [[nodiscard]] std::map<Prefix4, Route> best() const {
    std::map<Prefix4, Route> best;
    for (const Route& each : routes_) {
      const auto [place, added] = best.try_emplace(each.prefix, each);
      if (std::pair{each.table, each.metric} <
          std::pair{place->second.table, place->second.metric}) {
        place->second = each;
      }
    }
    return best;
  }

 private:
  std::vector<Route> routes_;
};

TEST_CASE("random routes that come and go match a plain list") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    std::mt19937 random{seed};
    Told told;
    Rib rib{told.listener()};
    Reference reference;
    for (unsigned step = 0; step < 2000; ++step) {
      // Few addresses, lengths and metrics, so that prefixes nest and routes compete.
      Route each;
      each.prefix = {Ipv4{static_cast<std::uint32_t>(random()) & 0xc0c0c0c0U},
                     static_cast<std::uint8_t>(random() % 33)};
      each.table = random() % 4 == 0 ? Table::kLocal : Table::kMain;
      each.metric = static_cast<std::uint32_t>(random() % 3);
      if (random() % 2 == 0) {
        REQUIRE(rib.add(each).has_value() == reference.add(each));
      } else if (const auto erased = rib.erase({.prefix = each.prefix,
                                                .table = {},
                                                .metric = each.metric,
                                                .via = {},
                                                .protocol = {}})) {
        REQUIRE(erased->prefix == each.prefix);
        REQUIRE(erased->metric == each.metric);
        reference.erase(*erased);
      }
      if (step % 20 != 0) {
        continue;
      }
      const auto best = reference.best();
      REQUIRE(told.best == best);
      for (unsigned probe = 0; probe < 20; ++probe) {
        const Ipv4 address{static_cast<std::uint32_t>(random()) & 0xc0c0c0ffU};
        std::vector<Route> expected;
        for (const auto& [covering, route] : best) {
          if (covering.contains(address)) {
            expected.insert(expected.begin(), route);
          }
        }
        std::vector<Route> got;
        for (const Route* route : rib.covering(address)) {
          got.push_back(*route);
        }
        REQUIRE(got == expected);
        REQUIRE((rib.lookup(address) == nullptr) == expected.empty());
        REQUIRE((expected.empty() || *rib.lookup(address) == expected.front()));
      }
    }
  }
}

}  // namespace
}  // namespace ringroad::fib

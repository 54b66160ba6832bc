// SPDX-License-Identifier: BSD-3-Clause
#include "fib/rib.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fib/rib_routes.hpp"

namespace ringroad::fib {
namespace {

TEST_CASE("the lowest metric is the best, and the next best takes over when it goes") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("default", 200, {10, 0, 0, 2})));
  REQUIRE(rib.add(route("default", 100, {10, 0, 0, 1})));
  REQUIRE(rib.add(route("default", 300, {10, 0, 0, 3})));
  CHECK(told.times == 2);
  CHECK(rib.size() == 3);
  CHECK(rib.best({})->metric == 100);
  CHECK(told.path({}) == via({10, 0, 0, 1}));

  CHECK(rib.erase(any("default"))->metric == 100);
  CHECK(told.path({}) == via({10, 0, 0, 2}));
  auto last = any("default");
  last.metric = 300;
  CHECK(rib.erase(last));
  CHECK(told.times == 3);  // the best route stayed
  CHECK(rib.erase(any("default"))->metric == 200);
  CHECK(told.best.empty());
  CHECK_FALSE(rib.best({}));
  CHECK(rib.size() == 0);
}

TEST_CASE("a route that is there already is refused and nothing changes") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/8", 10)));
  const auto again = rib.add(route("10.0.0.0/8", 10, Ipv4{10, 0, 0, 2}));
  REQUIRE_FALSE(again);
  CHECK(again.error().what == "10.0.0.0/8 metric 10 exists already in table main; delete it first");
  CHECK(told.times == 1);
  CHECK(told.paths.size() == 1);
  CHECK(rib.best(prefix("10.0.0.0/8"))->path == via({10, 0, 0, 1}));
  CHECK(rib.add(in_table(Table::kLocal, "10.0.0.0/8", 10)));
}

TEST_CASE("deleting takes the first route that matches everything asked for") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/8", 1, Ipv4{10, 0, 0, 1})));
  auto balanced = route("10.0.0.0/8", 2, Ipv4{10, 0, 0, 2});
  balanced.path.next_hops.push_back({Ipv4{10, 0, 0, 3}, InterfaceId{1}, 5});
  REQUIRE(rib.add(balanced));
  auto connected = route("10.0.0.0/8", 3);
  connected.path.protocol = Protocol::kConnected;
  connected.path.next_hops = {{std::nullopt, InterfaceId{2}, 1}};
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
  Told4 told;
  Rib4 rib{told.listener()};
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

TEST_CASE("a batch is added and deleted whole, and told once") {
  Told4 told;
  Rib4 rib{told.listener()};
  const std::vector paths{via({10, 0, 0, 1}), via({10, 0, 0, 2})};
  const std::vector<Rib4::Batch::Entry> entries{
      {prefix("10.0.0.0/8"), 0}, {prefix("11.0.0.0/8"), 1}, {prefix("10.1.0.0/16"), 1}};
  const Rib4::Batch batch{.table = Table::kMain, .metric = 5, .paths = paths, .entries = entries};
  REQUIRE(rib.add(batch));
  CHECK(told.calls == 1);
  CHECK(told.path(prefix("10.0.0.0/8")) == paths[0]);
  CHECK(told.path(prefix("10.1.0.0/16")) == paths[1]);
  REQUIRE(rib.erase(batch));
  CHECK(told.calls == 2);
  CHECK(told.best.empty());
  CHECK(told.paths.empty());
}

TEST_CASE("a batch of which one route is refused changes nothing") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.1.0.0/16", 5)));
  REQUIRE(rib.add(in_table(Table::kDefault, "10.0.0.0/9")));
  const std::vector paths{via({10, 0, 0, 2})};
  const std::vector<Rib4::Batch::Entry> entries{
      {prefix("10.0.0.0/8"), 0}, {prefix("10.1.0.0/16"), 0}, {prefix("11.0.0.0/8"), 0}};
  const Rib4::Batch batch{.table = Table::kMain, .metric = 5, .paths = paths, .entries = entries};
  CHECK(rib.add(batch).error().what ==
        "10.1.0.0/16 metric 5 exists already in table main; delete it first");
  CHECK(told.calls == 2);
  CHECK(told.paths.size() == 2);
  CHECK(rib.size() == 2);
  CHECK(rib.lookup(Ipv4{10, 0, 0, 1})->table == Table::kDefault);
  CHECK(rib.best(prefix("10.0.0.0/9")));

  CHECK(rib.erase(batch).error().what == "there is no route 10.0.0.0/8 metric 5 in table main");
  CHECK(rib.size() == 2);
  CHECK(told.calls == 2);
}

TEST_CASE("routes whose path the listener cannot take are refused") {
  Told4 told;
  auto listener = told.listener();
  const auto acquire = listener.acquire;
  listener.acquire = [&](const Path4& path) {
    return path.next_hops.front().via == Ipv4{10, 0, 0, 9} ? fail("no room") : acquire(path);
  };
  Rib4 rib{std::move(listener)};
  CHECK(rib.add(route("10.0.0.0/8", 0, {10, 0, 0, 9})).error().what == "no room");
  const std::vector paths{via({10, 0, 0, 1}), via({10, 0, 0, 9})};
  const std::vector<Rib4::Batch::Entry> entries{{prefix("10.0.0.0/8"), 0},
                                                {prefix("11.0.0.0/8"), 1}};
  CHECK_FALSE(rib.add({.table = Table::kMain, .metric = 0, .paths = paths, .entries = entries}));
  CHECK(rib.size() == 0);
  CHECK(told.paths.empty());
}

TEST_CASE("equal paths are one, let go with the last route and after the trie has let go") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/8", 0)));
  REQUIRE(rib.add(route("11.0.0.0/8", 7)));
  CHECK(told.acquired == 1);
  CHECK(rib.erase(any("10.0.0.0/8")));
  CHECK(told.paths.size() == 1);
  CHECK(rib.erase(any("11.0.0.0/8")));
  CHECK(told.paths.empty());  // Told fails if a prefix still has a released next hop
  auto with_source = route("10.0.0.0/8", 0);
  with_source.path.source = Ipv4{192, 0, 2, 1};
  REQUIRE(rib.add(with_source));
  REQUIRE(rib.add(route("11.0.0.0/8", 0)));
  CHECK(told.paths.size() == 2);
  CHECK(rib.best(prefix("10.0.0.0/8"))->path.source == Ipv4{192, 0, 2, 1});
}

TEST_CASE("a path that is not usable is passed over until it is again") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/8", 1, {10, 0, 0, 1})));
  REQUIRE(rib.add(route("10.0.0.0/8", 2, {10, 0, 0, 2})));
  REQUIRE(rib.add(route("11.0.0.0/8", 1, {10, 0, 0, 1})));
  REQUIRE(rib.add(route("12.0.0.0/8", 1, {10, 0, 0, 2})));
  REQUIRE(rib.add(in_table(Table::kDefault, "11.1.0.0/16")));
  told.unusable.insert(via({10, 0, 0, 1}));
  const std::size_t calls = told.calls;
  rib.reconsider();
  CHECK(told.calls == calls + 1);
  CHECK(told.path(prefix("10.0.0.0/8")) == via({10, 0, 0, 2}));
  CHECK(rib.best(prefix("10.0.0.0/8"))->metric == 2);
  // No usable route is left for the prefix: shorter prefixes and later tables are used.
  CHECK(told.prefixes() ==
        std::set{prefix("10.0.0.0/8"), prefix("11.1.0.0/16"), prefix("12.0.0.0/8")});
  CHECK(rib.lookup(Ipv4{11, 1, 0, 1})->table == Table::kDefault);
  CHECK_FALSE(rib.lookup(Ipv4{11, 2, 0, 1}));
  // A route that is added now is not used either.
  REQUIRE(rib.add(route("13.0.0.0/8", 0, {10, 0, 0, 1})));
  CHECK_FALSE(rib.best(prefix("13.0.0.0/8")));
  rib.reconsider();
  CHECK(told.calls == calls + 1);

  told.unusable.clear();
  rib.reconsider();
  CHECK(told.path(prefix("10.0.0.0/8")) == via({10, 0, 0, 1}));
  CHECK(told.prefixes() == std::set{prefix("10.0.0.0/8"), prefix("11.0.0.0/8"),
                                    prefix("12.0.0.0/8"), prefix("13.0.0.0/8")});
}

TEST_CASE("a doubtful path comes after the usable ones of its prefix, and before nothing") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/8", 3, {10, 0, 0, 3})));
  REQUIRE(rib.add(route("10.1.0.0/16", 1, {10, 0, 0, 1})));
  REQUIRE(rib.add(route("10.1.0.0/16", 2, {10, 0, 0, 2})));
  told.doubtful.insert(via({10, 0, 0, 1}));
  rib.reconsider();
  CHECK(told.path(prefix("10.1.0.0/16")) == via({10, 0, 0, 2}));
  CHECK(rib.lookup(Ipv4{10, 1, 0, 1})->metric == 2);
  CHECK(rib.covering(Ipv4{10, 1, 0, 1})[0].usability == Usability::kDoubtful);

  // If all routes are doubtful, the first is used: the shorter prefix does not replace it.
  told.doubtful.insert(via({10, 0, 0, 2}));
  rib.reconsider();
  CHECK(told.path(prefix("10.1.0.0/16")) == via({10, 0, 0, 1}));
  told.unusable.insert(via({10, 0, 0, 1}));
  rib.reconsider();
  CHECK(told.path(prefix("10.1.0.0/16")) == via({10, 0, 0, 2}));
  told.unusable.insert(via({10, 0, 0, 2}));
  rib.reconsider();
  CHECK(rib.lookup(Ipv4{10, 1, 0, 1})->prefix == prefix("10.0.0.0/8"));
}

TEST_CASE("a batch that hides a prefix and then brings it tells of it once") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(in_table(Table::kDefault, "10.1.0.0/16")));
  const std::vector paths{via({10, 0, 0, 9})};
  const std::vector<Rib4::Batch::Entry> entries{{prefix("10.0.0.0/8"), 0},
                                                {prefix("10.1.0.0/16"), 0}};
  const Rib4::Batch batch{.paths = paths, .entries = entries};
  REQUIRE(rib.add(batch));
  CHECK(told.path(prefix("10.1.0.0/16")) == paths[0]);
  const std::vector<Rib4::Batch::Entry> backwards{entries.rbegin(), entries.rend()};
  REQUIRE(rib.erase({.paths = paths, .entries = backwards}));
  CHECK(told.prefixes() == std::set{prefix("10.1.0.0/16")});
  CHECK(rib.best(prefix("10.1.0.0/16"))->table == Table::kDefault);
}

TEST_CASE("lookup explains itself: the match, then the shorter prefixes it won over") {
  Told4 told;
  Rib4 rib{told.listener()};
  for (const auto* to : {"192.168.2.0/24", "default", "192.168.0.0/16", "192.168.3.0/24"}) {
    REQUIRE(rib.add(route(to, 5)));
  }
  REQUIRE(rib.add(route("192.168.0.0/16", 7)));
  const auto covering = rib.covering(Ipv4{192, 168, 2, 100});
  REQUIRE(covering.size() == 4);
  CHECK(covering[0].prefix == prefix("192.168.2.0/24"));
  CHECK(covering[1].prefix == prefix("192.168.0.0/16"));
  CHECK(covering[1].metric == 5);
  CHECK(covering[2].metric == 7);
  CHECK(covering[3].prefix == Prefix4{});
  CHECK(rib.lookup(Ipv4{192, 168, 2, 100})->prefix == covering[0].prefix);
  CHECK(rib.lookup(Ipv4{8, 8, 8, 8})->prefix == Prefix4{});
}

TEST_CASE("routes are visited by prefix, then by metric, from any place on") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.0.0.0/16", 2)));
  REQUIRE(rib.add(route("10.0.0.0/8", 9)));
  REQUIRE(rib.add(route("10.0.0.0/16", 1)));
  REQUIRE(rib.add(local_route("10.0.0.0/16")));
  REQUIRE(rib.add(route("9.0.0.0/8", 3)));
  const auto metrics = [&](std::optional<Rib4::Position> after, std::size_t most) {
    std::vector<std::uint32_t> found;
    rib.for_each(
        Table::kMain,
        [&](const Rib4::View& each) {
          found.push_back(each.metric);
          return found.size() < most;
        },
        after);
    return found;
  };
  using Metrics = std::vector<std::uint32_t>;
  CHECK(metrics({}, 9) == Metrics{3, 9, 1, 2});
  CHECK(metrics({}, 2) == Metrics{3, 9});
  CHECK(metrics({{prefix("10.0.0.0/8"), 9}}, 9) == Metrics{1, 2});
  CHECK(metrics({{prefix("10.0.0.0/16"), 1}}, 9) == Metrics{2});
  // The position may be that of a removed route.
  CHECK(metrics({{prefix("9.0.0.0/8"), 7}}, 1) == Metrics{9});
}

TEST_CASE("names are those of ip route, and numbers stand for what has none") {
  CHECK(parse_table("local") == Table::kLocal);
  CHECK(parse_table("255") == Table::kLocal);
  CHECK(parse_table("main") == Table::kMain);
  CHECK(parse_table("254") == Table::kMain);
  CHECK(parse_table("default") == Table::kDefault);
  CHECK(parse_table("253") == Table::kDefault);
  CHECK(parse_table("10") == Table{10});
  for (const auto* wrong : {"", "0", "256", "-1", "blue", "1 ", "main "}) {
    INFO(wrong);
    CHECK_FALSE(parse_table(wrong));
  }
  CHECK(to_string(Table::kLocal) == "local");
  CHECK(to_string(Table::kMain) == "main");
  CHECK(to_string(Table::kDefault) == "default");
  CHECK(to_string(Table{10}) == "10");
  TableNames names;
  names.add(Table{10}, "blue");
  CHECK(names.parse("blue") == Table{10});
  CHECK(names.parse("main") == Table::kMain);
  CHECK(names.to_string(Table{10}) == "blue");
  CHECK(names.to_string(Table{11}) == "11");
  CHECK(to_string(Protocol::kKernel) == "kernel");
  CHECK(to_string(Protocol::kConnected) == "connected");
  CHECK(to_string(Protocol::kStatic) == "static");
  CHECK(to_string(Protocol{186}) == "bgp");
  CHECK(to_string(Protocol{188}) == "ospf");
  CHECK(to_string(Protocol{200}) == "200");
  CHECK(to_string(RouteType::kUnicast) == "unicast");
  CHECK(to_string(RouteType::kLocal) == "local");
  CHECK(to_string(RouteType::kBroadcast) == "broadcast");
  CHECK(to_string(RouteType::kMulticast) == "multicast");
  CHECK(to_string(RouteType::kMartian) == "martian");
  CHECK(to_string(RouteType::kBlackhole) == "blackhole");
  CHECK(to_string(RouteType::kUnreachable) == "unreachable");
  CHECK(to_string(RouteType::kProhibit) == "prohibit");
}

TEST_CASE("a commit that is refused changes nothing, whichever of its paths is refused") {
  Told4 told;
  auto listener = told.listener();
  const Path4 bad = via({10, 0, 0, 66});
  listener.acquire = [&, acquire = listener.acquire](const Path4& path) -> Result<NextHopId> {
    return path == bad ? fail("no room") : acquire(path);
  };
  Rib4 rib{std::move(listener)};
  REQUIRE(rib.add(route("10.0.0.0/8", 0, {10, 0, 0, 1})));
  const auto times = told.times;
  const std::vector<RouteEdit<Ipv4>> edits{
      {.prefix = prefix("10.0.0.0/8"), .path = via({10, 0, 0, 2})},
      {.prefix = prefix("20.0.0.0/8"), .path = bad},
      {.prefix = prefix("10.0.0.0/8"), .rank = 0, .path = std::nullopt}};
  CHECK(rib.commit(edits).error().what == "no room");
  CHECK(told.times == times);
  CHECK(told.paths.size() == 1);
  CHECK(rib.size() == 1);
  CHECK(told.path(prefix("10.0.0.0/8")) == via({10, 0, 0, 1}));
}

TEST_CASE("a route is replaced in one step, and of equal routes the lowest rank goes") {
  Told4 told;
  Rib4 rib{told.listener()};
  const Prefix4 ten = prefix("10.0.0.0/8");
  const auto put = [&](Rank rank, std::optional<Path4> path) {
    const RouteEdit<Ipv4> edit{.prefix = ten, .rank = rank, .path = std::move(path)};
    REQUIRE(rib.commit({&edit, 1}));
  };
  put(kOrdinaryRank, via({10, 0, 0, 1}));
  put(kOrdinaryRank, via({10, 0, 0, 2}));
  CHECK(told.times == 2);  // and never without a route between the two
  CHECK(told.path(ten) == via({10, 0, 0, 2}));
  put(0, via({10, 0, 0, 3}));
  put(kOrdinaryRank + 1, via({10, 0, 0, 4}));
  CHECK(told.path(ten) == via({10, 0, 0, 3}));
  told.unusable = {via({10, 0, 0, 3})};
  rib.reconsider();
  CHECK(told.path(ten) == via({10, 0, 0, 2}));
  put(kOrdinaryRank, std::nullopt);
  CHECK(told.path(ten) == via({10, 0, 0, 4}));
  CHECK(rib.size() == 2);
}

}  // namespace
}  // namespace ringroad::fib

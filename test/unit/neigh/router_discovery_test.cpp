// SPDX-License-Identifier: BSD-3-Clause
// RFC 4861 6.3 and RFC 4862 5.5.3: what a port takes from router advertisements, and for how long.
#include "neigh/router_discovery.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

namespace ringroad::neigh {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Event = RouterDiscovery::Event;
using Kind = Event::Kind;
using Kinds = std::vector<Kind>;

constexpr InterfaceId kPort{3};
constexpr Mac kMac{{2, 0, 0x11, 0x22, 0x33, 0x44}};
constexpr Ipv6 kRouter{0xfe80'0000'0000'0000, 1};
constexpr Ipv6 kSecond{0xfe80'0000'0000'0000, 2};
constexpr Prefix6 kPrefix{{0x2001'0db8'0001'0000, 0}, 64};
constexpr Ipv6 kAddress{0x2001'0db8'0001'0000, 0x0000'11ff'fe22'3344};
constexpr Nanoseconds kStep = milliseconds{50};

RouterAdvertisement from(Ipv6 router, Nanoseconds lifetime = seconds{1800}) {
  return {.source = router, .lifetime = lifetime};
}
RouterAdvertisement with_prefix(const PrefixInformation& prefix) {
  return {.source = kRouter, .prefixes = {prefix}};
}
PrefixInformation autonomous(Nanoseconds valid, Nanoseconds preferred) {
  return {.prefix = kPrefix, .valid = valid, .preferred = preferred, .autonomous = true};
}
PrefixInformation autonomous(Nanoseconds valid) { return autonomous(valid, valid); }

struct DiscoveryFixture {
  DiscoveryFixture() {
    discovery.set_link(kPort, true, now);
    discovery.start(kPort, {.mac = kMac}, now);
  }
  std::vector<Event> take() {
    std::vector<Event> taken;
    std::swap(taken, events);
    return taken;
  }
  Kinds take_kinds() {
    Kinds kinds;
    for (const Event& event : take()) {
      CHECK(event.port == kPort);
      kinds.push_back(event.kind);
    }
    return kinds;
  }
  std::vector<Event> hear(const RouterAdvertisement& message) {
    discovery.hear(kPort, message, now, events);
    return take();
  }
  Kinds kinds_of(const RouterAdvertisement& message) {
    discovery.hear(kPort, message, now, events);
    return take_kinds();
  }
  Kinds after(Nanoseconds time) {
    now += time;
    discovery.tick(now, events);
    return take_kinds();
  }
  // Sends the first solicitation; the next advertisement is its answer.
  void settle() {
    CHECK(after(seconds{1}) == Kinds{Kind::kSolicit});
    CHECK(kinds_of(from(kSecond, {})).empty());
  }
  // Returns the times of solicitations.
  std::vector<Nanoseconds> solicitations_in(Nanoseconds time) {
    std::vector<Nanoseconds> times;
    for (const Nanoseconds end = now + time; now < end; now += kStep) {
      discovery.tick(now, events);
      for (const Kind kind : take_kinds()) {
        CHECK(kind == Kind::kSolicit);
        times.push_back(now);
      }
    }
    return times;
  }

  Nanoseconds now = seconds{100};
  RouterDiscovery discovery{1};
  RouterDiscovery::Events events;
};

}  // namespace

TEST_CASE("an interface identifier is made of the MAC as RFC 4291 appendix A says") {
  CHECK(
      eui64_address({{0xfe80'0000'0000'0000, 0}, 64}, Mac{{0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde}}) ==
      Ipv6{0xfe80'0000'0000'0000, 0x3656'78ff'fe9a'bcde});
}

TEST_CASE_METHOD(DiscoveryFixture,
                 "routers are solicited within a second, then more and more rarely") {
  const Nanoseconds start = now;
  const auto times = solicitations_in(hours{10});
  REQUIRE(times.size() > 15);
  CHECK(times[0] - start <= seconds{1} + kStep);
  CHECK(times[1] - times[0] >= milliseconds{3600});
  CHECK(times[1] - times[0] <= milliseconds{4400} + kStep);
  for (std::size_t i = 2; i < times.size(); ++i) {
    const Nanoseconds last = times[i - 1] - times[i - 2];
    const Nanoseconds interval = times[i] - times[i - 1];
    CHECK(interval <= minutes{66} + kStep);
    CHECK((interval >= last * 3 / 2 || interval >= minutes{54} - kStep));
  }
}

TEST_CASE_METHOD(DiscoveryFixture,
                 "an answer ends the solicitations, which a new link starts again") {
  CHECK(solicitations_in(seconds{1}).size() == 1);
  CHECK(kinds_of(from(kRouter, hours{18})) == Kinds{Kind::kAddRouter});
  CHECK(solicitations_in(minutes{10}).empty());
  discovery.set_link(kPort, false, now);
  CHECK(solicitations_in(minutes{10}).empty());
  discovery.set_link(kPort, true, now);
  CHECK(solicitations_in(seconds{10}).size() == 2);
}

TEST_CASE_METHOD(DiscoveryFixture, "at least one solicitation is sent") {
  hear(from(kRouter, hours{18}));
  CHECK(solicitations_in(seconds{2}).size() == 1);
}

TEST_CASE_METHOD(DiscoveryFixture, "a router is a default router for as long as it says") {
  settle();
  CHECK(
      hear(from(kRouter)) ==
      std::vector<Event>{
          {.kind = Kind::kAddRouter, .port = kPort, .router = kRouter, .lifetime = seconds{1800}}});
  CHECK(after(seconds{1000}).empty());
  CHECK(hear(from(kRouter)).empty());
  CHECK(after(seconds{1799}).empty());
  CHECK(discovery.next_deadline() == now + seconds{1});
  CHECK(after(seconds{1}) == Kinds{Kind::kRemoveRouter});
  CHECK_FALSE(discovery.next_deadline());
}

TEST_CASE_METHOD(DiscoveryFixture, "a router that ceases is removed at once, and only that one") {
  settle();
  hear(from(kRouter));
  hear(from(kSecond));
  const auto removed = hear(from(kRouter, {}));
  REQUIRE(removed.size() == 1);
  CHECK(removed[0].kind == Kind::kRemoveRouter);
  CHECK(removed[0].router == kRouter);
  CHECK(hear(from(kRouter, {})).empty());
}

TEST_CASE_METHOD(DiscoveryFixture,
                 "a router's preference may change, and a route to everywhere says it better") {
  settle();
  hear(from(kRouter));
  RouterAdvertisement message = from(kRouter);
  message.preference = Preference::kHigh;
  auto changed = hear(message);
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].kind == Kind::kAddRouter);
  CHECK(changed[0].preference == Preference::kHigh);
  message.routes = {{.prefix = {}, .lifetime = seconds{60}, .preference = Preference::kLow}};
  changed = hear(message);
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].preference == Preference::kLow);
  CHECK(after(seconds{60}) == Kinds{Kind::kRemoveRouter});
}

TEST_CASE_METHOD(DiscoveryFixture, "a route is taken from each router that has it") {
  settle();
  const Prefix6 prefix{{0x2001'0db8'0002'0000, 0}, 48};
  for (const Ipv6 router : {kRouter, kSecond}) {
    RouterAdvertisement message = from(router, {});
    message.routes = {{.prefix = prefix, .lifetime = seconds{60}, .preference = Preference::kHigh}};
    CHECK(hear(message) == std::vector<Event>{{.kind = Kind::kAddRoute,
                                               .port = kPort,
                                               .router = router,
                                               .prefix = prefix,
                                               .preference = Preference::kHigh,
                                               .lifetime = seconds{60}}});
  }
  RouterAdvertisement over = from(kRouter, {});
  over.routes = {{.prefix = prefix, .lifetime = {}, .preference = Preference::kHigh}};
  CHECK(kinds_of(over) == Kinds{Kind::kRemoveRoute});
  CHECK(after(seconds{60}) == Kinds{Kind::kRemoveRoute});
}

TEST_CASE_METHOD(DiscoveryFixture, "a prefix on the link is one for as long as it is said to be") {
  settle();
  PrefixInformation prefix{
      .prefix = {{0x2001'0db8'0001'0000, 0}, 48}, .valid = seconds{100}, .on_link = true};
  CHECK(kinds_of(with_prefix(prefix)) == Kinds{Kind::kAddPrefix});
  CHECK(kinds_of(with_prefix(prefix)).empty());
  SECTION("until it expires") { CHECK(after(seconds{100}) == Kinds{Kind::kRemovePrefix}); }
  SECTION("until it is withdrawn") {
    prefix.valid = {};
    CHECK(kinds_of(with_prefix(prefix)) == Kinds{Kind::kRemovePrefix});
  }
  SECTION("for ever") {
    prefix.valid = kInfiniteLifetime;
    CHECK(hear(with_prefix(prefix)).empty());
    CHECK_FALSE(discovery.next_deadline());
    CHECK(after(hours{1'000'000}).empty());
  }
}

TEST_CASE_METHOD(DiscoveryFixture, "an autonomous prefix gives the port an address") {
  settle();
  CHECK(hear(with_prefix(autonomous(hours{3}))) == std::vector<Event>{{.kind = Kind::kAddAddress,
                                                                       .port = kPort,
                                                                       .prefix = kPrefix,
                                                                       .address = kAddress,
                                                                       .lifetime = hours{3}}});
  CHECK(after(hours{3}) == Kinds{Kind::kRemoveAddress});
}

TEST_CASE_METHOD(DiscoveryFixture, "an address's lifetime is cut to two hours at the least") {
  settle();
  hear(with_prefix(autonomous(hours{24})));
  SECTION("if more remains") {
    CHECK(kinds_of(with_prefix(autonomous({}))) == Kinds{Kind::kDeprecateAddress});
    CHECK(discovery.next_deadline() == now + hours{2});
  }
  SECTION("not at all if less remains") {
    after(hours{23});
    CHECK(kinds_of(with_prefix(autonomous(minutes{1}, {}))) == Kinds{Kind::kDeprecateAddress});
    CHECK(discovery.next_deadline() == now + hours{1});
  }
  SECTION("and may grow") {
    hear(with_prefix(autonomous(hours{48})));
    CHECK(discovery.next_deadline() == now + hours{48});
  }
  SECTION("also from no end") {
    hear(with_prefix(autonomous(kInfiniteLifetime)));
    CHECK_FALSE(discovery.next_deadline());
    hear(with_prefix(autonomous(minutes{1}, {})));
    CHECK(discovery.next_deadline() == now + hours{2});
  }
}

TEST_CASE_METHOD(DiscoveryFixture,
                 "an address is deprecated between its preferred and its valid lifetime") {
  settle();
  SECTION("from the first advertisement") {
    CHECK(kinds_of(with_prefix(autonomous(hours{3}, {}))) ==
          Kinds{Kind::kAddAddress, Kind::kDeprecateAddress});
  }
  SECTION("when the time has come, unless it is prolonged") {
    hear(with_prefix(autonomous(hours{3}, minutes{10})));
    CHECK(discovery.next_deadline() == now + minutes{10});
    CHECK(after(minutes{9}).empty());
    CHECK(kinds_of(with_prefix(autonomous(hours{3}, minutes{10}))).empty());
    CHECK(after(minutes{9}).empty());
    CHECK(after(minutes{1}) == Kinds{Kind::kDeprecateAddress});
    CHECK(discovery.next_deadline() == now + hours{3} - minutes{10});
    CHECK(kinds_of(with_prefix(autonomous(hours{3}, minutes{10}))) == Kinds{Kind::kPreferAddress});
    CHECK(after(minutes{10}) == Kinds{Kind::kDeprecateAddress});
    CHECK(after(hours{3}) == Kinds{Kind::kRemoveAddress});
  }
}

TEST_CASE_METHOD(DiscoveryFixture, "prefixes that no host may use are ignored") {
  settle();
  PrefixInformation prefix{.prefix = kPrefix,
                           .valid = hours{1},
                           .preferred = hours{1},
                           .on_link = true,
                           .autonomous = true};
  SECTION("link-local") { prefix.prefix = {{0xfe80'0000'0000'0000, 0}, 64}; }
  SECTION("multicast") { prefix.prefix = {{0xff02'0000'0000'0000, 0}, 64}; }
  SECTION("preferred for longer than valid") { prefix.preferred = hours{2}; }
  SECTION("withdrawn before it was known") { prefix.valid = prefix.preferred = {}; }
  CHECK(hear(with_prefix(prefix)).empty());
}

TEST_CASE_METHOD(DiscoveryFixture, "addresses are made of prefixes of 64 bits only") {
  settle();
  PrefixInformation prefix = autonomous(hours{1});
  prefix.prefix = {kPrefix.address(), 63};
  CHECK(hear(with_prefix(prefix)).empty());
}

TEST_CASE_METHOD(DiscoveryFixture,
                 "a router says the link's MTU, between IPv6's least and the port's") {
  settle();
  const auto said = [&](std::uint32_t mtu) {
    RouterAdvertisement message = from(kRouter, {});
    message.mtu = mtu;
    return hear(message);
  };
  CHECK(said(1279).empty());
  CHECK(said(1501).empty());
  CHECK(said(1400) == std::vector<Event>{{.kind = Kind::kMtu, .port = kPort, .mtu = 1400}});
  CHECK(said(1400).empty());
  CHECK(said(1280).size() == 1);
}

TEST_CASE_METHOD(DiscoveryFixture, "what one port takes from routers is limited") {
  settle();
  std::size_t added = 0;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    RouterAdvertisement message = from({0xfe80'0000'0000'0000, i});
    const Prefix6 prefix{{0x2001'0db8'0000'0000 | i << 16, 0}, 64};
    message.prefixes = {{.prefix = prefix,
                         .valid = hours{1},
                         .preferred = hours{1},
                         .on_link = true,
                         .autonomous = true}};
    message.routes = {{.prefix = prefix, .lifetime = hours{1}}};
    added += hear(message).size();
  }
  CHECK(added == 4 * RouterDiscovery::kEntriesMax);
}

TEST_CASE_METHOD(DiscoveryFixture,
                 "a port that stops loses all it had from routers, and ignores them") {
  settle();
  RouterAdvertisement message = with_prefix(autonomous(hours{3}));
  message.lifetime = seconds{1800};
  message.mtu = 1400;
  CHECK(hear(message).size() == 3);
  discovery.stop(kPort, events);
  REQUIRE(events.size() == 3);
  CHECK(events[2].mtu == 0);
  CHECK(take_kinds() == Kinds{Kind::kRemoveRouter, Kind::kRemoveAddress, Kind::kMtu});
  CHECK(hear(from(kRouter)).empty());
  CHECK_FALSE(discovery.next_deadline());
  discovery.start(kPort, {.mac = kMac}, now);
  CHECK(kinds_of(from(kRouter)) == Kinds{Kind::kAddRouter});
  discovery.stop(kPort, events);
  CHECK(take_kinds() == Kinds{Kind::kRemoveRouter});
}

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
// Rules that ask about routes: `fib` and `rt mtu`.
#include <catch2/catch.hpp>
#include <map>

#include "packet/stage.hpp"
#include "rules.hpp"

namespace ringroad::filter {
namespace {

using neigh::AdjacencyKind;

struct AtOnce : Reclaimer {
  void retire(std::function<void()> release) override { release(); }
};

// A router with two interfaces. eth0 has 10.0.0.254/24 and 2001:db8::fe/64, eth1 10.0.1.254/24 and
// 2001:db8:1::fe/64.
class Router {
 public:
  Router() {
    for (const AdjacencyKind kind :
         {AdjacencyKind::kNoRoute, AdjacencyKind::kLocal, AdjacencyKind::kBroadcast,
          AdjacencyKind::kMulticast, AdjacencyKind::kLinkLocal, AdjacencyKind::kMartian,
          AdjacencyKind::kBlackhole, AdjacencyKind::kUnreachable, AdjacencyKind::kProhibit}) {
      ways_[kind] = way(kind, 0, 0);
    }
    const NextHopId lan = way(AdjacencyKind::kGlean, 0, 1500);
    const NextHopId wan = way(AdjacencyKind::kUnicast, 1, 1400);
    const std::array members{fib::NextHopTable::Member{lan}, fib::NextHopTable::Member{wan}};
    const auto both = next_hops_.allocate_group(members);
    REQUIRE(both);
    add(Ipv4{10, 0, 0, 0}, 24, lan);
    add(Ipv4{10, 0, 1, 0}, 24, wan);
    add(Ipv4{10, 9, 0, 0}, 16, *both);
    add(Ipv4{10, 0, 0, 254}, 32, ways_[AdjacencyKind::kLocal]);
    add(Ipv4{10, 0, 1, 254}, 32, ways_[AdjacencyKind::kLocal]);
    add(Ipv4{10, 0, 0, 255}, 32, ways_[AdjacencyKind::kBroadcast]);
    add(Ipv4{10, 0, 1, 255}, 32, ways_[AdjacencyKind::kBroadcast]);
    add(Ipv4{10, 66, 0, 0}, 16, ways_[AdjacencyKind::kBlackhole]);
    add(Ipv4{224, 0, 0, 0}, 4, ways_[AdjacencyKind::kMulticast]);
    add(Ipv4{127, 0, 0, 0}, 8, ways_[AdjacencyKind::kMartian]);
    add("2001:db8::", 64, lan);
    add("2001:db8:1::", 64, wan);
    add("2001:db8::", 128, ways_[AdjacencyKind::kLocal]);
    add("2001:db8::fe", 128, ways_[AdjacencyKind::kLocal]);
    add("2001:db8:1::fe", 128, ways_[AdjacencyKind::kLocal]);
    add("2001:db8:66::", 48, ways_[AdjacencyKind::kBlackhole]);
    add("2001:db8:67::", 48, ways_[AdjacencyKind::kProhibit]);
    add("fe80::", 10, ways_[AdjacencyKind::kLinkLocal]);
    add("ff00::", 8, ways_[AdjacencyKind::kMulticast]);
  }

  // Of a packet from eth0 to eth1.
  bool accepts(const std::string& rule, const Content& content,
               HookPoint point = HookPoint::kForward) {
    static constexpr std::array kNames{"prerouting", "input", "forward", "output", "postrouting"};
    Rules rules{Rules::chain(rule + " accept", "", kNames.at(static_cast<std::size_t>(point)))};
    Packets packets{content.is_ipv6};
    packets.add(content);
    const_cast<neigh::Adjacency*>(packets.burst.adjacencies[0])->mtu = 1450;
    HookVerdicts verdicts;
    rules.program->run(0, {point, &context_, packets.burst, verdicts, rules.clock, rules.sinks});
    return verdicts.dropped() == 0;
  }

 private:
  NextHopId way(AdjacencyKind kind, std::uint16_t port, std::uint16_t mtu) {
    const auto id = adjacencies_.allocate();
    REQUIRE(id);
    neigh::Adjacency& adjacency = adjacencies_.at(*id);
    adjacency.kind = kind;
    adjacency.port = InterfaceId{port};
    adjacency.mtu = mtu;
    const auto next_hop = next_hops_.allocate(*id);
    REQUIRE(next_hop);
    return *next_hop;
  }
  void add(Ipv4 address, unsigned length, NextHopId next_hop) {
    trie_.insert(Prefix4{address, static_cast<std::uint8_t>(length)}, next_hop);
  }
  void add(const char* address, unsigned length, NextHopId next_hop) {
    const auto parsed = Ipv6::parse(address);
    REQUIRE(parsed);
    trie6_.insert(Prefix<Ipv6>{*parsed, static_cast<std::uint8_t>(length)}, next_hop);
  }

  AtOnce reclaimer_;
  fib::Trie4 trie_{reclaimer_};
  fib::Trie6 trie6_{reclaimer_};
  fib::NextHopTable next_hops_{64, reclaimer_};
  neigh::AdjacencyTable adjacencies_{64, reclaimer_};
  std::map<AdjacencyKind, NextHopId> ways_;
  OwnAddresses4 own_;
  std::atomic<const OwnAddresses4*> published_{&own_};
  LinkAddresses links_{{{LinkAddresses::kAnycast, *Ipv6::parse("2001:db8::")}}};
  std::atomic<const LinkAddresses*> links_published_{&links_};
  InterfaceAddresses addresses_{
      {{.ipv4 = {{Ipv4{10, 0, 0, 254}, 24}},
        .ipv6 = {{*Ipv6::parse("2001:db8::fe"), 64}, {*Ipv6::parse("fe80::fe"), 64}}},
       {.ipv4 = {{Ipv4{10, 0, 1, 254}, 24}},
        .ipv6 = {{*Ipv6::parse("2001:db8:1::fe"), 64}, {*Ipv6::parse("fe80::1:fe"), 64}}}}};
  std::atomic<const InterfaceAddresses*> addresses_published_{&addresses_};
  std::array<Interface, 2> interfaces_{};
  Hooks hooks_{reclaimer_};
  Tables tables_{.trie = trie_,
                 .trie6 = trie6_,
                 .next_hops = next_hops_,
                 .adjacencies = adjacencies_,
                 .own_addresses = published_,
                 .link_addresses = links_published_,
                 .interfaces = interfaces_,
                 .hooks = hooks_,
                 .interface_addresses = &addresses_published_};
  StageContext context_{tables_};
};

Content from(Ipv4 address) { return {.source = address}; }
Content to(Ipv4 address) { return {.destination = address}; }
Content from6(const char* address) {
  return {.is_ipv6 = true, .source6 = Ipv6::parse(address).value_or(Ipv6{})};
}
Content to6(const char* address) {
  return {.is_ipv6 = true, .destination6 = Ipv6::parse(address).value_or(Ipv6{})};
}

}  // namespace

TEST_CASE("fib finds the type of an address of IPv4") {
  Router router;
  CHECK(router.accepts("fib daddr type local", to({10, 0, 0, 254})));
  CHECK(router.accepts("fib daddr type local", to({10, 0, 1, 254})));
  CHECK(router.accepts("fib daddr type local", to({127, 0, 0, 1})));
  CHECK(router.accepts("fib daddr type broadcast", to({10, 0, 0, 255})));
  CHECK(router.accepts("fib daddr type broadcast", to({255, 255, 255, 255})));
  CHECK(router.accepts("fib saddr type broadcast", from({0, 0, 0, 0})));
  CHECK(router.accepts("fib daddr type multicast", to({224, 0, 0, 5})));
  CHECK(router.accepts("fib daddr type unicast", to({10, 0, 1, 1})));
  // Only the addresses of the router are looked up.
  CHECK(router.accepts("fib daddr type unicast", to({10, 66, 0, 1})));
  CHECK(router.accepts("fib daddr type unicast", to({192, 0, 2, 1})));
  CHECK_FALSE(router.accepts("fib daddr type { local, broadcast, multicast }", to({10, 0, 1, 1})));
  CHECK(router.accepts("fib saddr . mark type != local", from({10, 0, 1, 1})));
}

TEST_CASE("fib finds the type that an address has at one interface") {
  Router router;
  CHECK(router.accepts("fib daddr . iif type local", to({10, 0, 0, 254})));
  CHECK(router.accepts("fib daddr . iif type unicast", to({10, 0, 1, 254})));
  CHECK(router.accepts("fib daddr . oif type local", to({10, 0, 1, 254})));
  CHECK(router.accepts("fib daddr . iif type broadcast", to({10, 0, 0, 255})));
  CHECK(router.accepts("fib daddr . iif type unicast", to({10, 0, 1, 255})));
  CHECK(router.accepts("fib daddr . iif type unicast", to({127, 0, 0, 1})));
  CHECK(router.accepts("fib daddr . iif type local", to6("2001:db8::fe")));
  CHECK(router.accepts("fib daddr . iif type unicast", to6("2001:db8:1::fe")));
  CHECK(router.accepts("fib daddr . oif type local", to6("2001:db8:1::fe")));
}

TEST_CASE("fib finds the type of an address of IPv6") {
  Router router;
  CHECK(router.accepts("fib daddr type local", to6("2001:db8::fe")));
  CHECK(router.accepts("fib daddr type anycast", to6("2001:db8::")));
  CHECK(router.accepts("fib daddr type unicast", to6("2001:db8:1::9")));
  CHECK(router.accepts("fib daddr type multicast", to6("ff02::1")));
  CHECK(router.accepts("fib daddr type blackhole", to6("2001:db8:66::1")));
  CHECK(router.accepts("fib daddr type prohibit", to6("2001:db8:67::1")));
  CHECK(router.accepts("fib daddr type unreachable", to6("2001:db9::1")));
  CHECK(router.accepts("fib daddr type local", to6("fe80::fe")));
  CHECK(router.accepts("fib daddr type unicast", to6("fe80::1:fe")));  // of the other link
}

TEST_CASE("fib finds whether a route leads back") {
  Router router;
  const std::string back = "fib saddr . iif oif exists";
  const std::string missing = "fib saddr . iif oif missing";
  for (const HookPoint point : {HookPoint::kPreRouting, HookPoint::kInput, HookPoint::kForward}) {
    CHECK(router.accepts(back, from({10, 0, 0, 1}), point));
    CHECK(router.accepts(missing, from({10, 0, 1, 1}), point));  // by the other interface
    CHECK(router.accepts(missing, from({192, 0, 2, 1}), point));
    CHECK(router.accepts(missing, from({10, 66, 0, 1}), point));
    CHECK(router.accepts(missing, from({10, 0, 0, 254}), point));  // its own
    CHECK(router.accepts(back, from({10, 9, 1, 1}), point));       // by either
    CHECK(router.accepts(back, from6("2001:db8::1"), point));
    CHECK(router.accepts(missing, from6("2001:db8:1::1"), point));
    CHECK(router.accepts(missing, from6("2001:db9::1"), point));
    CHECK(router.accepts(missing, from6("2001:db8::fe"), point));
    CHECK(router.accepts(back, from6("fe80::99"), point));
  }
  CHECK(router.accepts("fib saddr oif exists", from({10, 0, 1, 1})));
  CHECK(router.accepts("fib saddr . mark . iif oif != 0", from({10, 0, 0, 1})));
  CHECK(router.accepts("fib saddr . iif oif 0", from({10, 0, 1, 1})));
}

TEST_CASE("fib finds the interface of a route") {
  Router router;
  CHECK(router.accepts("fib daddr oif eth1", to({10, 0, 1, 1})));
  CHECK(router.accepts("fib daddr oifname eth1", to({10, 0, 1, 1})));
  CHECK(router.accepts("fib daddr oifname \"eth*\"", to6("2001:db8:1::9")));
  CHECK(router.accepts("fib saddr . iif oifname eth0", from({10, 9, 0, 1})));
  CHECK(router.accepts("fib daddr oif != eth0", to({192, 0, 2, 1})));
  CHECK(router.accepts("fib daddr oif { eth0, eth1 }", to({10, 0, 0, 255})));
  CHECK_FALSE(router.accepts("fib daddr oif eth1", to({10, 0, 0, 255})));
}

TEST_CASE("a host without an address is not refused") {
  Router router;
  Content discover{.source = {0, 0, 0, 0}, .destination = {255, 255, 255, 255}};
  CHECK(router.accepts("fib saddr . iif oif exists", discover, HookPoint::kPreRouting));
  discover.destination = {10, 0, 1, 1};
  CHECK(router.accepts("fib saddr . iif oif missing", discover, HookPoint::kPreRouting));
  Content probe = to6("ff02::1:ff00:1");
  probe.source6 = {};
  probe.protocol = IPPROTO_ICMPV6;
  CHECK(router.accepts("fib saddr . iif oif exists", probe, HookPoint::kPreRouting));
  probe.protocol = IPPROTO_UDP;
  CHECK(router.accepts("fib saddr . iif oif missing", probe, HookPoint::kPreRouting));
}

TEST_CASE("an address that a rule has changed is looked up again") {
  Router router;
  const std::string rule = "fib daddr type unicast ip daddr set 10.0.0.254 fib daddr type local";
  CHECK(router.accepts(rule, to({10, 0, 1, 1}), HookPoint::kPreRouting));
}

TEST_CASE("the segment size is that of the smaller route") {
  Router router;
  CHECK(router.accepts("rt mtu 1410", from({10, 0, 0, 1})));   // 1450 ahead, 1500 back
  CHECK(router.accepts("rt mtu 1360", from({10, 0, 1, 1})));   // 1400 back
  CHECK(router.accepts("rt mtu 1410", from({192, 0, 2, 1})));  // no route back
  CHECK(router.accepts("rt mtu 1390", from6("2001:db8::1")));
  CHECK(router.accepts("rt mtu < 1400", from6("2001:db8:1::1"), HookPoint::kPostRouting));
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
// `ct count`: how many connections are there.
#include <netinet/tcp.h>

#include "filter/connection_counts.hpp"
#include "filter/tracker.hpp"
#include "rules.hpp"

namespace ringroad::filter {
namespace {

using namespace std::chrono_literals;

// From 10.0.0.`host`, by its port.
Content from(std::uint8_t host, std::uint16_t port) {
  return {.source = Ipv4{10, 0, 0, host}, .source_port = port};
}

class Router {
 public:
  explicit Router(const std::string& rules) : rules_{rules}, tracker_{{}, 0, 1} {}

  // A burst through PREROUTING, FORWARD and POSTROUTING. Returns the packets that were dropped.
  std::uint64_t forward(std::initializer_list<Content> contents) {
    Packets packets;
    for (const Content& content : contents) {
      packets.add(content);
      packets.burst.packets[packets.burst.count - 1]->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    }
    HookVerdicts verdicts;
    for (const HookPoint point : {HookPoint::kPreRouting, HookPoint::kForward}) {
      rules_.program->run(
          0, {point, nullptr, packets.burst, verdicts, rules_.clock, rules_.sinks, &tracker_});
    }
    // What was dropped does not come to the last hook.
    Packets left;
    left.burst.count = 0;
    for (std::size_t i = 0; i < packets.burst.count; ++i) {
      if ((verdicts.dropped() >> i & 1U) == 0) {
        left.burst.packets[left.burst.count] = packets.burst.packets[i];
        left.burst.frames[left.burst.count] = packets.burst.frames[i];
        left.burst.adjacencies[left.burst.count++] = packets.burst.adjacencies[i];
      }
    }
    HookVerdicts last;
    rules_.program->run(0, {HookPoint::kPostRouting, nullptr, left.burst, last, rules_.clock,
                            rules_.sinks, &tracker_});
    return verdicts.dropped();
  }
  void advance(Nanoseconds time) { rules_.clock.advance(time); }
  [[nodiscard]] std::size_t elements() const {
    const auto now =
        rules_.program->elements(rules_.program->ruleset().tables[0].sets[0], rules_.clock.now());
    return now ? now->size() : 0;
  }

 private:
  Rules rules_;
  Tracker tracker_;
};

}  // namespace

TEST_CASE("connections above the limit are dropped, until one is gone") {
  Router router{Rules::chain("ct count over 2 drop\naccept")};
  CHECK(router.forward({from(1, 1)}) == 0);
  CHECK(router.forward({from(1, 2), from(1, 3)}) == 0b10);
  // Each connection counts once, and those that there are go on.
  CHECK(router.forward({from(1, 1), from(1, 2), from(1, 1), from(1, 4)}) == 0b1000);
  router.advance(20s);
  CHECK(router.forward({from(1, 2), from(1, 5)}) == 0b10);
  router.advance(10s);  // UDP's 30 seconds are over for the first one
  CHECK(router.forward({from(1, 5), from(1, 6), from(1, 2)}) == 0b010);
}

TEST_CASE("without `over`, the rule goes on for connections within the limit") {
  Router router{Rules::chain("ct count 2 accept")};
  CHECK(router.forward({from(1, 1), from(1, 2), from(1, 3), from(1, 4)}) == 0b1100);
  CHECK(router.forward({from(1, 2), from(1, 5)}) == 0b10);
}

TEST_CASE("a connection whose first packet was rejected does not count") {
  Router router{Rules::chain("ct count over 1 reject\naccept")};
  CHECK(router.forward({from(1, 1), from(1, 2), from(1, 1)}) == 0b010);
  CHECK(router.forward({from(1, 1), from(1, 3)}) == 0b10);
}

TEST_CASE("each address has its own count") {
  Router router{Rules::chain("add @s { ip saddr ct count over 1 } drop\naccept",
                             "set s { type ipv4_addr; flags dynamic; }")};
  CHECK(router.forward({from(1, 1), from(1, 2), from(2, 1), from(2, 2), from(1, 1)}) == 0b01010);
  CHECK(router.elements() == 2);
  router.advance(30s);
  CHECK(router.forward({from(1, 2), from(2, 1), from(2, 2)}) == 0b100);
}

TEST_CASE("an element makes room when its last connection is gone, or it is deleted") {
  Router router{
      Rules::chain("udp dport 54 delete @s { ip saddr } accept\n"
                   "add @s { ip saddr ct count 5 } accept",
                   "set s { type ipv4_addr; size 1; flags dynamic; }")};
  CHECK(router.forward({from(1, 1), from(2, 1), from(1, 2)}) == 0b010);
  router.advance(30s);
  CHECK(router.forward({from(2, 1), from(1, 1)}) == 0b10);
  Content deleting = from(2, 7);
  deleting.destination_port = 54;
  CHECK(router.forward({deleting, from(1, 1)}) == 0);
  CHECK(router.elements() == 1);
}

TEST_CASE("a TCP connection that was reset does not count") {
  Router router{Rules::chain("ct count over 1 drop\naccept")};
  Content syn = from(1, 1);
  syn.protocol = IPPROTO_TCP;
  syn.transport_octets = 20;
  syn.tcp_flags = TH_SYN;
  Content second = syn;
  second.source_port = 2;
  CHECK(router.forward({syn}) == 0);
  CHECK(router.forward({second}) == 1);
  Content answer = syn;
  std::swap(answer.source, answer.destination);
  std::swap(answer.source_port, answer.destination_port);
  answer.tcp_flags = TH_RST | TH_ACK;
  CHECK(router.forward({answer}) == 0);
  router.advance(1ms);
  CHECK(router.forward({second}) == 0);
}

TEST_CASE("what is not tracked counts for itself only") {
  Router router{
      "table ip t {\nchain raw {\ntype filter hook prerouting priority raw;\nnotrack\n}\n"
      "chain c {\ntype filter hook forward priority 0; policy drop;\nct count 1 accept\n}\n}\n"};
  CHECK(router.forward({from(1, 1), from(1, 2), from(1, 3)}) == 0);
}

TEST_CASE("many lists and connections are counted as a set of pairs would") {
  Connections connections{4096, 1};
  ConnectionCounts counts{5, 2000};
  std::array<std::array<std::uint64_t, 2>, 8> lists{};
  std::array<std::vector<Connection*>, 8> model;
  std::uint32_t name = 0;
  std::vector<Connection*> all;
  connections.begin(1s);
  for (unsigned step = 0; step < 3000; ++step) {
    if (step % 50 == 0) {
      connections.begin(1s + std::chrono::milliseconds{step});
    }
    const unsigned choice = step * 7919U % 97;
    if (choice < 60 || all.empty()) {
      const Tuple tuple{.source = {0, ++name}, .protocol = IPPROTO_UDP};
      Connection* const connection = connections.create(tuple, *inverse(tuple));
      REQUIRE(connection != nullptr);
      REQUIRE(connections.confirm(*connection));
      connections.set_timeout(*connection, 1h);
      all.push_back(connection);
    } else if (choice < 80) {
      Connection* const gone = all[step * 31U % all.size()];
      std::erase(all, gone);
      connections.remove(*gone);
      for (auto& list : model) {
        std::erase(list, gone);
      }
    }
    if (all.empty()) {
      continue;
    }
    const std::size_t at = step % 8;
    Connection* const connection = all[step * 17U % all.size()];
    if (std::ranges::find(model[at], connection) == model[at].end()) {
      model[at].push_back(connection);
    }
    const std::uint32_t enough = step % 60;
    const std::uint32_t count = counts.add(lists[at], connections, connection, enough);
    REQUIRE((count > enough) == (model[at].size() > enough));
    if (step % 500 == 499) {
      counts.clear(lists[at]);
      model[at].clear();
      REQUIRE(ConnectionCounts::size_of(lists[at]) == 0);
    }
  }
}

TEST_CASE("if there is no room for another connection, there are too many") {
  Connections connections{16, 1};
  ConnectionCounts counts{5, 2};
  std::array<std::uint64_t, 2> list{};
  connections.begin(1s);
  std::vector<Connection*> all;
  for (std::uint32_t i = 1; i < 4; ++i) {
    const Tuple tuple{.source = {0, i}, .protocol = IPPROTO_UDP};
    all.push_back(connections.create(tuple, *inverse(tuple)));
    CHECK(counts.add(list, connections, all.back(), 9) == (i < 3 ? i : ~std::uint32_t{0}));
  }
  connections.remove(*all[0]);
  CHECK(counts.add(list, connections, all[2], 9) == 2);
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
// Packets that pass without the rules: the rules' counters, the packets and the connections are as
// if the rules had been evaluated.
#include <netinet/tcp.h>

#include <random>

#include "conversation.hpp"

namespace ringroad::filter {
namespace {

// Rules, of which one needs connections.
std::string tracking(const std::string& rules) {
  return Rules::chain("ct state invalid drop\n" + rules);
}

// An established flow, and packets of it until one of each direction was learned from.
void establish(Router& router, const Content& content) {
  for (int i = 0; i < 3; ++i) {
    REQUIRE(router.forward(content));
    REQUIRE(router.forward(answer_to(content), 0));
  }
}

bool passes(Router& router, const Content& content, unsigned egress = 1) {
  return router.forward(content, egress) && router.passes();
}

TEST_CASE("an established flow passes without the rules, and they count it") {
  Router router{Rules::chain("ct state established counter accept\ncounter accept")};
  const Content query{};
  CHECK_FALSE(passes(router, query));
  CHECK_FALSE(passes(router, answer_to(query), 0));
  CHECK_FALSE(passes(router, query));
  CHECK(passes(router, query));
  CHECK_FALSE(passes(router, answer_to(query), 0));
  CHECK(passes(router, answer_to(query), 0));
  const auto counted = router.rules().program->counter(0, 0, 0, 1).value();
  CHECK(counted.packets == 5);
  CHECK(counted.bytes == std::uint64_t{5} * (20 + 32));
  CHECK(router.rules().program->rule_hits(0, 0, 0) == 5);
}

TEST_CASE("what depends on the packet is evaluated for each") {
  for (const std::string rule :
       {"meta length 1", "ip ttl 1", "ip dscp cs1", "udp length 1", "limit rate 1/second",
        "quota over 10 mbytes", "ct packets 1000000", "meta mark set 1", "ct mark set 1",
        "udp checksum 1", "log", "ip id 0", "ip daddr . meta length { 1.1.1.1 . 3 }"}) {
    INFO(rule);
    Router router{tracking(rule + "\naccept")};
    const Content query{};
    establish(router, query);
    CHECK_FALSE(passes(router, query));
  }
  for (const std::string rule :
       {"udp dport 53", "udp sport 1", "ip saddr 10.0.0.1", "ip protocol tcp", "iif eth0",
        "oifname eth1", "ct state established", "ct direction original", "meta mark 1", "ct mark 7",
        "ct status assured", "meta l4proto tcp tcp flags syn", "ip daddr { 1.1.1.1, 2.0.0.0/8 }",
        "ip daddr vmap { 1.1.1.1 : drop }", "ct original ip saddr 1.1.1.1",
        "ip saddr & 255.0.0.0 == 11.0.0.0"}) {
    INFO(rule);
    Router router{tracking(rule + "\naccept")};
    const Content query{};
    establish(router, query);
    CHECK(passes(router, query));
  }
}

TEST_CASE("flags of TCP matter where they can differ between segments that pass") {
  Content data = segment(TH_ACK);
  data.ack = 1;
  data.window = 4096;
  for (const auto& [rule, may_pass] : {std::pair{"tcp flags syn drop", true},
                                       {"tcp flags & (syn|psh) == syn|psh drop", true},
                                       {"tcp flags psh counter", false},
                                       {"tcp flags & (fin|psh) == psh counter", false}}) {
    INFO(rule);
    Router router{tracking(std::string{rule} + "\naccept")};
    establish(router, data);
    CHECK(passes(router, data) == may_pass);
    Content end = data;
    end.tcp_flags = TH_ACK | TH_FIN;
    CHECK_FALSE(passes(router, end));
    CHECK_FALSE(passes(router, data));  // the connection is closing
  }
}

TEST_CASE("a flow that takes another way is evaluated again") {
  Router router{tracking("oif eth1 accept\nct direction reply accept\noif eth0 drop")};
  const Content query{};
  establish(router, query);
  CHECK(passes(router, query));
  CHECK_FALSE(router.forward(query, 0));
  CHECK(router.forward(query));
  CHECK(passes(router, query));
}

TEST_CASE("a rule that writes the mark of a connection changes what is known of it") {
  Router router{
      Rules::chain("ct mark 1 drop\nct direction reply meta length 100 ct mark set 1\naccept")};
  const Content query{};
  establish(router, query);
  CHECK(passes(router, query));
  Content marking = answer_to(query);
  marking.transport_octets = 80;
  CHECK(router.forward(marking, 0));
  CHECK_FALSE(router.forward(query));
}

TEST_CASE("UDP that becomes a stream is evaluated again, because it is assured") {
  Router router{Rules::chain("ct status assured counter drop\naccept")};
  const Content query{};
  establish(router, query);
  CHECK(passes(router, query));
  router.advance(std::chrono::seconds{3});
  CHECK_FALSE(router.forward(query));
}

TEST_CASE("a wrong checksum is invalid, in a known connection and before there is one") {
  Router router{tracking("ct state invalid drop\naccept")};
  router.check_sums();
  constexpr std::size_t kSum = 14 + 20 + 6;
  const Content query{};  // has none
  Octets wrong = query.frame();
  wrong[kSum] = 1;
  CHECK_FALSE(router.forward(wrong));
  CHECK(router.state() == TrackedAs::kInvalid);
  establish(router, query);
  CHECK(passes(router, query));
  CHECK_FALSE(router.forward(wrong));
  CHECK(router.state() == TrackedAs::kInvalid);
  CHECK(passes(router, query));
  CHECK(router.tracker().connections().counters().invalid == 2);
}

TEST_CASE("another program is asked anew") {
  Router router{tracking("accept")};
  const Content query{};
  establish(router, query);
  CHECK(passes(router, query));
  Rules other{tracking("udp dport 53 drop\naccept")};
  std::swap(router.rules().program, other.program);
  CHECK_FALSE(router.forward(query));
  std::swap(router.rules().program, other.program);
  CHECK(router.forward(query));
  CHECK_FALSE(router.passes());
  for (int i = 0; i < 70000; ++i) {  // more often than there are numbers
    router.rules().program.swap(other.program);
    router.lose(query);
  }
  CHECK(router.forward(answer_to(query), 0));
}

// Rules of which nothing depends on more than connections, or of which something does.
std::string ruleset(bool passes) {
  const std::string first = passes ? "meta mark 77 counter\n" : "meta length 0 counter\n";
  return "table ip r { chain raw { type filter hook prerouting priority -300\n" + first +
         "ip saddr 10.0.0.3 counter drop\ncounter } }\n"
         "table ip n {\nchain d { type nat hook prerouting priority -100\n" +
         first +
         "ip daddr 10.9.0.9 counter dnat to 10.0.1.2 }\n"
         "chain s { type nat hook postrouting priority 100\n" +
         first +
         "ip saddr 10.0.0.2 counter snat to 10.9.0.1-10.9.0.2 } }\n"
         "table inet f {\nchain known {\ntcp dport vmap { 80 : accept, 81 : drop }\n"
         "counter accept }\n"
         "chain c { type filter hook forward priority 0; policy drop\n" +
         first +
         "ct state invalid counter drop\n"
         "ct state established ct direction reply counter\n"
         "ct state established jump known\n"
         "iif eth0 counter accept }\n"
         "chain p { type filter hook postrouting priority 0\n" +
         first + "oif eth1 counter\nct status snat counter } }\n";
}

// A router to which bursts come.
class World {
 public:
  explicit World(bool passes) : rules_{ruleset(passes)}, tracker_{{}, 0, 1} {}

  struct Outcome {
    std::uint64_t dropped = 0;
    std::vector<Octets> frames;
    friend bool operator==(const Outcome&, const Outcome&) = default;
  };
  Outcome forward(const std::vector<Octets>& frames, bool is_answer) {
    Packets packets{false, InterfaceId{static_cast<std::uint16_t>(is_answer ? 1 : 0)}};
    for (const Octets& frame : frames) {
      packets.add(frame, InterfaceId{static_cast<std::uint16_t>(is_answer ? 0 : 1)});
      packets.burst.packets[packets.burst.count - 1]->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    }
    Outcome outcome;
    for (const HookPoint point :
         {HookPoint::kPreRouting, HookPoint::kForward, HookPoint::kPostRouting}) {
      const std::uint64_t dropped = rules_.run(packets, point, &tracker_);
      outcome.dropped = outcome.dropped * 3 + dropped;
      packets.burst.compact(~dropped);
    }
    for (std::size_t i = 0; i < packets.burst.count; ++i) {
      outcome.frames.push_back(packets.octets(i));
      passed_ += Tracked::of(*packets.burst.packets[i]).outcome != 0 ? 1U : 0U;
    }
    return outcome;
  }
  void advance(Nanoseconds time) { rules_.clock.advance(time); }

  // All numbers that there are.
  [[nodiscard]] std::vector<std::uint64_t> numbers() {
    std::vector<std::uint64_t> all;
    const auto& tables = rules_.program->ruleset().tables;
    for (std::uint32_t t = 0; t < tables.size(); ++t) {
      for (std::uint32_t c = 0; c < tables[t].chains.size(); ++c) {
        all.push_back(rules_.program->policy_hits(t, c));
        for (std::uint32_t r = 0; r < tables[t].chains[c].rules.size(); ++r) {
          all.push_back(rules_.program->rule_hits(t, c, r));
          for (std::uint32_t s = 0; s < tables[t].chains[c].rules[r].statements.size(); ++s) {
            const auto total = rules_.program->counter(t, c, r, s);
            all.push_back(total ? total->packets : 0);
            all.push_back(total ? total->bytes : 0);
          }
        }
      }
    }
    Connections& connections = tracker_.connections();
    connections.visit(0, connections.places(), [&](const Connection& each) {
      for (const auto& [packets, bytes] : each.counts) {
        all.push_back(packets);
        all.push_back(bytes);
      }
      all.push_back(each.deadline);
      all.push_back(each.status);
      all.push_back(static_cast<std::uint64_t>(each.tcp.state));
      all.push_back(each.tcp.ends[0].end);
    });
    all.push_back(connections.counters().found);
    all.push_back(connections.counters().invalid);
    return all;
  }
  [[nodiscard]] std::uint64_t passed() const { return passed_; }

 private:
  Rules rules_;
  Tracker tracker_;
  std::uint64_t passed_ = 0;
};

TEST_CASE("random conversations pass as if the rules were evaluated") {
  std::mt19937 random{7};
  const auto below = [&](unsigned end) { return static_cast<unsigned>(random() % end); };
  World passing{true};
  World evaluating{false};
  for (int round = 0; round < 6000; ++round) {
    const bool is_answer = below(2) == 0;
    std::vector<Octets> frames;
    for (unsigned i = 0; i < 1 + below(12); ++i) {
      Content content{};
      content.source = Ipv4{0x0a000001U + below(3)};
      content.source_port = static_cast<std::uint16_t>(1000 + below(4));
      content.destination = below(4) == 0 ? Ipv4{10, 9, 0, 9} : Ipv4{10, 0, 1, 1};
      content.destination_port = static_cast<std::uint16_t>(79 + below(3));
      content.protocol = below(5) == 0 ? IPPROTO_ICMP : below(2) == 0 ? IPPROTO_TCP : IPPROTO_UDP;
      content.transport_octets = static_cast<std::uint16_t>(28 + below(20));
      constexpr std::array<std::uint8_t, 6> kRare{TH_SYN,          TH_FIN | TH_ACK, TH_RST,
                                                  TH_SYN | TH_ACK, TH_URG | TH_ACK, 0};
      content.tcp_flags = below(60) == 0  ? kRare[below(kRare.size())]
                          : below(3) == 0 ? TH_ACK | TH_PUSH
                                          : TH_ACK;
      content.seq = 1 + below(200) * (below(50) == 0 ? 100000 : 1);
      content.ack = 1 + below(30);
      content.window = static_cast<std::uint16_t>(below(20) == 0 ? 0 : 4096);
      content.options = below(30) == 0 ? 1 : 0;
      if (is_answer) {
        content = answer_to(content);
        if (content.destination == Ipv4{10, 0, 0, 2}) {
          content.destination = Ipv4{0x0a090001U + below(2)};
        }
        content.source = content.source == Ipv4{10, 9, 0, 9} ? Ipv4{10, 0, 1, 2} : content.source;
      }
      frames.push_back(content.frame());
    }
    REQUIRE(passing.forward(frames, is_answer) == evaluating.forward(frames, is_answer));
    if (below(40) == 0) {
      const auto time = std::chrono::milliseconds{below(40000)};
      passing.advance(time);
      evaluating.advance(time);
    }
    if (round % 100 == 0) {
      REQUIRE(passing.numbers() == evaluating.numbers());
    }
  }
  CHECK(passing.passed() > 5000);
  CHECK(evaluating.passed() == 0);
}

}  // namespace
}  // namespace ringroad::filter

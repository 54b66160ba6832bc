// SPDX-License-Identifier: BSD-3-Clause
// Conversations through the rules of a router: which state each packet has, and what it looks like
// behind the translation.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <optional>

#include "filter/tracker.hpp"
#include "rules.hpp"

namespace ringroad::filter {
namespace {

// A packet, as it left the router.
struct Sent {
  Octets octets;
  [[nodiscard]] Ipv4 source() const { return address(26); }
  [[nodiscard]] Ipv4 destination() const { return address(30); }
  [[nodiscard]] std::uint16_t source_port() const { return word(34); }
  [[nodiscard]] std::uint16_t destination_port() const { return word(36); }
  [[nodiscard]] std::uint16_t word(std::size_t at) const {
    return static_cast<std::uint16_t>(octets[at] << 8U | octets[at + 1]);
  }
  [[nodiscard]] Ipv4 address(std::size_t at) const {
    return Ipv4{octets[at], octets[at + 1], octets[at + 2], octets[at + 3]};
  }
};

class Router {
 public:
  explicit Router(const std::string& rules, TrackingSettings settings = {})
      : rules_{rules}, tracker_{settings, 0, 1} {}

  // Through PREROUTING, FORWARD and POSTROUTING; nothing if it was dropped.
  std::optional<Sent> forward(const Octets& frame, unsigned egress = 1) {
    Packets packets{false, InterfaceId{static_cast<std::uint16_t>(1 - egress)}};
    packets.add(frame, InterfaceId{static_cast<std::uint16_t>(egress)});
    packets.burst.packets[0]->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    for (const HookPoint point :
         {HookPoint::kPreRouting, HookPoint::kForward, HookPoint::kPostRouting}) {
      HookVerdicts verdicts;
      rules_.program->run(
          0, {point, nullptr, packets.burst, verdicts, rules_.clock, rules_.sinks, &tracker_});
      state_ = Tracked::of(*packets.burst.packets[0]).as;
      if (verdicts.dropped() != 0) {
        return std::nullopt;
      }
    }
    return Sent{packets.octets(0)};
  }
  std::optional<Sent> forward(const Content& content, unsigned egress = 1) {
    return forward(content.frame(), egress);
  }
  // Through PREROUTING alone: what drops it then is no rule.
  void lose(const Content& content) {
    Packets packets{false, InterfaceId{0}};
    packets.add(content.frame(), InterfaceId{1});
    packets.burst.packets[0]->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    HookVerdicts verdicts;
    rules_.program->run(0, {HookPoint::kPreRouting, nullptr, packets.burst, verdicts, rules_.clock,
                            rules_.sinks, &tracker_});
  }
  [[nodiscard]] TrackedAs state() const { return state_; }  // of the last packet
  void advance(Nanoseconds time) { rules_.clock.advance(time); }
  [[nodiscard]] Tracker& tracker() { return tracker_; }
  [[nodiscard]] std::uint32_t confirmed() {
    std::uint32_t count = 0;
    tracker_.connections().begin(rules_.clock.now());
    tracker_.connections().visit(0, tracker_.connections().places(),
                                 [&](const Connection& /*each*/) { ++count; });
    return count;
  }

 private:
  Rules rules_;
  Tracker tracker_;
  TrackedAs state_{};
};

const std::string kStateful =
    Rules::chain("ct state established,related accept\nct state invalid drop\niif eth0 accept");

Content answer_to(const Content& content) {
  Content answer = content;
  std::swap(answer.source, answer.destination);
  std::swap(answer.source_port, answer.destination_port);
  return answer;
}

// An ICMP error about a packet, from a router on its way.
Octets error_about(const Octets& frame, Ipv4 from, Ipv4 to) {
  Octets octets(frame.begin(), frame.begin() + 14);
  append(octets, 0x4500, 2);
  append(octets, 20 + 8 + 28, 2);
  append(octets, 0, 4);
  append(octets, 0x4001, 2);
  append(octets, 0, 2);
  append(octets, from.value(), 4);
  append(octets, to.value(), 4);
  const std::uint16_t header = checksum(std::span{octets}.subspan(14, 20));
  std::memcpy(&octets[24], &header, 2);
  append(octets, 0x0301'0000'0000'0000, 8);
  octets.insert(octets.end(), frame.begin() + 14, frame.begin() + 14 + 28);
  const std::uint16_t sum = checksum(std::span{octets}.subspan(34));
  std::memcpy(&octets[36], &sum, 2);
  return octets;
}

TEST_CASE("a firewall lets in only what answers") {
  Router router{kStateful};
  const Content query{};
  CHECK_FALSE(router.forward(answer_to(query), 0));
  CHECK(router.state() == TrackedAs::kNew);
  CHECK(router.forward(query));
  CHECK(router.state() == TrackedAs::kNew);
  CHECK(router.forward(query));
  CHECK(router.state() == TrackedAs::kNew);
  CHECK(router.forward(answer_to(query), 0));
  CHECK(router.state() == TrackedAs::kEstablished);
  CHECK(router.forward(query));
  CHECK(router.state() == TrackedAs::kEstablished);
  CHECK(router.confirmed() == 1);
}

TEST_CASE("a packet that was dropped began no connection") {
  Router router{Rules::chain("ct state established accept\nudp dport 53 accept")};
  Content refused{};
  refused.destination_port = 54;
  CHECK_FALSE(router.forward(refused));
  CHECK_FALSE(router.forward(answer_to(refused), 0));
  CHECK(router.confirmed() == 0);
  CHECK(router.tracker().connections().size() == 0);
}

TEST_CASE("UDP expires after 30 seconds without an answer, and a stream after 120") {
  Router router{kStateful};
  const Content query{};
  CHECK(router.forward(query));
  router.advance(std::chrono::milliseconds{29'999});
  CHECK(router.confirmed() == 1);
  router.advance(std::chrono::milliseconds{1});
  CHECK(router.confirmed() == 0);
  CHECK_FALSE(router.forward(answer_to(query), 0));

  CHECK(router.forward(query));
  CHECK(router.forward(answer_to(query), 0));
  router.advance(std::chrono::seconds{3});
  CHECK(router.forward(query));
  router.advance(std::chrono::seconds{119});
  CHECK(router.forward(answer_to(query), 0));
  router.advance(std::chrono::seconds{121});
  CHECK_FALSE(router.forward(answer_to(query), 0));
}

TEST_CASE("TCP is established by its handshake, and a stray segment is invalid or new") {
  Router router{kStateful};
  Content syn{};
  syn.protocol = IPPROTO_TCP;
  syn.transport_octets = 20;
  syn.tcp_flags = TH_SYN;
  CHECK(router.forward(syn));
  CHECK(router.state() == TrackedAs::kNew);
  Content syn_ack = answer_to(syn);
  syn_ack.tcp_flags = TH_SYN | TH_ACK;
  CHECK(router.forward(syn_ack, 0));
  CHECK(router.state() == TrackedAs::kEstablished);

  Content stray = syn;
  stray.source_port = 7;
  stray.tcp_flags = TH_SYN | TH_FIN;
  CHECK_FALSE(router.forward(stray));
  CHECK(router.state() == TrackedAs::kInvalid);
  stray.tcp_flags = TH_RST;
  CHECK_FALSE(router.forward(stray));
  CHECK(router.state() == TrackedAs::kInvalid);
}

TEST_CASE("an error about a connection's packet is related, another one is invalid") {
  Router router{kStateful};
  const Content query{};
  const Ipv4 hop{10, 9, 9, 9};
  CHECK_FALSE(router.forward(error_about(query.frame(), hop, query.source), 0));
  CHECK(router.state() == TrackedAs::kInvalid);
  CHECK(router.forward(query));
  CHECK(router.forward(error_about(query.frame(), hop, query.source), 0));
  CHECK(router.state() == TrackedAs::kRelated);
  // It is for the sender of the packet, and for no one else.
  CHECK_FALSE(router.forward(error_about(query.frame(), hop, Ipv4{10, 0, 0, 77}), 0));
}

TEST_CASE("a mark stays with the connection") {
  Router router{Rules::chain("ct mark 7 accept\nct state new ct mark set 7 accept")};
  const Content query{};
  CHECK(router.forward(query));
  CHECK(router.forward(answer_to(query), 0));
}

TEST_CASE("packets that are not to be tracked have no connection") {
  Router router{
      "table ip t {\nchain raw {\ntype filter hook prerouting priority raw;\n"
      "udp dport 53 notrack\n}\n"
      "chain c {\ntype filter hook forward priority 0; policy drop;\n"
      "ct state untracked accept\n}\n}\n"};
  CHECK(router.forward(Content{}));
  CHECK(router.confirmed() == 0);
  CHECK_FALSE(router.forward(answer_to({}), 0));
}

TEST_CASE("a full table gives way to new connections only where none is assured") {
  TrackingSettings settings;
  settings.connections_most = 4;
  Router router{kStateful, settings};
  Content syn{};
  syn.protocol = IPPROTO_TCP;
  syn.transport_octets = 20;
  for (std::uint16_t i = 0; i < 4; ++i) {
    syn.source_port = i;
    syn.tcp_flags = TH_SYN;
    CHECK(router.forward(syn));
    Content reply = answer_to(syn);
    reply.tcp_flags = TH_SYN | TH_ACK;
    CHECK(router.forward(reply, 0));
    Content ack = syn;
    ack.tcp_flags = TH_ACK;
    CHECK(router.forward(ack));
  }
  syn.tcp_flags = TH_SYN;
  for (std::uint16_t i = 100; i < 200; ++i) {
    syn.source_port = i;
    static_cast<void>(router.forward(syn));
  }
  CHECK(router.tracker().connections().size() <= 4);
  std::uint32_t assured = 0;
  router.tracker().connections().visit(0, 4, [&](const Connection& each) {
    assured += each.has(connection_status::kAssured) ? 1U : 0U;
  });
  CHECK(assured == router.tracker().connections().size());
}

const std::string kSourceNat =
    "table ip t {\nchain post {\ntype nat hook postrouting priority srcnat;\n"
    "oif eth1 snat to 203.0.113.1\n}\n}\n";

TEST_CASE("source translation goes both ways, ports are kept if they are free") {
  Router router{kSourceNat};
  const Ipv4 outside{203, 0, 113, 1};
  Content query{};
  auto sent = router.forward(query);
  REQUIRE(sent);
  CHECK(sent->source() == outside);
  CHECK(sent->source_port() == query.source_port);

  Content reply = answer_to(query);
  reply.destination = outside;
  const auto back = router.forward(reply, 0);
  REQUIRE(back);
  CHECK(back->destination() == query.source);
  CHECK(back->destination_port() == query.source_port);

  Content other = query;
  other.source = Ipv4{10, 0, 0, 2};
  sent = router.forward(other);
  REQUIRE(sent);
  CHECK(sent->source() == outside);
  CHECK(sent->source_port() != query.source_port);
  CHECK(sent->source_port() >= 1024);
  reply.destination_port = sent->source_port();
  const auto back_to_other = router.forward(reply, 0);
  REQUIRE(back_to_other);
  CHECK(back_to_other->destination() == other.source);
  CHECK(back_to_other->destination_port() == other.source_port);
}

TEST_CASE("the reset that refuses a connection reaches the host behind the translation") {
  Router router{kSourceNat};
  Content syn{};
  syn.protocol = IPPROTO_TCP;
  syn.transport_octets = 20;
  syn.tcp_flags = TH_SYN;
  CHECK(router.forward(syn));
  Content reset = answer_to(syn);
  reset.destination = Ipv4{203, 0, 113, 1};
  reset.tcp_flags = TH_RST | TH_ACK;
  const auto back = router.forward(reset, 0);
  REQUIRE(back);
  CHECK(back->destination() == syn.source);
  CHECK(router.state() == TrackedAs::kEstablished);
  CHECK(router.confirmed() == 0);
  CHECK(router.tracker().connections().size() == 0);

  CHECK(router.forward(syn));
  CHECK(router.confirmed() == 1);
  router.advance(std::chrono::seconds{2});
  CHECK(router.confirmed() == 1);
  CHECK(router.tracker().connections().size() == 1);
}

TEST_CASE("a packet that was lost on its way takes no port") {
  Router router{kSourceNat};
  const Content query{};
  router.lose(query);
  const auto sent = router.forward(query);
  REQUIRE(sent);
  CHECK(sent->source_port() == query.source_port);
}

TEST_CASE("a connection may begin with the answer to another one's first packet") {
  Router router{
      "table ip t {\nchain post {\ntype nat hook postrouting priority srcnat;\n"
      "snat to 203.0.113.1\n}\n}\n"};
  const Content query{};
  CHECK(router.forward(answer_to(query), 0));
  // Its source is translated, so it is no answer, and its answers are its own.
  const auto sent = router.forward(query);
  REQUIRE(sent);
  CHECK(router.state() == TrackedAs::kNew);
  CHECK(sent->source() == Ipv4{203, 0, 113, 1});
  CHECK(router.confirmed() == 2);
}

TEST_CASE("a random port is not the sender's") {
  const std::string rule =
      "table ip t {\nchain post {\ntype nat hook postrouting priority srcnat;\n"
      "meta l4proto udp snat to 203.0.113.1 ";
  for (const char* const how : {"random", "fully-random"}) {
    Router router{rule + how + "\n}\n}\n"};
    const auto sent = router.forward(Content{});
    REQUIRE(sent);
    CHECK(sent->source_port() != Content{}.source_port);
  }
}

TEST_CASE("a connection that a rule resets is closed") {
  Content syn{};
  syn.protocol = IPPROTO_TCP;
  syn.transport_octets = 20;
  syn.tcp_flags = TH_SYN;
  Content answer = answer_to(syn);
  answer.tcp_flags = TH_SYN | TH_ACK;
  Router router{
      Rules::chain("ct state established oif eth0 meta l4proto tcp reject with tcp reset\naccept")};
  CHECK(router.forward(syn));
  CHECK_FALSE(router.forward(answer, 0));
  Connections& connections = router.tracker().connections();
  CHECK(router.confirmed() == 1);
  connections.visit(0, 1, [&](const Connection& each) {
    CHECK(each.tcp.state == TcpState::kClose);
    CHECK(connections.remaining(each) == std::chrono::seconds{10});
  });
}

TEST_CASE("a repeated SYN is not counted among its connection's packets") {
  Router router{kStateful};
  Content syn{};
  syn.protocol = IPPROTO_TCP;
  syn.transport_octets = 20;
  syn.tcp_flags = TH_SYN;
  CHECK(router.forward(syn));
  CHECK(router.forward(syn));
  router.tracker().connections().visit(0, 1, [](const Connection& each) {
    CHECK(each.counts[0].packets == 1);
    CHECK(each.counts[0].bytes == 40);
  });
}

TEST_CASE("checksums are right behind the translation") {
  Router router{kSourceNat};
  Octets frame = Content{}.frame();
  // A checksum of UDP that is there.
  std::uint64_t sum = 0;
  const auto add = [&](std::size_t from, std::size_t count) {
    sum += static_cast<std::uint16_t>(~checksum(std::span{frame}.subspan(from, count)));
  };
  add(26, 8);
  add(34, 32);
  sum += rte_cpu_to_be_16(IPPROTO_UDP) + std::uint64_t{rte_cpu_to_be_16(32)};
  const auto check = static_cast<std::uint16_t>(~fold(sum));
  std::memcpy(&frame[40], &check, 2);
  const auto sent = router.forward(frame);
  REQUIRE(sent);
  frame = sent->octets;
  CHECK(checksum(std::span{frame}.subspan(14, 20)) == 0);
  sum = rte_cpu_to_be_16(IPPROTO_UDP) + std::uint64_t{rte_cpu_to_be_16(32)};
  add(26, 8);
  add(34, 32);
  CHECK(fold(sum) == 0xffff);
}

TEST_CASE("an error about a translated packet reaches the host that sent it") {
  Router router{kSourceNat};
  const Content query{};
  const auto sent = router.forward(query);
  REQUIRE(sent);
  const Ipv4 hop{198, 51, 100, 9};
  const auto error = router.forward(error_about(sent->octets, hop, Ipv4{203, 0, 113, 1}), 0);
  REQUIRE(error);
  CHECK(router.state() == TrackedAs::kRelated);
  CHECK(error->source() == hop);
  CHECK(error->destination() == query.source);
  CHECK(error->address(14 + 20 + 8 + 12) == query.source);
  CHECK(error->word(14 + 20 + 8 + 20) == query.source_port);
  CHECK(checksum(std::span{error->octets}.subspan(14, 20)) == 0);
  CHECK(checksum(std::span{error->octets}.subspan(34)) == 0);
  CHECK(checksum(std::span{error->octets}.subspan(42, 20)) == 0);
}

TEST_CASE("destination translation gives the host inside, and its answers come from outside") {
  Router router{
      "table ip t {\nchain pre {\ntype nat hook prerouting priority dstnat;\n"
      "ip daddr 203.0.113.1 udp dport 5353 counter dnat to 10.0.0.1:53\n}\n}\n"};
  Content query{};
  query.source = Ipv4{198, 51, 100, 7};
  query.destination = Ipv4{203, 0, 113, 1};
  query.destination_port = 5353;
  for (int i = 0; i < 2; ++i) {
    const auto sent = router.forward(query, 0);
    REQUIRE(sent);
    CHECK(sent->destination() == Ipv4{10, 0, 0, 1});
    CHECK(sent->destination_port() == 53);
  }
  Content reply{};
  reply.source = Ipv4{10, 0, 0, 1};
  reply.source_port = 53;
  reply.destination = query.source;
  reply.destination_port = query.source_port;
  const auto back = router.forward(reply);
  REQUIRE(back);
  CHECK(back->source() == query.destination);
  CHECK(back->source_port() == 5353);
}

TEST_CASE("when all ports of a range are taken, a new connection is dropped") {
  Router router{
      "table ip t {\nchain post {\ntype nat hook postrouting priority srcnat;\n"
      "meta l4proto udp snat to 203.0.113.1:2000-2003\n}\n}\n"};
  Content query{};
  std::vector<std::uint16_t> ports;
  for (std::uint16_t i = 0; i < 4; ++i) {
    query.source_port = i;
    const auto sent = router.forward(query);
    REQUIRE(sent);
    ports.push_back(sent->source_port());
  }
  std::ranges::sort(ports);
  CHECK(ports == std::vector<std::uint16_t>{2000, 2001, 2002, 2003});
  query.source_port = 99;
  CHECK_FALSE(router.forward(query));
  // Another destination is another tuple.
  query.destination_port = 54;
  CHECK(router.forward(query));
}

}  // namespace
}  // namespace ringroad::filter

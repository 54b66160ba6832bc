// SPDX-License-Identifier: BSD-3-Clause
// Conversations through the rules of a router: what packets look like behind the translation.
#include <netinet/tcp.h>

#include "conversation.hpp"

namespace ringroad::filter {
namespace {

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
  const Content syn = segment(TH_SYN);
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

// SPDX-License-Identifier: BSD-3-Clause
// Conversations through the rules of a router: which state each packet has.
#include <netinet/tcp.h>

#include "conversation.hpp"

namespace ringroad::filter {
namespace {

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
  const Content syn = segment(TH_SYN);
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
  Content syn = segment(TH_SYN);
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

TEST_CASE("a connection that a rule resets is closed") {
  const Content syn = segment(TH_SYN);
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
  const Content syn = segment(TH_SYN);
  CHECK(router.forward(syn));
  CHECK(router.forward(syn));
  router.tracker().connections().visit(0, 1, [](const Connection& each) {
    CHECK(each.counts[0].packets == 1);
    CHECK(each.counts[0].bytes == 40);
  });
}

}  // namespace
}  // namespace ringroad::filter

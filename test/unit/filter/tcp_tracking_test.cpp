// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tcp_tracking.hpp"

#include <bitset>
#include <catch2/catch.hpp>
#include <sstream>

#include "tcp_connection.hpp"

namespace ringroad::filter {
namespace {

// What the segment does to a connection in this state, both of whose ends may send it and one of
// which has sent a FIN.
std::string effect(TcpState state, Direction direction, std::uint8_t flags) {
  TcpTracking tracking;
  tracking.ends[0] = {.end = 1000, .max_end = 2000, .max_window = 1000, .max_ack = 0};
  tracking.ends[1] = {.end = 5000, .max_end = 6000, .max_window = 1000, .max_ack = 0};
  tracking.options[0].set(TcpOptions::kClosedFirst);
  tracking.state = state;
  const bool is_original = direction == Direction::kOriginal;
  const TcpSegment segment{.seq = is_original ? 1000U : 5000U,
                           .ack = is_original ? 5000U : 1000U,
                           .window = 1000,
                           .flags = flags,
                           .payload_bytes = 0,
                           .options = {}};
  if (state == TcpState::kNone && is_original && !begin(tracking, segment, {})) {
    return "invalid";
  }
  const TcpVerdict verdict = track(tracking, direction, segment, {}, true, false, {});
  switch (verdict.what) {
    case TcpVerdict::What::kInvalid:
      return "invalid";
    case TcpVerdict::What::kRestart:
      return "restart";
    case TcpVerdict::What::kDestroy:
      return "destroy";
    case TcpVerdict::What::kAccept:
      break;
  }
  return verdict.timeout ? std::string{to_string(tracking.state)} : "ignore";
}

struct Transitions {
  Direction direction;
  std::uint8_t flags;
  const char* effects;  // in each state, in TcpState's order
};
constexpr auto kOriginal = Direction::kOriginal;
constexpr auto kReply = Direction::kReply;

// The table in the comments of Linux's nf_conntrack_proto_tcp.c.
constexpr std::array kTransitions{
    Transitions{kOriginal, TH_SYN,
                "SYN_SENT SYN_SENT ignore ignore ignore ignore ignore restart restart SYN_SENT2"},
    Transitions{
        kOriginal, TH_SYN | TH_ACK,
        "invalid invalid SYN_RECV invalid invalid invalid invalid invalid invalid SYN_RECV"},
    Transitions{kOriginal, TH_FIN | TH_ACK,
                "invalid invalid FIN_WAIT FIN_WAIT LAST_ACK LAST_ACK LAST_ACK TIME_WAIT CLOSE "
                "invalid"},
    Transitions{kOriginal, TH_ACK,
                "ESTABLISHED invalid ESTABLISHED ESTABLISHED CLOSE_WAIT CLOSE_WAIT TIME_WAIT "
                "TIME_WAIT CLOSE invalid"},
    Transitions{kOriginal, TH_RST, "invalid CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE"},
    Transitions{kOriginal, 0,
                "invalid invalid invalid invalid invalid invalid invalid invalid invalid invalid"},
    Transitions{kReply, TH_SYN,
                "invalid SYN_SENT2 invalid invalid invalid invalid invalid restart invalid "
                "SYN_SENT2"},
    Transitions{kReply, TH_SYN | TH_ACK,
                "invalid SYN_RECV ignore ignore ignore ignore ignore ignore ignore SYN_RECV"},
    Transitions{kReply, TH_FIN | TH_ACK,
                "invalid invalid FIN_WAIT FIN_WAIT LAST_ACK LAST_ACK LAST_ACK TIME_WAIT CLOSE "
                "invalid"},
    Transitions{kReply, TH_ACK,
                "invalid ignore SYN_RECV ESTABLISHED CLOSE_WAIT CLOSE_WAIT TIME_WAIT TIME_WAIT "
                "CLOSE ignore"},
    Transitions{kReply, TH_RST, "invalid CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE CLOSE"},
    Transitions{kReply, 0,
                "invalid invalid invalid invalid invalid invalid invalid invalid invalid invalid"}};

}  // namespace

TEST_CASE("a segment does in each state what Linux's table says") {
  for (const Transitions& row : kTransitions) {
    std::istringstream effects{row.effects};
    for (std::size_t state = 0; state < kTcpStates; ++state) {
      CAPTURE(index_of(row.direction), int{row.flags}, to_string(static_cast<TcpState>(state)));
      std::string expected;
      effects >> expected;
      CHECK(effect(static_cast<TcpState>(state), row.direction, row.flags) == expected);
    }
  }
}

TEST_CASE("only nine combinations of flags are valid, whatever PSH, ECE and CWR say") {
  std::bitset<256> valid;
  for (const int flags : {TH_SYN, TH_SYN | TH_URG, TH_SYN | TH_ACK, TH_RST, TH_RST | TH_ACK,
                          TH_FIN | TH_ACK, TH_FIN | TH_ACK | TH_URG, TH_ACK, TH_ACK | TH_URG}) {
    for (const unsigned ignored : {0x00U, 0x08U, 0x40U, 0x48U, 0x80U, 0x88U, 0xc0U, 0xc8U}) {
      valid.set(static_cast<unsigned>(flags) | ignored);
    }
  }
  for (unsigned flags = 0; flags < 256; ++flags) {
    CAPTURE(flags);
    CHECK(has_valid_flags(static_cast<std::uint8_t>(flags)) == valid[flags]);
  }
}

TEST_CASE("a handshake establishes a connection, and its ACK assures it") {
  TcpConnection connection;
  CHECK(connection.client(syn(100)) == "SYN_SENT 120");
  CHECK(connection.server(syn_ack(500, 101)) == "SYN_RECV 60");
  CHECK(!connection.is_assured());
  CHECK(connection.client(ack(101, 501)) == "ESTABLISHED 432000");
  CHECK(connection.is_assured());
  CHECK(connection.client(data(101, 501, 10)) == "ESTABLISHED 300");  // not acknowledged
  CHECK(connection.server(ack(501, 111)) == "ESTABLISHED 432000");
}

TEST_CASE("sequence numbers wrap around") {
  TcpConnection connection;
  CHECK(connection.client(syn(0xffff'fff0)) == "SYN_SENT 120");
  CHECK(connection.server(syn_ack(0xffff'ffff, 0xffff'fff1)) == "SYN_RECV 60");
  CHECK(connection.client(ack(0xffff'fff1, 0)) == "ESTABLISHED 432000");
  CHECK(connection.client(data(0xffff'fff1, 0, 100)) == "ESTABLISHED 300");
  CHECK(connection.server(ack(0, 0x55)) == "ESTABLISHED 432000");
}

TEST_CASE("either end closes a connection first") {
  TcpConnection by_client;
  by_client.establish();
  CHECK(by_client.client(fin(101, 501)) == "FIN_WAIT 120");
  CHECK(by_client.server(ack(501, 102)) == "CLOSE_WAIT 60");
  CHECK(by_client.server(data(501, 102, 10)) == "CLOSE_WAIT 60");
  CHECK(by_client.server(fin(511, 102)) == "LAST_ACK 30");
  CHECK(by_client.client(ack(102, 512)) == "TIME_WAIT 120");
  CHECK(by_client.server(fin(511, 102)) == "TIME_WAIT 120");

  TcpConnection by_server;
  by_server.establish();
  CHECK(by_server.server(fin(501, 101)) == "FIN_WAIT 120");
  CHECK(by_server.client(fin(101, 502)) == "LAST_ACK 30");
  CHECK(by_server.server(ack(502, 102)) == "TIME_WAIT 120");

  TcpConnection at_once;
  at_once.establish();
  CHECK(at_once.client(fin(101, 501)) == "FIN_WAIT 120");
  CHECK(at_once.server(fin(501, 101)) == "LAST_ACK 30");
}

TEST_CASE("both ends open a connection at once") {
  TcpConnection connection;
  CHECK(connection.client(syn(100)) == "SYN_SENT 120");
  CHECK(connection.server(syn(500)) == "SYN_SENT2");  // no new timeout
  CHECK(connection.client(syn_ack(100, 501)) == "SYN_RECV 60");
  SECTION("the server has its SYN acknowledged first") {
    CHECK(connection.server(ack(501, 101)) == "ESTABLISHED 432000");
    CHECK(connection.is_assured());
  }
  SECTION("the client has") { CHECK(connection.client(ack(101, 501)) == "ESTABLISHED 432000"); }
}

TEST_CASE("in a usual handshake an ACK of the server does not establish") {
  TcpConnection connection;
  connection.client(syn(100));
  connection.server(syn_ack(500, 101));
  CHECK(connection.server(ack(501, 101)) == "SYN_RECV 60");
}

TEST_CASE("a SYN that is repeated without an answer does not prolong the connection") {
  TcpConnection connection;
  connection.client(syn(100));
  CHECK(connection.client(syn(100)) == "SYN_SENT");
  connection.server(syn_ack(500, 101));
  CHECK(connection.server(syn_ack(500, 101)) == "SYN_RECV");
}

TEST_CASE("a connection ends if a RST is its only answer") {
  TcpConnection refused;
  refused.client(syn(100));
  CHECK(refused.server(rst_ack(0, 101)) == "destroyed");

  TcpConnection given_up;
  given_up.client(syn(100));
  CHECK(given_up.client(rst(101)) == "destroyed");
}

TEST_CASE("a connection is picked up by an ACK") {
  TcpConnection connection;
  CHECK(connection.client(data(5000, 9000, 10)) == "ESTABLISHED 300");
  SECTION("what follows the answer assures it") {
    CHECK(connection.server(data(9000, 5010, 10)) == "ESTABLISHED 300");
    CHECK(!connection.is_assured());
    CHECK(connection.client(ack(5010, 9010)) == "ESTABLISHED 432000");
    CHECK(connection.is_assured());
  }
  SECTION("windows are not checked, because their scale is not known") {
    CHECK(connection.server(data(9000 + 500'000, 5010, 10)) == "ESTABLISHED 300");
    CHECK(connection.client(data(5010 + 500'000, 9000, 10)) == "ESTABLISHED 432000");
  }
  SECTION("a FIN and a RST close it") {
    connection.server(data(9000, 5010, 10));
    CHECK(connection.client(fin(5010, 9010)) == "FIN_WAIT 120");
    CHECK(connection.server(rst(9010)) == "CLOSE 10");
  }
}

TEST_CASE("only a SYN, or an ACK if pick-up is allowed, begins a connection") {
  CHECK(TcpConnection{}.client(syn_ack(100, 500)) == "no connection");
  CHECK(TcpConnection{}.client(fin(100, 500)) == "no connection");
  CHECK(TcpConnection{}.client(rst(100)) == "no connection");
  TcpConnection strict{{.loose = false}};
  CHECK(strict.client(ack(100, 500)) == "no connection");
  CHECK(strict.client(syn(100)) == "SYN_SENT 120");
}

TEST_CASE("an ACK or data sent for the fourth time shortens the timeout") {
  TcpConnection connection;
  connection.establish();
  connection.client(data(101, 501, 10));
  connection.server(ack(501, 111));
  for (int repetition = 0; repetition < 3; ++repetition) {
    CHECK(connection.remaining() == std::chrono::hours{120});
    connection.server(ack(501, 111));
  }
  CHECK(connection.remaining() == std::chrono::seconds{300});
  CHECK(connection.server(ack(501, 111).with_window(999)) == "ESTABLISHED 432000");
}

TEST_CASE("a closed window shortens the timeout") {
  TcpConnection connection;
  connection.establish();
  CHECK(connection.server(ack(501, 101).with_window(0)) == "ESTABLISHED 300");
  CHECK(connection.server(ack(501, 101)) == "ESTABLISHED 432000");
}

TEST_CASE("a connection that the firewall resets is closed once") {
  TcpConnection connection;
  connection.establish();
  CHECK(close(connection.tracking(), {}) == std::chrono::seconds{10});
  CHECK(connection.tracking().state == TcpState::kClose);
  CHECK(close(connection.tracking(), {}) == std::nullopt);
}

TEST_CASE("a full table gives up what is closing") {
  std::bitset<kTcpStates> closing;
  for (std::size_t state = 0; state < kTcpStates; ++state) {
    closing.set(state, is_closing(static_cast<TcpState>(state)));
  }
  CHECK(closing.to_string() == "0111110000");  // SYN_SENT2, CLOSE, ..., SYN_SENT, NONE
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
// Connections that end before their time, or begin anew while they are still remembered.
#include <catch2/catch.hpp>

#include "tcp_connection.hpp"

namespace ringroad::filter {

TEST_CASE("a RST closes an established connection by the number that its receiver expects next") {
  TcpConnection connection;
  connection.establish();
  connection.server(data(501, 101, 100));
  connection.client(ack(101, 601));
  SECTION("the one that was acknowledged") { CHECK(connection.server(rst(601)) == "CLOSE 10"); }
  SECTION("a lower one is invalid") {
    CHECK(connection.server(rst(600)) == "invalid");
    CHECK(connection.client(ack(101, 601)) == "ESTABLISHED 432000");
  }
  SECTION("after a higher one the receiver may answer with a challenge ACK") {
    CHECK(connection.server(rst(610)) == "ESTABLISHED 10");
    CHECK(connection.client(ack(101, 601)) == "ESTABLISHED 300");
    CHECK(connection.server(rst(601)) == "CLOSE 10");
  }
  SECTION("one outside the window is ignored, or invalid") {
    CHECK(connection.server(rst(601 + kWindow + 1)) == "ESTABLISHED");
    CHECK(connection.server(rst(601 + 2 * kWindow)) == "invalid");
  }
  SECTION("the one behind the data that its sender just sent") {
    connection.server(data(601, 101, 100));
    CHECK(connection.server(rst(701)) == "CLOSE 10");
  }
}

TEST_CASE("ignore_invalid_rst lets a RST with a lower number pass without closing") {
  TcpConnection connection{{.ignore_invalid_rst = true}};
  connection.establish();
  connection.server(data(501, 101, 100));
  connection.client(ack(101, 601));
  CHECK(connection.server(rst(600)) == "ESTABLISHED 10");
}

TEST_CASE("any RST closes a connection of which an end has sent its FIN") {
  TcpConnection connection;
  connection.establish();
  connection.client(fin(101, 501));
  CHECK(connection.server(rst(123'456'789)) == "CLOSE 10");
}

TEST_CASE("a RST closes a connection that is not established") {
  TcpConnection connection;
  connection.client(syn(100));
  connection.server(syn_ack(500, 101));
  SECTION("with a number at or above what was acknowledged") {
    CHECK(connection.client(rst(101)) == "CLOSE 10");
  }
  SECTION("not with a lower one") { CHECK(connection.client(rst(100)) == "invalid"); }
}

TEST_CASE("a FIN or RST outside the window from each end shortens the timeout") {
  TcpConnection connection;
  connection.establish();
  CHECK(connection.client(fin(101 + 5000, 501)) == "invalid");
  CHECK(connection.client(fin(101 + 5000, 501)) == "invalid");
  CHECK(connection.server(fin(501 + 5000, 101)) == "invalid 300");
  CHECK(connection.server(fin(501 + 5000, 101)) == "invalid");
}

TEST_CASE("a SYN of either end reopens a connection in TIME_WAIT") {
  TcpConnection connection;
  connection.establish();
  connection.client(fin(101, 501));
  connection.server(fin(501, 102));
  REQUIRE(connection.client(ack(102, 502)) == "TIME_WAIT 120");
  SECTION("the client") {
    CHECK(connection.client(syn(70'000)) == "restart, SYN_SENT 120");
    CHECK(connection.server(syn_ack(90'000, 70'001)) == "SYN_RECV 60");
    CHECK(connection.client(ack(70'001, 90'001)) == "ESTABLISHED 432000");
  }
  SECTION("the server, which is the client then") {
    CHECK(connection.server(syn(70'000)) == "restart, SYN_SENT 120");
    CHECK(connection.client(syn_ack(90'000, 70'001)) == "SYN_RECV 60");
    CHECK(connection.server(ack(70'001, 90'001)) == "ESTABLISHED 432000");
  }
}

TEST_CASE("a SYN reopens a connection that its sender has reset") {
  TcpConnection connection;
  connection.establish();
  SECTION("itself") {
    REQUIRE(connection.client(rst(101)) == "CLOSE 10");
    CHECK(connection.client(syn(70'000)) == "restart, SYN_SENT 120");
  }
  SECTION("after a reset by the other end it is ignored until it is answered") {
    REQUIRE(connection.server(rst(501)) == "CLOSE 10");
    CHECK(connection.client(syn(70'000)) == "CLOSE");
    CHECK(connection.server(syn_ack(90'000, 70'001)) == "SYN_RECV 60");
    CHECK(connection.client(ack(70'001, 90'001)) == "ESTABLISHED 432000");
  }
}

TEST_CASE("a SYN in an established connection counts if the server answers it") {
  TcpConnection connection;
  connection.establish(window_scale(7), window_scale(7));
  CHECK(connection.client(syn(70'000).with(window_scale(3))) == "ESTABLISHED");
  SECTION("with a SYN-ACK") {
    CHECK(connection.server(syn_ack(90'000, 70'001).with(window_scale(2))) == "SYN_RECV 60");
    CHECK(connection.client(ack(70'001, 90'001)) == "ESTABLISHED 432000");
    CHECK(int{connection.tracking().options[0].scale} == 3);
    CHECK(int{connection.tracking().options[1].scale} == 2);
  }
  SECTION("not with one that acknowledges something else") {
    CHECK(connection.server(syn_ack(90'000, 70'002)) == "ESTABLISHED");
    CHECK(connection.client(ack(101, 501)) == "ESTABLISHED 432000");
  }
  SECTION("with a RST") { CHECK(connection.server(rst_ack(0, 70'001)) == "CLOSE 10"); }
  SECTION("but its sender cannot answer itself") {
    CHECK(connection.client(rst_ack(123'456'789, 70'001)) == "invalid");
  }
  SECTION("with a challenge ACK the connection goes on") {
    CHECK(connection.server(ack(501, 101)) == "ESTABLISHED 432000");
  }
}

TEST_CASE("a challenge ACK that answers a SYN in LAST_ACK does not acknowledge the last FIN") {
  TcpConnection connection;
  connection.establish();
  connection.client(fin(101, 501));
  REQUIRE(connection.server(fin(501, 102)) == "LAST_ACK 30");
  REQUIRE(connection.client(syn(70'000)) == "LAST_ACK");
  CHECK(connection.server(ack(502, 102)) == "LAST_ACK");
  CHECK(connection.server(ack(502, 102)) == "TIME_WAIT 120");
}

TEST_CASE("an ACK that answers a SYN is of a connection that only the server remembers") {
  TcpConnection connection;
  connection.client(syn(100));
  CHECK(connection.server(ack(123'456'789, 987'654'321)) == "SYN_SENT");
  SECTION("the client resets that connection by the number that the ACK expects") {
    CHECK(connection.client(rst(987'654'321)) == "CLOSE 10");
    CHECK(connection.client(syn(100)) == "restart, SYN_SENT 120");
  }
  SECTION("not by another number") { CHECK(connection.client(rst(987'654'322)) == "invalid"); }
}

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
// Segments in and out of the window, and the options that move it.
#include "filter/tcp_window.hpp"

#include <catch2/catch.hpp>

#include "filter/tcp_options.hpp"
#include "tcp_connection.hpp"

namespace ringroad::filter {

TEST_CASE("the window ends where the receiver announced it") {
  TcpConnection connection;
  connection.establish();
  SECTION("a segment may begin at its end") {
    CHECK(connection.client(data(101 + kWindow, 501, 1)) == "ESTABLISHED 300");
  }
  SECTION("one that begins behind it passes and changes nothing, for some stacks send too much") {
    CHECK(connection.client(data(102 + kWindow, 501, 1)) == "ESTABLISHED");
    CHECK(connection.server(ack(501, 103 + kWindow)) == "ESTABLISHED 432000");
  }
  SECTION("one that ends more than a window behind it is invalid") {
    CHECK(connection.client(data(102 + kWindow, 501, kWindow - 2)) == "ESTABLISHED");
    CHECK(connection.client(data(102 + kWindow, 501, kWindow - 1)) == "invalid");
  }
}

TEST_CASE("data that the receiver has already is ignored") {
  TcpConnection connection;
  connection.establish();
  for (std::uint32_t seq = 101; seq < 101 + 3 * kWindow; seq += kWindow) {
    connection.client(data(seq, 501, kWindow));
    connection.server(ack(501, seq + kWindow));
  }
  // The client has sent up to 3101.
  CHECK(connection.client(data(2101, 501, 1)) == "ESTABLISHED 432000");
  CHECK(connection.client(data(2099, 501, 2)) == "ESTABLISHED 432000");
  CHECK(connection.client(data(2099, 501, 1)) == "ESTABLISHED");
}

TEST_CASE("an acknowledgment of data that was not sent is invalid, an old one is ignored") {
  TcpConnection connection;
  connection.establish();
  CHECK(connection.client(ack(101, 502)) == "invalid");
  std::uint32_t seq = 501;
  for (; seq <= 501 + 70'000; seq += kWindow) {
    connection.server(data(seq, 101, kWindow));
    connection.client(ack(101, seq + kWindow));
  }
  CHECK(connection.client(ack(101, seq - 66'000)) == "ESTABLISHED 432000");
  CHECK(connection.client(ack(101, seq - 66'001)) == "ESTABLISHED");
}

TEST_CASE("nothing is outside the window if the settings say so, except a RST's number") {
  TcpConnection connection{{.be_liberal = true}};
  connection.establish();
  CHECK(connection.client(data(101 + 5000, 501, 1)) == "ESTABLISHED 432000");
  CHECK(connection.client(ack(101, 5000)) == "ESTABLISHED 432000");
  CHECK(connection.server(rst(500)) == "invalid");
}

TEST_CASE("windows are scaled if both ends offer it") {
  TcpConnection connection;
  SECTION("both") {
    connection.establish(window_scale(4), window_scale(6));
    connection.server(ack(501, 101));
    CHECK(connection.client(data(101 + (kWindow << 6), 501, 1)) == "ESTABLISHED 300");
    CHECK(connection.server(data(501 + (kWindow << 4), 101, 1)) == "ESTABLISHED 300");
    CHECK(connection.server(data(503 + (kWindow << 5), 101, 1)) == "invalid");
  }
  SECTION("only the client") {
    connection.establish(window_scale(4));
    CHECK(connection.server(data(501 + (kWindow << 4), 101, 1)) == "invalid");
  }
  SECTION("only the server") {
    connection.establish({}, window_scale(4));
    connection.server(ack(501, 101));
    CHECK(connection.client(data(101 + (kWindow << 4), 501, 1)) == "invalid");
  }
  SECTION("not in a SYN") {
    connection.client(syn(100).with(window_scale(4)));
    connection.server(syn_ack(500, 101).with(window_scale(4)));
    CHECK(connection.client(data(101 + 2 * kWindow, 501, 1)) == "invalid");
  }
  SECTION("a SYN that is sent again with a higher number offers anew") {
    connection.client(syn(100));
    connection.client(syn(5000).with(window_scale(4)));
    connection.server(syn_ack(500, 5001).with(window_scale(4)));
    connection.client(ack(5001, 501));
    CHECK(connection.server(data(501 + (kWindow << 4), 5001, 1)) == "ESTABLISHED 300");
  }
}

TEST_CASE("blocks of SACK acknowledge, if the other end permitted them") {
  TcpConnection connection;
  SECTION("permitted") {
    connection.establish(sack_permitted(), sack_permitted());
    connection.server(data(501, 101, 100));
    CHECK(connection.client(ack(101, 501).with(sack({551, 601}))) == "ESTABLISHED 300");
    CHECK(connection.client(ack(101, 501).with(sack({551, 602}))) == "invalid");
    CHECK(connection.client(ack(101, 501).with(sack({551, 601, 521, 602}))) == "invalid");
  }
  SECTION("not permitted: not read") {
    connection.establish(sack_permitted());
    connection.server(data(501, 101, 100));
    CHECK(connection.client(ack(101, 501).with(sack({551, 602}))) == "ESTABLISHED 300");
  }
}

TEST_CASE("the options of a SYN are read until one has a wrong length") {
  const auto read = [](std::vector<std::uint8_t> options) {
    TcpOptions end{.scale = 9, .flags = TcpOptions::kLiberal | TcpOptions::kWindowScale};
    read_syn_options(options, end);
    return std::pair{int{end.scale}, int{end.flags}};
  };
  constexpr int kNothing = TcpOptions::kLiberal;
  constexpr int kScales = TcpOptions::kLiberal | TcpOptions::kWindowScale;
  constexpr int kAll = kScales | TcpOptions::kSackPermitted;
  CHECK(read({}) == std::pair{9, kScales});  // nothing is said
  CHECK(read({2, 4, 5, 180}) == std::pair{0, kNothing});
  CHECK(read({2, 4, 5, 180, 1, 3, 3, 7, 1, 1, 4, 2}) == std::pair{7, kAll});
  CHECK(read({1, 3, 3, 15}) == std::pair{14, kScales});         // RFC 7323 2.3
  CHECK(read({0, 3, 3, 7}) == std::pair{0, kNothing});          // behind the end
  CHECK(read({8, 1, 3, 3, 7}) == std::pair{0, kNothing});       // shorter than its header
  CHECK(read({3, 3, 5, 4, 3, 0, 4, 2}) == std::pair{5, kAll});  // SACK permitted has no value
  CHECK(read({3, 4, 5, 0, 4, 2}) == std::pair{0, kNothing | TcpOptions::kSackPermitted});
  CHECK(read({3, 3}) == std::pair{0, kNothing});  // cut off
  CHECK(read({1, 1, 1, 3}) == std::pair{0, kNothing});
}

TEST_CASE("the highest edge of SACK blocks is found modulo 2^32") {
  CHECK(highest_sack({}, 7) == 7);
  CHECK(highest_sack(sack({10, 20}), 7) == 20);
  CHECK(highest_sack(sack({10, 20}), 25) == 25);
  CHECK(highest_sack(sack({10, 20, 40, 50, 25, 30}), 7) == 50);
  CHECK(highest_sack(sack({0xffff'ff00, 0x10}), 0xffff'fe00) == 0x10);
  auto cut = sack({10, 20});
  cut.pop_back();
  CHECK(highest_sack(cut, 7) == 7);
  auto odd = sack({10, 20, 30});
  CHECK(highest_sack(odd, 7) == 7);
}

}  // namespace ringroad::filter

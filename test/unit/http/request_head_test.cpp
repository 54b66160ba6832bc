// SPDX-License-Identifier: BSD-3-Clause
// What a stranger may send as the head of a request, and what is left of it for the HTTP library.
#include "http/request_head.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace ringroad::http {
namespace {

std::string head(const std::string& line, const std::string& headers = "Host: 127.0.0.1\r\n") {
  return line + "\r\n" + headers + "\r\n";
}

int status_of(const std::string& text, bool only_local = false) {
  const auto checked = check_head(text, only_local);
  return checked ? 200 : checked.error().status;
}

}  // namespace

TEST_CASE("a request keeps its line and the headers that are used") {
  const auto checked = check_head(
      head("GET /api/v1/show/routes?prefix=10.0.0.0/8 HTTP/1.1",
           "Host: router\r\nUser-Agent: a\r\nAccept:  text/plain \r\nRange: bytes=0-,0-\r\n"
           "Expect: 100-continue\r\naccept-encoding: br, gzip\r\nIf-None-Match: \"x\"\r\n"
           "Content-Length: 0\r\nCookie: a=b\r\n"),
      false);
  REQUIRE(checked);
  CHECK(checked->stays);
  CHECK(checked->text ==
        "GET /api/v1/show/routes?prefix=10.0.0.0/8 HTTP/1.1\r\nAccept: text/plain\r\n"
        "If-None-Match: \"x\"\r\nAccept-Encoding: gzip\r\n\r\n");
}

TEST_CASE("a connection stays open as HTTP/1.0 and 1.1 say") {
  CHECK(check_head(head("GET / HTTP/1.1"), false)->stays);
  CHECK_FALSE(
      check_head(head("GET / HTTP/1.1", "Host: a\r\nConnection: x, Close\r\n"), false)->stays);
  CHECK_FALSE(check_head(head("GET / HTTP/1.0", ""), false)->stays);
  CHECK(check_head(head("HEAD / HTTP/1.0", "Connection: keep-alive\r\n"), false)->stays);
}

TEST_CASE("gzip is used where it is asked for") {
  const auto gzip = [](const std::string& accepted) {
    return check_head(head("GET / HTTP/1.1", "Host: a\r\nAccept-Encoding: " + accepted + "\r\n"),
                      false)
        ->text.contains("gzip");
  };
  CHECK(gzip("gzip"));
  CHECK(gzip("deflate, GZIP;q=0.5"));
  CHECK_FALSE(gzip("gzip;q=0"));
  CHECK_FALSE(gzip("br"));
  CHECK_FALSE(gzip("xgzip"));
}

TEST_CASE("what is no request of HTTP is refused") {
  for (const std::string line :
       {"", "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/2", "GET / HTTP/1.1 ", " GET / HTTP/1.1",
        "GET x HTTP/1.1", "GET http://a/ HTTP/1.1", "GET * HTTP/1.1", "G\tT / HTTP/1.1",
        "GET /\x01 HTTP/1.1", "GET /\x80 HTTP/1.1", "GET / HTTP/1.1\nX: y", "\x16\x03\x01"}) {
    INFO(line);
    CHECK(status_of(head(line)) == 400);
  }
  for (const std::string headers :
       {"", "Host: a\r\nHost: a\r\n", "Host: a\r\n folded\r\n", "Host: a\r\nx\r\n",
        "Host: a\r\n: y\r\n", "Host: a\r\nX : y\r\n", "Host: a\r\nX: a\nb\r\n",
        "Host: a\r\nX: \x01\r\n"}) {
    INFO(headers);
    CHECK(status_of(head("GET / HTTP/1.1", headers)) == 400);
  }
  CHECK(status_of("") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\n") == 400);
  CHECK(status_of(std::string(4, '\0')) == 400);
}

TEST_CASE("what this server does not do is refused by its own status") {
  for (const std::string method :
       {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"}) {
    CHECK(status_of(head(method + " / HTTP/1.1")) == 405);
  }
  CHECK(status_of(head("POST / HTTP/1.1", "Host: a\r\nContent-Length: 5\r\n")) == 413);
  CHECK(status_of(head("GET / HTTP/1.1", "Host: a\r\nContent-Length: 00\r\n")) == 413);
  CHECK(status_of(head("GET / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n")) == 413);
  CHECK(status_of(head("GET /" + std::string(kTargetMax, 'a') + " HTTP/1.1")) == 414);
  CHECK(status_of(head("GET /" + std::string(kTargetMax - 1, 'a') + " HTTP/1.1")) == 200);
  std::string headers = "Host: a\r\n";
  for (std::size_t i = 1; i < kHeadersMax; ++i) {
    headers += "X: y\r\n";
  }
  CHECK(status_of(head("GET / HTTP/1.1", headers)) == 200);
  CHECK(status_of(head("GET / HTTP/1.1", headers + "X: y\r\n")) == 431);
}

TEST_CASE("on a loopback address only requests that mean this machine are answered") {
  for (const std::string host : {"127.0.0.1", "127.0.0.1:9411", "localhost", "LOCALHOST:1", "[::1]",
                                 "[::1]:9411", "127.9.9.9", "router.localhost"}) {
    INFO(host);
    CHECK(is_local_host(host));
    CHECK(status_of(head("GET / HTTP/1.1", "Host: " + host + "\r\n"), true) == 200);
  }
  for (const std::string host : {"example.org", "127.0.0.1.example.org", "localhost.example.org",
                                 "10.0.0.1", "[::2]", "[::1", "", "notlocalhost"}) {
    INFO(host);
    CHECK_FALSE(is_local_host(host));
    CHECK(status_of(head("GET / HTTP/1.1", "Host: " + host + "\r\n"), true) == 421);
    CHECK(status_of(head("GET / HTTP/1.1", "Host: " + host + "\r\n"), false) == 200);
  }
  CHECK(status_of("GET / HTTP/1.0\r\n\r\n", true) == 200);
}

}  // namespace ringroad::http

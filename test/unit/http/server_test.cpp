// SPDX-License-Identifier: BSD-3-Clause
// The server with real sockets on this machine, and answers of a test.
#include "http/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/protocol.hpp"

namespace ringroad::http {
namespace {

using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval timeout{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
  }
  void send(const std::string& text) const {
    static_cast<void>(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL));
  }
  // Reads until the server closes, or until the text ends so.
  std::string read(const std::string& end = "\x01") const {
    std::string text;
    std::array<char, 65536> chunk{};
    while (!text.ends_with(end)) {
      const ssize_t count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (count <= 0) {
        break;
      }
      text.append(chunk.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_ = FileDescriptor{};
  }

 private:
  FileDescriptor socket_;
};

class Bed {
 public:
  explicit Bed(Protocol::Handler handler, Server::Settings settings = {})
      : protocol_{std::move(handler)} {
    auto listener = listen_at({.address = "127.0.0.1", .port = 0});
    REQUIRE(listener);
    sockaddr_in address{};
    socklen_t length = sizeof address;
    ::getsockname(listener->get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    auto started = Server::start(std::move(*listener), settings, [this](const RequestHead& head) {
      return protocol_.respond(head);
    });
    REQUIRE(started);
    server_ = std::move(*started);
  }
  [[nodiscard]] Client client() const { return Client{port_}; }
  [[nodiscard]] std::string ask(const std::string& text) const {
    const Client one = client();
    one.send(text);
    return one.read();
  }
  void stop() { server_.reset(); }

 private:
  Protocol protocol_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Server> server_;
};

Answer echo(const Question& question) {
  std::string body = question.path;
  for (const auto& [name, value] : question.options) {
    body += "|" + name + "=" + value;
  }
  return {.body = body + "\n"};
}

std::string get(const std::string& target, const std::string& more = "Connection: close\r\n") {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("a question arrives decoded, and its answer with the headers of all answers") {
  const Bed bed{echo};
  const std::string text = bed.ask(get("/a%20b?prefix=10.0.0.0/8&x=%22y%22&z"));
  CHECK(text.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(text.ends_with("\r\n\r\n/a b|prefix=10.0.0.0/8|x=\"y\"|z=\n"));
  CHECK(text.contains("\r\nContent-Security-Policy: default-src 'none'; script-src 'self';"));
  CHECK(text.contains("frame-ancestors 'none'\r\n"));
  CHECK(text.contains("\r\nX-Content-Type-Options: nosniff\r\n"));
  CHECK(text.contains("\r\nReferrer-Policy: no-referrer\r\n"));
  CHECK(text.contains("\r\nConnection: close\r\n"));
}

TEST_CASE("HEAD answers without a body") {
  const Bed bed{echo};
  const std::string text = bed.ask("HEAD /abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(text.contains("\r\nContent-Length: 5\r\n"));
  CHECK(text.ends_with("\r\n\r\n"));
}

TEST_CASE("a connection carries many requests, even before their answers") {
  const Bed bed{echo};
  const Client client = bed.client();
  client.send(get("/1", "") + get("/2", "") + "\r\n" + get("/3"));
  const std::string text = client.read();
  CHECK(text.contains("\r\n\r\n/1\nHTTP/1.1 200"));
  CHECK(text.contains("\r\n\r\n/2\nHTTP/1.1 200"));
  CHECK(text.ends_with("\r\n\r\n/3\n"));
}

TEST_CASE("a request may come byte by byte") {
  const Bed bed{echo};
  const Client client = bed.client();
  for (const char c : get("/slow")) {
    client.send(std::string(1, c));
  }
  CHECK(client.read().ends_with("/slow\n"));
}

TEST_CASE("requests that are too long, or are none, are refused and end the connection") {
  const Bed bed{echo};
  CHECK(bed.ask(get("/", "X: " + std::string(9000, 'x') + "\r\n")).starts_with("HTTP/1.1 431 "));
  CHECK(bed.ask(std::string(100'000, 'x')).starts_with("HTTP/1.1 431 "));
  CHECK(bed.ask("\x16\x03\x01\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(bed.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\nxxxx")
            .starts_with("HTTP/1.1 413 "));
  const std::string refused = bed.ask("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(refused.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(refused.contains("\r\nAllow: GET, HEAD\r\n"));
  CHECK(refused.contains("\r\nX-Content-Type-Options: nosniff\r\n"));
}

TEST_CASE("hostile paths reach no pattern and no file") {
  const Bed bed{echo};
  CHECK(bed.ask(get("/" + std::string(4000, 'a'))).starts_with("HTTP/1.1 200 "));
  CHECK(bed.ask(get("/../../etc/passwd")).starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(bed.ask(get("/%00%ff%zz?%=%&=&&&=")).starts_with("HTTP/1.1 "));
  CHECK(bed.ask(get("/", "Range: bytes=0-,0-,0-\r\nConnection: close\r\n"))
            .starts_with("HTTP/1.1 200 "));
}

TEST_CASE("idle and slow clients make room for those that ask") {
  const Bed bed{echo};
  std::vector<Client> idle;
  for (std::size_t i = 0; i < 3 * Server::kConnectionsMax; ++i) {
    idle.push_back(bed.client());
    idle.back().send(i % 2 == 0 ? "GET / HT" : "");
  }
  for (int i = 0; i < 20; ++i) {
    CHECK(bed.ask(get("/here")).ends_with("/here\n"));
  }
}

TEST_CASE("a request that does not come to its end is refused in time") {
  const Bed bed{echo};
  const Client client = bed.client();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  const auto start = std::chrono::steady_clock::now();
  CHECK(client.read().starts_with("HTTP/1.1 408 "));
  CHECK(std::chrono::steady_clock::now() - start < 8s);
}

TEST_CASE("long answers arrive whole, and clients that do not read them cost no thread") {
  const std::string body(std::size_t{4} << 20, 'x');
  const Bed bed{[&](const Question& question) {
    return question.path == "/long" ? Answer{.body = body} : echo(question);
  }};
  std::vector<Client> deaf;
  for (int i = 0; i < 30; ++i) {
    deaf.push_back(bed.client());
    deaf.back().send(get("/long"));
  }
  CHECK(bed.ask(get("/short")).ends_with("/short\n"));
  // The first answers are there; beyond the bound for all together clients are refused.
  CHECK(deaf.front().read().size() > body.size());
  const std::string last = deaf.back().read();
  CHECK((last.starts_with("HTTP/1.1 503 ") || last.size() > body.size()));
}

TEST_CASE("a client that leaves while its answer is made is forgotten") {
  std::atomic<bool> go{false};
  std::atomic<int> made{0};
  {
    Bed bed{[&](const Question& question) {
      while (!go && question.path == "/wait") {
        std::this_thread::sleep_for(1ms);
      }
      ++made;
      return echo(question);
    }};
    for (int i = 0; i < 200; ++i) {
      Client client = bed.client();
      client.send(get("/wait"));
      client.reset();
    }
    std::this_thread::sleep_for(50ms);
    go = true;
    CHECK(bed.ask(get("/after")).ends_with("/after\n"));
  }
  // Their clients have left: only the answers that a thread had begun were made.
  CHECK(made <= 100);
}

TEST_CASE("a server stops while clients are connected") {
  Bed bed{echo};
  const Client idle = bed.client();
  const Client slow = bed.client();
  slow.send("GET /");
  bed.stop();
  CHECK(idle.read().empty());
  CHECK(slow.read().empty());
}

TEST_CASE("on a loopback address other Hosts are refused") {
  const Bed bed{echo, {.only_local = true}};
  CHECK(bed.ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 421 "));
  CHECK(bed.ask(get("/")).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("answers are compressed for those who ask for it") {
  const std::string body(100'000, 'x');
  const Bed bed{[&](const Question&) { return Answer{.body = body}; }};
  const std::string text = bed.ask(get("/", "Accept-Encoding: br, gzip\r\nConnection: close\r\n"));
  CHECK(text.contains("\r\nContent-Encoding: gzip\r\n"));
  CHECK(text.size() < 3000);
}

}  // namespace ringroad::http

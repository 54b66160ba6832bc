// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "base/file_descriptor.hpp"
#include "folder.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

// Listens at its own path, and serves one client on a thread with a prepared answer.
class OneShotRouter {
 public:
  OneShotRouter() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(listener_.get(), 1) == 0);
  }
  OneShotRouter(const OneShotRouter&) = delete;
  OneShotRouter& operator=(const OneShotRouter&) = delete;
  ~OneShotRouter() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  [[nodiscard]] std::string path() const { return directory_ / "socket"; }
  void stop_listening() { listener_ = FileDescriptor{}; }
  void serve(std::string answer, bool reads_request = true) {
    thread_ = std::thread{[this, answer = std::move(answer), reads_request] {
      const FileDescriptor client{::accept(listener_.get(), nullptr, nullptr)};
      std::array<char, 4096> request{};
      if (reads_request) {
        const ssize_t count = ::recv(client.get(), request.data(), request.size(), 0);
        request_.assign(request.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
      }
      ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }};
  }
  std::string request() {
    thread_.join();
    return request_;
  }

 private:
  test::Folder directory_;
  FileDescriptor listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string request_;
  std::thread thread_;
};

const json kRequest{{"verb", {"show", "ports"}}, {"options", json::object()}};

TEST_CASE("the client sends one line and hands back what came under ok") {
  OneShotRouter router;
  router.serve("{\"ok\":[1,2]}\n");
  const auto answer = ask(router.path(), kRequest);
  REQUIRE(answer);
  CHECK(*answer == json{1, 2});
  CHECK(router.request() == "{\"options\":{},\"verb\":[\"show\",\"ports\"]}\n");
}

TEST_CASE("an answer of many megabytes arrives whole") {
  OneShotRouter router;
  const std::string text(10 << 20, 'x');
  router.serve("{\"ok\":\"" + text + "\"}\n");
  const auto answer = ask(router.path(), kRequest);
  REQUIRE(answer);
  CHECK(*answer == text);
}

TEST_CASE("what the router refuses is told with its reason") {
  OneShotRouter router;
  router.serve("{\"error\":\"no such port\"}\n");
  const auto answer = ask(router.path(), kRequest);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().status == ExitStatus::kRefused);
  CHECK(answer.error().reason == "no such port");
}

TEST_CASE("a router that refuses the client itself, without reading, is heard all the same") {
  OneShotRouter router;
  router.serve("{\"error\":\"32 clients are connected already\"}\n", false);
  const auto answer = ask(router.path(), kRequest);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().status == ExitStatus::kRefused);
}

TEST_CASE("whoever hangs up or talks another language is no router") {
  const std::string said = GENERATE(as<std::string>{}, "", "{\"ok\":1", "HTTP/1.1 400\r\n", "[]\n",
                                    "{\"error\":5}\n", "{}\n");
  CAPTURE(said);
  OneShotRouter router;
  router.serve(said);
  const auto answer = ask(router.path(), kRequest);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().status == ExitStatus::kNoRouter);
}

TEST_CASE("where no router listens the client says how to start one") {
  OneShotRouter router;
  router.stop_listening();
  for (const std::string& path : {router.path(), router.path() + ".none"}) {
    const auto answer = ask(path, kRequest);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().status == ExitStatus::kNoRouter);
    CHECK_THAT(answer.error().reason,
               Catch::Contains(path) && Catch::Contains("ringroad run CONFIG.yaml"));
  }
}

TEST_CASE("where the socket may not be opened the client says who may") {
  if (::geteuid() != 0) {
    WARN("needs root to be somebody else for a moment");
    return;
  }
  const OneShotRouter router;
  REQUIRE(::seteuid(65534) == 0);
  const auto answer = ask(router.path(), kRequest);
  REQUIRE(::seteuid(0) == 0);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().status == ExitStatus::kNoRouter);
  CHECK_THAT(answer.error().reason, Catch::Contains("as root"));
}

}  // namespace
}  // namespace ringroad::roadctl

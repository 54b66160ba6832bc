// SPDX-License-Identifier: BSD-3-Clause
// The socket of the API: its owner and mode, and when it is created and removed.
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

#include "control/api_client.hpp"

namespace ringroad::control {
namespace {

TEST_CASE(
    "a user who is neither root nor the router's own is refused even where the file lets in") {
  if (::geteuid() != 0) {
    WARN("SKIPPED: only root may be somebody else for a moment");
    return;
  }
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  std::filesystem::permissions(directory.path(), std::filesystem::perms{0755});
  std::filesystem::permissions(path, std::filesystem::perms{0666});
  REQUIRE(::seteuid(65534) == 0);
  const FileDescriptor socket = socket_with(::connect, path);
  REQUIRE(::seteuid(0) == 0);
  REQUIRE(socket);
  run(*server);
  std::string answer(200, '\0');
  const ssize_t count = ::recv(socket.get(), answer.data(), answer.size(), 0);
  REQUIRE(count > 0);
  CHECK(json::parse(answer.substr(0, static_cast<std::size_t>(count))).at("error") ==
        "only root and the router's own user may ask");
  CHECK(::recv(socket.get(), answer.data(), answer.size(), 0) == 0);
}

TEST_CASE("the socket is its owner's alone and its directory is made, whatever the umask") {
  const Folder directory;
  const mode_t mask = GENERATE(as<mode_t>{}, 0000, 0022, 0077, 0777);
  const mode_t before = ::umask(mask);
  auto server = ApiServer::open(directory / "run/ringroad/socket", echo);
  CHECK(::umask(before) == mask);
  REQUIRE(server);
  struct stat file{};
  REQUIRE(::stat((directory / "run/ringroad/socket").c_str(), &file) == 0);
  CHECK((file.st_mode & 07777) == 0600);
  REQUIRE(::stat((directory / "run/ringroad").c_str(), &file) == 0);
  CHECK((file.st_mode & 07777) == 0755);
}

TEST_CASE("the socket file goes with the server") {
  const Folder directory;
  const std::string path = directory / "socket";
  auto server = open_server(path, echo);
  CHECK(std::filesystem::exists(path));
  server.reset();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a server leaves alone a socket file that has become another's") {
  const Folder directory;
  const std::string path = directory / "socket";
  auto first = open_server(path, echo);
  std::filesystem::remove(path);
  auto second = open_server(path, echo);
  first.reset();
  CHECK_THAT(ask(*second, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("the socket of a killed process is taken over") {
  const Folder directory;
  const std::string path = directory / "socket";
  CHECK(socket_with(::bind, path));  // closed at once; the file stays
  REQUIRE(std::filesystem::exists(path));
  const auto server = open_server(path, echo);
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("the socket of a living process is not taken over") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  const auto second = ApiServer::open(path, echo);
  REQUIRE_FALSE(second);
  CHECK(second.error().what == "another ringroad runs at " + path);
  CHECK_THAT(ask(*server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
}

TEST_CASE("a path is taken from when its socket is opened, before anything is served there") {
  const Folder directory;
  const std::string path = directory / "socket";
  {
    auto socket = ApiSocket::open(path);
    REQUIRE(socket);
    const auto second = ApiSocket::open(path);
    REQUIRE_FALSE(second);
    CHECK(second.error().what == "another ringroad runs at " + path);
    const FileDescriptor early = socket_with(::connect, path);
    REQUIRE(early);
    // The server answers clients that connected before it was opened.
    const auto server = ApiServer::open(std::move(*socket), echo);
    REQUIRE(server);
    CHECK_THAT(ask(**server, path, kShowPorts), Catch::StartsWith("{\"ok\""));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket that nothing came to serve is taken away") {
  const Folder directory;
  const std::string path = directory / "socket";
  CHECK(ApiSocket::open(path));
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket is living even when its backlog is full") {
  const Folder directory;
  const std::string path = directory / "socket";
  const auto server = open_server(path, echo);
  std::vector<FileDescriptor> waiting;
  while (auto socket = socket_with(::connect, path)) {
    waiting.push_back(std::move(socket));
  }
  const auto second = ApiServer::open(path, echo);
  REQUIRE_FALSE(second);
  CHECK(second.error().what == "another ringroad runs at " + path);
}

TEST_CASE("a path that cannot be a socket is an error that names it") {
  const Folder directory;
  std::ofstream{directory / "file"} << "precious";
  for (const std::string& path : {std::string{}, std::string(108, 'x'), directory / "file",
                                  directory / "file/socket", directory.path().string()}) {
    CAPTURE(path);
    const auto server = ApiServer::open(path, echo);
    REQUIRE_FALSE(server);
    CHECK_THAT(server.error().what,
               Catch::Contains(path.size() > 100 ? "108" : path.substr(0, path.rfind("/socket"))));
  }
  CHECK(std::filesystem::file_size(directory / "file") == 8);
}

}  // namespace
}  // namespace ringroad::control

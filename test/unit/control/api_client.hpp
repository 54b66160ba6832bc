// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A server at a socket in a temporary folder, and clients, for tests of the API.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "control/api_server.hpp"
#include "folder.hpp"

namespace ringroad::control {

using nlohmann::json;
using test::Folder;

// Calls bind() or connect() with a new socket. The result is empty if the call fails.
template <class Call>
FileDescriptor socket_with(Call call, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  return call(socket.get(), generic, sizeof address) == 0 ? std::move(socket) : FileDescriptor{};
}

class Client {
 public:
  explicit Client(const std::string& path) : socket_{socket_with(::connect, path)} {
    REQUIRE(socket_);
  }

  // Returns false if the socket cannot take the text without blocking.
  bool send(std::string_view text) const {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(text.size());
  }
  void send_no_more() const { ::shutdown(socket_.get(), SHUT_WR); }

  // Reads everything that is available now, and notes whether the server closed the connection.
  std::string read() {
    std::string text;
    std::vector<char> chunk(1 << 20);
    for (;;) {
      const ssize_t count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (count <= 0) {
        closed_ |= count == 0 || errno == ECONNRESET;
        return text;
      }
      text.append(chunk.data(), static_cast<std::size_t>(count));
    }
  }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  FileDescriptor socket_;
  bool closed_ = false;
};

inline bool work_waits(const ApiServer& server) {
  pollfd watch{server.poll_fd(), POLLIN, 0};
  return ::poll(&watch, 1, 0) == 1;
}

// Runs the server as the control thread's loop does, until nothing waits.
inline void run(ApiServer& server) {
  while (work_waits(server)) {
    server.run_once();
  }
}

// Reads everything that the server has for the client.
inline std::string read_all(ApiServer& server, Client& client) {
  std::string text;
  for (;;) {
    run(server);
    const std::string piece = client.read();
    if (piece.empty()) {
      return text;
    }
    text += piece;
  }
}

inline std::unique_ptr<ApiServer> open_server(const std::string& path, Handler handler) {
  auto server = ApiServer::open(path, std::move(handler));
  INFO((server ? "" : server.error().what));
  REQUIRE(server);
  return std::move(*server);
}

inline Result<json> echo(const json& request) { return request; }

inline constexpr auto kShowPorts = "{\"verb\":[\"show\",\"ports\"]}\n";

inline std::string ask(ApiServer& server, const std::string& path, std::string_view line) {
  Client client{path};
  REQUIRE(client.send(line));
  run(server);
  return client.read();
}

}  // namespace ringroad::control

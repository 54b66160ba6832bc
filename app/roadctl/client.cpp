// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file_descriptor.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

std::unexpected<Failure> no_router(std::string reason) {
  return std::unexpected{Failure{ExitStatus::kNoRouter, std::move(reason)}};
}

std::string message(int error) { return std::generic_category().message(error); }

std::unexpected<Failure> cannot_connect(const std::string& path, int error) {
  if (error == EACCES || error == EPERM) {
    return no_router(
        fmt::format("not allowed to open {}: run roadctl as root or as the router's user", path));
  }
  if (error == ENOENT || error == ECONNREFUSED) {
    return no_router(
        fmt::format("no router at {} ({}): start one with 'ringroad run CONFIG.yaml', or name its "
                    "socket with --socket",
                    path, message(error)));
  }
  return no_router(fmt::format("cannot connect to {}: {}", path, message(error)));
}

std::expected<FileDescriptor, Failure> connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return no_router(fmt::format("{} is too long for a socket's path", path));
  }
  path.copy(address.sun_path, path.size());
  FileDescriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    return cannot_connect(path, errno);
  }
  return socket;
}

// A router that refuses a client closes the connection without reading. Its error message may still
// be in the receive buffer, so a failed send is ignored.
void send_all(const FileDescriptor& socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR) {
      return;
    }
    text.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
  }
}

std::optional<std::string> receive_line(const FileDescriptor& socket) {
  std::string line;
  std::array<char, 1 << 16> chunk;
  for (;;) {
    const ssize_t count = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (count == 0 || (count < 0 && errno != EINTR)) {
      return std::nullopt;
    }
    line.append(chunk.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
    if (line.ends_with('\n')) {
      return line;
    }
  }
}

}  // namespace

std::expected<json, Failure> ask(const std::string& socket_path, const json& request,
                                 std::chrono::seconds patience) {
  const auto socket = connect(socket_path);
  if (!socket) {
    return std::unexpected{socket.error()};
  }
  const timeval timeout{.tv_sec = patience.count(), .tv_usec = 0};  // 0: none
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket->get(), SOL_SOCKET, option, &timeout, sizeof timeout);
  }
  send_all(*socket, request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
  errno = 0;
  const std::optional<std::string> line = receive_line(*socket);
  if (!line && patience.count() > 0 && errno == EAGAIN) {
    return no_router(fmt::format("the router at {} does not answer", socket_path));
  }
  if (!line) {
    return no_router(fmt::format("the router at {} hung up without an answer", socket_path));
  }
  json answer = json::parse(*line, nullptr, false);
  if (answer.is_object() && answer.contains("ok")) {
    return std::move(answer["ok"]);
  }
  if (answer.is_object() && answer.contains("error") && answer["error"].is_string()) {
    return std::unexpected{Failure{ExitStatus::kRefused, answer["error"].get<std::string>()}};
  }
  return no_router(fmt::format("what listens at {} does not answer as a router does", socket_path));
}

}  // namespace ringroad::roadctl

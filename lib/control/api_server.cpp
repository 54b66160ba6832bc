// SPDX-License-Identifier: BSD-3-Clause
#include "control/api_server.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringroad::control {
namespace {

bool watch(int epoll, int operation, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

std::optional<ucred> trusted_peer(int socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  const bool trusted = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
                       (peer.uid == 0 || peer.uid == ::geteuid());
  return trusted ? std::optional{peer} : std::nullopt;
}

void refuse(const FileDescriptor& socket, std::string_view reason) {
  const std::string line = error_line(reason);
  // The buffer of a new connection has room for the line. If it has none, the client gets no
  // reason.
  [[maybe_unused]] const ssize_t sent =
      ::send(socket.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::open(ApiSocket socket, Handler handler) {
  FileDescriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll || !watch(epoll.get(), EPOLL_CTL_ADD, socket.listener(), EPOLLIN)) {
    return fail(
        fmt::format("cannot watch {}: {}", socket.path(), std::generic_category().message(errno)));
  }
  return std::unique_ptr<ApiServer>{
      new ApiServer{std::move(socket), std::move(handler), std::move(epoll)}};
}

Result<std::unique_ptr<ApiServer>> ApiServer::open(const std::string& path, Handler handler) {
  auto socket = ApiSocket::open(path);
  return socket ? open(std::move(*socket), std::move(handler)) : std::unexpected{socket.error()};
}

void ApiServer::run_once() {
  epoll_event event{};
  // The kernel moves the descriptor that it reported behind the other ready ones, so all get their
  // turn.
  if (::epoll_wait(epoll_.get(), &event, 1, 0) <= 0) {
    return;
  }
  if (event.data.fd == socket_.listener()) {
    accept_clients();
  } else {
    serve(event.data.fd);
  }
}

void ApiServer::accept_clients() {
  for (std::size_t i = 0; i < kMaxClients; ++i) {
    FileDescriptor socket{
        ::accept4(socket_.listener(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) {
      return;
    }
    admit(std::move(socket));
  }
}

void ApiServer::admit(FileDescriptor socket) {
  const std::optional<ucred> peer = trusted_peer(socket.get());
  if (!peer) {
    refuse(socket, "only root and the router's own user may ask");
    return;
  }
  if (clients_.size() >= kMaxClients) {
    refuse(socket, fmt::format("{} clients are connected already: try again later", kMaxClients));
    return;
  }
  const int fd = socket.get();
  if (watch(epoll_.get(), EPOLL_CTL_ADD, fd, EPOLLIN)) {
    clients_.try_emplace(fd, Client{ApiConnection{std::move(socket)}, EPOLLIN, *peer});
  }
}

void ApiServer::serve(int fd) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) {
    return;
  }
  Client& client = found->second;
  asker_ = client.peer;
  if (!client.connection.advance(handler_)) {
    clients_.erase(found);
    return;
  }
  const std::uint32_t wanted = client.connection.wanted_events();
  if (wanted != client.watched_events) {
    if (!watch(epoll_.get(), EPOLL_CTL_MOD, fd, wanted)) {
      clients_.erase(found);
      return;
    }
    client.watched_events = wanted;
  }
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The control socket, /run/ringroad/ringroad.sock by default, where roadctl and programs ask.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "control/api_connection.hpp"
#include "control/api_protocol.hpp"
#include "control/api_socket.hpp"

namespace ringroad::control {

// Belongs to one thread, whose loop watches poll_fd() and calls run_once(); nothing here blocks.
class ApiServer {
 public:
  static constexpr std::size_t kMaxClients = 32;

  // Answers at a socket that listens already.
  [[nodiscard]] static Result<std::unique_ptr<ApiServer>> open(ApiSocket socket, Handler handler);
  // The same at a path, as ApiSocket::open.
  [[nodiscard]] static Result<std::unique_ptr<ApiServer>> open(const std::string& path,
                                                               Handler handler);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  // Hangs up on every client and removes the socket file.
  ~ApiServer() = default;

  // Readable when run_once() has something to do.
  [[nodiscard]] int poll_fd() const { return epoll_.get(); }
  // Accepts, or serves one client, the clients in turn: reads, answers one request at most, and
  // writes as far as it goes without waiting. So the caller is held by one request at a time,
  // however many wait.
  void run_once();

 private:
  struct Client {
    ApiConnection connection;
    std::uint32_t watched_events;
  };
  ApiServer(ApiSocket socket, Handler handler, FileDescriptor epoll)
      : socket_{std::move(socket)}, handler_{std::move(handler)}, epoll_{std::move(epoll)} {}
  void accept_clients();
  void admit(FileDescriptor socket);
  void serve(int fd);

  ApiSocket socket_;
  Handler handler_;
  FileDescriptor epoll_;
  std::unordered_map<int, Client> clients_;
};

}  // namespace ringroad::control

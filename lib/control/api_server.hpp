// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The control socket, /run/ringroad/ringroad.sock by default, where roadctl and other programs send
// requests.
#include <sys/socket.h>

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

// Used by one thread, whose loop watches poll_fd() and calls run_once(). No function here blocks.
class ApiServer {
 public:
  static constexpr std::size_t kMaxClients = 32;

  // Answers requests at a socket that already listens.
  [[nodiscard]] static Result<std::unique_ptr<ApiServer>> open(ApiSocket socket, Handler handler);
  // The same at a path; see ApiSocket::open.
  [[nodiscard]] static Result<std::unique_ptr<ApiServer>> open(const std::string& path,
                                                               Handler handler);
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  // Closes the connection of every client and removes the socket file.
  ~ApiServer() = default;

  // The descriptor is readable when run_once() has something to do.
  [[nodiscard]] int poll_fd() const { return epoll_.get(); }
  // Accepts connections, or serves the client whose turn it is: reads, answers at most one request,
  // and writes as much as is possible without waiting. The caller is therefore held by one request
  // at a time, however many wait.
  void run_once();
  // Who sent the request that the handler is answering.
  [[nodiscard]] const ucred& asker() const { return asker_; }

 private:
  struct Client {
    ApiConnection connection;
    std::uint32_t watched_events;
    ucred peer;
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
  ucred asker_{};
};

}  // namespace ringroad::control

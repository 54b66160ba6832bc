// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// One client of the control socket: its unread requests and its unsent answers.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/file_descriptor.hpp"
#include "control/api_protocol.hpp"

namespace ringroad::control {

// A longer line ends the connection: the server does not search for the beginning of the next
// request.
inline constexpr std::size_t kMaxRequestBytes = std::size_t{1} << 20;

// The server reads no more requests from a client that does not read its answers, so at most one
// answer and one request are stored for a client.
class ApiConnection {
 public:
  // `socket` is non-blocking.
  explicit ApiConnection(FileDescriptor socket) : socket_{std::move(socket)} {}

  // Reads, answers at most one request, and writes, without blocking. Returns false if the
  // connection is over.
  [[nodiscard]] bool advance(const Handler& handler);
  // Returns the epoll events at which advance() must be called. While a request waits for its turn,
  // the connection asks for EPOLLOUT, so that the epoll descriptor is readable although nothing is
  // left to read.
  [[nodiscard]] std::uint32_t wanted_events() const;

 private:
  [[nodiscard]] bool line_waits() const { return line_end_ != std::string::npos; }
  [[nodiscard]] bool is_idle() const { return output_.empty() && !rest_; }
  [[nodiscard]] bool receive();
  [[nodiscard]] bool flush();
  void find_line(std::size_t from) { line_end_ = input_.find('\n', from); }
  void answer_one(const Handler& handler);
  void send_away();

  FileDescriptor socket_;
  std::string input_;
  std::size_t line_begin_ = 0;
  std::size_t line_end_ = std::string::npos;
  std::string output_;
  std::unique_ptr<Later> rest_;  // the rest of the current answer
  std::size_t sent_ = 0;
  // Set if the client closed its side, or if the server reads no more from it.
  bool input_over_ = false;
};

}  // namespace ringroad::control

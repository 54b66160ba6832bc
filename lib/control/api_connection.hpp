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

// A longer line ends the connection: where the next one begins is not worth looking for.
inline constexpr std::size_t kMaxRequestBytes = std::size_t{1} << 20;

// A client that does not read its answers is not asked for more requests: what is held for it is
// bounded by one answer and one request.
class ApiConnection {
 public:
  // `socket` is non-blocking.
  explicit ApiConnection(FileDescriptor socket) : socket_{std::move(socket)} {}

  // Does what can be done without blocking, one request at most. False: the connection is over.
  [[nodiscard]] bool advance(const Handler& handler);
  // The epoll events that call for advance(). A request that waits its turn asks for EPOLLOUT, so
  // that it makes the epoll descriptor readable although nothing is left to read.
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
  std::unique_ptr<Later> rest_;  // of the answer
  std::size_t sent_ = 0;
  // The client sends no more, or is not listened to any more.
  bool input_over_ = false;
};

}  // namespace ringroad::control

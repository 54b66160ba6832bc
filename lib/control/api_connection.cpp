// SPDX-License-Identifier: BSD-3-Clause
#include "control/api_connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

namespace ringroad::control {
namespace {

// The most bytes that are read from a client and sent to it in one turn of the control thread's
// loop, in which at most one of its requests is answered.
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
constexpr std::size_t kSendBytes = std::size_t{1} << 20;
// The next slice of an answer is made while no more than this waits to be sent.
constexpr std::size_t kAheadBytes = std::size_t{256} << 10;

bool is_transient(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

bool ApiConnection::advance(const Handler& handler) {
  if (!flush()) {
    return false;
  }
  if (is_idle() && !line_waits() && !input_over_ && !receive()) {
    return false;
  }
  if (rest_ && output_.size() - sent_ <= kAheadBytes) {
    output_.erase(0, sent_);
    sent_ = 0;
    if (rest_->advance(output_)) {
      rest_.reset();
    }
  } else if (is_idle() && line_waits()) {
    answer_one(handler);
  }
  if (!flush()) {
    return false;
  }
  if (!line_waits() && input_.size() - line_begin_ > kMaxRequestBytes) {
    send_away();
    if (!flush()) {
      return false;
    }
  }
  return !input_over_ || !is_idle() || line_waits();
}

std::uint32_t ApiConnection::wanted_events() const {
  if (!is_idle() || line_waits()) {
    return EPOLLOUT;
  }
  return input_over_ ? 0U : EPOLLIN;
}

bool ApiConnection::receive() {
  input_.erase(0, line_begin_);
  line_begin_ = 0;
  std::array<char, kReadBytes> chunk;
  const ssize_t count = ::recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (count < 0) {
    return is_transient(errno);
  }
  if (count == 0) {
    input_over_ = true;
    return true;
  }
  const std::size_t old_size = input_.size();
  input_.append(chunk.data(), static_cast<std::size_t>(count));
  find_line(old_size);
  return true;
}

bool ApiConnection::flush() {
  // The bound is needed because a client that reads as fast as the server writes would hold the
  // control thread for the whole of a long answer.
  const std::size_t end = std::min(output_.size(), sent_ + kSendBytes);
  while (sent_ < end) {
    const ssize_t count =
        ::send(socket_.get(), output_.data() + sent_, end - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
      return is_transient(errno);
    }
    sent_ += static_cast<std::size_t>(count);
  }
  if (sent_ < output_.size()) {
    return true;
  }
  // clear() would keep the memory of a long answer for as long as the client stays.
  std::string{}.swap(output_);
  sent_ = 0;
  return true;
}

void ApiConnection::answer_one(const Handler& handler) {
  const auto line = std::string_view{input_}.substr(line_begin_, line_end_ - line_begin_);
  if (line.size() > kMaxRequestBytes) {
    send_away();
    return;
  }
  Answer answer = control::answer(handler, line);
  output_ = std::move(answer.line);
  rest_ = std::move(answer.rest);
  line_begin_ = line_end_ + 1;
  find_line(line_begin_);
}

void ApiConnection::send_away() {
  output_ = error_line("the request is longer than 1 MiB");
  std::string{}.swap(input_);
  line_begin_ = 0;
  line_end_ = std::string::npos;
  input_over_ = true;
}

}  // namespace ringroad::control

// SPDX-License-Identifier: BSD-3-Clause
#include "http/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "http/request_head.hpp"

namespace ringroad::http {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
// The most that is sent in one turn, so that a fast reader of a long answer does not keep others
// waiting.
constexpr std::size_t kSendBytes = std::size_t{1} << 20;
constexpr std::chrono::seconds kLingerTime{1};

bool is_transient(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

std::uint32_t Connection::wanted_events() const {
  switch (state_) {
    case State::kReads:
    case State::kLingers:
      return EPOLLIN;
    case State::kSends:
      return EPOLLOUT;
    case State::kWaits:
    case State::kOver:
      break;
  }
  return 0;
}

void Connection::advance(Time now) {
  if (state_ == State::kReads || state_ == State::kLingers) {
    receive(now);
  } else if (state_ == State::kSends) {
    flush(now);
  }
}

void Connection::receive(Time now) {
  std::array<char, kHeadMax> chunk;
  const ssize_t count = ::recv(fd(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (count == 0 || (count < 0 && !is_transient(errno))) {
    state_ = State::kOver;
  } else if (count > 0 && state_ == State::kReads) {
    if (input_.empty()) {
      deadline_ = now + kHeadTime;
    }
    input_.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

std::optional<std::string> Connection::take_head() {
  // Empty lines before a request are skipped: RFC 9112 2.2.
  input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
  const std::size_t end = input_.find(kHeadEnd);
  if (state_ != State::kReads || end == std::string::npos || end + kHeadEnd.size() > kHeadMax) {
    return std::nullopt;
  }
  std::string head = input_.substr(0, end + kHeadEnd.size());
  input_.erase(0, head.size());
  state_ = State::kWaits;
  deadline_ = Time::max();
  return head;
}

bool Connection::is_too_long() const {
  const std::size_t end = input_.find(kHeadEnd);
  return (end == std::string::npos ? input_.size() : end + kHeadEnd.size()) > kHeadMax;
}

void Connection::send(std::string answer, bool last, Time now) {
  output_ = std::move(answer);
  sent_ = 0;
  last_ = last;
  state_ = State::kSends;
  deadline_ = now + kSendTime;
  flush(now);
}

void Connection::flush(Time now) {
  const std::size_t end = std::min(output_.size(), sent_ + kSendBytes);
  while (sent_ < end) {
    const ssize_t count =
        ::send(fd(), output_.data() + sent_, end - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
      state_ = is_transient(errno) ? state_ : State::kOver;
      return;
    }
    sent_ += static_cast<std::size_t>(count);
  }
  if (sent_ < output_.size()) {
    return;
  }
  std::string{}.swap(output_);
  sent_ = 0;
  since_ = now;
  if (last_) {
    // If the socket were closed now, what the client sends meanwhile would be answered with a
    // reset, and that may overtake the answer: RFC 9112 9.6.
    ::shutdown(fd(), SHUT_WR);
    std::string{}.swap(input_);
    state_ = State::kLingers;
    deadline_ = now + kLingerTime;
  } else {
    state_ = State::kReads;
    deadline_ = now + (input_.empty() ? kIdleTime : kHeadTime);
  }
}

}  // namespace ringroad::http

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// One TCP connection of a client: what it sent of its next request, and what it did not yet take of
// its answer. Every state has a deadline.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/file_descriptor.hpp"

namespace ringroad::http {

using Time = std::chrono::steady_clock::time_point;

class Connection {
 public:
  // From the first byte of a request to the end of its head, and for a client that just connected.
  static constexpr std::chrono::seconds kHeadTime{5};
  // Between two requests.
  static constexpr std::chrono::seconds kIdleTime{15};
  // For the whole of an answer.
  static constexpr std::chrono::seconds kSendTime{30};

  enum class State : std::uint8_t {
    kReads,    // the head of a request
    kWaits,    // for its answer; nothing is read meanwhile
    kSends,    // the answer
    kLingers,  // the last answer is sent: what the client still sends is thrown away
    kOver,
  };

  // `socket` is non-blocking.
  Connection(FileDescriptor socket, Time now)
      : socket_{std::move(socket)}, deadline_{now + kHeadTime} {}

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Time deadline() const { return deadline_; }
  // The epoll events that it waits for.
  [[nodiscard]] std::uint32_t wanted_events() const;
  [[nodiscard]] std::size_t unsent() const { return output_.size() - sent_; }
  // Whether a part of a request is there.
  [[nodiscard]] bool began() const { return !input_.empty(); }
  // When it last began to read: of several that read, the one that waits longest has to go first.
  [[nodiscard]] Time since() const { return since_; }

  // Reads and sends what is possible without waiting.
  void advance(Time now);
  // Returns the head of the next request, once it is complete, and waits for its answer.
  [[nodiscard]] std::optional<std::string> take_head();
  // Whether the head is longer than is allowed.
  [[nodiscard]] bool is_too_long() const;
  // Begins to send. With `last`, the connection ends after that.
  void send(std::string answer, bool last, Time now);
  void end() { state_ = State::kOver; }

 private:
  void receive(Time now);
  void flush(Time now);

  FileDescriptor socket_;
  State state_ = State::kReads;
  Time deadline_;
  Time since_ = deadline_ - kHeadTime;
  std::string input_;
  std::string output_;
  std::size_t sent_ = 0;
  bool last_ = false;
};

}  // namespace ringroad::http

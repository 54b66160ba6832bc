// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The TCP side of HTTP. One thread has all connections and waits for none of them; a few threads
// make the answers. However many clients connect, whatever they send, and however slowly they send
// and read: memory and threads are bounded, and who asks quickly is answered.
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "config/model.hpp"
#include "http/connection.hpp"
#include "http/request_head.hpp"

namespace ringroad::http {

// Returns a socket that listens at that address.
[[nodiscard]] Result<FileDescriptor> listen_at(const config::Http& at);

class Server {
 public:
  static constexpr std::size_t kConnectionsMax = 64;
  static constexpr std::size_t kAnswerers = 4;
  // The bytes of all answers that are not sent yet.
  static constexpr std::size_t kUnsentMax = std::size_t{64} << 20;

  struct Settings {
    // The cores of all threads here; empty: any.
    std::vector<unsigned> cores{};
    // Only requests for this machine itself are answered: see check_head().
    bool only_local = false;
  };
  // Called by any of the answering threads: makes the bytes of a response.
  using Respond = std::function<std::string(const RequestHead& head)>;

  // Starts the threads.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(FileDescriptor listener,
                                                             const Settings& settings,
                                                             Respond respond);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Closes every connection and ends the threads. Returns once respond() returned in each thread.
  ~Server();

 private:
  using Id = std::uint64_t;
  struct Asked {
    Id id;
    RequestHead head;
  };
  struct Answered {
    Id id;
    std::string response;
    bool last;
  };

  Server(FileDescriptor listener, const Settings& settings, Respond respond)
      : listener_{std::move(listener)}, settings_{settings}, respond_{std::move(respond)} {}
  void serve();
  void answer();
  void take_answers();
  void accept_clients();
  [[nodiscard]] bool make_room();
  void advance(Id id, std::uint32_t events);
  void settle(Id id);
  void expire();
  void drop(Id id);
  [[nodiscard]] int next_timeout() const;
  [[nodiscard]] std::size_t unsent() const;

  FileDescriptor listener_;
  Settings settings_;
  Respond respond_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  std::atomic<bool> stop_{false};

  // Of the serving thread.
  std::map<Id, Connection> connections_;
  std::map<Id, std::uint32_t> watched_;
  Id next_id_ = 2;  // 0 is the listener, 1 the wake-up
  Time now_{};
  Time accept_again_{};

  std::mutex mutex_;
  std::condition_variable asked_changed_;
  std::deque<Asked> asked_;
  std::vector<Answered> answered_;

  std::vector<std::thread> threads_;
};

}  // namespace ringroad::http

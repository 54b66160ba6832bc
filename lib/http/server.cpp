// SPDX-License-Identifier: BSD-3-Clause
#include "http/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <system_error>
#include <utility>

#include "base/cores.hpp"
#include "http/protocol.hpp"

namespace ringroad::http {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kWake = 1;

std::string last_error() { return std::generic_category().message(errno); }

bool watch(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Address address_of(const config::Http& at) {
  Address address;
  if (at.address.find(':') != std::string::npos) {
    auto* const six = reinterpret_cast<sockaddr_in6*>(&address.storage);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(at.port);
    inet_pton(AF_INET6, at.address.c_str(), &six->sin6_addr);
    address.length = sizeof *six;
  } else {
    auto* const four = reinterpret_cast<sockaddr_in*>(&address.storage);
    four->sin_family = AF_INET;
    four->sin_port = htons(at.port);
    inet_pton(AF_INET, at.address.c_str(), &four->sin_addr);
    address.length = sizeof *four;
  }
  return address;
}

void begin_thread(const char* name, const std::vector<unsigned>& cores) {
  ::pthread_setname_np(::pthread_self(), name);
  stay_in_background(cores);
}

}  // namespace

Result<FileDescriptor> listen_at(const config::Http& at) {
  const Address address = address_of(at);
  const auto refused = [&] {
    return fail(
        fmt::format("engine.http.listen: cannot listen on {}: {}", to_string(at), last_error()));
  };
  FileDescriptor socket{
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!socket) {
    return refused();
  }
  const int on = 1;
  // A router that starts again does not wait for the connections of the one before.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) !=
          0 ||
      ::listen(socket.get(), static_cast<int>(Server::kConnectionsMax)) != 0) {
    return refused();
  }
  return socket;
}

Result<std::unique_ptr<Server>> Server::start(FileDescriptor listener, const Settings& settings,
                                              Respond respond) {
  std::unique_ptr<Server> server{new Server{std::move(listener), settings, std::move(respond)}};
  server->epoll_ = FileDescriptor{::epoll_create1(EPOLL_CLOEXEC)};
  server->wake_ = FileDescriptor{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  const int epoll = server->epoll_.get();
  if (!server->epoll_ || !server->wake_ ||
      !watch(epoll, EPOLL_CTL_ADD, server->listener_.get(), EPOLLIN, kListener) ||
      !watch(epoll, EPOLL_CTL_ADD, server->wake_.get(), EPOLLIN, kWake)) {
    return fail(fmt::format("cannot serve HTTP: {}", last_error()));
  }
  try {
    server->threads_.emplace_back([one = server.get()] { one->serve(); });
    for (std::size_t i = 0; i < kAnswerers; ++i) {
      server->threads_.emplace_back([one = server.get()] { one->answer(); });
    }
  } catch (const std::system_error& error) {
    return fail(fmt::format("cannot start a thread for HTTP: {}", error.what()));
  }
  return server;
}

Server::~Server() {
  {
    const std::lock_guard lock{mutex_};
    stop_ = true;
  }
  asked_changed_.notify_all();
  ::eventfd_write(wake_.get(), 1);
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void Server::answer() {
  begin_thread("rr-http-answer", settings_.cores);
  while (true) {
    std::unique_lock lock{mutex_};
    asked_changed_.wait(lock, [this] { return stop_ || !asked_.empty(); });
    if (stop_) {
      return;
    }
    const Asked asked = std::move(asked_.front());
    asked_.pop_front();
    lock.unlock();
    std::string response = respond_(asked.head);
    lock.lock();
    answered_.push_back({asked.id, std::move(response), !asked.head.stays});
    lock.unlock();
    ::eventfd_write(wake_.get(), 1);
  }
}

void Server::serve() {
  begin_thread("rr-http", settings_.cores);
  std::array<epoll_event, 16> events{};
  while (!stop_) {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), next_timeout());
    now_ = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      const Id id = events.at(static_cast<std::size_t>(i)).data.u64;
      if (id == kListener) {
        accept_clients();
      } else if (id == kWake) {
        take_answers();
      } else {
        advance(id, events.at(static_cast<std::size_t>(i)).events);
      }
    }
    expire();
  }
}

void Server::take_answers() {
  eventfd_t ignored = 0;
  ::eventfd_read(wake_.get(), &ignored);
  std::vector<Answered> answers;
  {
    const std::lock_guard lock{mutex_};
    answers.swap(answered_);
  }
  for (Answered& answer : answers) {
    const auto found = connections_.find(answer.id);
    if (found == connections_.end()) {
      continue;
    }
    if (unsent() + answer.response.size() > kUnsentMax) {
      answer.response = Protocol::refuse({503, "too many long answers wait for their readers"});
      answer.last = true;
    }
    found->second.send(std::move(answer.response), answer.last, now_);
    settle(answer.id);
  }
}

std::size_t Server::unsent() const {
  return std::accumulate(
      connections_.begin(), connections_.end(), std::size_t{},
      [](std::size_t sum, const auto& one) { return sum + one.second.unsent(); });
}

// Without room, the one that has been reading for the longest time has to go: it is idle, or slow.
bool Server::make_room() {
  if (connections_.size() < kConnectionsMax) {
    return true;
  }
  const auto reads = [](const auto& one) {
    return one.second.state() == Connection::State::kReads ||
           one.second.state() == Connection::State::kLingers;
  };
  auto oldest = connections_.end();
  for (auto one = connections_.begin(); one != connections_.end(); ++one) {
    if (reads(*one) &&
        (oldest == connections_.end() || one->second.since() < oldest->second.since())) {
      oldest = one;
    }
  }
  if (oldest == connections_.end()) {
    return false;
  }
  drop(oldest->first);
  return true;
}

void Server::accept_clients() {
  // At most so many in a turn: answers and other clients get theirs.
  for (int i = 0; i < 16; ++i) {
    FileDescriptor socket{
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        // The listener stays readable: it is not looked at for a while.
        watch(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), 0, kListener);
        accept_again_ = now_ + 100ms;
      }
      return;
    }
    if (!make_room()) {
      continue;  // closed: every connection has a request of its own
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const Id id = next_id_++;
    if (watch(epoll_.get(), EPOLL_CTL_ADD, socket.get(), EPOLLIN, id)) {
      connections_.try_emplace(id, std::move(socket), now_);
      watched_.emplace(id, EPOLLIN);
      // A request is often there already; its client must not be taken for a slow one.
      advance(id, EPOLLIN);
    }
  }
}

void Server::advance(Id id, std::uint32_t events) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) {
    return;
  }
  if (found->second.state() == Connection::State::kWaits && (events & (EPOLLHUP | EPOLLERR)) != 0) {
    drop(id);  // the client has gone
    return;
  }
  found->second.advance(now_);
  settle(id);
}

// Does what the connection's state asks for, then watches for what it waits for.
void Server::settle(Id id) {
  Connection& connection = connections_.at(id);
  if (connection.state() == Connection::State::kReads) {
    if (const auto head = connection.take_head()) {
      if (auto checked = check_head(*head, settings_.only_local)) {
        const std::lock_guard lock{mutex_};
        asked_.push_back({id, std::move(*checked)});
        asked_changed_.notify_one();
      } else {
        connection.send(Protocol::refuse(checked.error()), true, now_);
      }
    } else if (connection.is_too_long()) {
      connection.send(Protocol::refuse({431, "the request's head is longer than 8 KiB"}), true,
                      now_);
    }
  }
  if (connection.state() == Connection::State::kOver) {
    drop(id);
    return;
  }
  const std::uint32_t wanted = connection.wanted_events();
  if (std::uint32_t& watched = watched_[id]; watched != wanted) {
    watch(epoll_.get(), EPOLL_CTL_MOD, connection.fd(), wanted, id);
    watched = wanted;
  }
}

void Server::expire() {
  if (accept_again_ != Time{} && now_ >= accept_again_) {
    accept_again_ = {};
    watch(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), EPOLLIN, kListener);
  }
  std::vector<Id> late;
  for (const auto& [id, connection] : connections_) {
    if (connection.deadline() <= now_) {
      late.push_back(id);
    }
  }
  for (const Id id : late) {
    Connection& connection = connections_.at(id);
    if (connection.state() == Connection::State::kReads && connection.began()) {
      connection.send(Protocol::refuse({408, "the request took longer than 5 s"}), true, now_);
    } else {
      connection.end();
    }
    settle(id);
  }
}

void Server::drop(Id id) {
  {
    const std::lock_guard lock{mutex_};
    std::erase_if(asked_, [id](const Asked& asked) { return asked.id == id; });
  }
  connections_.erase(id);
  watched_.erase(id);
}

int Server::next_timeout() const {
  Time next = accept_again_ == Time{} ? Time::max() : accept_again_;
  for (const auto& one : connections_) {
    next = std::min(next, one.second.deadline());
  }
  if (next == Time::max()) {
    return -1;
  }
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace ringroad::http

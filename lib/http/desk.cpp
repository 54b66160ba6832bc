// SPDX-License-Identifier: BSD-3-Clause
#include "http/desk.hpp"

#include <fmt/format.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ringroad::http {
namespace {

using namespace std::chrono_literals;

// After a slice, so many times its duration belong to the router alone.
constexpr int kShare = 4;
// What may be used at once after a pause: a scrape of a large router is not drawn out.
constexpr Nanoseconds kBurst = 20ms;

}  // namespace

Result<std::unique_ptr<Desk>> Desk::open(const Clock& clock) {
  FileDescriptor timer{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  if (!timer) {
    return fail(fmt::format("cannot make a timer: {}", std::generic_category().message(errno)));
  }
  return std::unique_ptr<Desk>{new Desk{clock, std::move(timer)}};
}

void Desk::arm() {
  itimerspec when{};
  if (!queue_.empty()) {
    const Nanoseconds wait = std::max(not_before_ - clock_.now(), Nanoseconds{1});
    when.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(wait).count();
    when.it_value.tv_nsec = (wait % 1s).count();
  }
  ::timerfd_settime(timer_.get(), 0, &when, nullptr);
}

bool Desk::run(const std::shared_ptr<Errand>& errand, std::chrono::milliseconds patience) {
  const auto ticket = std::make_shared<Ticket>(Ticket{.errand = errand});
  std::unique_lock lock{mutex_};
  if (closed_ || queue_.size() >= kErrandsMax) {
    return false;
  }
  queue_.push_back(ticket);
  arm();
  changed_.wait_for(lock, patience, [&] { return ticket->done || closed_; });
  ticket->given_up = true;
  return ticket->done;
}

void Desk::run_once() {
  std::shared_ptr<Ticket> ticket;
  {
    const std::lock_guard lock{mutex_};
    if (queue_.empty() || clock_.now() < not_before_) {
      arm();
      return;
    }
    ticket = std::move(queue_.front());
    queue_.pop_front();
    if (ticket->given_up) {
      ticket->errand->abandon();
      arm();
      return;
    }
  }
  const Nanoseconds start = clock_.now();
  const bool over = ticket->errand->advance();
  const Nanoseconds end = clock_.now();
  const std::lock_guard lock{mutex_};
  if (over) {
    ticket->errand->abandon();
    ticket->done = true;
    changed_.notify_all();
  } else {
    queue_.push_back(std::move(ticket));
  }
  // `not_before_` lies in the past by what is saved up.
  not_before_ = std::max(not_before_, end - kShare * kBurst) + (kShare + 1) * (end - start);
  arm();
}

void Desk::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  for (const auto& ticket : queue_) {
    ticket->errand->abandon();
  }
  queue_.clear();
  changed_.notify_all();
}

}  // namespace ringroad::http

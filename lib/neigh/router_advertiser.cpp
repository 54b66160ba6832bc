// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/router_advertiser.hpp"

#include <algorithm>
#include <chrono>

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// RFC 4861 10.
constexpr Nanoseconds kInitialInterval = seconds{16};
constexpr unsigned kInitial = 3;
constexpr unsigned kFinal = 3;
constexpr Nanoseconds kBetween = seconds{3};
constexpr Nanoseconds kDelay = milliseconds{500};

}  // namespace

void RouterAdvertiser::start(InterfaceId id, Nanoseconds longest, Nanoseconds now) {
  Port& port = ports_[id];
  port.longest = std::max<Nanoseconds>(longest, seconds{4});
  port.state = State::kAdvertising;
  begin(port, now);
}

void RouterAdvertiser::begin(Port& port, Nanoseconds now) {
  port.sent = 0;
  port.next = port.has_link ? soon(port, now) : kNever;
}

// RFC 4861 6.2.5.
void RouterAdvertiser::stop(InterfaceId id, Nanoseconds now, Events& events) {
  const auto found = ports_.find(id);
  if (found == ports_.end() || found->second.state != State::kAdvertising) {
    return;
  }
  Port& port = found->second;
  // Without an advertisement no host has this router.
  const bool known = port.last.has_value() && port.has_link;
  port.state = known ? State::kCeasing : State::kSilent;
  port.sent = 0;
  port.next = kNever;
  if (known) {
    run(id, port, now, events);
  }
}

void RouterAdvertiser::set_link(InterfaceId id, bool up, Nanoseconds now) {
  Port& port = ports_[id];
  port.has_link = up;
  if (port.state == State::kAdvertising) {
    begin(port, now);
  } else {
    port.state = State::kSilent;
    port.next = kNever;
  }
}

// RFC 4861 6.2.6: an advertisement that is due sooner is the answer.
void RouterAdvertiser::hear_solicitation(InterfaceId id, Nanoseconds now) {
  const auto found = ports_.find(id);
  if (found != ports_.end() && found->second.state == State::kAdvertising &&
      found->second.has_link) {
    found->second.next = std::min(found->second.next, soon(found->second, now));
  }
}

// After a random delay, so that routers do not answer all at once, and not too soon after the last.
Nanoseconds RouterAdvertiser::soon(const Port& port, Nanoseconds now) {
  const Nanoseconds earliest = port.last ? std::max(now, *port.last + kBetween) : now;
  return earliest + random(Nanoseconds{}, kDelay);
}

void RouterAdvertiser::run(InterfaceId id, Port& port, Nanoseconds now, Events& events) {
  ++port.sent;
  port.last = now;
  if (port.state == State::kCeasing) {
    events.push_back({.port = id, .final = true});
    port.next = now + kBetween;
    if (port.sent == kFinal) {
      port.state = State::kSilent;
      port.last.reset();
      port.next = kNever;
    }
    return;
  }
  events.push_back({.port = id});
  // MinRtrAdvInterval is 0.33 times the longest, and at least 3 s.
  const Nanoseconds shortest = std::max(port.longest * 33 / 100, kBetween);
  const Nanoseconds interval = random(shortest, port.longest);
  port.next = now + (port.sent < kInitial ? std::min(interval, kInitialInterval) : interval);
}

void RouterAdvertiser::tick(Nanoseconds now, Events& events) {
  for (auto& [id, port] : ports_) {
    if (port.next <= now) {
      run(id, port, now, events);
    }
  }
}

std::optional<Nanoseconds> RouterAdvertiser::next_deadline() const {
  Nanoseconds next = kNever;
  for (const auto& [id, port] : ports_) {
    next = std::min(next, port.next);
  }
  return next == kNever ? std::nullopt : std::optional{next};
}

bool RouterAdvertiser::is_advertising(InterfaceId id) const {
  const auto found = ports_.find(id);
  return found != ports_.end() && found->second.state == State::kAdvertising;
}

Nanoseconds RouterAdvertiser::random(Nanoseconds least, Nanoseconds most) {
  return Nanoseconds{
      std::uniform_int_distribution<Nanoseconds::rep>{least.count(), most.count()}(random_)};
}

}  // namespace ringroad::neigh

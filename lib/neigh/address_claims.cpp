// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/address_claims.hpp"

#include <algorithm>
#include <chrono>

namespace ringroad::neigh {
namespace {

using std::chrono::seconds;
using Kind = AddressClaims::Event::Kind;

// RFC 5227 1.1.
constexpr Nanoseconds kProbeWait = seconds{1};
constexpr unsigned kProbeNum = 3;
constexpr Nanoseconds kProbeMin = seconds{1};
constexpr Nanoseconds kProbeMax = seconds{2};
constexpr Nanoseconds kAnnounceWait = seconds{2};
constexpr unsigned kAnnounceNum = 2;
constexpr Nanoseconds kAnnounceInterval = seconds{2};
constexpr Nanoseconds kDefendInterval = seconds{10};

}  // namespace

void AddressClaims::probe(Key4 key, Nanoseconds now, Events& events) {
  const auto [claim, fresh] = claims_.try_emplace(key);
  if (fresh && ports_[key.port].has_link) {
    start(key, claim->second, now, events);
  }
}

void AddressClaims::use(Key4 key, Nanoseconds now, Events& events) {
  Claim& claim = claims_[key];
  claim.in_use = true;
  if (ports_[key.port].has_link) {
    start(key, claim, now, events);
  }
}

void AddressClaims::withdraw(Key4 key) { claims_.erase(key); }

void AddressClaims::set_link(InterfaceId port, bool up, Nanoseconds now, Events& events) {
  ports_[port].has_link = up;
  for (auto it = claims_.lower_bound({port, Ipv4{}}); it != claims_.end() && it->first.port == port;
       ++it) {
    if (up) {
      start(it->first, it->second, now, events);
    } else {
      it->second.next = kNever;
    }
  }
}

// Starts with the first probe or announcement.
void AddressClaims::start(const Key4& key, Claim& claim, Nanoseconds now, Events& events) {
  claim.sent = 0;
  if (claim.in_use) {
    run(key, claim, now, events);
  } else {
    claim.next = now + random(Nanoseconds{}, kProbeWait);
  }
}

// Sends what is due for one claim.
void AddressClaims::run(const Key4& key, Claim& claim, Nanoseconds now, Events& events) {
  if (!claim.in_use && claim.sent < kProbeNum) {
    ++claim.sent;
    claim.next = now + (claim.sent < kProbeNum ? random(kProbeMin, kProbeMax) : kAnnounceWait);
    events.push_back({Kind::kProbe, key});
    return;
  }
  if (!claim.in_use) {
    claim.in_use = true;
    claim.sent = 0;
    events.push_back({Kind::kUsable, key});
  }
  if (!announce_) {
    claim.next = kNever;
    return;
  }
  ++claim.sent;
  claim.next = claim.sent < kAnnounceNum ? now + kAnnounceInterval : kNever;
  events.push_back({Kind::kAnnounce, key});
}

// Returns whether the message conflicts with a claim. If two hosts probe for one address at once,
// neither uses it (RFC 5227 2.1.1); a probe for an address in use is only answered.
bool AddressClaims::concerns(InterfaceId port, const ArpMessage& message) const {
  const bool probe = message.is_probe();
  const auto found = claims_.find({port, probe ? message.target : message.sender});
  return found != claims_.end() && !(probe && found->second.in_use);
}

void AddressClaims::hear(InterfaceId port, const ArpMessage& message, Nanoseconds now,
                         Events& events) {
  if (!concerns(port, message)) {
    return;
  }
  const Key4 key{port, message.is_probe() ? message.target : message.sender};
  const auto found = claims_.find(key);
  Claim& claim = found->second;
  ++ports_[port].conflicts;
  if (!claim.in_use) {
    claims_.erase(found);
    events.push_back({Kind::kRefused, key, message.sender_mac});
    return;
  }
  if (!claim.told) {
    claim.told = true;
    events.push_back({Kind::kConflict, key, message.sender_mac});
  }
  // RFC 5227 2.4 (c): a router does not give up its address, but two hosts that both keep the
  // address must not send announcements against each other without end.
  if (!claim.defended || *claim.defended + kDefendInterval <= now) {
    claim.defended = now;
    events.push_back({Kind::kAnnounce, key});
  }
}

void AddressClaims::tick(Nanoseconds now, Events& events) {
  for (auto& [key, claim] : claims_) {
    if (claim.next <= now) {
      run(key, claim, now, events);
    }
  }
}

std::optional<Nanoseconds> AddressClaims::next_deadline() const {
  Nanoseconds next = kNever;
  for (const auto& [key, claim] : claims_) {
    next = std::min(next, claim.next);
  }
  return next == kNever ? std::nullopt : std::optional{next};
}

bool AddressClaims::is_tentative(Key4 key) const {
  const auto found = claims_.find(key);
  return found != claims_.end() && !found->second.in_use;
}

std::uint64_t AddressClaims::conflicts(InterfaceId port) const {
  const auto found = ports_.find(port);
  return found == ports_.end() ? 0 : found->second.conflicts;
}

Nanoseconds AddressClaims::random(Nanoseconds least, Nanoseconds most) {
  return Nanoseconds{
      std::uniform_int_distribution<Nanoseconds::rep>{least.count(), most.count()}(random_)};
}

}  // namespace ringroad::neigh

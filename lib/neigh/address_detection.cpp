// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/address_detection.hpp"

#include <algorithm>

namespace ringroad::neigh {
namespace {

using Kind = AddressDetection::Event::Kind;

Key6 group_of(const Key6& key) { return {key.port, key.address.solicited_node()}; }

}  // namespace

// A node listens to an address's group before it probes (RFC 4862 5.4.2).
AddressDetection::Entry& AddressDetection::add(const Key6& key, Events& events) {
  const auto [entry, fresh] = entries_.try_emplace(key);
  if (fresh && ++groups_[group_of(key)] == 1) {
    events.push_back({Kind::kJoin, group_of(key)});
  }
  return entry->second;
}

void AddressDetection::probe(Key6 key, Nanoseconds now, Events& events) {
  if (!entries_.contains(key)) {
    Entry& entry = add(key, events);
    if (ports_[key.port].has_link) {
      start(key, entry, now, events);
    }
  }
}

void AddressDetection::use(Key6 key, Events& events) {
  Entry& entry = add(key, events);
  entry.state = State::kInUse;
  entry.next = kNever;
  if (ports_[key.port].has_link) {
    announce(key, events);
  }
}

void AddressDetection::withdraw(Key6 key, Events& events) {
  if (entries_.erase(key) == 0) {
    return;
  }
  const auto group = groups_.find(group_of(key));
  if (--group->second == 0) {
    events.push_back({Kind::kLeave, group->first});
    groups_.erase(group);
  }
}

void AddressDetection::set_link(InterfaceId port, bool up, Nanoseconds now, Events& events) {
  ports_[port].has_link = up;
  for (auto it = entries_.lower_bound({port, Ipv6{}});
       it != entries_.end() && it->first.port == port; ++it) {
    auto& [key, entry] = *it;
    if (!up) {
      entry.next = kNever;
    } else if (entry.state == State::kTentative) {
      start(key, entry, now, events);
    } else if (entry.state == State::kInUse) {
      announce(key, events);
    }
  }
}

// As Linux addrconf_dad_kick(): a random delay, so that nodes that start at once do not all send at
// once, and one nonce for all probes of the address.
void AddressDetection::start(const Key6& key, Entry& entry, Nanoseconds now, Events& events) {
  entry.sent = 0;
  if (settings_.transmits == 0) {
    run(key, entry, now, events);
    return;
  }
  std::ranges::generate(entry.nonce, [this] { return static_cast<std::uint8_t>(random_()); });
  entry.next = now + Nanoseconds{std::uniform_int_distribution<Nanoseconds::rep>{
                         0, settings_.delay_max.count()}(random_)};
}

void AddressDetection::run(const Key6& key, Entry& entry, Nanoseconds now, Events& events) {
  if (entry.sent < settings_.transmits) {
    ++entry.sent;
    entry.next = now + settings_.retransmit;
    events.push_back({.kind = Kind::kProbe, .key = key, .nonce = entry.nonce});
    return;
  }
  entry.state = State::kInUse;
  entry.next = kNever;
  events.push_back({Kind::kUsable, key});
  announce(key, events);
}

void AddressDetection::announce(const Key6& key, Events& events) const {
  if (settings_.announce) {
    events.push_back({Kind::kAnnounce, key});
  }
}

void AddressDetection::refuse(const Key6& key, Entry& entry, Mac other, Events& events) {
  ++ports_[key.port].conflicts;
  entry.state = State::kDuplicate;
  entry.next = kNever;
  events.push_back({Kind::kDuplicate, key, other});
}

// RFC 4862 5.4.3: two nodes that probe for one address at once both refuse it. A solicitation from
// a node with an address only resolves the target. RFC 7527 4.2: a probe with this node's nonce is
// its own, which the network sent back.
void AddressDetection::hear_solicitation(InterfaceId port, const NeighborSolicitation& message,
                                         Mac other, Events& events) {
  const auto found = entries_.find({port, message.target});
  if (found == entries_.end() || found->second.state != State::kTentative || !message.is_probe() ||
      (message.nonce && message.nonce == found->second.nonce)) {
    return;
  }
  refuse(found->first, found->second, other, events);
}

// RFC 4862 5.4.4. An address in use is not given up, and Linux does not defend it either.
void AddressDetection::hear_advertisement(InterfaceId port, const NeighborAdvertisement& message,
                                          Mac other, Events& events) {
  const auto found = entries_.find({port, message.target});
  if (found == entries_.end() || found->second.state == State::kDuplicate) {
    return;
  }
  auto& [key, entry] = *found;
  if (entry.state == State::kTentative) {
    refuse(key, entry, other, events);
    return;
  }
  ++ports_[port].conflicts;
  if (!entry.told) {
    entry.told = true;
    events.push_back({Kind::kConflict, key, other});
  }
}

void AddressDetection::tick(Nanoseconds now, Events& events) {
  for (auto& [key, entry] : entries_) {
    if (entry.next <= now) {
      run(key, entry, now, events);
    }
  }
}

std::optional<Nanoseconds> AddressDetection::next_deadline() const {
  Nanoseconds next = kNever;
  for (const auto& [key, entry] : entries_) {
    next = std::min(next, entry.next);
  }
  return next == kNever ? std::nullopt : std::optional{next};
}

bool AddressDetection::is_tentative(Key6 key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.state != State::kInUse;
}

bool AddressDetection::is_duplicate(Key6 key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.state == State::kDuplicate;
}

std::uint64_t AddressDetection::conflicts(InterfaceId port) const {
  const auto found = ports_.find(port);
  return found == ports_.end() ? 0 : found->second.conflicts;
}

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
#include "host/resolution.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace ringroad::host {
namespace {

using neigh::Event;
using neigh::State;
using stats::DropReason;

// Linux's interval_probe_time, at which it asks for NTF_MANAGED neighbors.
constexpr Nanoseconds kAskAgain = std::chrono::seconds{5};
// The number of timers, and of reports of use, that one round handles, in ~150 us each. Packets in
// the punt rings must not wait for thousands of neighbors that were learned, and expire, together.
constexpr std::size_t kNeighborsARound = 256;

}  // namespace

template <class Address>
Resolution<Address>::Resolution(const ResolutionSettings& settings, interface::World& world,
                                routing::Routing<Address>& routing, Sender& sender,
                                const Clock& clock, Unreachable unreachable)
    : world_{world},
      routing_{routing},
      sender_{sender},
      clock_{clock},
      unreachable_{std::move(unreachable)},
      table_{settings.parameters, settings.limits, settings.seed},
      news_{world},
      pending_{settings.pending} {}

template <class Address>
std::optional<Mac> Resolution<Address>::mac_of(Key key) const {
  const auto id = table_.find(key);
  if (!id || !neigh::has_mac(table_.entry(*id).state)) {
    return std::nullopt;
  }
  return table_.entry(*id).mac;
}

template <class Address>
void Resolution<Address>::send(Key key, OwnedPacket packet) {
  neigh::Events events;
  const auto id = table_.resolve(key, clock_.now(), events);
  if (!id) {
    carry_out(events);
    sender_.drop_at(key.port, std::move(packet), DropReason::kNeighborTableFull);
    return;
  }
  // A packet waits behind others that still wait, so that they leave in order.
  if (neigh::has_mac(table_.entry(*id).state) && !pending_.has(*id)) {
    carry_out(events);
    sender_.send_ip(std::move(packet), key.port, table_.entry(*id).mac);
    return;
  }
  sender_.note_wait(*packet, key);
  const Pending::Size size{footprint(*packet), buffers_of(*packet)};
  pending_.push(*id, std::move(packet), size,
                [this](NeighborId owner, OwnedPacket oldest, Pending::Exceeded exceeded) {
                  const bool is_pushed_out = exceeded == Pending::Exceeded::kNeighbor;
                  discards_ += is_pushed_out ? 1 : 0;
                  sender_.drop_at(
                      table_.entry(owner).key.port, std::move(oldest),
                      is_pushed_out ? DropReason::kNeighborQueueFull : DropReason::kNeighborMemory);
                });
  carry_out(events);
}

template <class Address>
typename Resolution<Address>::Prospect Resolution<Address>::prospect(
    typename Table::Rehearsal& table, Key key, std::uint32_t buffers) const {
  using Found = typename Table::Rehearsal::Found;
  const Found found = table.resolve(key);
  if (found == Found::kFull) {
    return Prospect::kTableFull;
  }
  const auto id = table_.find(key);
  if (found == Found::kMac && !pending_.has(*id)) {
    return Prospect::kSends;
  }
  if (buffers > pending_.limits().buffers) {
    return Prospect::kNoMemory;
  }
  return found == Found::kFails ? Prospect::kUnreachable : Prospect::kWaits;
}

template <class Address>
void Resolution<Address>::carry_out(const neigh::Events& events) {
  for (const Event& event : events) {
    const neigh::Entry<Address>& entry = table_.entry(event.id);
    switch (event.kind) {
      case Event::Kind::kSolicitBroadcast:
        solicit(event.id, true);
        break;
      case Event::Kind::kSolicitUnicast:
        solicit(event.id, false);
        break;
      case Event::Kind::kResolved:
        resolved(event.id);
        break;
      case Event::Kind::kStateChanged:
        routing_.report_use(entry.key, entry.state == State::kStale);
        break;
      case Event::Kind::kFailed:
        news_.failed(entry, routing_.is_gateway(entry.key));
        // The neighbor's flows get other next hops first, then its waiting packets are handled.
        routing_.failed(entry.key);
        failed(event.id);
        break;
      case Event::Kind::kRemoved:
        news_.removed(entry.key);
        failed(event.id);
        routing_.removed(entry.key);
        break;
    }
  }
}

// Packets to the neighbor must leave in the order in which they came. The oldest waited for its MAC
// address, the next ones are in the punt rings, and workers hold the ones that come now
// (Routing::hold). Once the neighbor is published, workers send directly. It is therefore published
// only after no worker can punt another packet for it and all punted ones were handed over.
template <class Address>
void Resolution<Address>::resolved(NeighborId id) {
  const Key key = table_.entry(id).key;
  if (!started_ || routing_.is_published(key)) {
    publish(id);
    return;
  }
  if (!settling_.contains(id)) {
    if (const Status held = routing_.hold(key); !held) {
      log::warn("neighbor {}: {}", key.address.to_string(), held.error().what);
    }
    settling_[id].left_by = rte_rcu_qsbr_start(&world_.reclaimer().readers());
  }
  hand_over(id);
}

template <class Address>
bool Resolution<Address>::hand_over(NeighborId id) {
  const neigh::Entry<Address>& entry = table_.entry(id);
  while (const auto* const oldest = pending_.oldest(id)) {
    if (!sender_.has_room_behind(**oldest)) {
      return false;
    }
    if (auto packet = pending_.pop(id)) {
      sender_.send_ip(std::move(*packet), entry.key.port, entry.mac);
    }
  }
  return true;
}

template <class Address>
bool Resolution<Address>::settle() {
  if (settling_.empty()) {
    return false;
  }
  for (auto it = settling_.begin(); it != settling_.end();) {
    const auto one = it++;
    // The neighbor may have failed or been removed meanwhile, or its id may have been reused.
    const NeighborId id = one->first;
    const neigh::Entry<Address>& entry = table_.entry(id);
    const bool is_known = table_.find(entry.key) == id && neigh::has_mac(entry.state);
    if (is_known && (!hand_over(id) || !is_settled(one->second))) {
      continue;
    }
    if (is_known) {
      publish(id);
    }
    settling_.erase(one);
  }
  return true;
}

template <class Address>
bool Resolution<Address>::is_settled(Settling& settling) {
  if (settling.seen_to_at.empty()) {
    if (rte_rcu_qsbr_check(&world_.reclaimer().readers(), settling.left_by, false) != 1) {
      return false;
    }
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      settling.seen_to_at.push_back(seen_to_[i] + workers_[i]->punts().size());
    }
  }
  return std::ranges::equal(seen_to_, settling.seen_to_at, std::greater_equal{});
}

template <class Address>
void Resolution<Address>::publish(NeighborId id) {
  const neigh::Entry<Address>& entry = table_.entry(id);
  const Status published = routing_.resolved(entry.key, entry.mac);
  if (!published) {
    log::warn("neighbor {}: {}", entry.key.address.to_string(), published.error().what);
    return;
  }
  routing_.report_use(entry.key, entry.state == State::kStale);
  news_.resolved(entry, routing_.is_gateway(entry.key));
}

template <class Address>
void Resolution<Address>::failed(NeighborId id) {
  routing_.unresolved(table_.entry(id).key);
  for (auto& packet : pending_.remove_all(id)) {
    unreachable_(std::move(packet), table_.entry(id).key.port);
  }
}

template <class Address>
void Resolution<Address>::mark_used(Nanoseconds now) {
  neigh::Events events;
  for (std::size_t i = 0; i < kNeighborsARound && !used_.empty(); ++i) {
    // The adjacency may have been reused by another neighbor. A neighbor that is marked as used by
    // mistake is only probed once.
    const neigh::Adjacency& adjacency = world_.adjacencies()[used_.back()];
    used_.pop_back();
    if (const auto id = table_.find({adjacency.port, adjacency.next_hop_of<Address>()})) {
      table_.mark_used(*id, now, events);
    }
  }
  carry_out(events);
}

// A failed gateway that no route uses gets no packet that would solicit it, so it is solicited
// here.
template <class Address>
void Resolution<Address>::ask_again(Nanoseconds now) {
  if (now < next_ask_) {
    return;
  }
  next_ask_ = now + kAskAgain;
  for (const Key key : routing_.failed_gateways()) {
    neigh::Events events;
    static_cast<void>(table_.resolve(key, now, events));
    carry_out(events);
  }
}

template <class Address>
Nanoseconds Resolution<Address>::tick() {
  const Nanoseconds now = clock_.now();
  mark_used(now);
  ask_again(now);
  neigh::Events events;
  table_.tick(now, events, kNeighborsARound);
  carry_out(events);
  return used_.empty() ? table_.next_deadline().value_or(Nanoseconds::max()) : now;
}

template <class Address>
void Resolution<Address>::set_permanent(Key key, Mac mac) {
  neigh::Events events;
  table_.set_permanent(key, mac, clock_.now(), events);
  carry_out(events);
}

template <class Address>
bool Resolution<Address>::erase(Key key) {
  neigh::Events events;
  const bool erased = table_.erase(key, events);
  carry_out(events);
  return erased;
}

template <class Address>
void Resolution<Address>::set_link(InterfaceId port, bool up) {
  if (!up) {
    drop_waiting(port);
    flush(port, true);
  } else {
    next_ask_ = {};
  }
}

template <class Address>
void Resolution<Address>::clear() {
  drop_waiting(std::nullopt);
}

template <class Address>
void Resolution<Address>::drop_waiting(std::optional<InterfaceId> only) {
  for (const NeighborId id : pending_.neighbors()) {
    const InterfaceId port = table_.entry(id).key.port;
    if (only && port != *only) {
      continue;
    }
    for (auto& packet : pending_.remove_all(id)) {
      sender_.drop_at(port, std::move(packet), DropReason::kPortDown);
    }
  }
}

template class Resolution<Ipv4>;
template class Resolution<Ipv6>;

}  // namespace ringroad::host

// SPDX-License-Identifier: BSD-3-Clause
#include "host/neighbors.hpp"

#include <algorithm>
#include <iterator>

#include "base/log.hpp"
#include "packet/tos.hpp"

namespace ringroad::host {
namespace {

using neigh::ArpMessage;
using neigh::Event;
using neigh::State;
using stats::DropReason;

// Linux's interval_probe_time, at which it asks for NTF_MANAGED neighbors.
constexpr Nanoseconds kAskAgain = std::chrono::seconds{5};
// The number of timers, and of reports of use, that one round handles, in ~150 us each. Packets in
// the punt rings must not wait for thousands of neighbors that were learned, and expire, together.
constexpr std::size_t kNeighborsARound = 256;
}  // namespace

Neighbors::Neighbors(const Settings& settings, interface::World& world, routing::Routing4& routing,
                     Addresses& addresses, Sender& sender, const Clock& clock,
                     Unreachable unreachable)
    : world_{world},
      routing_{routing},
      addresses_{addresses},
      sender_{sender},
      clock_{clock},
      unreachable_{std::move(unreachable)},
      table_{settings.parameters, settings.limits, settings.seed},
      news_{world},
      pending_{settings.pending} {}

void Neighbors::send(neigh::Key4 key, OwnedPacket packet) {
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
  const std::uint32_t address = rte_cpu_to_be_32(key.address.value());
  sender_.note(*packet, {.kind = WatchRecord::Kind::kWaits, .interface = key.port.value()},
               {reinterpret_cast<const std::uint8_t*>(&address), sizeof address});
  const Pending::Size size{footprint(*packet), buffers_of(*packet)};
  pending_.push(*id, std::move(packet), size,
                [this](NeighborId owner, OwnedPacket oldest, Pending::Exceeded exceeded) {
                  sender_.drop_at(table_.entry(owner).key.port, std::move(oldest),
                                  exceeded == Pending::Exceeded::kNeighbor
                                      ? DropReason::kNeighborQueueFull
                                      : DropReason::kNeighborMemory);
                });
  carry_out(events);
}

Neighbors::Prospect Neighbors::prospect(neigh::Table4::Rehearsal& table, neigh::Key4 key,
                                        std::uint32_t buffers) const {
  using Found = neigh::Table4::Rehearsal::Found;
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

void Neighbors::carry_out(const neigh::Events& events) {
  for (const Event& event : events) {
    const neigh::Entry4& entry = table_.entry(event.id);
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

// Linux's arp_announce 0: the source address of the newest waiting packet, if the router owns it.
std::optional<Ipv4> Neighbors::source_for(NeighborId id) const {
  if (const auto* const newest = pending_.newest(id)) {
    const Ipv4 source{be32::from_wire(ipv4(**newest).src_addr)};
    if (world_.is_own(source)) {
      return source;
    }
  }
  const neigh::Key4 key = table_.entry(id).key;
  return world_.source(key.port, key.address);
}

void Neighbors::solicit(NeighborId id, bool broadcast) {
  const neigh::Entry4& entry = table_.entry(id);
  const interface::InterfaceView& port = world_.port(entry.key.port);
  const auto source = source_for(id);
  if (!source) {
    return;
  }
  const ArpMessage request{.operation = ArpMessage::Operation::kRequest,
                           .sender_mac = port.mac,
                           .sender = *source,
                           .target_mac = {},
                           .target = entry.key.address};
  auto frame = sender_.make_frame(request.frame(broadcast ? kBroadcastMac : entry.mac, port.mac));
  if (frame) {
    sender_.send(std::move(frame), port.id, kPriorityControl);
  }
}

// Packets to the neighbor must leave in the order in which they came. The oldest waited for its MAC
// address, the next ones are in the punt rings, and workers hold the ones that come now
// (Routing::hold). Once the neighbor is published, workers send directly. It is therefore published
// only after no worker can punt another packet for it and all punted ones were handed over.
void Neighbors::resolved(NeighborId id) {
  const neigh::Key4 key = table_.entry(id).key;
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

bool Neighbors::hand_over(NeighborId id) {
  const neigh::Entry4& entry = table_.entry(id);
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

bool Neighbors::settle() {
  if (settling_.empty()) {
    return false;
  }
  for (auto it = settling_.begin(); it != settling_.end();) {
    const auto one = it++;
    // The neighbor may have failed or been removed meanwhile, or its id may have been reused.
    const NeighborId id = one->first;
    const neigh::Entry4& entry = table_.entry(id);
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

bool Neighbors::is_settled(Settling& settling) {
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

void Neighbors::publish(NeighborId id) {
  const neigh::Entry4& entry = table_.entry(id);
  const Status published = routing_.resolved(entry.key, entry.mac);
  if (!published) {
    log::warn("neighbor {}: {}", entry.key.address.to_string(), published.error().what);
    return;
  }
  routing_.report_use(entry.key, entry.state == State::kStale);
  news_.resolved(entry, routing_.is_gateway(entry.key));
}

void Neighbors::failed(NeighborId id) {
  routing_.unresolved(table_.entry(id).key);
  for (auto& packet : pending_.remove_all(id)) {
    unreachable_(std::move(packet), table_.entry(id).key.port);
  }
}

// The order and the conditions are Linux's arp_process.
Neighbors::ArpVerdict Neighbors::judge(const ArpMessage& message, const PacketMeta& meta) const {
  // Nothing can be learned from a station that uses one of the router's addresses as sender.
  if (world_.is_own(message.sender)) {
    return {.drop = DropReason::kArpIgnored};
  }
  // A probe is answered, but no neighbor is learned from it (RFC 5227 2.1.1). Other messages from
  // an address that no station can have are ignored; Linux answers one whose sender is a broadcast
  // address.
  if (!message.is_probe() && !message.sender.is_unicast()) {
    return {.drop = DropReason::kArpIgnored};
  }
  const bool request = message.operation == ArpMessage::Operation::kRequest;
  const bool for_us = request && world_.is_own(message.target);
  const neigh::Key4 key{meta.ingress, message.sender};
  ArpVerdict verdict{.answers = for_us};
  if (!for_us && !table_.find(key).has_value()) {
    verdict.drop = DropReason::kArpIgnored;
  }
  if (!message.is_probe() && !(for_us && world_.is_broadcast(message.sender))) {
    verdict.learns = {.key = key,
                      .mac = message.sender_mac,
                      .solicited = !request && meta.l2_class == L2Class::kHost,
                      .for_us = for_us,
                      .overrides = for_us || message.is_gratuitous()};
  }
  return verdict;
}

void Neighbors::arp_input(OwnedPacket frame) {
  const PacketMeta meta = ringroad::meta(*frame);
  const auto message = ArpMessage::parse(
      {ringroad::frame(*frame) + kL2Bytes, static_cast<std::size_t>(frame->data_len - kL2Bytes)});
  if (!message) {
    sender_.drop(std::move(frame), DropReason::kArpInvalid);
    return;
  }
  addresses_.hear(meta.ingress, *message);
  const ArpVerdict verdict = judge(*message, meta);
  neigh::Events events;
  if (verdict.learns) {
    table_.learn(*verdict.learns, clock_.now(), events);
  }
  if (verdict.answers) {
    ++(meta.l2_class == L2Class::kHost ? probes_.unicast : probes_.broadcast);
    sender_.send_reply(*message, meta);
  }
  carry_out(events);
  if (verdict.drop) {
    sender_.drop(std::move(frame), *verdict.drop);
  } else {
    sender_.deliver(std::move(frame));
  }
}

void Neighbors::find_used() {
  if (table_.stale() == 0 || !used_.empty()) {
    return;
  }
  for (worker::Worker* const worker : workers_) {
    worker->take_used(world_.adjacencies().end(), used_);
  }
}

void Neighbors::mark_used(Nanoseconds now) {
  neigh::Events events;
  for (std::size_t i = 0; i < kNeighborsARound && !used_.empty(); ++i) {
    // The adjacency may have been reused by another neighbor. A neighbor that is marked as used by
    // mistake is only probed once.
    const neigh::Adjacency& adjacency = world_.adjacencies()[used_.back()];
    used_.pop_back();
    if (const auto id = table_.find({adjacency.port, adjacency.next_hop})) {
      table_.mark_used(*id, now, events);
    }
  }
  carry_out(events);
}

// A failed gateway that no route uses gets no packet that would solicit it, so it is solicited
// here.
void Neighbors::ask_again(Nanoseconds now) {
  if (now < next_ask_) {
    return;
  }
  next_ask_ = now + kAskAgain;
  for (const neigh::Key4 key : routing_.failed_gateways()) {
    neigh::Events events;
    static_cast<void>(table_.resolve(key, now, events));
    carry_out(events);
  }
}

Nanoseconds Neighbors::tick() {
  const Nanoseconds now = clock_.now();
  find_used();
  mark_used(now);
  ask_again(now);
  addresses_.tick();
  neigh::Events events;
  table_.tick(now, events, kNeighborsARound);
  carry_out(events);
  return used_.empty() ? table_.next_deadline().value_or(Nanoseconds::max()) : now;
}

void Neighbors::set_permanent(neigh::Key4 key, Mac mac) {
  neigh::Events events;
  table_.set_permanent(key, mac, clock_.now(), events);
  carry_out(events);
}

bool Neighbors::erase(neigh::Key4 key) {
  neigh::Events events;
  const bool erased = table_.erase(key, events);
  carry_out(events);
  return erased;
}

void Neighbors::set_link(InterfaceId port, bool up) {
  if (!up) {
    drop_waiting(port);
    flush(port, true);
  } else {
    next_ask_ = {};
  }
}

void Neighbors::clear() { drop_waiting(std::nullopt); }

void Neighbors::drop_waiting(std::optional<InterfaceId> only) {
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

}  // namespace ringroad::host

#include "control/neighbors.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "ip/tos.hpp"

namespace ringroad::control {
namespace {

using neigh::ArpMessage;
using neigh::Event;
using neigh::State;
using stats::DropReason;

// Linux's interval_probe_time, at which it asks for NTF_MANAGED neighbours.
constexpr Nanoseconds kAskAgain = std::chrono::seconds{5};
// Timers and reports of use that one round sees to, ~150 us of it: what waits in the punt rings
// does not wait for thousands of neighbours that were learnt, and expire, together.
constexpr std::size_t kNeighborsARound = 256;

}  // namespace

Neighbors::Neighbors(const Settings& settings, World& world, Routing& routing, Addresses& addresses,
                     Sender& sender, const Clock& clock, Unreachable unreachable)
    : world_{world},
      routing_{routing},
      addresses_{addresses},
      sender_{sender},
      clock_{clock},
      unreachable_{std::move(unreachable)},
      queue_bytes_{settings.queue_bytes},
      table_{settings.parameters, settings.limits, settings.seed} {}

void Neighbors::send(neigh::Key key, ip::OwnedPacket packet) {
  neigh::Events events;
  const auto id = table_.resolve(key, clock_.now(), events);
  if (!id) {
    carry_out(events);
    sender_.drop(std::move(packet), DropReason::kNeighborTableFull);
    return;
  }
  if (neigh::has_mac(table_.entry(*id).state)) {
    carry_out(events);
    sender_.send_ip(std::move(packet), key.port, table_.entry(*id).mac);
    return;
  }
  const Bytes size = ip::footprint(*packet);
  for (auto& oldest : pending_[*id].push(std::move(packet), size, queue_bytes_)) {
    sender_.drop(std::move(oldest), DropReason::kNeighborQueueFull);
  }
  carry_out(events);
}

void Neighbors::carry_out(const neigh::Events& events) {
  for (const Event& event : events) {
    const neigh::Entry& entry = table_.entry(event.id);
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
        // Its flows go elsewhere before the rest are handed up.
        routing_.failed(entry.key);
        failed(event.id);
        break;
      case Event::Kind::kRemoved:
        failed(event.id);
        routing_.removed(entry.key);
        break;
    }
  }
}

// Linux's arp_announce 0: the source of the newest packet that waits, where that is one of ours.
std::optional<Ipv4> Neighbors::source_for(NeighborId id) const {
  if (const auto waiting = pending_.find(id); waiting != pending_.end()) {
    const Ipv4 source{be32::from_wire(ip::ipv4(**waiting->second.newest()).src_addr)};
    if (world_.is_own(source)) {
      return source;
    }
  }
  const neigh::Key key = table_.entry(id).key;
  return world_.source(key.port, key.address);
}

void Neighbors::solicit(NeighborId id, bool broadcast) {
  const neigh::Entry& entry = table_.entry(id);
  const PortView& port = world_.port(entry.key.port);
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
    sender_.send(std::move(frame), port.id, ip::kPriorityControl);
  }
}

void Neighbors::resolved(NeighborId id) {
  const neigh::Entry& entry = table_.entry(id);
  // First those that waited: once the adjacency is published the worker sends past us.
  if (const auto waiting = pending_.find(id); waiting != pending_.end()) {
    for (auto& packet : waiting->second.take()) {
      sender_.send_ip(std::move(packet), entry.key.port, entry.mac);
    }
    pending_.erase(waiting);
  }
  const Status published = routing_.resolved(entry.key, entry.mac);
  if (!published) {
    log::warn("neighbour {}: {}", entry.key.address.to_string(), published.error().what);
    return;
  }
  routing_.report_use(entry.key, entry.state == State::kStale);
}

void Neighbors::failed(NeighborId id) {
  routing_.unresolved(table_.entry(id).key);
  if (const auto waiting = pending_.find(id); waiting != pending_.end()) {
    auto packets = waiting->second.take();
    pending_.erase(waiting);
    for (auto& packet : packets) {
      unreachable_(std::move(packet));
    }
  }
}

void Neighbors::answer(const ArpMessage& request, const PortView& port, std::uint8_t worker) {
  const ArpMessage reply{.operation = ArpMessage::Operation::kReply,
                         .sender_mac = port.mac,
                         .sender = request.target,
                         .target_mac = request.sender_mac,
                         .target = request.sender};
  auto frame = sender_.make_frame(reply.frame(request.sender_mac, port.mac));
  if (frame) {
    ip::meta(*frame).worker = worker;
    sender_.send(std::move(frame), port.id, ip::kPriorityControl);
  }
}

// The order and the conditions are Linux's arp_process.
void Neighbors::arp_input(ip::OwnedPacket frame) {
  const ip::PacketMeta meta = ip::meta(*frame);
  const auto message = ArpMessage::parse(
      {ip::frame(*frame) + ip::kL2Bytes, static_cast<std::size_t>(frame->data_len - ip::kL2Bytes)});
  if (!message) {
    sender_.drop(std::move(frame), DropReason::kArpInvalid);
    return;
  }
  const PortView& port = world_.port(meta.ingress);
  addresses_.hear(port.id, *message);
  // Somebody else speaks as one of us: nothing to learn from it.
  if (world_.is_own(message->sender)) {
    sender_.drop(std::move(frame), DropReason::kArpIgnored);
    return;
  }
  // A probe is answered and tells of no neighbour (RFC 5227 2.1.1). No other message from an
  // address that no station can have is heard; to one that claims a broadcast address Linux
  // answers.
  if (!message->is_probe() && !message->sender.is_unicast()) {
    sender_.drop(std::move(frame), DropReason::kArpIgnored);
    return;
  }
  neigh::Events events;
  const bool request = message->operation == ArpMessage::Operation::kRequest;
  const bool for_us = request && world_.is_own(message->target);
  const neigh::Key key{port.id, message->sender};
  const bool known = table_.find(key).has_value();
  if (!message->is_probe() && !(for_us && world_.is_broadcast(message->sender))) {
    table_.learn({.key = key,
                  .mac = message->sender_mac,
                  .solicited = !request && meta.l2_class == ip::L2Class::kHost,
                  .for_us = for_us,
                  .overrides = for_us || message->is_gratuitous()},
                 clock_.now(), events);
  }
  if (for_us) {
    ++(meta.l2_class == ip::L2Class::kHost ? probes_.unicast : probes_.broadcast);
    answer(*message, port, meta.worker);
  }
  carry_out(events);
  if (known || for_us) {
    sender_.deliver(std::move(frame));
  } else {
    sender_.drop(std::move(frame), DropReason::kArpIgnored);
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
    // It may be another's by now, or nobody's: who is taken for used in error is asked once.
    const neigh::Adjacency& adjacency = world_.adjacencies()[used_.back()];
    used_.pop_back();
    if (const auto id = table_.find({adjacency.port, adjacency.next_hop})) {
      table_.mark_used(*id, now, events);
    }
  }
  carry_out(events);
}

// A gateway that routes do without gets no packet that would ask for it.
void Neighbors::ask_again(Nanoseconds now) {
  if (now < next_ask_) {
    return;
  }
  next_ask_ = now + kAskAgain;
  for (const neigh::Key key : routing_.failed_gateways()) {
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

void Neighbors::set_permanent(neigh::Key key, Mac mac) {
  neigh::Events events;
  table_.set_permanent(key, mac, clock_.now(), events);
  carry_out(events);
}

bool Neighbors::erase(neigh::Key key) {
  neigh::Events events;
  const bool erased = table_.erase(key, events);
  carry_out(events);
  return erased;
}

std::size_t Neighbors::flush(std::optional<PortId> port) {
  neigh::Events events;
  const std::size_t removed = table_.flush(port, events);
  carry_out(events);
  return removed;
}

void Neighbors::set_link(PortId port, bool up) {
  if (!up) {
    drop_waiting(port);
    flush(port);
    routing_.doubt_neighbors(port);
  } else {
    next_ask_ = {};
  }
}

void Neighbors::clear() { drop_waiting(std::nullopt); }

void Neighbors::drop_waiting(std::optional<PortId> only) {
  for (auto& [id, queue] : pending_) {
    if (only && table_.entry(id).key.port != *only) {
      continue;
    }
    for (auto& packet : queue.take()) {
      sender_.drop(std::move(packet), DropReason::kPortDown);
    }
  }
  std::erase_if(pending_, [](const auto& waiting) { return waiting.second.size() == 0; });
}

std::size_t Neighbors::queued(NeighborId id) const {
  const auto waiting = pending_.find(id);
  return waiting == pending_.end() ? 0 : waiting->second.size();
}

std::uint64_t Neighbors::held() const {
  std::uint64_t packets = 0;
  for (const auto& [id, queue] : pending_) {
    packets += queue.size();
  }
  return packets;
}

}  // namespace ringroad::control

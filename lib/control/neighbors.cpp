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

}  // namespace

Neighbors::Neighbors(const Settings& settings, World& world, Routing& routing, Sender& sender,
                     const Clock& clock, Unreachable unreachable)
    : world_{world},
      routing_{routing},
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

bool Neighbors::answer(const ArpMessage& message, const PortView& port, std::uint8_t worker) {
  const bool for_us = world_.is_own(message.target);
  if (!for_us || message.operation != ArpMessage::Operation::kRequest) {
    return false;
  }
  const ArpMessage reply{.operation = ArpMessage::Operation::kReply,
                         .sender_mac = port.mac,
                         .sender = message.target,
                         .target_mac = message.sender_mac,
                         .target = message.sender};
  auto frame = sender_.make_frame(reply.frame(message.sender_mac, port.mac));
  if (frame) {
    ip::meta(*frame).worker = worker;
    sender_.send(std::move(frame), port.id, ip::kPriorityControl);
  }
  return true;
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
  bool concerns_us = false;
  if (!message->is_probe() && !world_.is_broadcast(message->sender)) {
    const neigh::Key key{port.id, message->sender};
    const bool request = message->operation == ArpMessage::Operation::kRequest;
    const bool for_us = request && world_.is_own(message->target);
    concerns_us = table_.find(key).has_value();
    table_.learn({.key = key,
                  .mac = message->sender_mac,
                  .solicited = !request && meta.l2_class == ip::L2Class::kHost,
                  .for_us = for_us,
                  .overrides = for_us || message->is_gratuitous()},
                 clock_.now(), events);
  }
  concerns_us = answer(*message, port, meta.worker) || concerns_us;
  carry_out(events);
  if (concerns_us) {
    sender_.deliver(std::move(frame));
  } else {
    sender_.drop(std::move(frame), DropReason::kArpIgnored);
  }
}

void Neighbors::find_used(Nanoseconds now) {
  neigh::Events events;
  std::vector<NeighborId> used;
  table_.for_each([&](NeighborId id, const neigh::Entry& entry) {
    if (entry.state != State::kStale) {
      return;
    }
    const auto adjacency = routing_.adjacency(entry.key);
    bool seen = false;
    for (worker::Worker* const worker : workers_) {
      seen = (adjacency && worker->take_used(*adjacency)) || seen;
    }
    if (seen) {
      used.push_back(id);
    }
  });
  for (const NeighborId id : used) {
    table_.mark_used(id, now, events);
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

void Neighbors::tick() {
  const Nanoseconds now = clock_.now();
  find_used(now);
  ask_again(now);
  neigh::Events events;
  table_.tick(now, events);
  carry_out(events);
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

void Neighbors::clear() {
  for (auto& [id, queue] : pending_) {
    for (auto& packet : queue.take()) {
      sender_.drop(std::move(packet), DropReason::kPortDown);
    }
  }
  pending_.clear();
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

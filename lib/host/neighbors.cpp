// SPDX-License-Identifier: BSD-3-Clause
#include "host/neighbors.hpp"

#include "packet/tos.hpp"

namespace ringroad::host {
namespace {

using neigh::ArpMessage;
using stats::DropReason;

}  // namespace

Neighbors::Neighbors(const ResolutionSettings& settings, interface::World& world,
                     routing::Routing4& routing, Addresses& addresses, Sender& sender,
                     const Clock& clock, Unreachable unreachable)
    : Resolution{settings, world, routing, sender, clock, std::move(unreachable)},
      addresses_{addresses} {}

// The source address of the newest waiting packet, if the router owns it.
std::optional<Ipv4> Neighbors::source_for(Key key, Packet* newest) const {
  if (newest != nullptr) {
    const Ipv4 source = source_of(*newest);
    if (world().is_own(source)) {
      return source;
    }
  }
  return world().source(key.port, key.address);
}

void Neighbors::solicit(NeighborId id, bool broadcast) {
  const neigh::Entry4& entry = table().entry(id);
  const interface::InterfaceView& port = world().port(entry.key.port);
  const auto source = source_for(entry.key, newest_waiting(id));
  if (!source) {
    return;
  }
  const ArpMessage request{.operation = ArpMessage::Operation::kRequest,
                           .sender_mac = port.mac,
                           .sender = *source,
                           .target_mac = {},
                           .target = entry.key.address};
  auto frame = sender().make_frame(request.frame(broadcast ? kBroadcastMac : entry.mac, port.mac));
  if (frame) {
    sender().send(std::move(frame), port.id, kPriorityControl);
  }
}

// The order and the conditions are Linux's arp_process.
Neighbors::ArpVerdict Neighbors::judge(const ArpMessage& message, const PacketMeta& meta) const {
  // Nothing can be learned from a station that uses one of the router's addresses as sender.
  if (world().is_own(message.sender)) {
    return {.drop = DropReason::kArpIgnored};
  }
  // A probe is answered, but no neighbor is learned from it (RFC 5227 2.1.1). Other messages from
  // an address that no station can have are ignored; Linux answers one whose sender is a broadcast
  // address.
  if (!message.is_probe() && !message.sender.is_unicast()) {
    return {.drop = DropReason::kArpIgnored};
  }
  const bool request = message.operation == ArpMessage::Operation::kRequest;
  const bool for_us = request && world().is_own(message.target);
  const neigh::Key4 key{meta.ingress, message.sender};
  ArpVerdict verdict{.answers = for_us};
  if (!for_us && !table().find(key).has_value()) {
    verdict.drop = DropReason::kArpIgnored;
  }
  if (!message.is_probe() && !(for_us && world().is_broadcast(message.sender))) {
    verdict.learns = {.key = key,
                      .mac = message.sender_mac,
                      .solicited = !request && meta.l2_class == L2Class::kHost,
                      .for_us = for_us,
                      .overrides = for_us || message.is_gratuitous()};
  }
  return verdict;
}

void Neighbors::hear(OwnedPacket frame) {
  const PacketMeta meta = ringroad::meta(*frame);
  const auto message = ArpMessage::parse(
      {ringroad::frame(*frame) + kL2Bytes, static_cast<std::size_t>(frame->data_len - kL2Bytes)});
  if (!message) {
    sender().drop(std::move(frame), DropReason::kArpInvalid);
    return;
  }
  addresses_.hear(meta.ingress, *message);
  const ArpVerdict verdict = judge(*message, meta);
  neigh::Events events;
  if (verdict.learns) {
    learn(*verdict.learns, events);
  }
  if (verdict.answers) {
    count_probe(meta.l2_class != L2Class::kHost);
    sender().send_reply(*message, meta);
  }
  carry_out(events);
  if (verdict.drop) {
    sender().drop(std::move(frame), *verdict.drop);
  } else {
    sender().deliver(std::move(frame));
  }
}

Nanoseconds Neighbors::tick() {
  addresses_.tick();
  return Resolution::tick();
}

}  // namespace ringroad::host

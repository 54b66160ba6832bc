// SPDX-License-Identifier: BSD-3-Clause
#include "host/neighbors6.hpp"

#include <algorithm>
#include <span>
#include <variant>

#include "packet/tos.hpp"

namespace ringroad::host {

using neigh::NeighborAdvertisement;
using neigh::NeighborSolicitation;
using stats::DropReason;
using stats::IpCounter;

namespace {

IpCounter received(const neigh::NdMessage& message) {
  struct {
    IpCounter operator()(const neigh::RouterSolicitation& /*message*/) const {
      return IpCounter::kIcmp6InRouterSolicits;
    }
    IpCounter operator()(const neigh::RouterAdvertisement& /*message*/) const {
      return IpCounter::kIcmp6InRouterAdvertisements;
    }
    IpCounter operator()(const NeighborSolicitation& /*message*/) const {
      return IpCounter::kIcmp6InNeighborSolicits;
    }
    IpCounter operator()(const NeighborAdvertisement& /*message*/) const {
      return IpCounter::kIcmp6InNeighborAdvertisements;
    }
    IpCounter operator()(const neigh::Redirect& /*message*/) const {
      return IpCounter::kIcmp6InRedirects;
    }
  } counter;
  return std::visit(counter, message);
}

// Whether the router answers for the address on that link. For those of its other links it does
// not, although it takes packets to them everywhere.
bool is_of_port(const interface::InterfaceView& port, Ipv6 address) {
  return std::ranges::any_of(port.addresses6, [&](const InterfaceAddress6& own) {
    const bool anycast = port.forwarding && has_anycast(own) && own.subnet().address() == address;
    return port.uses(own) && (own.address == address || anycast);
  });
}

}  // namespace

Neighbors6::Neighbors6(const ResolutionSettings& settings, interface::World& world,
                       routing::Routing6& routing, Addresses6& addresses, Sender& sender,
                       const Clock& clock, Unreachable unreachable)
    : Resolution{settings, world, routing, sender, clock, std::move(unreachable)},
      addresses_{addresses},
      counters_{sender.context().counters} {}

// Linux's ndisc_solicit: the source of the newest waiting packet, if the router owns it, otherwise
// the link-local address.
std::optional<Ipv6> Neighbors6::source_for(NeighborId id) const {
  const neigh::Key6 key = table().entry(id).key;
  if (Packet* const newest = newest_waiting(id)) {
    const Ipv6 source = source6_of(*newest);
    if (world().is_own(key.port, source)) {
      return source;
    }
  }
  const auto link_local = world().link_local(key.port);
  return link_local ? link_local : world().source(key.port, key.address);
}

void Neighbors6::solicit(NeighborId id, bool broadcast) {
  const neigh::Entry<Ipv6>& entry = table().entry(id);
  const interface::InterfaceView& port = world().port(entry.key.port);
  const auto source = source_for(id);
  if (!source) {
    return;
  }
  const Ipv6 target = entry.key.address;
  const Ipv6 destination = broadcast ? target.solicited_node() : target;
  const NeighborSolicitation message{
      .source = *source, .destination = destination, .target = target, .source_mac = port.mac};
  auto packet = sender().make_frame(
      neigh::frame(message, broadcast ? neigh::multicast_mac(destination) : entry.mac, port.mac));
  if (packet) {
    counters_.add(IpCounter::kIcmp6OutMsgs);
    counters_.add(IpCounter::kIcmp6OutNeighborSolicits);
    sender().send(std::move(packet), port.id, kPriorityControl);
  }
}

void Neighbors6::hear(OwnedPacket frame) {
  const PacketMeta meta = ringroad::meta(*frame);
  counters_.add(IpCounter::kIcmp6InMsgs);
  const bool is_whole = frame->nb_segs == 1 || rte_pktmbuf_linearize(frame.get()) == 0;
  const auto message = is_whole
                           ? neigh::parse_nd({ringroad::frame(*frame) + kL2Bytes,
                                              static_cast<std::size_t>(frame->data_len - kL2Bytes)})
                           : std::nullopt;
  if (!message) {
    counters_.add(IpCounter::kIcmp6InErrors);
    sender().drop(std::move(frame), DropReason::kNdInvalid);
    return;
  }
  counters_.add(received(*message));
  const Drop drop = std::visit([&](const auto& one) { return hear(meta, one); }, *message);
  if (drop) {
    sender().drop(std::move(frame), *drop);
  } else {
    sender().deliver(std::move(frame));
  }
}

void Neighbors6::learn_sender(const PacketMeta& meta, Ipv6 source, std::optional<Mac> mac) {
  // Nothing can be learned from a station that uses one of the router's addresses.
  if (!mac || !source.is_unicast() || world().is_own(meta.ingress, source)) {
    return;
  }
  neigh::Events events;
  learn({.key = {meta.ingress, source}, .mac = *mac, .for_us = true, .overrides = true}, events);
  carry_out(events);
}

// RFC 4861 7.2.3 and 7.2.4, Linux's ndisc_recv_ns.
Neighbors6::Drop Neighbors6::hear(const PacketMeta& meta, const NeighborSolicitation& message) {
  const auto fate = addresses_.hear(meta.ingress, message);
  if (fate != Addresses6::Heard::kNothing) {
    return std::nullopt;  // about an address that is being probed for
  }
  if (!is_of_port(world().port(meta.ingress), message.target)) {
    return DropReason::kNdIgnored;
  }
  if (world().is_own(meta.ingress, message.source)) {
    return DropReason::kNdIgnored;
  }
  // A host whose MAC address is not known must say it if it asks all (RFC 4861 4.3).
  if (message.destination.is_multicast() && !message.is_probe() && !message.source_mac &&
      !table().find({meta.ingress, message.source})) {
    return DropReason::kNdIgnored;
  }
  learn_sender(meta, message.source, message.source_mac);
  answer(meta, message);
  return std::nullopt;
}

void Neighbors6::answer(const PacketMeta& meta, const NeighborSolicitation& message) {
  const interface::InterfaceView& port = world().port(meta.ingress);
  const bool probe = message.is_probe();
  const bool anycast = world().is_anycast(message.target);
  // A node that asks this router alone knows its MAC.
  const bool says_mac = message.destination.is_multicast();
  const NeighborAdvertisement answer{
      .source = message.target,
      .destination = probe ? kAllNodes : message.source,
      .target = message.target,
      .router = port.forwarding,
      .solicited = !probe,
      .override_ = says_mac && !anycast,
      .target_mac = says_mac ? std::optional{port.mac} : std::nullopt};
  // The source of an answer about an anycast address is one of the port's own (RFC 4861 7.2.7).
  NeighborAdvertisement sent = answer;
  if (anycast) {
    sent.source = world().source(meta.ingress, answer.destination).value_or(message.target);
  }
  const Mac to = probe ? neigh::multicast_mac(kAllNodes) : message.source_mac.value_or(Mac{});
  auto packet = sender().make_frame(neigh::frame(sent, to, port.mac));
  if (!packet) {
    return;
  }
  counters_.add(IpCounter::kIcmp6OutMsgs);
  counters_.add(IpCounter::kIcmp6OutNeighborAdvertisements);
  ringroad::meta(*packet).worker = meta.worker;
  ringroad::meta(*packet).ingress = meta.ingress;
  const neigh::Key6 asker{meta.ingress, message.source};
  if (!probe && !message.source_mac) {
    send(asker, std::move(packet));
    return;
  }
  // An answer uses its neighbor, as any packet to it does (RFC 4861 7.3.3).
  if (const auto id = table().find(asker)) {
    neigh::Events events;
    use(*id, events);
    carry_out(events);
  }
  sender().send(std::move(packet), port.id, kPriorityControl);
}

// RFC 4861 7.2.5, Linux's ndisc_recv_na.
Neighbors6::Drop Neighbors6::hear(const PacketMeta& meta, const NeighborAdvertisement& message) {
  if (addresses_.hear(meta.ingress, message) != Addresses6::Heard::kNothing) {
    return std::nullopt;
  }
  const neigh::Key6 key{meta.ingress, message.target};
  const auto id = table().find(key);
  if (!id || world().is_own(meta.ingress, message.target)) {
    return DropReason::kNdIgnored;
  }
  const neigh::Entry<Ipv6>& entry = table().entry(*id);
  const bool known = neigh::has_mac(entry.state);
  // A neighbor that did not answer in time has no entry as far as the RFC is concerned.
  if (entry.state == neigh::State::kFailed || (!message.target_mac && !known)) {
    return DropReason::kNdIgnored;
  }
  neigh::Events events;
  const Mac mac = message.target_mac.value_or(entry.mac);
  if (known && !message.override_ && mac != entry.mac) {
    const bool was_reachable = suspect(*id, events);
    carry_out(events);
    return was_reachable ? std::nullopt : Drop{DropReason::kNdIgnored};
  }
  learn({.key = key,
         .mac = mac,
         .solicited = message.solicited,
         .for_us = false,
         .overrides = message.override_},
        events);
  carry_out(events);
  return std::nullopt;
}

Neighbors6::Drop Neighbors6::hear(const PacketMeta& meta,
                                  const neigh::RouterSolicitation& message) {
  if (!world().port(meta.ingress).forwarding) {
    return DropReason::kNdIgnored;
  }
  learn_sender(meta, message.source, message.source_mac);
  if (on_router_solicitation) {
    on_router_solicitation(meta.ingress, message);
  }
  return std::nullopt;
}

Neighbors6::Drop Neighbors6::hear(const PacketMeta& meta,
                                  const neigh::RouterAdvertisement& message) {
  if (world().is_own(meta.ingress, message.source)) {
    return DropReason::kNdIgnored;
  }
  learn_sender(meta, message.source, message.source_mac);
  if (on_router_advertisement) {
    on_router_advertisement(meta.ingress, message);
  }
  return std::nullopt;
}

// A router does not follow redirects (RFC 4861 8.2).
Neighbors6::Drop Neighbors6::hear(const PacketMeta& /*meta*/, const neigh::Redirect& /*message*/) {
  return DropReason::kNdIgnored;
}

Nanoseconds Neighbors6::tick() {
  addresses_.tick();
  return std::min(Resolution::tick(), addresses_.next_deadline());
}

}  // namespace ringroad::host

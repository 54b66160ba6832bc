// SPDX-License-Identifier: BSD-3-Clause
#include "host/neighbors6.hpp"

#include <algorithm>
#include <span>
#include <variant>

#include "interface/port_addresses.hpp"
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

}  // namespace

Neighbors6::Neighbors6(const ResolutionSettings& settings, interface::World& world,
                       routing::Routing6& routing, Addresses6& addresses, Sender& sender,
                       const Clock& clock, Unreachable unreachable)
    : Resolution{settings, world, routing, sender, clock, std::move(unreachable)},
      addresses_{addresses},
      counters_{sender.context().counters} {}

// Linux's ndisc_solicit: the source of the newest waiting packet, if the router owns it, otherwise
// the link-local address.
std::optional<Ipv6> Neighbors6::source_for(Key key, Packet* newest) const {
  if (newest != nullptr && is_version6(*newest)) {
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
  const auto source = source_for(entry.key, newest_waiting(id));
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
    sender().send_icmp6(std::move(packet), port.id);
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
  const Verdict verdict = judge(*message, meta);
  if (const auto* const solicitation = std::get_if<NeighborSolicitation>(&*message)) {
    addresses_.hear(meta.ingress, *solicitation);
    if (verdict.answer) {
      count_probe(solicitation->destination.is_multicast());
    }
  } else if (const auto* const advertisement = std::get_if<NeighborAdvertisement>(&*message)) {
    addresses_.hear(meta.ingress, *advertisement);
  }
  if (verdict.learns) {
    neigh::Events events;
    learn(*verdict.learns, events);
    carry_out(events);
  }
  if (verdict.suspects) {
    neigh::Events events;
    static_cast<void>(suspect(*verdict.suspects, events));
    carry_out(events);
  }
  if (verdict.answer) {
    counters_.add(IpCounter::kIcmp6OutMsgs);
    counters_.add(IpCounter::kIcmp6OutNeighborAdvertisements);
    send_answer(*verdict.answer, meta, sender(), *this);
    use_asker({meta.ingress, std::get<NeighborSolicitation>(*message).source});
  }
  if (verdict.drop) {
    sender().drop(std::move(frame), *verdict.drop);
    return;
  }
  pass_on(*message, meta.ingress);
  sender().deliver(std::move(frame));
}

// An answer uses its neighbor, as any packet to it does (RFC 4861 7.3.3).
void Neighbors6::use_asker(Key asker) {
  if (const auto id = table().find(asker)) {
    neigh::Events events;
    use(*id, events);
    carry_out(events);
  }
}

void Neighbors6::send_answer(const Answer& answer, const PacketMeta& meta, Sender& sender,
                             NeighborOutput<Ipv6>& output) {
  auto packet = sender.make_frame(answer.frame);
  if (!packet) {
    return;
  }
  ringroad::meta(*packet).worker = meta.worker;
  ringroad::meta(*packet).ingress = meta.ingress;
  if (answer.resolves) {
    output.send({meta.ingress, *answer.resolves}, std::move(packet));
  } else {
    sender.send_icmp6(std::move(packet), meta.ingress);
  }
}

void Neighbors6::pass_on(const neigh::NdMessage& message, InterfaceId port) const {
  const auto* const solicitation = std::get_if<neigh::RouterSolicitation>(&message);
  const auto* const advertisement = std::get_if<neigh::RouterAdvertisement>(&message);
  if (solicitation != nullptr && on_router_solicitation) {
    on_router_solicitation(port, *solicitation);
  }
  if (advertisement != nullptr && on_router_advertisement) {
    on_router_advertisement(port, *advertisement);
  }
}

// NOLINTNEXTLINE(readability-convert-member-functions-to-static): not all of judge_one() are
Neighbors6::Verdict Neighbors6::judge(const neigh::NdMessage& message,
                                      const PacketMeta& meta) const {
  return std::visit([&](const auto& one) { return judge_one(one, meta); }, message);
}

std::optional<Neighbors6::Table::Advertisement> Neighbors6::sender_of(
    const PacketMeta& meta, Ipv6 source, std::optional<Mac> mac) const {
  // Nothing can be learned from a station that uses one of the router's addresses.
  if (!mac || !source.is_unicast() || world().is_own(meta.ingress, source)) {
    return std::nullopt;
  }
  return Table::Advertisement{
      .key = {meta.ingress, source}, .mac = *mac, .for_us = true, .overrides = true};
}

// RFC 4861 7.2.3 and 7.2.4, Linux's ndisc_recv_ns.
Neighbors6::Verdict Neighbors6::judge_one(const NeighborSolicitation& message,
                                          const PacketMeta& meta) const {
  if (addresses_.detection().is_tentative({meta.ingress, message.target})) {
    return {};  // about an address that is being probed for
  }
  // The router takes packets to the addresses of its other links, but does not answer for them.
  if (!interface::is_of_port(world().port(meta.ingress), message.target) ||
      world().is_own(meta.ingress, message.source)) {
    return {.drop = DropReason::kNdIgnored};
  }
  // A host whose MAC address is not known must say it if it asks all (RFC 4861 4.3).
  if (message.destination.is_multicast() && !message.is_probe() && !message.source_mac &&
      !table().find({meta.ingress, message.source})) {
    return {.drop = DropReason::kNdIgnored};
  }
  return {.learns = sender_of(meta, message.source, message.source_mac),
          .answer = answer_to(message, meta)};
}

Neighbors6::Answer Neighbors6::answer_to(const NeighborSolicitation& message,
                                         const PacketMeta& meta) const {
  const interface::InterfaceView& port = world().port(meta.ingress);
  const bool probe = message.is_probe();
  const bool anycast = world().is_anycast(message.target);
  // A node that asks this router alone knows its MAC.
  const bool says_mac = message.destination.is_multicast();
  NeighborAdvertisement answer{.source = message.target,
                               .destination = probe ? kAllNodes : message.source,
                               .target = message.target,
                               .router = port.forwarding,
                               .solicited = !probe,
                               .override_ = says_mac && !anycast,
                               .target_mac = says_mac ? std::optional{port.mac} : std::nullopt};
  // The source of an answer about an anycast address is one of the port's own (RFC 4861 7.2.7).
  if (anycast) {
    answer.source = world().source(meta.ingress, answer.destination).value_or(message.target);
  }
  const Mac to = probe ? neigh::multicast_mac(kAllNodes) : message.source_mac.value_or(Mac{});
  const bool is_known = probe || message.source_mac;
  return {.frame = neigh::frame(answer, to, port.mac),
          .resolves = is_known ? std::nullopt : std::optional{message.source}};
}

// RFC 4861 7.2.5, Linux's ndisc_recv_na.
Neighbors6::Verdict Neighbors6::judge_one(const NeighborAdvertisement& message,
                                          const PacketMeta& meta) const {
  if (addresses_.detection().is_tentative({meta.ingress, message.target})) {
    return {};
  }
  const neigh::Key6 key{meta.ingress, message.target};
  const auto id = table().find(key);
  if (!id || world().is_own(meta.ingress, message.target)) {
    return {.drop = DropReason::kNdIgnored};
  }
  const neigh::Entry<Ipv6>& entry = table().entry(*id);
  const bool known = neigh::has_mac(entry.state);
  // A neighbor that did not answer in time has no entry as far as the RFC is concerned.
  if (entry.state == neigh::State::kFailed || (!message.target_mac && !known)) {
    return {.drop = DropReason::kNdIgnored};
  }
  const Mac mac = message.target_mac.value_or(entry.mac);
  if (known && !message.override_ && mac != entry.mac) {
    // It is asked again if it was believed to be reachable, and the MAC stays.
    return entry.state == neigh::State::kReachable ? Verdict{.suspects = id}
                                                   : Verdict{.drop = DropReason::kNdIgnored};
  }
  return {.learns = Table::Advertisement{.key = key,
                                         .mac = mac,
                                         .solicited = message.solicited,
                                         .for_us = false,
                                         .overrides = message.override_}};
}

Neighbors6::Verdict Neighbors6::judge_one(const neigh::RouterSolicitation& message,
                                          const PacketMeta& meta) const {
  if (!world().port(meta.ingress).forwarding) {
    return {.drop = DropReason::kNdIgnored};
  }
  return {.learns = sender_of(meta, message.source, message.source_mac)};
}

Neighbors6::Verdict Neighbors6::judge_one(const neigh::RouterAdvertisement& message,
                                          const PacketMeta& meta) const {
  if (world().is_own(meta.ingress, message.source)) {
    return {.drop = DropReason::kNdIgnored};
  }
  return {.learns = sender_of(meta, message.source, message.source_mac)};
}

// A router does not follow redirects (RFC 4861 8.2).
Neighbors6::Verdict Neighbors6::judge_one(const neigh::Redirect& /*message*/,
                                          const PacketMeta& /*meta*/) {
  return {.drop = DropReason::kNdIgnored};
}

Nanoseconds Neighbors6::tick() {
  addresses_.tick();
  return std::min(Resolution::tick(), addresses_.next_deadline());
}

}  // namespace ringroad::host

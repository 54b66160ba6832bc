// SPDX-License-Identifier: BSD-3-Clause
// Packets that the router itself sends: errors, redirects, answers.
#include <netinet/in.h>

#include "base/random_seed.hpp"
#include "filter/tracked.hpp"
#include "host/slow_path6.hpp"
#include "ip6/fragment.hpp"
#include "neigh/nd_message.hpp"
#include "packet/pieces.hpp"
#include "packet/read.hpp"

namespace ringroad::host {

using ip6::Icmp6Type;
using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;
using stats::IpCounter;

namespace {

std::optional<IpCounter> sent(Icmp6Type type) {
  switch (type) {
    case Icmp6Type::kUnreachable:
      return IpCounter::kIcmp6OutDestUnreachs;
    case Icmp6Type::kPacketTooBig:
      return IpCounter::kIcmp6OutPktTooBigs;
    case Icmp6Type::kTimeExceeded:
      return IpCounter::kIcmp6OutTimeExcds;
    case Icmp6Type::kParameterProblem:
      return IpCounter::kIcmp6OutParmProblems;
    default:
      return std::nullopt;
  }
}

// Linux's icmpv6_sysctl ratemask: "packet too big" is not limited, because path MTU discovery would
// stall without it.
bool is_limited(const ip6::IcmpError& error) { return error.type != Icmp6Type::kPacketTooBig; }

// Random, so that no node can predict the identifications of packets to others (RFC 7739 5.2), and
// never 0: Linux's __ipv6_select_ident.
std::uint32_t new_identification() {
  const auto random = static_cast<std::uint32_t>(random_seed());
  return random != 0 ? random : 1;
}

// Whether the destination is on the link by which a packet came, or must be.
bool is_of_link(Ipv6 destination) {
  return destination.is_link_local() ||
         (destination.is_multicast() && destination.multicast_scope() <= 2);
}

}  // namespace

std::optional<Ipv6> SlowPath6::source_toward(Ipv6 destination, InterfaceId ingress,
                                             About about) const {
  if (is_of_link(destination)) {
    return world_.source(ingress, destination);
  }
  const Adjacency& adjacency = routing_.resolve(destination, 0);
  if (!adjacency.leads_on()) {
    return std::nullopt;
  }
  // A route outlives its preferred source (Linux's rt6_remove_prefsrc).
  const auto preferred = routing_.preferred_source(destination);
  if (preferred && world_.is_own(adjacency.port, *preferred)) {
    return preferred;
  }
  return world_.source(about == About::kError ? ingress : adjacency.port, destination);
}

void SlowPath6::send_error(Packet& offender, const ip6::IcmpError& error) {
  Silence silence = ip6::silence_about(offender, error);
  OwnedPacket packet;
  if (silence == Silence::kNone) {
    auto made = make_error(offender, error);
    silence = made.has_value() ? Silence::kNone : made.error();
    packet = std::move(made).value_or(nullptr);
  }
  sender_.note(offender, {.kind = WatchRecord::Kind::kAnswered,
                          .detail = static_cast<std::uint8_t>(silence),
                          .value = static_cast<std::uint32_t>(error.type),
                          .other = error.code});
  if (packet) {
    filter::Tracked::attach(offender, *packet);
  }
  answer(offender, std::move(packet));
}

// Linux's icmp6_send: the source is the address to which the packet was sent, otherwise one of the
// link on which it came.
std::expected<OwnedPacket, Silence> SlowPath6::make_error(Packet& offender,
                                                          const ip6::IcmpError& error) {
  const Ipv6 to = source6_of(offender);
  const InterfaceId ingress = meta(offender).ingress;
  const Ipv6 addressee = destination6_of(offender);
  const bool is_addressed = world_.is_own(ingress, addressee) || world_.is_anycast(addressee);
  const auto source =
      is_addressed ? std::optional{addressee} : source_toward(to, ingress, About::kError);
  if (!source) {
    return std::unexpected{Silence::kNoWayBack};
  }
  if (real_ != nullptr) {
    limiter_.become_like(real_->limiter_, to);
  }
  if (is_limited(error) && !limiter_.allow(to, clock_.now())) {
    return std::unexpected{Silence::kLimited};
  }
  auto packet =
      ip6::make_error(sender_.pool(), offender, error, {.source = *source, .destination = to});
  if (!packet) {
    return std::unexpected{Silence::kNoRoom};
  }
  sender_.copied().icmp_errors.add(packet->pkt_len);
  counters_.add(IpCounter::kIcmp6OutMsgs);
  if (const auto counter = sent(error.type)) {
    counters_.add(*counter);
  }
  return packet;
}

// RFC 4861 8.2, Linux's ndisc_send_redirect: to a sender on the link, from the link-local address.
void SlowPath6::redirect(Packet& packet, const Adjacency& adjacency) {
  const InterfaceId ingress = meta(packet).ingress;
  const auto next_hop = next_hop_of(packet, adjacency);
  if (!next_hop || next_hop->port != ingress || !world_.port(ingress).send_redirects) {
    return;
  }
  const Ipv6 sender = source6_of(packet);
  const Ipv6 about = destination6_of(packet);
  const Ipv6 target = next_hop->address;
  const auto source = world_.link_local(ingress);
  const Adjacency& back = routing_.resolve(sender, 0);
  const bool on_link = back.kind == AdjacencyKind::kLinkLocal ||
                       (back.port == ingress && (back.kind == AdjacencyKind::kGlean ||
                                                 (back.leads_on() && back.next_hop6 == sender)));
  if (real_ != nullptr) {
    redirects_.become_like(real_->redirects_, sender);
  }
  // A router is named by its link-local address.
  const bool can_name = target == about || target.is_link_local();
  if (!source || !on_link || !can_name || !redirects_.allow(sender, clock_.now())) {
    return;
  }
  std::array<std::uint8_t, ip6::kMtuMin> quoted{};
  const auto length = std::min<std::uint32_t>(packet.pkt_len - kL2Bytes, quoted.size());
  const std::span octets = std::span{quoted}.first(length);
  if (!read_bytes(packet, kL2Bytes, octets)) {
    return;
  }
  ++quoted[offsetof(rte_ipv6_hdr, hop_limits)];  // the one that the sender gave the packet
  const neigh::Redirect message{.source = *source,
                                .destination = sender,
                                .target = target,
                                .about = about,
                                .target_mac = neighbors_->mac_of(*next_hop)};
  auto made = sender_.make_frame(neigh::frame(message, octets, Mac{}, Mac{}));
  if (!made) {
    return;
  }
  sender_.copied().icmp_errors.add(made->pkt_len);
  meta(*made).ingress = ingress;
  meta(*made).worker = meta(packet).worker;
  counters_.add(IpCounter::kIcmp6OutMsgs);
  counters_.add(IpCounter::kIcmp6OutRedirects);
  sender_.note(packet, {.kind = WatchRecord::Kind::kAnswered,
                        .value = static_cast<std::uint32_t>(Icmp6Type::kRedirect)});
  neighbors_->send({ingress, sender}, std::move(made));
}

void SlowPath6::refuse(OwnedPacket packet, const Refusal& refusal) {
  send_error(*packet, refusal.error);
  const InterfaceId port = refusal.port.value_or(meta(*packet).ingress);
  sender_.drop_at(port, std::move(packet), refusal.reason);
}

void SlowPath6::answer(Packet& asked, OwnedPacket packet) {
  if (packet) {
    meta(*packet).ingress = meta(asked).ingress;
    meta(*packet).worker = meta(asked).worker;
    sender_.count_generated();
    send_own(std::move(packet));
  }
}

void SlowPath6::send_own(OwnedPacket packet, const Adjacency* way) {
  counters_.add(IpCounter::kOut6Requests);
  // A neighbor on the link by which the question came has no route.
  Adjacency on_link;
  on_link.port = meta(*packet).ingress;
  const auto shown = [&](Packet& one) {
    return way != nullptr ? way : is_of_link(destination6_of(one)) ? &on_link : nullptr;
  };
  const Adjacency* seen = shown(*packet);
  packet = run_hooks(HookPoint::kOutput, std::move(packet), seen, true);
  if (!packet) {
    return;
  }
  // A hook may have changed the destination (Linux's ip6_route_me_harder).
  const Ipv6 destination = destination6_of(*packet);
  if (way == nullptr && !is_of_link(destination)) {
    way = &adjacency_of(*packet);
  }
  seen = shown(*packet);
  packet = run_hooks(HookPoint::kPostRouting, std::move(packet), seen, true);
  if (!packet) {
    return;
  }
  const std::uint16_t link = way != nullptr ? way->mtu.load(std::memory_order_relaxed)
                                            : world_.port(meta(*packet).ingress).mtu_of<Ipv6>();
  const std::uint16_t mtu = path_mtu_.of(destination, link, clock_.now());
  if (mtu != 0 && exceeds(*packet, mtu)) {
    cut(std::move(packet), way, mtu);
    return;
  }
  send_to(std::move(packet), way);
}

void SlowPath6::send_to(OwnedPacket packet, const Adjacency* way) {
  const InterfaceId port = way != nullptr ? way->port : meta(*packet).ingress;
  if (packet->nb_segs > 1 && !world_.port(port).gathers) {
    packet = in_one_buffer(sender_.pool(), std::move(packet));
    if (!packet) {
      sender_.drop_at(port, nullptr, DropReason::kNoBuffer);
      return;
    }
  }
  if (way != nullptr) {
    to_neighbor(std::move(packet), *way);
  } else {
    const Ipv6 destination = destination6_of(*packet);
    if (world_.is_own(port, destination)) {
      // The packet that it answers came from the router's own address, but not from the router.
      sender_.drop(std::move(packet), DropReason::kMartianSource);
    } else {
      neighbors_->send({port, destination}, std::move(packet));
    }
  }
}

void SlowPath6::cut(OwnedPacket packet, const Adjacency* way, std::uint16_t mtu) {
  const InterfaceId port = way != nullptr ? way->port : meta(*packet).ingress;
  auto pieces = ip6::fragment(
      sender_.pool(), *packet,
      {.mtu = mtu, .gather = world_.port(port).gathers, .identification = new_identification()});
  if (pieces.empty()) {
    counters_.add(IpCounter::kFrag6Fails);
    sender_.drop(std::move(packet), DropReason::kNoBuffer);
    return;
  }
  counters_.add(IpCounter::kFrag6Oks);
  counters_.add(IpCounter::kFrag6Creates, pieces.size());
  sender_.note(*packet, {.kind = WatchRecord::Kind::kCut,
                         .value = static_cast<std::uint32_t>(pieces.size())});
  for (auto& piece : pieces) {
    Watch::copy_mark(*packet, *piece);
    meta(*piece) = meta(*packet);
  }
  // The packet goes on as its fragments: it counts as delivered, but its trace does not end here.
  sender_.count_delivered();
  packet.reset();
  sender_.count_generated(pieces.size());
  for (auto& piece : pieces) {
    if (piece->nb_segs == 1) {
      sender_.copied().fragments.add(piece->pkt_len);
    }
    send_to(std::move(piece), way);
  }
}

}  // namespace ringroad::host

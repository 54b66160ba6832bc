// SPDX-License-Identifier: BSD-3-Clause
// Handles packets for the router itself: Linux's ip6_input and the protocols above it.
#include <netinet/in.h>

#include <cstddef>

#include "filter/tracked.hpp"
#include "host/slow_path6.hpp"
#include "host/transport.hpp"
#include "interface/port_addresses.hpp"
#include "ip6/fragment_info.hpp"
#include "ip6/header.hpp"
#include "packet/read.hpp"

namespace ringroad::host {

using ip6::Icmp6Type;
using ip6::Step;
using stats::DropReason;
using stats::IpCounter;

namespace {

constexpr unsigned kEcnBits = 0x3;

std::optional<IpCounter> received(Icmp6Type type) {
  switch (type) {
    case Icmp6Type::kUnreachable:
      return IpCounter::kIcmp6InDestUnreachs;
    case Icmp6Type::kPacketTooBig:
      return IpCounter::kIcmp6InPktTooBigs;
    case Icmp6Type::kTimeExceeded:
      return IpCounter::kIcmp6InTimeExcds;
    case Icmp6Type::kParameterProblem:
      return IpCounter::kIcmp6InParmProblems;
    case Icmp6Type::kEchoRequest:
      return IpCounter::kIcmp6InEchos;
    case Icmp6Type::kEchoReply:
      return IpCounter::kIcmp6InEchoReplies;
    default:
      return std::nullopt;
  }
}

bool is_multicast_listener(Icmp6Type type) {
  return type == Icmp6Type::kMldQuery || type == Icmp6Type::kMldReport ||
         type == Icmp6Type::kMldDone || type == Icmp6Type::kMldv2Report;
}

}  // namespace

void SlowPath6::add_protocols() {
  add_protocol(IPPROTO_ICMPV6, [this](OwnedPacket packet, std::uint32_t offset) {
    icmp_input(std::move(packet), offset);
  });
  add_protocol(IPPROTO_TCP, [this](OwnedPacket packet, std::uint32_t offset) {
    tcp_input(std::move(packet), offset);
  });
  add_protocol(IPPROTO_UDP, [this](OwnedPacket packet, std::uint32_t offset) {
    udp_input(std::move(packet), offset);
  });
  add_protocol(IPPROTO_UDPLITE, [this](OwnedPacket packet, std::uint32_t offset) {
    udp_lite_input(std::move(packet), offset);
  });
  // Nothing follows (RFC 8200 4.7); Linux's nodata_protocol.
  add_protocol(IPPROTO_NONE, [this](OwnedPacket packet, std::uint32_t /*offset*/) {
    sender_.drop(std::move(packet), DropReason::kUnknownProtocol);
  });
}

// Unlike IPv4's, these packets pass INPUT before reassembly (Linux's ip6_input).
void SlowPath6::deliver_locally(OwnedPacket packet) {
  packet = run_hooks(HookPoint::kInput, std::move(packet));
  if (!packet) {
    return;
  }
  Step step = ip6::walk_to_upper(*packet);
  if (step.kind == Step::Kind::kFragment) {
    packet = reassemble(std::move(packet), step.offset).packet;
    if (!packet) {
      return;
    }
    step = ip6::walk_to_upper(*packet, ip6::Origin::kReassembled);
  }
  if (step.kind != Step::Kind::kUpper) {
    refuse(std::move(packet), step);
    return;
  }
  const auto& handler = protocols_[step.protocol];
  if (handler) {
    counters_.add(IpCounter::kIn6Delivers);
    handler(std::move(packet), step.offset);
  } else {
    refuse(std::move(packet), {DropReason::kUnknownProtocol,
                               ip6::parameter_problem(ip6::kUnknownNextHeader, step.pointer)});
  }
}

void SlowPath6::refuse(OwnedPacket packet, const Step& step) {
  if (step.kind == Step::Kind::kProblem) {
    refuse(std::move(packet), {step.reason, ip6::parameter_problem(step.code, step.pointer)});
  } else {
    sender_.drop(std::move(packet), step.reason);
  }
}

// Linux's ipv6_frag_rcv.
Reassembled SlowPath6::reassemble(OwnedPacket packet, std::uint32_t offset) {
  const auto fragment = ip6::read_fragment(*packet, offset);
  if (!fragment) {
    counters_.add(IpCounter::kReasm6Reqds);
    counters_.add(IpCounter::kReasm6Fails);
    refuse(std::move(packet),
           {DropReason::kReassemblyInvalid,
            ip6::parameter_problem(fragment.error().code, fragment.error().pointer)});
    return {};
  }
  auto datagram = reassembly_.add(*fragment, std::move(packet), clock_.now());
  if (!datagram) {
    return {};
  }
  // The fragments become one packet; each of them is counted as delivered.
  sender_.count_delivered(datagram->pieces.size() - 1);
  const std::uint16_t longest = longest_of(datagram->pieces);
  const auto first_header = ipv6(*datagram->pieces.front().packet).proto;
  OwnedPacket whole = ip6::join(std::move(*datagram));
  // Hop-by-hop options come first on the wire only (RFC 8200 4.1): in a fragment they are an
  // unknown protocol, which the octet names that named the fragment header.
  if (ipv6(*whole).proto == IPPROTO_HOPOPTS && first_header != IPPROTO_HOPOPTS) {
    refuse(std::move(whole),
           {DropReason::kUnknownProtocol,
            ip6::parameter_problem(ip6::kUnknownNextHeader, offsetof(rte_ipv6_hdr, proto))});
    return {};
  }
  return {.packet = std::move(whole), .longest = longest};
}

void SlowPath6::icmp_input(OwnedPacket packet, std::uint32_t offset) {
  counters_.add(IpCounter::kIcmp6InMsgs);
  if (const auto check = ip6::check_icmp(*packet, offset); check != ip6::IcmpCheck::kGood) {
    counters_.add(IpCounter::kIcmp6InErrors);
    if (check == ip6::IcmpCheck::kBadChecksum) {
      counters_.add(IpCounter::kIcmp6InCsumErrors);
    }
    sender_.drop(std::move(packet), DropReason::kIcmpBad);
    return;
  }
  // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): a type may be any octet
  const auto type = static_cast<Icmp6Type>(read_at<std::uint8_t>(*packet, offset).value_or(0));
  if (const auto counter = received(type)) {
    counters_.add(*counter);
  }
  if (type == Icmp6Type::kEchoRequest) {
    echo(std::move(packet), offset);
  } else if (type == Icmp6Type::kPacketTooBig && learn_path_mtu(*packet, offset)) {
    sender_.deliver(std::move(packet));
  } else if (is_multicast_listener(type)) {
    if (type == Icmp6Type::kMldQuery && on_mld_query) {
      on_mld_query(meta(*packet).ingress, *packet);
      sender_.deliver(std::move(packet));
    } else {
      sender_.drop(std::move(packet), DropReason::kMulticastControl);
    }
  } else {
    // Messages of neighbor discovery with extension headers come here too: no node sends them.
    sender_.drop(std::move(packet), DropReason::kIcmpIgnored);
  }
}

// Linux's icmpv6_echo_reply: from the address that was pinged, if it is an address of one node. A
// ping of a group or an anycast address is answered by the link on which it came, by a route that
// leaves there even if a better one does not (RT6_LOOKUP_F_IFACE).
void SlowPath6::echo(OwnedPacket packet, std::uint32_t offset) {
  const InterfaceId ingress = meta(*packet).ingress;
  const Ipv6 destination = source6_of(*packet);
  const Ipv6 addressee = destination6_of(*packet);
  const neigh::Adjacency* way = nullptr;  // that of the destination
  auto source = std::optional{addressee};
  if (!world_.is_own(ingress, addressee)) {
    const neigh::Adjacency& best = routing_.resolve(destination, 0);
    if (destination.is_link_local() || (best.port == ingress && best.leads_on())) {
      source = source_toward(destination, ingress, About::kAnswer);
    } else {
      way = interface::is_of_port(world_.port(ingress), destination)
                ? nullptr
                : routing_.resolve_by(ingress, destination);
      source = way != nullptr ? world_.source(ingress, destination) : std::nullopt;
    }
  }
  if (!source || !destination.is_unicast()) {
    sender_.drop(std::move(packet), DropReason::kIcmpIgnored);
    return;
  }
  // The request is counted as delivered, and the reply, which uses its buffers, as generated.
  sender_.note(*packet, {.kind = WatchRecord::Kind::kDelivered});
  ip6::make_echo_reply(*packet, offset, {.source = *source, .destination = destination});
  counters_.add(IpCounter::kIcmp6OutMsgs);
  counters_.add(IpCounter::kIcmp6OutEchoReplies);
  sender_.count_delivered();
  sender_.count_generated();
  send_own(std::move(packet), way);
}

// Linux's icmpv6_err and ip6_update_pmtu. Only echo replies are checked, because they are the only
// packets of the router that can exceed an MTU.
bool SlowPath6::learn_path_mtu(Packet& packet, std::uint32_t offset) {
  constexpr std::uint32_t kMtuOffset = 4;
  const std::uint32_t quote = offset + ip6::kIcmp6Header;
  const auto about = read_at<rte_ipv6_hdr>(packet, quote);
  const auto mtu = read_at<std::uint32_t>(packet, offset + kMtuOffset);
  if (!about || !mtu) {
    return false;
  }
  const Ipv6 destination = Ipv6::read(about->dst_addr);
  const InterfaceId ingress = meta(packet).ingress;
  const std::uint16_t link = destination.is_link_local()
                                 ? world_.port(ingress).mtu_of<Ipv6>()
                                 : routing_.resolve(destination, 0).mtu.load();
  if (link == 0 || !world_.is_own(ingress, Ipv6::read(about->src_addr))) {
    return false;
  }
  // RFC 8201 4: a smaller MTU than every link has is not believed.
  const std::uint32_t told = rte_be_to_cpu_32(*mtu);
  if (told < ip6::kMtuMin) {
    return false;
  }
  const Nanoseconds now = clock_.now();
  path_mtu_.learn(destination,
                  static_cast<std::uint16_t>(std::min<std::uint32_t>(told, UINT16_MAX)),
                  path_mtu_.of(destination, link, now), now);
  return true;
}

// No TCP service runs on the router, so every port is closed (RFC 9293 3.5.2).
void SlowPath6::tcp_input(OwnedPacket packet, std::uint32_t offset) {
  const Ipv6 addressee = destination6_of(*packet);
  // Nothing is reset at an address that other nodes may have too (Linux's tcp_v6_send_reset).
  if (meta(*packet).l2_class != L2Class::kHost ||
      !world_.is_own(meta(*packet).ingress, addressee)) {
    sender_.drop(std::move(packet), DropReason::kPortClosed);
    return;
  }
  counters_.add(IpCounter::kTcpInSegs);
  const Segment segment{*packet, offset};
  if (const auto check = check_tcp(segment); check != TransportCheck::kGood) {
    counters_.add(IpCounter::kTcpInErrs);
    if (check == TransportCheck::kBadChecksum) {
      counters_.add(IpCounter::kTcpInCsumErrors);
    }
    sender_.drop(std::move(packet), DropReason::kTcpBad);
    return;
  }
  const auto reset = reset_of(segment);
  const Ipv6 peer = source6_of(*packet);
  if (reset && peer.is_unicast()) {
    counters_.add(IpCounter::kTcpOutRsts);
    // A reset is not ECN-capable (RFC 3168 6.1.4).
    const auto traffic_class =
        static_cast<std::uint8_t>(ip6::traffic_class(ipv6(*packet)) & ~kEcnBits);
    answer(*packet,
           make_reset(sender_.pool(),
                      ip6::OwnHeader{
                          .source = addressee, .destination = peer, .traffic_class = traffic_class},
                      *reset));
  }
  sender_.drop(std::move(packet), DropReason::kPortClosed);
}

void SlowPath6::udp_input(OwnedPacket packet, std::uint32_t offset) {
  if (const auto check = check_udp({*packet, offset}); check != TransportCheck::kGood) {
    counters_.add(IpCounter::kUdp6InErrors);
    if (check == TransportCheck::kBadChecksum) {
      counters_.add(IpCounter::kUdp6InCsumErrors);
    }
    sender_.drop(std::move(packet), DropReason::kUdpBad);
    return;
  }
  counters_.add(IpCounter::kUdp6NoPorts);
  filter::Tracked::clear(*packet);  // the error is not part of its connection (Linux's udp_rcv)
  refuse(std::move(packet), {DropReason::kPortClosed, ip6::kPortUnreachable});
}

void SlowPath6::udp_lite_input(OwnedPacket packet, std::uint32_t offset) {
  if (check_udp_lite({*packet, offset}) != TransportCheck::kGood) {
    sender_.drop(std::move(packet), DropReason::kUdpBad);
    return;
  }
  filter::Tracked::clear(*packet);  // the error is not part of its connection (Linux's udp_rcv)
  refuse(std::move(packet), {DropReason::kPortClosed, ip6::kPortUnreachable});
}

}  // namespace ringroad::host

// SPDX-License-Identifier: BSD-3-Clause
#include "host/slow_path.hpp"

#include <netinet/in.h>

#include <algorithm>

#include "host/one_packet.hpp"
#include "ip4/forward.hpp"
#include "ip4/fragment.hpp"
#include "ip4/ingress_checks.hpp"
#include "ip4/input.hpp"
#include "ip4/local.hpp"
#include "ip4/route.hpp"

namespace ringroad::host {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;
using stats::IpCounter;

namespace {

// forward() handles redirects for all other packets.
bool must_wait_or_be_cut(const Packet& packet, const Adjacency& adjacency) {
  return adjacency.kind != AdjacencyKind::kUnicast || exceeds(packet, adjacency.mtu);
}

// Destinations that Linux drops before it looks at options.
bool ends_before_options(const Adjacency& adjacency) {
  return adjacency.kind == AdjacencyKind::kMartian || adjacency.kind == AdjacencyKind::kMulticast;
}

}  // namespace

SlowPath::SlowPath(const interface::World& world, const routing::Routing4& routing, Sender& sender,
                   const Clock& clock, const Settings& settings)
    : world_{world},
      routing_{routing},
      sender_{sender},
      clock_{clock},
      counters_{sender.context().counters},
      limiter_{settings.limits},
      identifications_{settings.reassembly.seed},
      reassembly_{make_reassembly(settings.reassembly)} {
  add_protocols();
}

SlowPath::SlowPath(const SlowPath& real, Sender& sender)
    : world_{real.world_},
      routing_{real.routing_},
      sender_{sender},
      clock_{real.clock_},
      real_{&real},
      counters_{sender.context().counters},
      limiter_{real.limiter_.limits()},
      path_mtu_{real.path_mtu_},
      identifications_{real.identifications_},
      reassembly_{make_reassembly(real.reassembly_.settings())},
      defragments_{real.defragments_} {
  add_protocols();
}

bool SlowPath::prepare(const SlowPath& real, Packet& fragment) {
  return reassembly_.copy_from(
      real.reassembly_, ip4::describe_fragment(fragment).key,
      [this](const OwnedPacket& waiting) { return sender_.copy(*waiting); });
}

ip4::Reassembly<OwnedPacket> SlowPath::make_reassembly(const ip4::ReassemblySettings& settings) {
  return {
      settings, counters_,
      [this](OwnedPacket packet, DropReason reason) { sender_.drop(std::move(packet), reason); },
      [this](OwnedPacket& first) { send_error(*first, ip4::kReassemblyTimeExceeded); }};
}

void SlowPath::add_protocols() {
  add_protocol(IPPROTO_ICMP, [this](OwnedPacket packet) { icmp_input(std::move(packet)); });
  add_protocol(IPPROTO_UDP, [this](OwnedPacket packet) { udp_input(std::move(packet)); });
  add_protocol(IPPROTO_UDPLITE, [this](OwnedPacket packet) { udp_lite_input(std::move(packet)); });
  // Every Linux router accepts these protocols, and sends no ICMP error even if it does not take
  // part in multicast.
  for (const std::uint8_t protocol : {std::uint8_t{IPPROTO_IGMP}, std::uint8_t{IPPROTO_PIM}}) {
    add_protocol(protocol, [this](OwnedPacket packet) {
      sender_.drop(std::move(packet), DropReason::kMulticastControl);
    });
  }
  add_protocol(IPPROTO_TCP, [this](OwnedPacket packet) { tcp_input(std::move(packet)); });
}

bool SlowPath::add_protocol(std::uint8_t protocol, ProtocolHandler handler) {
  if (protocols_.at(protocol)) {
    return false;
  }
  protocols_.at(protocol) = std::move(handler);
  return true;
}

void SlowPath::handle(OwnedPacket packet) {
  sender_.note(*packet, {.kind = WatchRecord::Kind::kHandled,
                         .detail = static_cast<std::uint8_t>(meta(*packet).punt)});
  switch (meta(*packet).punt) {
    case PuntReason::kNeighborDiscovery:  // never IPv4
    case PuntReason::kPacketTooBig:
    case PuntReason::kBeyondScope:
      sender_.drop(std::move(packet), DropReason::kUnknownProtocol);
      break;
    case PuntReason::kArp:
      neighbors_->hear(std::move(packet));
      break;
    case PuntReason::kLocal:
      deliver_locally(std::move(packet));
      break;
    case PuntReason::kBroadcast:
      packet = pass_input(std::move(packet));
      if (packet) {
        const DropReason reason = ip4::reason_of_unwanted(*packet);
        sender_.drop(std::move(packet), reason);
      }
      break;
    case PuntReason::kUnresolved: {
      const Adjacency& adjacency = adjacency_of(*packet);
      redirect(*packet, adjacency);
      to_neighbor(std::move(packet), adjacency);
      break;
    }
    case PuntReason::kFragment: {
      const Adjacency& adjacency = adjacency_of(*packet);
      redirect(*packet, adjacency);
      cut(std::move(packet), adjacency, adjacency.mtu);
      break;
    }
    case PuntReason::kOptions:
      with_options(std::move(packet));
      break;
    case PuntReason::kRedirect:
      redirect(*packet, adjacency_of(*packet));
      sender_.deliver(std::move(packet));
      break;
    case PuntReason::kTtlExceeded:
      refuse(std::move(packet), {DropReason::kTtlExceeded, ip4::kTtlExceeded});
      break;
    case PuntReason::kFragmentationNeeded: {
      const std::uint16_t mtu = adjacency_of(*packet).mtu;
      counters_.add(IpCounter::kFragFails);
      refuse(std::move(packet), {DropReason::kFragmentationNeeded, ip4::fragmentation_needed(mtu)});
      break;
    }
    case PuntReason::kNoRoute:
      refuse(std::move(packet), {DropReason::kNoRoute, ip4::kNetUnreachable});
      break;
    case PuntReason::kUnreachable:
      refuse(std::move(packet), {DropReason::kUnreachable, ip4::kHostUnreachable});
      break;
    case PuntReason::kProhibited:
      refuse(std::move(packet), {DropReason::kProhibited, ip4::kAdministrativelyProhibited});
      break;
    case PuntReason::kRejected:
      reject(std::move(packet));
      break;
  }
}

void SlowPath::host_unreachable(OwnedPacket packet, InterfaceId port) {
  refuse(std::move(packet), {DropReason::kHostUnreachable, ip4::kHostUnreachable, port});
}

// The adjacency that the worker used may have been reused by now, so the tables are searched again.
const Adjacency& SlowPath::adjacency_of(Packet& packet) const {
  return routing_.resolve(destination_of(packet), world_.tables().flow_hash(packet));
}

// The order is Linux's: route lookup, reverse-path check, options, then the checks of forward().
void SlowPath::with_options(OwnedPacket packet) {
  std::uint16_t longest = 0;  // of the fragments of which the packet was put together
  if (defragments_ && is_fragment(ipv4(*packet))) {
    Reassembled whole = defragmented(std::move(packet));
    packet = std::move(whole.packet);
    longest = whole.longest;
    if (!packet) {
      return;
    }
  }
  StageContext& context = sender_.context();
  Burst burst;
  fill(burst, std::move(packet), ip4::describe);
  ip4::route(context, burst);
  ip4::ingress_checks(context, burst);
  context.drop_list.flush();
  packet = extract(burst);
  const Adjacency& adjacency = *burst.adjacencies[0];
  if (!packet || (!ends_before_options(adjacency) && !read_options(packet))) {
    return;
  }
  const PacketMeta before = meta(*packet);
  burst.packets[0] = packet.release();
  ip4::forward(context, burst);
  context.drop_list.flush();
  const auto punted = std::span{context.punts.packets}.first(context.punts.count);
  context.punts.count = 0;
  packet = extract(burst);
  for (Packet* const one : punted) {
    meta(*one).options = before.options;
    meta(*one).worker = before.worker;
    handle(OwnedPacket{one});
  }
  if (packet && must_wait_or_be_cut(*packet, adjacency)) {
    redirect(*packet, adjacency);
  }
  if (packet) {
    packet = run_hooks(HookPoint::kForward, std::move(packet), &adjacency);
  }
  if (packet) {
    write_options(*packet);
    packet = run_hooks(HookPoint::kPostRouting, std::move(packet), &adjacency);
  }
  // What came in fragments leaves in fragments that are no longer (Linux's ip_do_fragment).
  const std::uint16_t mtu = adjacency.mtu;
  const std::uint16_t most = longest != 0 ? std::min(mtu, longest) : mtu;
  if (packet && exceeds(*packet, most)) {
    cut(std::move(packet), adjacency, most);
  } else if (packet) {
    to_neighbor(std::move(packet), adjacency);
  }
}

Reassembled SlowPath::defragmented(OwnedPacket packet) {
  Reassembled whole = reassemble(std::move(packet));
  if (whole.packet) {
    whole.packet = run_hooks(HookPoint::kPreRouting, std::move(whole.packet));
  }
  return whole;
}

bool SlowPath::read_options(OwnedPacket& packet) {
  const Ipv4 destination = destination_of(*packet);
  const interface::InterfaceView& port = world_.port(meta(*packet).ingress);
  // The router's address to which the packet was sent, otherwise the one that faces its sender.
  const auto facing = world_.is_own(destination)
                          ? std::optional{destination}
                          : source_toward(source_of(*packet), world_.tables().flow_hash(*packet));
  const Ipv4 primary = port.addresses.empty() ? Ipv4{} : port.addresses.front().address;
  rte_ipv4_hdr& header = ipv4(*packet);
  const auto [options, fault] =
      ip4::check_options({reinterpret_cast<std::uint8_t*>(&header), header_bytes(header)},
                         option_source(facing.value_or(primary)));
  meta(*packet).options = options;
  if (fault != 0) {
    refuse(std::move(packet), {DropReason::kIpBadOptions, ip4::parameter_problem(fault)});
    return false;
  }
  // Linux accepts no source routes by default (accept_source_route 0); RFC 7126 4.3 agrees.
  if (options.source_route != 0) {
    sender_.drop(std::move(packet), DropReason::kSourceRoute);
    return false;
  }
  return true;
}

void SlowPath::write_options(Packet& packet) {
  if (header_bytes(ipv4(packet)) > sizeof(rte_ipv4_hdr)) {
    const auto address = source_toward(destination_of(packet), world_.tables().flow_hash(packet));
    ip4::forward_options(packet, address.value_or(Ipv4{}));
  }
}

void SlowPath::to_neighbor(OwnedPacket packet, const Adjacency& adjacency) {
  switch (adjacency.kind) {
    case AdjacencyKind::kUnicast:
    case AdjacencyKind::kUnresolved:
      if (adjacency.leads_to_ipv6()) {
        neighbors6_->send({adjacency.port, adjacency.next_hop6}, std::move(packet));
      } else {
        neighbors_->send({adjacency.port, adjacency.next_hop}, std::move(packet));
      }
      break;
    case AdjacencyKind::kGlean: {
      const Ipv4 destination = destination_of(*packet);
      neighbors_->send({adjacency.port, destination}, std::move(packet));
      break;
    }
    default:
      // The packet's route was removed after the worker punted it.
      sender_.drop(std::move(packet), DropReason::kNoRoute);
  }
}

void SlowPath::cut(OwnedPacket packet, const Adjacency& adjacency, std::uint16_t mtu) {
  if (adjacency.mtu == 0) {
    sender_.drop(std::move(packet), DropReason::kNoRoute);
    return;
  }
  auto pieces = ip4::fragment(sender_.pool(), *packet,
                              {.mtu = mtu, .gather = world_.port(adjacency.port).gathers});
  if (pieces.empty()) {
    counters_.add(IpCounter::kFragFails);
    sender_.drop(std::move(packet), DropReason::kNoBuffer);
    return;
  }
  counters_.add(IpCounter::kFragOks);
  counters_.add(IpCounter::kFragCreates, pieces.size());
  sender_.note(*packet, {.kind = WatchRecord::Kind::kCut,
                         .value = static_cast<std::uint32_t>(pieces.size())});
  for (auto& piece : pieces) {
    Watch::copy_mark(*packet, *piece);
  }
  // The packet goes on as its fragments: it counts as delivered, but its trace does not end here.
  sender_.count_delivered();
  packet.reset();
  sender_.count_generated(pieces.size());
  for (auto& piece : pieces) {
    if (piece->nb_segs == 1) {
      sender_.copied().fragments.add(piece->pkt_len);
    }
    // All fragments use the whole packet's next hop, because fragments have no ports for the flow
    // hash.
    to_neighbor(std::move(piece), adjacency);
  }
}

OwnedPacket SlowPath::run_hooks(HookPoint point, OwnedPacket packet, const Adjacency* way,
                                bool is_own) {
  const auto way_of = [&](Packet& one) -> const Adjacency& {
    return way != nullptr ? *way : adjacency_of(one);
  };
  StageContext& context = sender_.context();
  const PacketMeta before = meta(*packet);
  packet = host::run_hooks(context, point, std::move(packet), ip4::describe, way_of, is_own);
  take_rejected(context, [&](OwnedPacket rejected) {
    meta(*rejected).options = before.options;  // which the error returns to the sender
    meta(*rejected).worker = before.worker;
    handle(std::move(rejected));
  });
  return packet;
}

}  // namespace ringroad::host

// SPDX-License-Identifier: BSD-3-Clause
#include "host/slow_path6.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <limits>

#include "host/one_packet.hpp"
#include "ip6/extension_headers.hpp"
#include "ip6/forward.hpp"
#include "ip6/fragment_info.hpp"
#include "ip6/header.hpp"
#include "ip6/ingress_checks.hpp"
#include "ip6/input.hpp"
#include "ip6/route.hpp"

namespace ringroad::host {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;
using stats::IpCounter;

SlowPath6::SlowPath6(const interface::World& world, const routing::Routing6& routing,
                     Sender& sender, const Clock& clock, const Settings& settings)
    : world_{world},
      routing_{routing},
      sender_{sender},
      clock_{clock},
      counters_{sender.context().counters},
      limiter_{settings.limits},
      reassembly_{make_reassembly(settings.reassembly)} {
  add_protocols();
}

SlowPath6::SlowPath6(const SlowPath6& real, Sender& sender)
    : world_{real.world_},
      routing_{real.routing_},
      sender_{sender},
      clock_{real.clock_},
      real_{&real},
      counters_{sender.context().counters},
      limiter_{real.limiter_.limits()},
      path_mtu_{real.path_mtu_},
      defragments_{real.defragments_},
      reassembly_{make_reassembly(real.reassembly_.settings())} {
  // The query is heard, but no report is scheduled.
  on_mld_query = [](InterfaceId, Packet&) {};
  add_protocols();
}

bool SlowPath6::prepare(const SlowPath6& real, Packet& packet) {
  const ip6::Step step = ip6::walk_to_upper(packet);
  if (step.kind != ip6::Step::Kind::kFragment) {
    return true;
  }
  const auto fragment = ip6::read_fragment(packet, step.offset);
  return !fragment || reassembly_.copy_from(
                          real.reassembly_, fragment->key,
                          [this](const OwnedPacket& waiting) { return sender_.copy(*waiting); });
}

ip6::Reassembly<OwnedPacket> SlowPath6::make_reassembly(const ReassemblySettings& settings) {
  return {
      settings, counters_,
      [this](OwnedPacket packet, DropReason reason) { sender_.drop(std::move(packet), reason); },
      [this](OwnedPacket& first) { send_error(*first, ip6::kReassemblyTimeExceeded); }};
}

bool SlowPath6::add_protocol(std::uint8_t protocol, ProtocolHandler handler) {
  if (protocols_.at(protocol)) {
    return false;
  }
  protocols_.at(protocol) = std::move(handler);
  return true;
}

void SlowPath6::handle(OwnedPacket packet) {
  sender_.note(*packet, {.kind = WatchRecord::Kind::kHandled,
                         .detail = static_cast<std::uint8_t>(meta(*packet).punt)});
  switch (meta(*packet).punt) {
    case PuntReason::kNeighborDiscovery:
      packet = run_hooks(HookPoint::kInput, std::move(packet));
      if (packet) {
        neighbors_->hear(std::move(packet));
      }
      break;
    case PuntReason::kLocal:
      deliver_locally(std::move(packet));
      break;
    case PuntReason::kUnresolved: {
      const Adjacency& adjacency = adjacency_of(*packet);
      redirect(*packet, adjacency);
      to_neighbor(std::move(packet), adjacency);
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
      refuse(std::move(packet), {DropReason::kTtlExceeded, ip6::kHopLimitExceeded});
      break;
    case PuntReason::kPacketTooBig: {
      const auto& mtu = adjacency_of(*packet).mtu;
      too_big(std::move(packet), std::max(mtu.load(std::memory_order_relaxed), ip6::kMtuMin));
      break;
    }
    case PuntReason::kBeyondScope:
      refuse(std::move(packet), {DropReason::kScope, ip6::kBeyondScope});
      break;
    case PuntReason::kNoRoute:
      refuse(std::move(packet), {DropReason::kNoRoute, ip6::kNoRoute});
      break;
    case PuntReason::kUnreachable:
      // Linux's ip6_pkt_discard answers an unreachable route like none.
      refuse(std::move(packet), {DropReason::kUnreachable, ip6::kNoRoute});
      break;
    case PuntReason::kProhibited:
      refuse(std::move(packet), {DropReason::kProhibited, ip6::kAdministrativelyProhibited});
      break;
    case PuntReason::kRejected:
      reject(std::move(packet));
      break;
    case PuntReason::kArp:  // these are IPv4's
    case PuntReason::kBroadcast:
    case PuntReason::kFragment:
    case PuntReason::kFragmentationNeeded:
      sender_.drop(std::move(packet), DropReason::kUnknownProtocol);
      break;
  }
}

void SlowPath6::address_unreachable(OwnedPacket packet, InterfaceId port) {
  refuse(std::move(packet), {DropReason::kHostUnreachable, ip6::kAddressUnreachable, port});
}

// The adjacency that the worker used may have been reused by now, so the tables are searched again.
const Adjacency& SlowPath6::adjacency_of(Packet& packet) const {
  return routing_.resolve(destination6_of(packet), world_.tables().flow_hash.of_ipv6(packet));
}

// The order is Linux's: ip6_rcv checks hop-by-hop options before the route lookup.
void SlowPath6::with_options(OwnedPacket packet) {
  const ip6::CheckedOptions options = ip6::check_hop_by_hop(*packet);
  if (options.result != ip6::CheckedOptions::Result::kGood) {
    refuse(std::move(packet), {.kind = options.result == ip6::CheckedOptions::Result::kProblem
                                           ? ip6::Step::Kind::kProblem
                                           : ip6::Step::Kind::kDrop,
                               .reason = DropReason::kIp6BadHeader,
                               .code = options.code,
                               .pointer = options.pointer});
    return;
  }
  Reassembled whole{.packet = std::move(packet)};
  if (defragments_) {
    const ip6::Chain chain = ip6::walk(*whole.packet);
    if (chain.is_fragment()) {
      whole = defragmented(std::move(whole.packet), chain.fragment_at.value_or(0));
    }
  }
  if (whole.packet) {
    carry(std::move(whole));
  }
}

Reassembled SlowPath6::defragmented(OwnedPacket packet, std::uint32_t offset) {
  Reassembled whole = reassemble(std::move(packet), offset);
  if (whole.packet) {
    whole.packet = run_hooks(HookPoint::kPreRouting, std::move(whole.packet));
  }
  return whole;
}

void SlowPath6::carry(Reassembled whole) {
  const std::uint16_t longest = whole.longest;
  OwnedPacket packet = std::move(whole.packet);
  StageContext& context = sender_.context();
  const std::uint8_t worker = meta(*packet).worker;
  Burst burst;
  fill(burst, std::move(packet), ip6::describe);
  ip6::route(context, burst);
  const Adjacency& adjacency = *burst.adjacencies[0];
  // What came in fragments that fit goes on in fragments (Linux's ip6_pkt_too_big).
  const std::uint16_t mtu = mtu_of(adjacency, burst.ingress);
  Adjacency wide;
  if (longest != 0 && longest <= mtu) {
    wide.kind = adjacency.kind;
    wide.port = adjacency.port;
    wide.mtu = std::numeric_limits<std::uint16_t>::max();
    burst.adjacencies[0] = &wide;
  }
  ip6::ingress_checks(context, burst);
  if (burst.count > 0) {
    ip6::forward(context, burst);
  }
  context.drop_list.flush();
  const auto punted = std::span{context.punts.packets}.first(context.punts.count);
  context.punts.count = 0;
  packet = extract(burst);
  for (Packet* const one : punted) {
    meta(*one).worker = worker;
    handle(OwnedPacket{one});
  }
  if (packet && adjacency.kind != AdjacencyKind::kUnicast) {
    redirect(*packet, adjacency);  // forward() handles it for a packet that does not wait
  }
  if (packet) {
    packet = run_hooks(HookPoint::kForward, std::move(packet), &adjacency);
  }
  if (packet) {
    packet = run_hooks(HookPoint::kPostRouting, std::move(packet), &adjacency);
  }
  if (packet && longest != 0) {
    cut(std::move(packet), &adjacency, std::min(mtu, longest));
  } else if (packet) {
    to_neighbor(std::move(packet), adjacency);
  }
}

std::uint16_t SlowPath6::mtu_of(const Adjacency& adjacency, InterfaceId ingress) const {
  const std::uint16_t mtu = adjacency.kind == AdjacencyKind::kLinkLocal
                                ? world_.port(ingress).mtu_of<Ipv6>()
                                : adjacency.mtu.load(std::memory_order_relaxed);
  return std::max(mtu, ip6::kMtuMin);
}

std::optional<neigh::Key6> SlowPath6::next_hop_of(Packet& packet, const Adjacency& adjacency) {
  switch (adjacency.kind) {
    case AdjacencyKind::kUnicast:
    case AdjacencyKind::kUnresolved:
      return neigh::Key6{adjacency.port, adjacency.next_hop6};
    case AdjacencyKind::kGlean:
      return neigh::Key6{adjacency.port, destination6_of(packet)};
    case AdjacencyKind::kLinkLocal:
      return neigh::Key6{meta(packet).ingress, destination6_of(packet)};
    default:
      return std::nullopt;
  }
}

void SlowPath6::to_neighbor(OwnedPacket packet, const Adjacency& adjacency) {
  const auto next_hop = next_hop_of(*packet, adjacency);
  if (!next_hop) {
    // The packet's route was removed after the worker punted it.
    sender_.drop(std::move(packet), DropReason::kNoRoute);
    return;
  }
  if (adjacency.kind == AdjacencyKind::kLinkLocal) {
    const std::uint16_t mtu = std::max(world_.port(next_hop->port).mtu_of<Ipv6>(), ip6::kMtuMin);
    if (exceeds(*packet, mtu)) {
      // The error quotes the hop limit that the sender gave the packet.
      ++ipv6(*packet).hop_limits;
      too_big(std::move(packet), mtu);
      return;
    }
  }
  neighbors_->send(*next_hop, std::move(packet));
}

void SlowPath6::too_big(OwnedPacket packet, std::uint16_t mtu) {
  counters_.add(IpCounter::kFrag6Fails);
  refuse(std::move(packet), {DropReason::kPacketTooBig, ip6::packet_too_big(mtu)});
}

OwnedPacket SlowPath6::run_hooks(HookPoint point, OwnedPacket packet, const Adjacency* way,
                                 bool is_own) {
  const auto way_of = [&](Packet& one) -> const Adjacency& {
    return way != nullptr ? *way : adjacency_of(one);
  };
  StageContext& context = sender_.context();
  packet = host::run_hooks(context, point, std::move(packet), ip6::describe, way_of, is_own);
  take_rejected(context, [this](OwnedPacket rejected) { handle(std::move(rejected)); });
  return packet;
}

}  // namespace ringroad::host

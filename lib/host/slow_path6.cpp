// SPDX-License-Identifier: BSD-3-Clause
#include "host/slow_path6.hpp"

#include <netinet/in.h>

#include <algorithm>

#include "ip6/forward.hpp"
#include "ip6/header.hpp"
#include "ip6/ingress_checks.hpp"
#include "ip6/input.hpp"
#include "ip6/route.hpp"
#include "packet/run_hooks.hpp"

namespace ringroad::host {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;
using stats::IpCounter;

namespace {

// Makes a burst of one packet, for a worker's stages. The burst owns the packet.
void fill(Burst& burst, OwnedPacket packet) {
  burst.begin(meta(*packet).ingress, 1);
  burst.l2_classes[0] = meta(*packet).l2_class;
  burst.packets[0] = packet.release();
  ip6::describe(burst, 0);
  // The packet has no next hop before the lookup.
  burst.next_hops[0] = {};
}

OwnedPacket extract(Burst& burst) {
  return OwnedPacket{burst.count == 1 ? burst.packets[0] : nullptr};
}

}  // namespace

SlowPath6::SlowPath6(const interface::World& world, const routing::Routing6& routing,
                     Sender& sender, const Clock& clock, const Settings& settings)
    : world_{world},
      routing_{routing},
      sender_{sender},
      clock_{clock},
      counters_{sender.context().counters},
      limiter_{settings.limits},
      reassembly_{
          settings.reassembly, counters_,
          [this](OwnedPacket packet, DropReason reason) {
            sender_.drop(std::move(packet), reason);
          },
          [this](OwnedPacket& first) { send_error(*first, ip6::kReassemblyTimeExceeded); }} {
  add_protocols();
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
      neighbors_->hear(std::move(packet));
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
      const std::uint16_t mtu =
          std::max(adjacency_of(*packet).mtu.load(std::memory_order_relaxed), ip6::kMtuMin);
      counters_.add(IpCounter::kFrag6Fails);
      refuse(std::move(packet), {DropReason::kPacketTooBig, ip6::packet_too_big(mtu)});
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
    case PuntReason::kArp:  // these are IPv4's
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
  StageContext& context = sender_.context();
  const std::uint8_t worker = meta(*packet).worker;
  Burst burst;
  fill(burst, std::move(packet));
  ip6::route(context, burst);
  const Adjacency& adjacency = *burst.adjacencies[0];
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
  if (packet) {
    to_neighbor(std::move(packet), adjacency);
  }
}

void SlowPath6::to_neighbor(OwnedPacket packet, const Adjacency& adjacency) {
  switch (adjacency.kind) {
    case AdjacencyKind::kUnicast:
    case AdjacencyKind::kUnresolved:
      neighbors_->send({adjacency.port, adjacency.next_hop6}, std::move(packet));
      break;
    case AdjacencyKind::kGlean: {
      const Ipv6 destination = destination6_of(*packet);
      neighbors_->send({adjacency.port, destination}, std::move(packet));
      break;
    }
    default:
      // The packet's route was removed after the worker punted it.
      sender_.drop(std::move(packet), DropReason::kNoRoute);
  }
}

OwnedPacket SlowPath6::run_hooks(HookPoint point, OwnedPacket packet, const Adjacency* way) {
  const HookChain* const chain = sender_.context().tables.hooks.at(point);
  if (chain == nullptr) {
    return packet;
  }
  Burst burst;
  fill(burst, std::move(packet));
  burst.adjacencies[0] = way != nullptr ? way : &adjacency_of(*burst.packets[0]);
  run_chain(*chain, sender_.context(), burst, ip6::describe);
  sender_.context().drop_list.flush();
  return extract(burst);
}

}  // namespace ringroad::host

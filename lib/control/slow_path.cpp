#include "control/slow_path.hpp"

#include <netinet/in.h>

#include "ip/fragment.hpp"

namespace ringroad::control {
namespace {

using ip::OwnedPacket;
using ip::PuntReason;
using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;
using stats::IpCounter;

Ipv4 source_of(ip::Packet& packet) { return Ipv4{be32::from_wire(ip::ipv4(packet).src_addr)}; }
Ipv4 destination_of(ip::Packet& packet) { return Ipv4{be32::from_wire(ip::ipv4(packet).dst_addr)}; }

bool is_fragment(ip::Packet& packet) {
  constexpr std::uint16_t kMoreOrOffset = RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK;
  return (ip::ipv4(packet).fragment_offset & rte_cpu_to_be_16(kMoreOrOffset)) != 0;
}

}  // namespace

SlowPath::SlowPath(World& world, Routing& routing, Sender& sender, const Clock& clock,
                   const Settings& settings)
    : world_{world},
      routing_{routing},
      sender_{sender},
      clock_{clock},
      limiter_{settings.limits},
      reassembly_{settings.reassembly, counters_,
                  [this](OwnedPacket packet, DropReason reason) {
                    sender_.drop(std::move(packet), reason);
                  },
                  [this](OwnedPacket& first) { send_error(*first, ip::kReassemblyTimeExceeded); }} {
  add_protocol(IPPROTO_ICMP, [this](OwnedPacket packet) { icmp_input(std::move(packet)); });
  // Nothing listens here: every port is closed (RFC 1122 4.1.3.1).
  add_protocol(IPPROTO_UDP, [this](OwnedPacket packet) {
    refuse(std::move(packet), {DropReason::kPortClosed, ip::kPortUnreachable});
  });
  // A reset would be due (RFC 9293 3.5.2); until there is one, silence.
  add_protocol(IPPROTO_TCP, [this](OwnedPacket packet) {
    sender_.drop(std::move(packet), DropReason::kPortClosed);
  });
}

bool SlowPath::add_protocol(std::uint8_t protocol, ProtocolHandler handler) {
  if (protocols_.at(protocol)) {
    return false;
  }
  protocols_.at(protocol) = std::move(handler);
  return true;
}

void SlowPath::handle(OwnedPacket packet) {
  switch (ip::meta(*packet).punt) {
    case PuntReason::kArp:
      neighbors_->arp_input(std::move(packet));
      break;
    case PuntReason::kLocal:
      deliver_locally(std::move(packet));
      break;
    case PuntReason::kUnresolved:
      to_neighbor(std::move(packet));
      break;
    case PuntReason::kFragment: {
      const Adjacency& adjacency = adjacency_of(*packet);
      cut(std::move(packet), adjacency, adjacency.mtu);
      break;
    }
    case PuntReason::kTtlExceeded:
      refuse(std::move(packet), {DropReason::kTtlExceeded, ip::kTtlExceeded});
      break;
    case PuntReason::kFragmentationNeeded: {
      const std::uint16_t mtu = adjacency_of(*packet).mtu;
      counters_.add(IpCounter::kFragFails);
      refuse(std::move(packet), {DropReason::kFragmentationNeeded, ip::fragmentation_needed(mtu)});
      break;
    }
    case PuntReason::kNoRoute:
      refuse(std::move(packet), {DropReason::kNoRoute, ip::kNetUnreachable});
      break;
    case PuntReason::kUnreachable:
      refuse(std::move(packet), {DropReason::kUnreachable, ip::kHostUnreachable});
      break;
    case PuntReason::kProhibited:
      refuse(std::move(packet), {DropReason::kProhibited, ip::kAdministrativelyProhibited});
      break;
  }
}

void SlowPath::host_unreachable(OwnedPacket packet) {
  refuse(std::move(packet), {DropReason::kHostUnreachable, ip::kHostUnreachable});
}

// The adjacency that the worker saw may be another's by now: the tables are asked again.
const Adjacency& SlowPath::adjacency_of(ip::Packet& packet) const {
  return routing_.resolve(destination_of(packet), world_.tables().flow_hash(packet));
}

void SlowPath::to_neighbor(OwnedPacket packet) {
  const Adjacency& adjacency = adjacency_of(*packet);
  to_neighbor(std::move(packet), adjacency);
}

void SlowPath::to_neighbor(OwnedPacket packet, const Adjacency& adjacency) {
  switch (adjacency.kind) {
    case AdjacencyKind::kUnicast:
    case AdjacencyKind::kUnresolved:
      neighbors_->send({adjacency.port, adjacency.next_hop}, std::move(packet));
      break;
    case AdjacencyKind::kGlean: {
      const Ipv4 destination = destination_of(*packet);
      neighbors_->send({adjacency.port, destination}, std::move(packet));
      break;
    }
    default:
      // Its route went away while it was handed up.
      sender_.drop(std::move(packet), DropReason::kNoRoute);
  }
}

void SlowPath::cut(OwnedPacket packet, const Adjacency& adjacency, std::uint16_t mtu) {
  if (adjacency.mtu == 0) {
    sender_.drop(std::move(packet), DropReason::kNoRoute);
    return;
  }
  auto pieces = ip::fragment(sender_.pool(), *packet,
                             {.mtu = mtu, .gather = world_.port(adjacency.port).gathers});
  if (pieces.empty()) {
    counters_.add(IpCounter::kFragFails);
    sender_.drop(std::move(packet), DropReason::kNoBuffer);
    return;
  }
  counters_.add(IpCounter::kFragOks);
  counters_.add(IpCounter::kFragCreates, pieces.size());
  sender_.deliver(std::move(packet));
  sender_.count_generated(pieces.size());
  for (auto& piece : pieces) {
    // The way of the whole: fragments have no ports that would find it.
    to_neighbor(std::move(piece), adjacency);
  }
}

OwnedPacket SlowPath::run_hook(ip::HookPoint point, OwnedPacket packet) {
  if (world_.tables().hooks[static_cast<std::size_t>(point)] == nullptr) {
    return packet;
  }
  ip::Burst burst;
  burst.count = 1;
  burst.ingress = ip::meta(*packet).ingress;
  burst.l2_classes[0] = ip::meta(*packet).l2_class;
  burst.packets[0] = packet.release();
  ip::run_hook(point, sender_.context(), burst);
  sender_.context().drop_list.flush();
  return OwnedPacket{burst.count == 1 ? burst.packets[0] : nullptr};
}

OwnedPacket SlowPath::reassemble(OwnedPacket packet) {
  const ip::FragmentInfo fragment = ip::describe_fragment(*packet);
  auto datagram = reassembly_.add(fragment, std::move(packet), clock_.now());
  if (!datagram) {
    return nullptr;
  }
  // Of its fragments one goes on.
  sender_.count_delivered(datagram->pieces.size() - 1);
  return ip::join(std::move(*datagram));
}

void SlowPath::deliver_locally(OwnedPacket packet) {
  if (is_fragment(*packet)) {
    packet = reassemble(std::move(packet));
    if (!packet) {
      return;
    }
  }
  packet = run_hook(ip::HookPoint::kInput, std::move(packet));
  if (!packet) {
    return;
  }
  const auto& handler = protocols_[ip::ipv4(*packet).next_proto_id];
  if (handler) {
    handler(std::move(packet));
  } else {
    refuse(std::move(packet), {DropReason::kUnknownProtocol, ip::kProtocolUnreachable});
  }
}

void SlowPath::icmp_input(OwnedPacket packet) {
  switch (ip::classify_icmp(*packet)) {
    case ip::IcmpInput::kBad:
      sender_.drop(std::move(packet), DropReason::kIcmpBad);
      break;
    case ip::IcmpInput::kOther:
      sender_.drop(std::move(packet), DropReason::kIcmpIgnored);
      break;
    case ip::IcmpInput::kEchoRequest:
      if (ip::meta(*packet).l2_class != ip::L2Class::kHost) {
        sender_.drop(std::move(packet), DropReason::kIcmpIgnored);
        break;
      }
      // One packet came and ended here; another, in its buffer, goes out.
      ip::make_echo_reply(*packet, identification_++);
      sender_.count_delivered();
      sender_.count_generated();
      send_own(std::move(packet));
      break;
  }
}

std::optional<Ipv4> SlowPath::source_toward(Ipv4 destination, std::uint32_t flow) const {
  const Adjacency& adjacency = routing_.resolve(destination, flow);
  switch (adjacency.kind) {
    case AdjacencyKind::kUnicast:
    case AdjacencyKind::kUnresolved:
      return world_.source(adjacency.port, adjacency.next_hop);
    case AdjacencyKind::kGlean:
      return world_.source(adjacency.port, destination);
    default:
      return std::nullopt;
  }
}

void SlowPath::send_error(ip::Packet& offender, const ip::IcmpError& error) {
  if (!ip::may_answer_with_error(offender)) {
    return;
  }
  const Ipv4 sender = source_of(offender);
  // The address that was spoken to answers; else the one that faces the sender (Linux icmp_send).
  const Ipv4 addressee = destination_of(offender);
  const auto source = world_.is_own(addressee)
                          ? std::optional{addressee}
                          : source_toward(sender, world_.tables().flow_hash(offender));
  if (!source) {
    return;
  }
  // Path MTU discovery stands still without its message: Linux does not limit it.
  const bool unlimited = error.type == ip::IcmpType::kUnreachable && error.mtu != 0;
  if (!unlimited && !limiter_.allow(sender, clock_.now())) {
    return;
  }
  auto packet = ip::make_error(sender_.pool(), offender, error, *source, identification_++);
  if (!packet) {
    return;
  }
  ip::meta(*packet) = {};
  ip::meta(*packet).worker = ip::meta(offender).worker;
  sender_.count_generated();
  send_own(std::move(packet));
}

void SlowPath::refuse(OwnedPacket packet, const Refusal& refusal) {
  send_error(*packet, refusal.error);
  sender_.drop(std::move(packet), refusal.reason);
}

void SlowPath::send_own(OwnedPacket packet) {
  packet = run_hook(ip::HookPoint::kOutput, std::move(packet));
  if (packet) {
    packet = run_hook(ip::HookPoint::kPostRouting, std::move(packet));
  }
  if (!packet) {
    return;
  }
  const Adjacency& adjacency = adjacency_of(*packet);
  if (adjacency.mtu != 0 && packet->pkt_len > std::uint32_t{adjacency.mtu} + ip::kL2Bytes) {
    cut(std::move(packet), adjacency, adjacency.mtu);
    return;
  }
  if (packet->nb_segs > 1 && !world_.port(adjacency.port).gathers) {
    packet = ip::in_one_buffer(sender_.pool(), std::move(packet));
    if (!packet) {
      sender_.drop(nullptr, DropReason::kNoBuffer);
      return;
    }
  }
  to_neighbor(std::move(packet), adjacency);
}

}  // namespace ringroad::control

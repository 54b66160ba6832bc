// SPDX-License-Identifier: BSD-3-Clause
// Handles packets for the router itself: Linux's ip_local_deliver and the protocols above it.
#include <netinet/in.h>
#include <rte_icmp.h>

#include <chrono>

#include "filter/tracked.hpp"
#include "host/slow_path.hpp"
#include "host/transport.hpp"
#include "packet/read.hpp"

namespace ringroad::host {

using ip4::IcmpType;
using stats::DropReason;
using stats::IpCounter;

namespace {

constexpr std::uint8_t kFragmentationNeededCode = 4;
constexpr unsigned kEcnBits = 0x3;

std::optional<IpCounter> received(IcmpType type) {
  switch (type) {
    case IcmpType::kUnreachable:
      return IpCounter::kIcmpInDestUnreachs;
    case IcmpType::kTimeExceeded:
      return IpCounter::kIcmpInTimeExcds;
    case IcmpType::kParameterProblem:
      return IpCounter::kIcmpInParmProbs;
    case IcmpType::kRedirect:
      return IpCounter::kIcmpInRedirects;
    case IcmpType::kEchoRequest:
      return IpCounter::kIcmpInEchos;
    case IcmpType::kEchoReply:
      return IpCounter::kIcmpInEchoReps;
    case IcmpType::kTimestamp:
      return IpCounter::kIcmpInTimestamps;
    case IcmpType::kTimestampReply:
      return IpCounter::kIcmpInTimestampReps;
    case IcmpType::kSourceQuench:
      break;
  }
  return std::nullopt;
}

}  // namespace

Reassembled SlowPath::reassemble(OwnedPacket packet) {
  const ip4::FragmentInfo fragment = ip4::describe_fragment(*packet);
  Packet* const last = packet.get();
  auto datagram = reassembly_.add(fragment, std::move(packet), clock_.now());
  if (!datagram) {
    return {};
  }
  const std::uint16_t longest = longest_of(datagram->pieces);
  // The trace of the last fragment goes on with the whole datagram.
  Packet& first = *datagram->pieces.front().packet;
  if (!Watch::is_marked(first)) {
    Watch::copy_mark(*last, first);
  }
  // The datagram counts as one packet, so all of its fragments but one are counted as delivered.
  sender_.count_delivered(datagram->pieces.size() - 1);
  return {.packet = ip4::join(std::move(*datagram)), .longest = longest};
}

OwnedPacket SlowPath::pass_input(OwnedPacket packet) {
  if (is_fragment(ipv4(*packet))) {
    packet = reassemble(std::move(packet)).packet;
  }
  return packet ? run_hooks(HookPoint::kInput, std::move(packet)) : nullptr;
}

void SlowPath::deliver_locally(OwnedPacket packet) {
  packet = pass_input(std::move(packet));
  if (!packet) {
    return;
  }
  const auto& handler = protocols_[ipv4(*packet).next_proto_id];
  if (handler) {
    counters_.add(IpCounter::kInDelivers);
    handler(std::move(packet));
  } else {
    refuse(std::move(packet), {DropReason::kUnknownProtocol, ip4::kProtocolUnreachable});
  }
}

void SlowPath::icmp_input(OwnedPacket packet) {
  counters_.add(IpCounter::kIcmpInMsgs);
  if (const auto check = ip4::check_icmp(*packet); check != ip4::IcmpCheck::kGood) {
    counters_.add(IpCounter::kIcmpInErrors);
    if (check == ip4::IcmpCheck::kBadChecksum) {
      counters_.add(IpCounter::kIcmpInCsumErrors);
    }
    sender_.drop(std::move(packet), DropReason::kIcmpBad);
    return;
  }
  const std::uint8_t* const message = ip4::payload(*packet);
  const auto type = static_cast<IcmpType>(message[0]);
  if (const auto counter = received(type)) {
    counters_.add(*counter);
  }
  if (type == IcmpType::kEchoRequest) {
    echo(std::move(packet));
  } else if (type == IcmpType::kTimestamp) {
    tell_time(std::move(packet));
  } else if (type == IcmpType::kUnreachable && message[1] == kFragmentationNeededCode &&
             learn_path_mtu(*packet)) {
    sender_.deliver(std::move(packet));
  } else {
    sender_.drop(std::move(packet), DropReason::kIcmpIgnored);
  }
}

void SlowPath::echo(OwnedPacket packet) {
  const auto options = options_for_answer(*packet, destination_of(*packet));
  if (!options) {
    sender_.drop(std::move(packet), DropReason::kIcmpIgnored);
    return;
  }
  // The request is counted as delivered, and the reply, which uses its buffers, as generated.
  sender_.note(*packet, {.kind = WatchRecord::Kind::kDelivered});
  ip4::make_echo_reply(*packet, reply_header(*packet, *options, IPPROTO_ICMP));
  counters_.add(IpCounter::kIcmpOutMsgs);
  counters_.add(IpCounter::kIcmpOutEchoReps);
  sender_.count_delivered();
  sender_.count_generated();
  send_own(std::move(packet));
}

void SlowPath::tell_time(OwnedPacket packet) {
  OwnedPacket reply;
  if (const auto options = options_for_answer(*packet, destination_of(*packet))) {
    reply = ip4::make_timestamp_reply(sender_.pool(), *packet,
                                      reply_header(*packet, *options, IPPROTO_ICMP),
                                      option_source({}).time);
  }
  if (!reply) {
    sender_.drop(std::move(packet), DropReason::kIcmpIgnored);
    return;
  }
  counters_.add(IpCounter::kIcmpOutMsgs);
  counters_.add(IpCounter::kIcmpOutTimestampReps);
  answer(*packet, std::move(reply));
  sender_.deliver(std::move(packet));
}

// Linux's icmp_err. Only echo replies are checked, because they are the only packets of the router
// that can exceed an MTU.
bool SlowPath::learn_path_mtu(Packet& packet) {
  constexpr std::uint32_t kMtuOffset = 6;
  constexpr std::uint32_t kQuotedMin = 8;  // octets of the quoted packet's payload
  const std::uint32_t message = std::uint32_t{kL2Bytes} + header_bytes(ipv4(packet));
  constexpr std::uint32_t kHeader = sizeof(rte_icmp_hdr);
  const std::uint32_t quote = message + kHeader;
  const auto about = read_at<rte_ipv4_hdr>(packet, quote);
  const auto mtu = read_at<std::uint16_t>(packet, message + kMtuOffset);
  if (!about || !mtu || header_bytes(*about) < sizeof *about ||
      packet.pkt_len < quote + header_bytes(*about) + kQuotedMin) {
    return false;
  }
  const auto type = read_at<std::uint8_t>(packet, quote + header_bytes(*about));
  const Ipv4 destination{be32::from_wire(about->dst_addr)};
  const std::uint16_t link = routing_.resolve(destination, 0).mtu;
  if (about->next_proto_id != IPPROTO_ICMP || type.value_or(1) != 0 || link == 0 ||
      !world_.is_own(Ipv4{be32::from_wire(about->src_addr)})) {
    return false;
  }
  const Nanoseconds now = clock_.now();
  path_mtu_.learn(destination, rte_be_to_cpu_16(*mtu), path_mtu_.of(destination, link, now), now);
  return true;
}

// No TCP service runs on the router, so every port is closed (RFC 9293 3.5.2).
void SlowPath::tcp_input(OwnedPacket packet) {
  if (meta(*packet).l2_class != L2Class::kHost) {
    sender_.drop(std::move(packet), DropReason::kPortClosed);
    return;
  }
  counters_.add(IpCounter::kTcpInSegs);
  if (const auto check = check_tcp(segment_of(*packet)); check != TransportCheck::kGood) {
    counters_.add(IpCounter::kTcpInErrs);
    if (check == TransportCheck::kBadChecksum) {
      counters_.add(IpCounter::kTcpInCsumErrors);
    }
    sender_.drop(std::move(packet), DropReason::kTcpBad);
    return;
  }
  const auto reset = reset_of(segment_of(*packet));
  const auto options = options_for_answer(*packet, destination_of(*packet));
  if (reset && options) {
    ip4::OwnHeader header = reply_header(*packet, *options, IPPROTO_TCP);
    header.identification = 0;
    // A reset is not ECN-capable (RFC 3168 6.1.4).
    header.tos = static_cast<std::uint8_t>(ipv4(*packet).type_of_service & ~kEcnBits);
    counters_.add(IpCounter::kTcpOutRsts);
    answer(*packet, make_reset(sender_.pool(), header, *reset));
  }
  sender_.drop(std::move(packet), DropReason::kPortClosed);
}

// RFC 1122 4.1.3.1.
void SlowPath::udp_input(OwnedPacket packet) {
  if (const auto check = check_udp(segment_of(*packet)); check != TransportCheck::kGood) {
    counters_.add(IpCounter::kUdpInErrors);
    if (check == TransportCheck::kBadChecksum) {
      counters_.add(IpCounter::kUdpInCsumErrors);
    }
    sender_.drop(std::move(packet), DropReason::kUdpBad);
    return;
  }
  counters_.add(IpCounter::kUdpNoPorts);
  filter::Tracked::clear(*packet);  // the error is not part of its connection (Linux's udp_rcv)
  refuse(std::move(packet), {DropReason::kPortClosed, ip4::kPortUnreachable});
}

void SlowPath::udp_lite_input(OwnedPacket packet) {
  if (check_udp_lite(segment_of(*packet)) != TransportCheck::kGood) {
    sender_.drop(std::move(packet), DropReason::kUdpBad);
    return;
  }
  filter::Tracked::clear(*packet);  // the error is not part of its connection (Linux's udp_rcv)
  refuse(std::move(packet), {DropReason::kPortClosed, ip4::kPortUnreachable});
}

}  // namespace ringroad::host

// SPDX-License-Identifier: BSD-3-Clause
// Packets that the router itself sends: errors, redirects, answers.
#include <netinet/in.h>

#include <chrono>

#include "filter/tracked.hpp"
#include "host/slow_path.hpp"
#include "ip4/fragment.hpp"

namespace ringroad::host {

using ip4::IcmpType;
using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;
using stats::IpCounter;

namespace {

std::optional<IpCounter> sent(IcmpType type) {
  switch (type) {
    case IcmpType::kUnreachable:
      return IpCounter::kIcmpOutDestUnreachs;
    case IcmpType::kTimeExceeded:
      return IpCounter::kIcmpOutTimeExcds;
    case IcmpType::kParameterProblem:
      return IpCounter::kIcmpOutParmProbs;
    case IcmpType::kRedirect:
      return IpCounter::kIcmpOutRedirects;
    default:
      return std::nullopt;
  }
}

// Linux's icmp_ratemask does not include redirects, which have their own limit, or "fragmentation
// needed", without which path MTU discovery would stall.
bool is_limited(const ip4::IcmpError& error) {
  return error.type != IcmpType::kRedirect &&
         (error.type != IcmpType::kUnreachable || error.rest == 0);
}

// Returns the milliseconds since midnight UT by the wall clock, as RFC 792 requires.
std::uint32_t milliseconds_since_midnight() {
  using std::chrono::duration_cast;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint32_t>(duration_cast<std::chrono::milliseconds>(now).count() %
                                    std::chrono::milliseconds{std::chrono::days{1}}.count());
}

}  // namespace

ip4::OptionSource SlowPath::option_source(Ipv4 address) const {
  return {.address = address,
          .time = milliseconds_since_midnight(),
          .is_elsewhere = [this](Ipv4 other) {
            const AdjacencyKind kind = routing_.resolve(other, 0).kind;
            return kind != AdjacencyKind::kLocal && kind != AdjacencyKind::kBroadcast &&
                   kind != AdjacencyKind::kMulticast && !other.is_loopback() &&
                   !other.is_this_network();
          }};
}

// Linux's fib_result_prefsrc: the route's preferred source, otherwise the port's address that faces
// the next hop.
std::optional<Ipv4> SlowPath::source_toward(Ipv4 destination, std::uint32_t flow) const {
  const Adjacency& adjacency = routing_.resolve(destination, flow);
  const bool is_glean = adjacency.kind == AdjacencyKind::kGlean;
  if (!adjacency.leads_on()) {
    return std::nullopt;
  }
  if (const auto preferred = routing_.preferred_source(destination)) {
    return preferred;
  }
  return world_.source(adjacency.port, is_glean ? destination : adjacency.next_hop);
}

std::optional<ip4::AnswerOptions> SlowPath::options_for_answer(Packet& packet, Ipv4 source) const {
  if (header_bytes(ipv4(packet)) == sizeof(rte_ipv4_hdr)) {
    return ip4::AnswerOptions{};
  }
  return ip4::answer_options(packet, option_source(source));
}

ip4::OwnHeader SlowPath::reply_header(Packet& packet, const ip4::AnswerOptions& options,
                                      std::uint8_t protocol) {
  const Ipv4 source = destination_of(packet);
  const Ipv4 destination = source_of(packet);
  return {.source = source,
          .destination = destination,
          .protocol = protocol,
          .identification = identifications_.next(source, destination, protocol),
          .options = options.span()};
}

bool SlowPath::is_for_many(Packet& packet) const {
  const AdjacencyKind kind = routing_.resolve(destination_of(packet), 0).kind;
  return kind == AdjacencyKind::kBroadcast || kind == AdjacencyKind::kMulticast;
}

bool SlowPath::was_sent_to_many(Packet& packet) const {
  return meta(packet).l2_class != L2Class::kHost || is_for_many(packet);
}

void SlowPath::send_error(Packet& offender, const ip4::IcmpError& error) {
  Silence silence =
      was_sent_to_many(offender) ? Silence::kSentToMany : ip4::silence_about(offender);
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

std::expected<OwnedPacket, Silence> SlowPath::make_error(Packet& offender,
                                                         const ip4::IcmpError& error) {
  // The error goes to the sender or, if the packet came by a source route, to the last hop of that
  // route.
  const Ipv4 to = ip4::first_hop_back(offender).value_or(source_of(offender));
  const std::uint32_t flow = world_.tables().flow_hash(offender);
  // The source is the address to which the packet was sent, otherwise the one that faces the sender
  // (Linux icmp_send). A rule that rejects it before its route lookup gives it the sender's route
  // (nf_reject_fill_skb_dst).
  const Ipv4 addressee = destination_of(offender);
  const bool is_routed = meta(offender).punt != PuntReason::kRejected ||
                         (meta(offender).priority & Rejection::kUnrouted) == 0;
  const auto source =
      is_routed && world_.is_own(addressee) ? std::optional{addressee} : source_toward(to, flow);
  if (!source) {
    return std::unexpected{Silence::kNoWayBack};
  }
  const Nanoseconds now = clock_.now();
  if (real_ != nullptr) {
    limiter_.become_like(real_->limiter_, to);
  }
  if (is_limited(error) && !limiter_.allow(to, now)) {
    return std::unexpected{Silence::kLimited};
  }
  const auto options = options_for_answer(offender, *source);
  if (!options) {
    return std::unexpected{Silence::kNoRoom};
  }
  const ip4::ErrorEnvelope envelope{
      .header = {.source = *source,
                 .destination = to,
                 .identification = identifications_.next(*source, to, IPPROTO_ICMP),
                 .options = options->span()},
      .mtu = path_mtu_.of(to, routing_.resolve(to, flow).mtu, now)};
  auto packet = ip4::make_error(sender_.pool(), offender, error, envelope);
  if (!packet) {
    return std::unexpected{Silence::kNoRoom};
  }
  sender_.copied().icmp_errors.add(packet->pkt_len);
  counters_.add(IpCounter::kIcmpOutMsgs);
  if (const auto counter = sent(error.type)) {
    counters_.add(*counter);
  }
  return packet;
}

void SlowPath::redirect(Packet& packet, const Adjacency& adjacency) {
  const InterfaceId ingress = meta(packet).ingress;
  if (!adjacency.leads_on() || adjacency.port != ingress || !world_.port(ingress).send_redirects) {
    return;
  }
  // RFC 1812 5.2.7.2: the sender must be on the network of the next hop, which no sender is on that
  // of an IPv6 address. Linux sends one that names the destination as its gateway.
  if (adjacency.leads_to_ipv6()) {
    return;
  }
  // A sender that is behind another gateway cannot use the better one.
  const Ipv4 sender = source_of(packet);
  const Adjacency& back = routing_.resolve(sender, 0);
  const bool on_link = back.port == ingress && (back.kind == AdjacencyKind::kGlean ||
                                                (back.leads_on() && back.next_hop == sender));
  if (real_ != nullptr) {
    redirects_.become_like(real_->redirects_, sender);
  }
  if (on_link && redirects_.allow(sender, clock_.now())) {
    send_error(packet,
               ip4::host_redirect(adjacency.kind == AdjacencyKind::kGlean ? destination_of(packet)
                                                                          : adjacency.next_hop));
  }
}

void SlowPath::refuse(OwnedPacket packet, const Refusal& refusal) {
  send_error(*packet, refusal.error);
  const InterfaceId port = refusal.port.value_or(meta(*packet).ingress);
  sender_.drop_at(port, std::move(packet), refusal.reason);
}

void SlowPath::answer(Packet& asked, OwnedPacket packet) {
  if (packet) {
    meta(*packet).ingress = meta(asked).ingress;
    meta(*packet).worker = meta(asked).worker;
    sender_.count_generated();
    send_own(std::move(packet));
  }
}

void SlowPath::send_own(OwnedPacket packet) {
  counters_.add(IpCounter::kOutRequests);
  packet = run_hooks(HookPoint::kOutput, std::move(packet), nullptr, true);
  if (!packet) {
    return;
  }
  // A hook may have changed the destination (Linux's ip_route_me_harder).
  const Adjacency& adjacency = adjacency_of(*packet);
  packet = run_hooks(HookPoint::kPostRouting, std::move(packet), &adjacency, true);
  if (!packet) {
    return;
  }
  const std::uint16_t mtu = path_mtu_.of(destination_of(*packet), adjacency.mtu, clock_.now());
  if (mtu != 0 && exceeds(*packet, mtu)) {
    cut(std::move(packet), adjacency, mtu);
    return;
  }
  if (!world_.port(adjacency.port).gathers) {
    packet = ip4::in_one_buffer(sender_.pool(), std::move(packet));
    if (!packet) {
      sender_.drop_at(adjacency.port, nullptr, DropReason::kNoBuffer);
      return;
    }
  }
  to_neighbor(std::move(packet), adjacency);
}

}  // namespace ringroad::host

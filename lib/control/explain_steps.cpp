// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain_steps.hpp"

#include <fmt/format.h>

#include <cstring>

#include "control/firewall_text.hpp"
#include "control/route_text.hpp"
#include "ip6/icmp.hpp"
#include "neigh/nd_message.hpp"
#include "tap/words.hpp"

namespace ringroad::control {
namespace {

using Kind = WatchRecord::Kind;
using stats::DropReason;

constexpr std::size_t kTtlAt = 8;
constexpr std::size_t kHopLimitAt = 7;

// Whether the packet is dropped because of its options. The record of the drop, or that of the
// error which goes out before it, says so.
bool is_refusal(const WatchRecord& record) {
  return (record.kind == Kind::kAnswered &&
          static_cast<ip6::Icmp6Type>(record.value) == ip6::Icmp6Type::kParameterProblem) ||
         (record.kind == Kind::kDropped &&
          static_cast<DropReason>(record.value) == DropReason::kIp6BadHeader);
}

std::string seconds(Nanoseconds time) {
  return fmt::format("{:.3g} s", std::chrono::duration<double>(time).count());
}

}  // namespace

BandState band_of(const Router& router, const RehearsedFrame& frame) {
  for (const auto& worker : router.workers()) {
    const port::TxQueue* const queue = worker->tx(frame.port);
    if (queue == nullptr) {
      continue;
    }
    const sched::Bands& bands = queue->bands();
    const sched::BandSettings& settings = bands.discipline().each[frame.band];
    const sched::BandCounters& counters = bands.counters()[frame.band];
    // A FIFO drops what comes (sched::Fifo::push); an AQM drops others.
    const bool is_full = settings.aqm == Aqm::kNone && bands.totals().queued > 0 &&
                         (counters.queued.get() >= settings.limit ||
                          counters.queued_bytes.get() + frame.bytes > settings.limit_bytes.count);
    return {.text = fmt::format("band {} of {}: {} of {} packets wait now{}", frame.band,
                                bands.discipline().bands, counters.queued.get(), settings.limit,
                                is_full ? ", it is full" : ""),
            .is_full = is_full};
  }
  return {};
}

ExplainSteps::ExplainSteps(const Router& router, PortId port, std::span<const std::uint8_t> frame)
    : router_{router}, port_{port}, frame_{frame}, packet_{ipv4_in(frame)} {
  const FlowHash& hash = router.world().tables().flow_hash;
  if (packet_.size() >= sizeof(rte_ipv4_hdr)) {
    flow_ = hash.of(packet_);
  } else if (const auto packet = ipv6_in(frame); !packet.empty()) {
    packet_ = packet;
    is_ipv6_ = true;
    flow_ = hash.of_ipv6(packet_);
  }
}

void ExplainSteps::walk(const Rehearsed& rehearsed) {
  ingress_ = rehearsed.ingress;
  const std::vector<tap::Event>& events = rehearsed.events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    add_event(events[i]);
    // IPv6's hop-by-hop options are checked before the route lookup, IPv4's options after it.
    const bool has_options =
        events[i].record.kind == Kind::kHandled &&
        static_cast<PuntReason>(events[i].record.detail) == PuntReason::kOptions;
    if (has_options && (!is_ipv6_ || i + 1 == events.size() || !is_refusal(events[i + 1].record))) {
      add_route();
    }
  }
}

void ExplainSteps::add_event(const tap::Event& event) {
  const WatchRecord& record = event.record;
  switch (record.kind) {
    case Kind::kReceived:
      add_layer2();
      break;
    case Kind::kInput:
      add_checks(InterfaceId{record.interface});
      break;
    case Kind::kRouted:
      add_route();
      break;
    case Kind::kPunted:
      add_punted(static_cast<PuntReason>(record.detail));
      break;
    case Kind::kForwarded:
      if (!is_local_) {
        add("ttl", fmt::format("{} is {} now; {}", is_ipv6_ ? "hop limit" : "TTL", record.value,
                               hooks_text(router_, HookPoint::kForward)));
      }
      break;
    case Kind::kCut:
      add("mtu", fmt::format("cut into {} fragments for the MTU of {}", record.value, mtu_));
      break;
    case Kind::kWaits:
      if (event.octets.size() == sizeof(Ipv6)) {
        add_wait(neigh::Key6{InterfaceId{record.interface}, address_at<Ipv6>(event.octets, 0)});
      } else {
        add_wait(neigh::Key4{InterfaceId{record.interface}, address_at<Ipv4>(event.octets, 0)});
      }
      break;
    case Kind::kDelivered:
      add_delivered();
      break;
    case Kind::kAnswered:
      add("icmp", answer_text(record, is_ipv6_));
      break;
    case Kind::kDropped:
      add_dropped(record);
      break;
    case Kind::kFirewall:
      add("firewall", firewall_text(router_, event));
      note(firewall_step(event));
      break;
    case Kind::kStaged:
    case Kind::kDequeued:
    case Kind::kSent:
    case Kind::kHandedOver:
    case Kind::kHandled:
    case Kind::kCaptured:
      break;
  }
}

// Behind the translation, the packet has another destination.
void ExplainSteps::note(const filter::Step& step) {
  if (step.what != filter::Step::What::kTranslated ||
      step.end.which != filter::Manip::kDestination || packet_.empty()) {
    return;
  }
  translated_.assign(packet_.begin(), packet_.end());
  const std::span<std::uint8_t> octets{translated_};
  if (is_ipv6_) {
    step.end.address.write(&octets[kDestinationAt<Ipv6>]);
  } else {
    const be32 address = filter::narrowed(step.end.address).wire();
    std::memcpy(&octets[kDestinationAt<Ipv4>], &address, sizeof address);
  }
  packet_ = translated_;
  const FlowHash& hash = router_.world().tables().flow_hash;
  flow_ = is_ipv6_ ? hash.of_ipv6(packet_) : hash.of(packet_);
}

void ExplainSteps::add_layer2() {
  const InterfaceId port = interface_of(port_);
  const interface::InterfaceView& view = router_.world().port(port);
  const Mac to = mac_at(frame_, 0);
  std::string whose = "another station's address";
  if (to == view.mac) {
    whose = "the port's own address";
  } else if (to.is_multicast()) {
    whose = to == kBroadcastMac ? "all stations" : "a group";
  }
  std::string state = view.up ? std::string{} : " (set down)";
  if (view.up && !router_.links().linked(port)) {
    state = " (it has no link: nothing can arrive now)";
  }
  add("l2", fmt::format("{} bytes on {}{} to {}, {}{}", frame_.size(), view.name, state,
                        to.to_string(), whose, tags_in(frame_)));
  constexpr std::size_t kTagsBytes = neigh::kTagBytes * neigh::kTagsMax;
  if (frame_.size() > kL2Bytes + kTagsBytes + view.mtu) {
    add("l2", fmt::format("longer than the MTU of {}: the device may have dropped it", view.mtu));
  }
}

void ExplainSteps::add_checks(InterfaceId ingress) {
  ingress_ = ingress;
  if (ingress != interface_of(port_)) {
    add("l2", fmt::format("its VLAN is the sub-interface {}", name(ingress)));
  }
  if (is_ipv6_) {
    add("input", fmt::format("IPv6 header valid, {} bytes, {}; {}", packet_.size(),
                             ipv6_text(packet_), hooks_text(router_, HookPoint::kPreRouting)));
    return;
  }
  add("input", fmt::format("IPv4 header valid, {} bytes, from {} to {}, TTL {}; {}", packet_.size(),
                           source<Ipv4>().to_string(), destination<Ipv4>().to_string(), packet_[8],
                           hooks_text(router_, HookPoint::kPreRouting)));
}

void ExplainSteps::add_punted(PuntReason reason) {
  switch (reason) {
    case PuntReason::kLocal:
      is_local_ = true;
      add("local",
          fmt::format("for the router itself; {}", hooks_text(router_, HookPoint::kInput)));
      if (is_ipv6_ && ip6::is_neighbor_discovery(packet_)) {
        add_discovery();
      }
      break;
    case PuntReason::kBroadcast:
      add("local", fmt::format("for all nodes; {}", hooks_text(router_, HookPoint::kInput)));
      break;
    case PuntReason::kOptions:
      if (ingress_) {
        add_checks(*ingress_);
      }
      add("options",
          fmt::format("{}: the control thread takes it",
                      is_ipv6_ ? "it has hop-by-hop options" : "its header has options"));
      break;
    case PuntReason::kTtlExceeded:
      add("ttl", fmt::format("{} {} runs out here", is_ipv6_ ? "hop limit" : "TTL",
                             packet_.size() > 8 ? packet_[is_ipv6_ ? kHopLimitAt : kTtlAt] : 0));
      break;
    case PuntReason::kArp:
      add("input",
          fmt::format("an ARP message at {}", name(ingress_.value_or(interface_of(port_)))));
      break;
    case PuntReason::kNeighborDiscovery:
      add_discovery();
      break;
    case PuntReason::kFragmentationNeeded:
    case PuntReason::kPacketTooBig:
    case PuntReason::kBeyondScope:
    case PuntReason::kFragment:
    case PuntReason::kNoRoute:
    case PuntReason::kUnreachable:
    case PuntReason::kProhibited:
      add("forward", std::string{tap::why(reason)});
      break;
    case PuntReason::kUnresolved:
    case PuntReason::kRedirect:
    case PuntReason::kRejected:  // the rule says so
      break;
  }
}

// A neighbor discovery message: which one, and what is learned of it.
void ExplainSteps::add_discovery() {
  const InterfaceId port = ingress_.value_or(interface_of(port_));
  const auto message = neigh::parse_nd(packet_);
  const auto what = icmp6_text_in(packet_);
  add("input", fmt::format("{} at {}{}", what.value_or("a neighbor discovery message"), name(port),
                           message ? "" : ": not valid"));
  if (!message) {
    return;
  }
  const auto verdict = router_.neighbors6().judge(*message, {.ingress = port});
  if (verdict.learns) {
    add("neighbor",
        fmt::format("the router learns that {} is at {}", verdict.learns->key.address.to_string(),
                    verdict.learns->mac.to_string()));
  }
  if (verdict.drop) {
    return;
  }
  if (std::holds_alternative<neigh::RouterSolicitation>(*message)) {
    add("local", router_.advertisements().advertises(port)
                     ? fmt::format("{} answers with a router advertisement to all nodes within "
                                   "0.5 s (RFC 4861 6.2.6)",
                                   name(port))
                     : fmt::format("{} sends no router advertisements", name(port)));
  }
  if (std::holds_alternative<neigh::RouterAdvertisement>(*message)) {
    add("local", fmt::format("{} {} router advertisements (accept_ra)", name(port),
                             router_.accepted().accepts(port) ? "accepts" : "does not accept"));
  }
}

void ExplainSteps::add_delivered() {
  const auto message = is_ipv6_ ? icmp6_text_in(packet_) : std::nullopt;
  add("local", message ? fmt::format("the router has it: {}", *message) : "the router has it");
}

void ExplainSteps::add_dropped(const WatchRecord& record) {
  const auto reason = static_cast<DropReason>(record.value);
  // These checks come after the route lookup.
  if (!is_routed_ && (reason == DropReason::kReversePath || reason == DropReason::kForwardingOff)) {
    ingress_ = InterfaceId{record.interface};
    add_route();
  }
  add("drop", fmt::format("{} at {}: {}", stats::name(reason), name(InterfaceId{record.interface}),
                          stats::meaning(reason)));
}

template <class Address>
void ExplainSteps::add_wait(neigh::Key<Address> key) {
  const auto& neighbors = router_.neighbors_of<Address>();
  const neigh::Parameters& parameters = neighbors.table().parameters(key.port);
  const Nanoseconds patience = parameters.multicast_probes * parameters.retransmit;
  const auto id = neighbors.table().find(key);
  const std::size_t queued = id ? neighbors.queued(*id) : 0;
  add("neighbor", fmt::format("would wait until {} answers {} on {}, {} others wait; {} "
                              "unreachable if it does not answer within {}",
                              key.address.to_string(), kAsked<Address>, name(key.port), queued,
                              is_ipv6_ ? "address" : "host", seconds(patience)));
}

void ExplainSteps::add_request(const RehearsedFrame& frame) {
  if (!frame.asks_from) {
    return;
  }
  const std::string source = frame.asks_from->to_string();
  const Ipv6* const target = frame.neighbor.as<Ipv6>();
  add("neighbor", target != nullptr
                      ? fmt::format("would be asked for by a neighbor solicitation from {} to {}",
                                    source, target->solicited_node().to_string())
                      : fmt::format("would be asked for by an ARP request from {}", source));
}

void ExplainSteps::add_output(const RehearsedFrame& frame, InterfaceId egress, std::size_t frames) {
  const Sent sent = read(frame);
  const std::string many = frames > 1 ? fmt::format(", the first of {} fragments", frames) : "";
  add("output", fmt::format("{} bytes by {}{}{}; {}", frame.bytes, name(egress),
                            frame.waits ? std::string{} : " to " + sent.destination.to_string(),
                            many, hooks_text(router_, HookPoint::kPostRouting)));
  add_request(frame);
  const BandState band = band_of(router_, frame);
  add("band", fmt::format("priority {} of {} {:#04x}: {}", frame.priority,
                          is_ipv6_ ? "traffic class" : "TOS", sent.tos,
                          band.text.empty() ? "no worker sends by this port" : band.text));
  if (!router_.links().linked(interface_of(frame.port))) {
    add("band", fmt::format("{} has no link: what is given to it is dropped",
                            name(interface_of(frame.port))));
  }
}

void ExplainSteps::add_answer(const RehearsedFrame& frame) {
  add("answer",
      fmt::format("{}, {} bytes by {}{}", describe(frame), frame.bytes,
                  name(interface_of(frame.port)),
                  frame.waits ? fmt::format(", once {} answers {}", frame.neighbor.to_string(),
                                            asked(frame.neighbor))
                              : std::string{}));
  add_request(frame);
}

}  // namespace ringroad::control

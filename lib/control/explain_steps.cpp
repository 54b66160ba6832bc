// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain_steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/route_json.hpp"
#include "control/route_text.hpp"
#include "tap/words.hpp"

namespace ringroad::control {
namespace {

using Kind = WatchRecord::Kind;
using stats::DropReason;

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

EitherAddress ExplainSteps::next_hop(const RehearsedFrame& frame) const {
  if (frame.waits) {
    return frame.neighbor;
  }
  return next_hop(router_.routing().resolve(destination_, flow_));
}

EitherAddress ExplainSteps::next_hop(const neigh::Adjacency& way) const {
  return way.kind == neigh::AdjacencyKind::kGlean ? EitherAddress{destination_}
         : way.leads_to_ipv6()                    ? EitherAddress{way.next_hop6}
                                                  : EitherAddress{way.next_hop};
}

ExplainSteps::ExplainSteps(const Router& router, PortId port, std::span<const std::uint8_t> frame)
    : router_{router}, port_{port}, frame_{frame}, packet_{ipv4_in(frame)} {
  if (packet_.size() >= sizeof(rte_ipv4_hdr)) {
    destination_ = address_at(packet_, 16);
    flow_ = router.world().tables().flow_hash.of(packet_);
  }
}

void ExplainSteps::walk(const Rehearsed& rehearsed) {
  ingress_ = rehearsed.ingress;
  for (const tap::Event& event : rehearsed.events) {
    add_event(event);
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
    case Kind::kHandled:
      if (static_cast<PuntReason>(record.detail) == PuntReason::kOptions) {
        add_route();
      }
      break;
    case Kind::kForwarded:
      if (!is_local_) {
        add("ttl", fmt::format("TTL is {} now; {}", record.value,
                               hooks_text(router_, HookPoint::kForward)));
      }
      break;
    case Kind::kCut:
      add("mtu", fmt::format("cut into {} fragments for the MTU of {}", record.value, mtu_));
      break;
    case Kind::kWaits:
      add_wait({InterfaceId{record.interface}, event.octets.size() == sizeof(std::uint32_t)
                                                   ? address_at(event.octets, 0)
                                                   : Ipv4{}});
      break;
    case Kind::kDelivered:
      add("local", "the router has it");
      break;
    case Kind::kAnswered:
      add("icmp", answer_text(record));
      break;
    case Kind::kDropped:
      add_dropped(record);
      break;
    case Kind::kStaged:
    case Kind::kDequeued:
    case Kind::kSent:
    case Kind::kHandedOver:
    case Kind::kCaptured:
      break;
  }
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
  add("input", fmt::format("IPv4 header valid, {} bytes, from {} to {}, TTL {}; {}", packet_.size(),
                           address_at(packet_, 12).to_string(), destination_.to_string(),
                           packet_[8], hooks_text(router_, HookPoint::kPreRouting)));
}

void ExplainSteps::add_route() {
  if (is_local_) {
    return;  // the route of the answer
  }
  is_routed_ = true;
  const neigh::Adjacency& way = router_.routing().resolve(destination_, flow_);
  const auto match = router_.routing().rib().lookup(destination_);
  add("route", fmt::format("{}: {}", match_text(router_, destination_), way_text(router_, way)));
  if (match) {
    add_group(*match);
  }
  add_runners_up(match ? &*match : nullptr);
  if (ingress_) {
    const interface::InterfaceView& view = router_.world().port(*ingress_);
    if (view.rp_filter != config::ReversePath::kOff) {
      add("route",
          fmt::format("reverse path: the source {}", match_text(router_, address_at(packet_, 12))));
    }
  }
  if (!way.leads_on()) {
    return;
  }
  mtu_ = way.mtu.load(std::memory_order_relaxed);
  add("mtu", fmt::format("{} bytes {} the MTU of {}, {}", packet_.size(),
                         packet_.size() > mtu_ ? "exceed" : "fit", name(way.port), mtu_));
  add("neighbor", neighbor_text(router_, way.port, next_hop(way)));
}

void ExplainSteps::add_group(const fib::Rib4::View& match) {
  const nlohmann::json steps = way_of(router_, FlowWay<Ipv4>{destination_, flow_, match.path});
  for (const nlohmann::json& step : steps) {
    if (step.at("gateway").is_string()) {
      add("route",
          fmt::format("the gateway {} is reached through {}", step.at("gateway").get<std::string>(),
                      step.contains("prefix") ? step.at("prefix").get<std::string>()
                                              : std::string{"no route"}));
    }
    if (!step.contains("buckets")) {
      continue;
    }
    for (const nlohmann::json& hop : step.at("nexthops")) {
      const auto text = [](const nlohmann::json& value) {
        return value.is_string() ? value.get<std::string>() : std::string{"-"};
      };
      add("group",
          fmt::format("{} via {} on {}, weight {}: {} of {} buckets, {}",
                      hop.value("taken", false) ? "takes" : "not", text(hop.at("via")),
                      text(hop.at("port")), hop.at("weight").get<unsigned>(),
                      hop.at("buckets").get<std::size_t>(), step.at("buckets").get<std::size_t>(),
                      hop.value("taken", false) ? fmt::format("the flow's hash is {:#010x}", flow_)
                                                : text(hop.at("state"))));
    }
  }
}

void ExplainSteps::add_runners_up(const fib::Rib4::View* match) {
  constexpr std::size_t kMost = 4;
  const RouteReporter<Ipv4> reporter{router_};
  const auto covering = router_.routing().rib().covering(destination_);
  const nlohmann::json others = runners_up(
      reporter, covering, match != nullptr ? std::optional<fib::Rib4::View>{*match} : std::nullopt);
  for (std::size_t i = 0; i < std::min(kMost, others.size()); ++i) {
    const nlohmann::json& other = others[i];
    const auto& via = other.at("via");
    const auto& port = other.at("port");
    add("route",
        fmt::format("otherwise {}{}{}{} metric {} ({})",
                    other.at("type") == "unicast" ? "" : other.at("type").get<std::string>() + " ",
                    other.at("prefix").get<std::string>(),
                    via.is_string() ? " via " + via.get<std::string>() : "",
                    port.is_string() ? " on " + port.get<std::string>() : "",
                    other.at("metric").get<std::uint32_t>(),
                    other.at("reason").get<std::string>()));
  }
}

void ExplainSteps::add_punted(PuntReason reason) {
  switch (reason) {
    case PuntReason::kLocal:
      is_local_ = true;
      add("local",
          fmt::format("for the router itself; {}", hooks_text(router_, HookPoint::kInput)));
      break;
    case PuntReason::kOptions:
      if (ingress_) {
        add_checks(*ingress_);
      }
      add("options", "its header has options: the control thread takes it");
      break;
    case PuntReason::kTtlExceeded:
      add("ttl", fmt::format("TTL {} runs out here", packet_.size() > 8 ? packet_[8] : 0));
      break;
    case PuntReason::kArp:
      add("input",
          fmt::format("an ARP message at {}", name(ingress_.value_or(interface_of(port_)))));
      break;
    case PuntReason::kNeighborDiscovery:
      add("input", fmt::format("a neighbor discovery message at {}",
                               name(ingress_.value_or(interface_of(port_)))));
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
      break;
  }
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

void ExplainSteps::add_wait(neigh::Key4 key) {
  const auto& table = router_.neighbors().table();
  const neigh::Parameters& parameters = table.parameters(key.port);
  const Nanoseconds patience = parameters.multicast_probes * parameters.retransmit;
  const auto id = table.find(key);
  const std::size_t queued = id ? router_.neighbors().queued(*id) : 0;
  add("neighbor",
      fmt::format("would wait until {} answers ARP on {}, {} others wait; host unreachable if it "
                  "does not answer within {}",
                  key.address.to_string(), name(key.port), queued, seconds(patience)));
}

void ExplainSteps::add_output(const RehearsedFrame& frame, InterfaceId egress, std::size_t frames) {
  const Sent sent = read(frame);
  const std::string many = frames > 1 ? fmt::format(", the first of {} fragments", frames) : "";
  add("output", fmt::format("{} bytes by {}{}{}; {}", frame.bytes, name(egress),
                            frame.waits ? std::string{} : " to " + sent.destination.to_string(),
                            many, hooks_text(router_, HookPoint::kPostRouting)));
  const BandState band = band_of(router_, frame);
  add("band", fmt::format("priority {} of TOS {:#04x}: {}", frame.priority, sent.tos,
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
}

}  // namespace ringroad::control

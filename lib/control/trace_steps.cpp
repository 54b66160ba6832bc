// SPDX-License-Identifier: BSD-3-Clause
#include "control/trace_steps.hpp"

#include <fmt/format.h>
#include <rte_cycles.h>

#include <algorithm>
#include <optional>
#include <string>

#include "control/firewall_text.hpp"
#include "control/frame_reading.hpp"
#include "control/route_text.hpp"
#include "tap/words.hpp"

namespace ringroad::control {
namespace {

using Kind = WatchRecord::Kind;

struct Step {
  std::string_view stage;
  std::string says;
};

class Teller {
 public:
  explicit Teller(const Router& router) : router_{router} {}

  // The events of one packet, in their order.
  [[nodiscard]] Step step(const tap::Event& event) {
    const WatchRecord& record = event.record;
    switch (record.kind) {
      case Kind::kReceived:
        packet_ = ipv6_in(event.octets);
        is_ipv6_ = !packet_.empty();
        return {"rx", fmt::format("{} bytes on {}, by {}", record.value, name(record.interface),
                                  thread(record))};
      case Kind::kInput:
        return {"input", is_ipv6_ ? input6(event) : input4(record)};
      case Kind::kRouted:
        return {"route",
                is_ipv6_ ? way<Ipv6>(record, destination6_) : way<Ipv4>(record, destination_)};
      case Kind::kForwarded:
        return {"forward", fmt::format("{} is {} now; {}, {}", is_ipv6_ ? "hop limit" : "TTL",
                                       record.value, hooks_text(router_, HookPoint::kForward),
                                       hooks_text(router_, HookPoint::kPostRouting))};
      case Kind::kStaged:
        return {"output", fmt::format("has its Ethernet header, leaves by {}, priority {}",
                                      name(record.interface), record.detail)};
      case Kind::kDequeued:
        return {"bands", fmt::format("leaves its band of {}", name(record.egress))};
      case Kind::kSent:
        return {"tx", fmt::format("in the ring of {}", name(record.egress))};
      case Kind::kDropped: {
        const auto reason = static_cast<stats::DropReason>(record.value);
        return {"drop", fmt::format("{} at {}: {}", stats::name(reason), name(record.interface),
                                    stats::meaning(reason))};
      }
      case Kind::kPunted:
        // The route is that of an answer from here on.
        destination_.reset();
        destination6_.reset();
        return {"punt", punted(record)};
      case Kind::kHandled:
        return {"control", fmt::format("by the control thread: {}", why(record))};
      case Kind::kWaits:
        return {"neighbor", waits(event)};
      case Kind::kHandedOver:
        return {"control", fmt::format("handed to a worker, leaves by {}, priority {}",
                                       name(record.interface), record.detail)};
      case Kind::kDelivered:
        return {"local", "the router has it"};
      case Kind::kAnswered:
        return {"icmp", answer_text(record, is_ipv6_)};
      case Kind::kCut:
        return {"fragment", fmt::format("cut into {} fragments", record.value)};
      case Kind::kFirewall:
        note(firewall_step(event));
        return {"firewall", firewall_text(router_, event)};
      case Kind::kCaptured:
        break;
    }
    return {};
  }

  [[nodiscard]] std::string name(std::uint16_t interface) const {
    const InterfaceId id{interface};
    return router_.world().contains(id) ? router_.world().port(id).name : std::string{"?"};
  }

 private:
  static std::string_view why(const WatchRecord& record) {
    return tap::why(static_cast<PuntReason>(record.detail));
  }
  [[nodiscard]] std::string thread(const WatchRecord& record) const {
    return record.thread < router_.workers().size() ? fmt::format("worker {}", record.thread)
                                                    : "the control thread";
  }
  // Behind the translation, the route is that of the new destination.
  void note(const filter::Step& step) {
    if (step.what != filter::Step::What::kTranslated ||
        step.end.which != filter::Manip::kDestination) {
      return;
    }
    if (is_ipv6_) {
      destination6_ = step.end.address;
    } else {
      destination_ = filter::narrowed(step.end.address);
    }
  }
  [[nodiscard]] std::string arrival(const WatchRecord& record) const {
    static constexpr std::array<std::string_view, 3> kTo{"this station", "all stations",
                                                         "a multicast group"};
    return fmt::format("frame to {}, arrived at {}",
                       kTo.at(std::min<std::size_t>(record.detail, kTo.size() - 1)),
                       name(record.interface));
  }
  [[nodiscard]] std::string input4(const WatchRecord& record) {
    destination_ = Ipv4{record.value};
    return fmt::format("{}, IPv4 header valid, to {}; {}", arrival(record),
                       destination_->to_string(), hooks_text(router_, HookPoint::kPreRouting));
  }
  [[nodiscard]] std::string input6(const tap::Event& event) {
    destination6_ = address_at<Ipv6>(event.octets, 0);
    return fmt::format("{}, IPv6 header valid, {}; {}", arrival(event.record), ipv6_text(packet_),
                       hooks_text(router_, HookPoint::kPreRouting));
  }
  // The adjacency as it is now: it may have changed since.
  template <class Address>
  [[nodiscard]] std::string way(const WatchRecord& record,
                                const std::optional<Address>& destination) const {
    const auto& adjacencies = router_.world().tables().adjacencies;
    if (record.other >= adjacencies.capacity()) {
      return "?";
    }
    const neigh::Adjacency& adjacency = adjacencies[AdjacencyId{record.other}];
    const std::string way = way_text<Address>(router_, adjacency);
    return destination ? fmt::format("{}: {}", match_text(router_, *destination), way) : way;
  }
  static std::string punted(const WatchRecord& record) {
    return static_cast<PuntReason>(record.detail) == PuntReason::kLocal
               ? std::string{"for the router itself"}
               : fmt::format("to the control thread: {}", why(record));
  }
  [[nodiscard]] std::string waits(const tap::Event& event) const {
    const bool is_ipv6 = event.octets.size() == sizeof(Ipv6);
    return fmt::format("waits until {} on {} answers {}",
                       is_ipv6 ? address_at<Ipv6>(event.octets, 0).to_string()
                               : address_at<Ipv4>(event.octets, 0).to_string(),
                       name(event.record.interface), is_ipv6 ? kAsked<Ipv6> : kAsked<Ipv4>);
  }

  const Router& router_;
  std::span<const std::uint8_t> packet_;  // of IPv6, as it was received
  bool is_ipv6_ = false;
  // Of the packet, until it is for the router.
  std::optional<Ipv4> destination_;
  std::optional<Ipv6> destination6_;
};

std::string hex_of(std::span<const std::uint8_t> octets) {
  return fmt::format("{:02x}", fmt::join(octets, ""));
}

// What became of the packet, from its last event and what came before.
void add_verdict(Json& answer, const Teller& teller, const tap::TracedPacket& packet) {
  bool is_local = false;
  const WatchRecord* last = nullptr;
  for (const tap::Event& event : packet.events) {
    const WatchRecord& record = event.record;
    is_local = is_local || (record.kind == Kind::kPunted &&
                            static_cast<PuntReason>(record.detail) == PuntReason::kLocal);
    if (record.kind == Kind::kSent || record.kind == Kind::kDropped ||
        record.kind == Kind::kDelivered) {
      last = &record;
    }
  }
  answer["verdict"] = "held";
  answer["reason"] = nullptr;
  answer["egress"] = nullptr;
  if (last == nullptr) {
    return;
  }
  if (last->kind == Kind::kDropped) {
    answer["verdict"] = "drop";
    answer["reason"] = stats::name(static_cast<stats::DropReason>(last->value));
  } else if (is_local || last->kind == Kind::kDelivered) {
    answer["verdict"] = "deliver";
  } else {
    answer["verdict"] = "forward";
    answer["egress"] = teller.name(last->egress);
  }
}

}  // namespace

Json describe_trace(const Router& router, const tap::TracedPacket& packet) {
  Teller teller{router};
  Json answer;
  std::uint64_t before = 0;
  Json steps = Json::array();
  for (const tap::Event& event : packet.events) {
    const WatchRecord& record = event.record;
    if (record.kind == Kind::kReceived) {
      answer["port"] = teller.name(record.interface);
      answer["bytes"] = record.value;
      answer["frame"] = hex_of(event.octets);
    }
    const std::uint64_t cycles = before == 0 || record.tsc < before ? 0 : record.tsc - before;
    before = record.tsc;
    const Step step = teller.step(event);
    steps.push_back({{"stage", step.stage}, {"says", step.says}, {"cycles", cycles}});
  }
  add_verdict(answer, teller, packet);
  const std::uint64_t cycles =
      packet.events.empty() ? 0
                            : packet.events.back().record.tsc - packet.events.front().record.tsc;
  answer["cycles"] = cycles;
  answer["nanoseconds"] = static_cast<std::uint64_t>(static_cast<double>(cycles) * 1e9 /
                                                     static_cast<double>(rte_get_tsc_hz()));
  answer["steps"] = std::move(steps);
  return answer;
}

}  // namespace ringroad::control

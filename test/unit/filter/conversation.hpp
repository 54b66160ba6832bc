// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A router whose rules packets pass, and the packets of a conversation through it.
#include <netinet/in.h>

#include <optional>

#include "filter/tracker.hpp"
#include "rules.hpp"

namespace ringroad::filter {

// A packet, as it left the router.
struct Sent {
  Octets octets;
  [[nodiscard]] Ipv4 source() const { return address(26); }
  [[nodiscard]] Ipv4 destination() const { return address(30); }
  [[nodiscard]] std::uint16_t source_port() const { return word(34); }
  [[nodiscard]] std::uint16_t destination_port() const { return word(36); }
  [[nodiscard]] std::uint16_t word(std::size_t at) const {
    return static_cast<std::uint16_t>(octets[at] << 8U | octets[at + 1]);
  }
  [[nodiscard]] Ipv4 address(std::size_t at) const {
    return Ipv4{octets[at], octets[at + 1], octets[at + 2], octets[at + 3]};
  }
};

class Router {
 public:
  explicit Router(const std::string& rules, TrackingSettings settings = {})
      : rules_{rules}, tracker_{settings, 0, 1} {}

  // Through PREROUTING, FORWARD and POSTROUTING; nothing if it was dropped.
  std::optional<Sent> forward(const Octets& frame, unsigned egress = 1) {
    Packets packets{false, InterfaceId{static_cast<std::uint16_t>(1 - egress)}};
    packets.add(frame, InterfaceId{static_cast<std::uint16_t>(egress)});
    packets.burst.packets[0]->ol_flags |= sums_;
    for (const HookPoint point :
         {HookPoint::kPreRouting, HookPoint::kForward, HookPoint::kPostRouting}) {
      const std::uint64_t dropped = rules_.run(packets, point, &tracker_);
      const Tracked tracked = Tracked::of(*packets.burst.packets[0]);
      state_ = tracked.as;
      passes_ = tracked.outcome != 0;
      if (dropped != 0) {
        return std::nullopt;
      }
    }
    return Sent{packets.octets(0)};
  }
  std::optional<Sent> forward(const Content& content, unsigned egress = 1) {
    return forward(content.frame(), egress);
  }
  // Through PREROUTING alone: what drops it then is no rule.
  void lose(const Content& content) {
    Packets packets{false, InterfaceId{0}};
    packets.add(content.frame(), InterfaceId{1});
    packets.burst.packets[0]->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    rules_.run(packets, HookPoint::kPreRouting, &tracker_);
  }
  // Of the last packet: its state, and whether it passed without the rules.
  [[nodiscard]] TrackedAs state() const { return state_; }
  [[nodiscard]] bool passes() const { return passes_; }
  [[nodiscard]] Rules& rules() { return rules_; }
  void advance(Nanoseconds time) { rules_.clock.advance(time); }
  // The port leaves checksums to the router.
  void check_sums() { sums_ = RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN; }
  [[nodiscard]] Tracker& tracker() { return tracker_; }
  [[nodiscard]] std::uint32_t confirmed() {
    std::uint32_t count = 0;
    tracker_.connections().begin(rules_.clock.now());
    tracker_.connections().visit(0, tracker_.connections().places(),
                                 [&](const Connection& /*each*/) { ++count; });
    return count;
  }

 private:
  Rules rules_;
  Tracker tracker_;
  TrackedAs state_{};
  bool passes_ = false;
  std::uint64_t sums_ = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
};

inline const std::string kStateful =
    Rules::chain("ct state established,related accept\nct state invalid drop\niif eth0 accept");

inline Content answer_to(const Content& content) {
  Content answer = content;
  std::swap(answer.source, answer.destination);
  std::swap(answer.source_port, answer.destination_port);
  return answer;
}

// An ICMP error about a packet, from a router on its way.
inline Octets error_about(const Octets& frame, Ipv4 from, Ipv4 to) {
  Octets octets(frame.begin(), frame.begin() + 14);
  append(octets, 0x4500, 2);
  append(octets, 20 + 8 + 28, 2);
  append(octets, 0, 4);
  append(octets, 0x4001, 2);
  append(octets, 0, 2);
  append(octets, from.value(), 4);
  append(octets, to.value(), 4);
  const std::uint16_t header = checksum(std::span{octets}.subspan(14, 20));
  std::memcpy(&octets[24], &header, 2);
  append(octets, 0x0301'0000'0000'0000, 8);
  octets.insert(octets.end(), frame.begin() + 14, frame.begin() + 14 + 28);
  const std::uint16_t sum = checksum(std::span{octets}.subspan(34));
  std::memcpy(&octets[36], &sum, 2);
  return octets;
}

// A segment of TCP without data.
inline Content segment(std::uint8_t flags) {
  Content content{};
  content.protocol = IPPROTO_TCP;
  content.transport_octets = 20;
  content.tcp_flags = flags;
  return content;
}

}  // namespace ringroad::filter

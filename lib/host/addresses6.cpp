// SPDX-License-Identifier: BSD-3-Clause
#include "host/addresses6.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "packet/tos.hpp"

namespace ringroad::host {

using neigh::AddressDetection;
using Kind = AddressDetection::Event::Kind;

Addresses6::Addresses6(const Settings& settings, const interface::World& world, Sender& sender,
                       const Clock& clock)
    : world_{world}, sender_{sender}, clock_{clock}, detection_{settings} {}

void Addresses6::use(neigh::Key6 key) {
  AddressDetection::Events events;
  detection_.use(key, events);
  carry_out(events);
}

void Addresses6::probe(neigh::Key6 key, Verdict verdict) {
  AddressDetection::Events events;
  verdicts_[key] = std::move(verdict);
  detection_.probe(key, clock_.now(), events);
  carry_out(events);
}

void Addresses6::withdraw(neigh::Key6 key) {
  AddressDetection::Events events;
  detection_.withdraw(key, events);
  verdicts_.erase(key);
  carry_out(events);
}

void Addresses6::set_link(InterfaceId port, bool up) {
  AddressDetection::Events events;
  detection_.set_link(port, up, clock_.now(), events);
  carry_out(events);
}

bool Addresses6::is_ours(Mac mac) const {
  return std::ranges::any_of(world_.ports(),
                             [&](const interface::InterfaceView& own) { return own.mac == mac; });
}

void Addresses6::hear(InterfaceId port, const neigh::NeighborSolicitation& message) {
  const Mac other = message.source_mac.value_or(Mac{});
  if (!message.source_mac || !is_ours(other)) {
    AddressDetection::Events events;
    detection_.hear_solicitation(port, message, other, events);
    carry_out(events);
  }
}

void Addresses6::hear(InterfaceId port, const neigh::NeighborAdvertisement& message) {
  const Mac other = message.target_mac.value_or(Mac{});
  if (!message.target_mac || !is_ours(other)) {
    AddressDetection::Events events;
    detection_.hear_advertisement(port, message, other, events);
    carry_out(events);
  }
}

void Addresses6::tick() {
  AddressDetection::Events events;
  detection_.tick(clock_.now(), events);
  carry_out(events);
}

void Addresses6::carry_out(const AddressDetection::Events& events) {
  for (const AddressDetection::Event& event : events) {
    const std::string& port = world_.port(event.key.port).name;
    switch (event.kind) {
      case Kind::kJoin:
      case Kind::kLeave:
        break;  // GroupMembership knows the groups by the addresses
      case Kind::kProbe:
        probe_once(event.key, event.nonce);
        break;
      case Kind::kAnnounce:
        announce(event.key);
        break;
      case Kind::kUsable:
        conclude(event.key, true);
        break;
      case Kind::kDuplicate:
        log::warn("port {}: {} has {} already; it is not used", port, event.other.to_string(),
                  event.key.address.to_string());
        conclude(event.key, false);
        break;
      case Kind::kConflict:
        log::warn("port {}: {} speaks as {}, this router's address", port, event.other.to_string(),
                  event.key.address.to_string());
        break;
    }
  }
}

void Addresses6::conclude(neigh::Key6 key, bool usable) {
  if (const auto node = verdicts_.extract(key)) {
    node.mapped()(usable);
  }
}

void Addresses6::probe_once(neigh::Key6 key, const neigh::Nonce& nonce) {
  const Mac mac = world_.port(key.port).mac;
  const Ipv6 group = key.address.solicited_node();
  const neigh::NeighborSolicitation message{
      .source = {}, .destination = group, .target = key.address, .nonce = nonce};
  if (auto packet = sender_.make_frame(neigh::frame(message, neigh::multicast_mac(group), mac))) {
    sender_.send_icmp6(std::move(packet), key.port);
  }
}

// RFC 4861 7.2.6.
void Addresses6::announce(neigh::Key6 key) {
  const interface::InterfaceView& port = world_.port(key.port);
  const neigh::NeighborAdvertisement message{.source = key.address,
                                             .destination = kAllNodes,
                                             .target = key.address,
                                             .router = port.forwarding,
                                             .override_ = true,
                                             .target_mac = port.mac};
  if (auto packet =
          sender_.make_frame(neigh::frame(message, neigh::multicast_mac(kAllNodes), port.mac))) {
    sender_.send_icmp6(std::move(packet), key.port);
  }
}

}  // namespace ringroad::host

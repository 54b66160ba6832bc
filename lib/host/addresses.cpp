// SPDX-License-Identifier: BSD-3-Clause
#include "host/addresses.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "packet/tos.hpp"

namespace ringroad::host {

using neigh::AddressClaims;
using neigh::ArpMessage;
using Kind = AddressClaims::Event::Kind;

Addresses::Addresses(const Settings& settings, const interface::World& world, Sender& sender,
                     const Clock& clock)
    : world_{world},
      sender_{sender},
      clock_{clock},
      claims_{{.announce = settings.announce, .seed = settings.seed}} {}

void Addresses::use(neigh::Key4 key) {
  AddressClaims::Events events;
  claims_.use(key, clock_.now(), events);
  carry_out(events);
}

void Addresses::probe(neigh::Key4 key, Verdict verdict) {
  AddressClaims::Events events;
  verdicts_[key] = std::move(verdict);
  claims_.probe(key, clock_.now(), events);
  carry_out(events);
}

void Addresses::withdraw(neigh::Key4 key) {
  claims_.withdraw(key);
  verdicts_.erase(key);
}

void Addresses::set_link(InterfaceId port, bool up) {
  AddressClaims::Events events;
  claims_.set_link(port, up, clock_.now(), events);
  carry_out(events);
}

void Addresses::hear(InterfaceId port, const ArpMessage& message) {
  // Two of the router's ports on one link receive each other's messages, which are no conflicts.
  if (!claims_.concerns(port, message) ||
      std::ranges::any_of(world_.ports(), [&](const interface::InterfaceView& own) {
        return own.mac == message.sender_mac;
      })) {
    return;
  }
  AddressClaims::Events events;
  claims_.hear(port, message, clock_.now(), events);
  carry_out(events);
}

void Addresses::tick() {
  AddressClaims::Events events;
  claims_.tick(clock_.now(), events);
  carry_out(events);
}

void Addresses::carry_out(const AddressClaims::Events& events) {
  for (const auto& [kind, key, other] : events) {
    switch (kind) {
      case Kind::kProbe:
        send(key, Ipv4{});
        break;
      case Kind::kAnnounce:
        send(key, key.address);
        break;
      case Kind::kUsable:
        conclude(key, true);
        break;
      case Kind::kRefused:
        log::warn("port {}: {} has {} already; it is not used", world_.port(key.port).name,
                  other.to_string(), key.address.to_string());
        conclude(key, false);
        break;
      case Kind::kConflict:
        log::warn("port {}: {} speaks as {}, this router's address", world_.port(key.port).name,
                  other.to_string(), key.address.to_string());
        break;
    }
  }
}

void Addresses::conclude(neigh::Key4 key, bool usable) {
  if (const auto node = verdicts_.extract(key)) {
    node.mapped()(usable);
  }
}

void Addresses::send(neigh::Key4 key, Ipv4 sender) {
  const Mac mac = world_.port(key.port).mac;
  const ArpMessage request{.operation = ArpMessage::Operation::kRequest,
                           .sender_mac = mac,
                           .sender = sender,
                           .target_mac = {},
                           .target = key.address};
  if (auto frame = sender_.make_frame(request.frame(kBroadcastMac, mac))) {
    sender_.send(std::move(frame), key.port, kPriorityControl);
  }
}

}  // namespace ringroad::host

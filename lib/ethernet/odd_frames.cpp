// SPDX-License-Identifier: BSD-3-Clause
#include "ethernet/odd_frames.hpp"

#include <optional>
#include <utility>

#include "ethernet/frame.hpp"
#include "ethernet/ingress.hpp"
#include "packet/vlan.hpp"

namespace ringroad::ethernet {
namespace {

using stats::DropReason;

// IEEE 802.3 3.2.6: a smaller value of the field is a length, and LLC follows.
constexpr std::uint16_t kEtherTypeMin = 0x0600;

// The interface that a frame belongs to by its tags.
struct Tagging {
  InterfaceId interface;
  std::uint8_t priority = kPriorityOfTos;
  std::size_t tags = 0;  // in the frame
  bool is_gone = false;  // dropped on the way
};

// As in Linux's vlan_do_receive, a frame of an unknown VLAN is for another station. VID 0 is only a
// priority, not a VLAN (IEEE 802.1Q 6.9).
std::optional<DropReason> enter(const StageContext& context, std::uint16_t protocol,
                                std::uint16_t tci, Tagging& tagging) {
  const auto id = static_cast<std::uint16_t>(tci % VlanTable::kIds);
  if (id == 0) {
    return std::nullopt;
  }
  const auto& interfaces = context.tables.interfaces;
  const VlanTable* const vlans =
      interfaces[tagging.interface.value()].vlans.load(std::memory_order_acquire);
  const auto found = vlans != nullptr ? vlans->find(protocol, id) : std::nullopt;
  if (!found) {
    return DropReason::kVlanUnknown;
  }
  const Interface& interface = interfaces[found->value()];
  tagging.interface = *found;
  tagging.priority = interface.priority_of_pcp[tci >> 13];
  return interface.up.load(std::memory_order_relaxed) ? std::nullopt
                                                      : std::optional{DropReason::kPortDown};
}

// Passes the ingress of a sub-interface that is not the frame's last one, which dispatch() has
// passed.
void pass_between(StageContext& context, Packet& packet, L2Class l2_class, Tagging& tagging) {
  if (context.tables.hooks.at(HookPoint::kIngress) == nullptr) [[likely]] {
    return;
  }
  pop_tags(packet, std::exchange(tagging.tags, 0));
  Burst alone;
  alone.begin(tagging.interface, 1);
  alone.packets[0] = &packet;
  alone.l2_classes[0] = l2_class;
  run_ingress(context, alone);
  tagging.is_gone = alone.count == 0;
}

// Removes the tags from the frame, and accounts for one that the device removed.
std::optional<DropReason> untag(StageContext& context, Packet& packet, L2Class l2_class,
                                Tagging& tagging) {
  const InterfaceId port = tagging.interface;
  if (AsideTag::is_in(packet)) {
    if (const auto reason = enter(context, AsideTag::kStripped, packet.vlan_tci, tagging)) {
      return reason;
    }
    AsideTag::forget(packet);
  }
  while (true) {
    std::size_t offset = kEtherTypeOffset + tagging.tags * neigh::kTagBytes;
    const std::uint16_t type = rte_be_to_cpu_16(word_at(packet, offset));
    if (!VlanTable::is_tag(type)) {
      break;
    }
    if (tagging.interface != port) {
      pass_between(context, packet, l2_class, tagging);
      if (tagging.is_gone) {
        return std::nullopt;
      }
      offset = kEtherTypeOffset + tagging.tags * neigh::kTagBytes;
    }
    ++tagging.tags;
    if (packet.data_len < kL2Bytes + tagging.tags * neigh::kTagBytes) {
      return DropReason::kFrameTruncated;
    }
    const std::uint16_t tci = rte_be_to_cpu_16(word_at(packet, offset + 2));
    if (const auto reason = enter(context, type, tci, tagging)) {
      return reason;
    }
  }
  if (tagging.tags > 0) {
    pop_tags(packet, tagging.tags);
  }
  return std::nullopt;
}

}  // namespace

bool classify_frame(StageContext& context, InterfaceId ingress, Packet* packet,
                    const EtherTypes& types, Others& others, L2Class& l2_class) {
  if (packet->data_len < kL2Bytes) {
    context.drop(packet, DropReason::kFrameTruncated, ingress);
    return false;
  }
  const std::uint64_t mac =
      context.tables.interfaces[ingress.value()].mac.load(std::memory_order_relaxed);
  const L2Class for_whom = l2_class_of(destination_mac(*packet), mac);
  if (for_whom == L2Class::kOtherHost) {
    context.drop(packet, DropReason::kOtherHost, ingress);
    return false;
  }
  Tagging tagging{.interface = ingress};
  if (const auto reason = untag(context, *packet, for_whom, tagging)) {
    context.drop(packet, *reason, tagging.interface);
    return false;
  }
  if (tagging.is_gone) {
    return false;
  }
  l2_class = for_whom;
  const std::uint16_t type = rte_be_to_cpu_16(word_at(*packet, kEtherTypeOffset));
  if (type == RTE_ETHER_TYPE_IPV4 && tagging.interface == ingress) {
    return true;
  }
  const FrameHandler handler = types.find(type);
  if (handler == nullptr) {
    context.drop(packet, type < kEtherTypeMin ? DropReason::kLlc : DropReason::kUnknownEthertype,
                 tagging.interface);
    return false;
  }
  others.frames[others.count++] = {
      packet, {handler, tagging.interface.value(), tagging.priority}, l2_class};
  return false;
}

void dispatch(StageContext& context, InterfaceId port, Others& others, Burst& burst) {
  while (others.count > 0) {
    const Destination destination = others.frames[0].destination;
    burst.begin(InterfaceId{destination.ingress}, 0);
    burst.priority = destination.priority;
    std::uint16_t left = 0;
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < others.count; ++i) {
      const OtherFrame& frame = others.frames[i];
      if (frame.destination == destination) {
        burst.packets[burst.count] = frame.packet;
        burst.l2_classes[burst.count] = frame.l2_class;
        bytes += frame.packet->pkt_len;
        ++burst.count;
      } else {
        others.frames[left++] = frame;
      }
    }
    others.count = left;
    if (burst.ingress != port) {
      InterfaceCounters& counters = context.interfaces[destination.ingress];
      counters.rx_packets.add(burst.count);
      counters.rx_bytes.add(bytes);
      if (context.tables.hooks.at(HookPoint::kIngress) != nullptr) [[unlikely]] {
        run_ingress(context, burst);
      }
    }
    destination.handler(context, burst);
  }
}

}  // namespace ringroad::ethernet

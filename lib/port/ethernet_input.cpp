#include "port/ethernet_input.hpp"

#include <cstring>
#include <optional>

namespace ringroad::port {
namespace {

using ip::L2Class;
using ip::Packet;
using stats::DropReason;

constexpr std::uint64_t kMacBits = 0xffffffffffffU;
// IEEE 802.3 3.2.6: below this the field is a length, and LLC follows.
constexpr std::uint16_t kEtherTypeMin = 0x0600;
constexpr std::size_t kEtherTypeOffset = 12;

std::uint64_t destination_mac(Packet& packet) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, ip::frame(packet), sizeof eight);
  return eight & kMacBits;
}

// As it stands in memory.
std::uint16_t wire_type(Packet& packet) {
  std::uint16_t type = 0;
  std::memcpy(&type, ip::frame(packet) + kEtherTypeOffset, sizeof type);
  return type;
}

// None: another station's.
std::optional<L2Class> classify(std::uint64_t destination, std::uint64_t mac) {
  if (destination == mac) {
    return L2Class::kHost;
  }
  if (destination == kMacBits) {
    return L2Class::kBroadcast;
  }
  // The group bit is the lowest of the first octet.
  return (destination & 1U) != 0 ? std::optional{L2Class::kMulticast} : std::nullopt;
}

struct Aside {
  Packet* packet;
  FrameHandler handler;
  L2Class l2_class;
};

struct Others {
  std::array<Aside, ip::kBurstMax> frames;
  std::uint16_t count = 0;
};

// A frame that is not plainly IPv4 for this station. True: it is IPv4 all the same.
bool sort_out(ip::StageContext& context, Packet* packet, const EtherTypes& types, std::uint64_t mac,
              Others& others, L2Class& l2_class) {
  if (packet->data_len < ip::kL2Bytes) {
    context.drop(packet, DropReason::kFrameTruncated);
    return false;
  }
  const auto for_whom = classify(destination_mac(*packet), mac);
  if (!for_whom) {
    context.drop(packet, DropReason::kOtherHost);
    return false;
  }
  l2_class = *for_whom;
  const std::uint16_t type = rte_be_to_cpu_16(wire_type(*packet));
  if (type == RTE_ETHER_TYPE_IPV4) {
    return true;
  }
  const FrameHandler handler = types.find(type);
  if (handler == nullptr) {
    context.drop(packet, type < kEtherTypeMin ? DropReason::kLlc : DropReason::kUnknownEthertype);
    return false;
  }
  others.frames[others.count++] = {packet, handler, l2_class};
  return false;
}

// One burst for each handler, the frames in their order.
void hand_out(ip::StageContext& context, PortId ingress, Others& others) {
  while (others.count > 0) {
    ip::Burst burst;
    burst.ingress = ingress;
    const FrameHandler handler = others.frames[0].handler;
    std::uint16_t left = 0;
    for (std::uint16_t i = 0; i < others.count; ++i) {
      const Aside& frame = others.frames[i];
      if (frame.handler == handler) {
        burst.packets[burst.count] = frame.packet;
        burst.l2_classes[burst.count] = frame.l2_class;
        ++burst.count;
      } else {
        others.frames[left++] = frame;
      }
    }
    others.count = left;
    handler(context, burst);
  }
}

}  // namespace

bool EtherTypes::add(std::uint16_t ether_type, FrameHandler handler) {
  if (rows_[ether_type] != 0) {
    return false;
  }
  rows_[ether_type] = static_cast<std::uint8_t>(handlers_.size());
  handlers_.push_back(handler);
  return true;
}

void ethernet_input(ip::StageContext& context, ip::Burst& burst, const EtherTypes& types,
                    std::uint64_t mac) {
  constexpr std::uint16_t kIpv4 = RTE_BE16(RTE_ETHER_TYPE_IPV4);
  Others others;
  std::uint16_t kept = 0;
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    Packet* const packet = burst.packets[i];
    L2Class l2_class = L2Class::kHost;
    const bool plain = packet->data_len >= ip::kL2Bytes && destination_mac(*packet) == mac &&
                       wire_type(*packet) == kIpv4;
    if (!plain && !sort_out(context, packet, types, mac, others, l2_class)) [[unlikely]] {
      continue;
    }
    burst.packets[kept] = packet;
    burst.l2_classes[kept] = l2_class;
    ++kept;
  }
  burst.count = kept;
  context.lap(stats::Stage::kClassify);
  if (burst.count > 0) {
    types.find(RTE_ETHER_TYPE_IPV4)(context, burst);
  }
  if (others.count > 0) [[unlikely]] {
    hand_out(context, burst.ingress, others);
  }
}

}  // namespace ringroad::port

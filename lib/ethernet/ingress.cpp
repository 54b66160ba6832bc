// SPDX-License-Identifier: BSD-3-Clause
#include "ethernet/ingress.hpp"

#include <algorithm>
#include <array>

#include "ethernet/frame.hpp"
#include "packet/run_hooks.hpp"
#include "packet/vlan.hpp"

namespace ringroad::ethernet {
namespace {

[[nodiscard]] bool is_wanted(const HookChain& chain, std::size_t thread, InterfaceId interface) {
  return std::ranges::any_of(chain, [&](const HookEntry& entry) {
    return entry.hook.wants == nullptr || entry.hook.wants(entry.hook.state(thread), interface);
  });
}

// Linux's nft_set_pktinfo_ipv4_validate and _ipv6_validate, but that the header is in one segment.
[[nodiscard]] PacketFamily family_of(Packet& packet) {
  const std::uint16_t type = word_at(packet, kEtherTypeOffset);
  const std::uint32_t length = packet.pkt_len - kL2Bytes;
  if (type == kIpv4 && packet.data_len >= kL2Bytes + sizeof(rte_ipv4_hdr)) {
    const rte_ipv4_hdr& header = ipv4(packet);
    const std::uint16_t total = rte_be_to_cpu_16(header.total_length);
    const std::uint32_t bytes = header_bytes(header);
    const bool is_valid = header.version_ihl >> 4U == 4 && bytes >= sizeof(rte_ipv4_hdr) &&
                          bytes <= total && total <= length;
    return is_valid ? PacketFamily::kIpv4 : PacketFamily::kOther;
  }
  if (type == kIpv6 && packet.data_len >= kL2Bytes + sizeof(rte_ipv6_hdr)) {
    const rte_ipv6_hdr& header = ipv6(packet);
    const bool is_valid = rte_be_to_cpu_32(header.vtc_flow) >> 28U == 6 &&
                          rte_be_to_cpu_16(header.payload_len) + sizeof(rte_ipv6_hdr) <= length;
    return is_valid ? PacketFamily::kIpv6 : PacketFamily::kOther;
  }
  return PacketFamily::kOther;
}

// Sets the tag of each frame aside, and puts back those that were in the frame.
class Tags {
 public:
  void take(Packet& packet, std::size_t index) {
    if (AsideTag::is_in(packet)) {
      AsideTag::note_protocol(packet);
    } else if (VlanTable::is_tag(rte_be_to_cpu_16(word_at(packet, kEtherTypeOffset))) &&
               packet.data_len >= kL2Bytes + neigh::kTagBytes) {
      AsideTag::take(packet);
      taken_ |= std::uint64_t{1} << index;
    }
  }
  void put_back(Packet& packet, std::size_t index) const {
    if ((taken_ >> index & 1U) != 0) {
      AsideTag::put_back(packet);
    }
  }

 private:
  std::uint64_t taken_ = 0;
};

void describe_nothing(Burst& /*burst*/, std::size_t /*index*/) {}

// Returns a bit for each packet of the family that the hooks accept.
std::uint64_t run_family(StageContext& context, const HookChain& chain, const Burst& burst,
                         const std::array<PacketFamily, kBurstMax>& families, std::uint64_t some,
                         PacketFamily family) {
  Burst part;
  part.begin(burst.ingress, 0);
  part.is_ipv6 = family == PacketFamily::kIpv6;
  part.is_other = family == PacketFamily::kOther;
  for (std::size_t i = 0; i < burst.count; ++i) {
    if ((some >> i & 1U) != 0 && families[i] == family) {
      part.packets[part.count] = burst.packets[i];
      part.frames[part.count] = frame(*burst.packets[i]);
      part.l2_classes[part.count] = burst.l2_classes[i];
      part.priorities[part.count] = 0;
      ++part.count;
    }
  }
  if (part.count == 0) {
    return 0;
  }
  run_chain(chain, context, part, describe_nothing);
  std::uint64_t kept = 0;
  std::size_t next = 0;  // of those that are left, which are in their order
  for (std::size_t i = 0; i < burst.count && next < part.count; ++i) {
    if (part.packets[next] == burst.packets[i]) {
      kept |= std::uint64_t{1} << i;
      ++next;
    }
  }
  return kept;
}

}  // namespace

Removed run_ingress(StageContext& context, Burst& burst) {
  const HookChain* const chain = context.tables.hooks.at(HookPoint::kIngress);
  if (chain == nullptr || !is_wanted(*chain, context.thread, burst.ingress)) {
    return {};
  }
  const bool is_port = burst.ingress.value() < kPortsMax;
  const std::uint64_t mac =
      context.tables.interfaces[burst.ingress.value()].mac.load(std::memory_order_relaxed);
  Removed removed;
  Tags tags;
  std::array<PacketFamily, kBurstMax> families;
  std::array<std::uint32_t, kBurstMax> bytes;
  std::uint64_t whole = burst.all();
  for (std::size_t i = 0; i < burst.count; ++i) {
    Packet& packet = *burst.packets[i];
    bytes[i] = packet.pkt_len;
    if (packet.data_len < kL2Bytes) {
      context.drop(&packet, stats::DropReason::kFrameTruncated, burst.ingress);
      whole &= ~(std::uint64_t{1} << i);
      continue;
    }
    if (is_port) {
      burst.l2_classes[i] = l2_class_of(destination_mac(packet), mac);
    }
    tags.take(packet, i);
    families[i] = family_of(packet);
  }
  std::uint64_t kept = 0;
  for (const PacketFamily family :
       {PacketFamily::kIpv4, PacketFamily::kIpv6, PacketFamily::kOther}) {
    kept |= run_family(context, *chain, burst, families, whole, family);
  }
  std::uint16_t count = 0;
  for (std::size_t i = 0; i < burst.count; ++i) {
    if ((kept >> i & 1U) == 0) {
      ++removed.packets;
      removed.bytes += bytes[i];
      continue;
    }
    tags.put_back(*burst.packets[i], i);
    burst.packets[count] = burst.packets[i];
    burst.l2_classes[count] = burst.l2_classes[i];
    ++count;
  }
  burst.count = count;
  return removed;
}

}  // namespace ringroad::ethernet

// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/input.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "packet/checksum.hpp"
#include "packet/tos.hpp"

namespace ringroad::ip4 {
namespace {

using stats::DropReason;

// Checks one field after the other, in Linux's order, to find the reason why a header is wrong. The
// packet is long enough for a header without options.
[[gnu::noinline]] std::optional<DropReason> check_header(const Packet& packet,
                                                         const rte_ipv4_hdr& header,
                                                         std::uint32_t available) {
  const std::uint16_t bytes = header_bytes(header);
  if (header.version_ihl >> 4 != 4 || bytes < sizeof(rte_ipv4_hdr)) {
    return DropReason::kIpBadVersion;
  }
  if (bytes > available || bytes + kL2Bytes > packet.data_len) {
    return DropReason::kIpTruncated;
  }
  const std::span whole{reinterpret_cast<const std::uint8_t*>(&header), bytes};
  const auto known = packet.ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
  if (known == RTE_MBUF_F_RX_IP_CKSUM_BAD ||
      (known != RTE_MBUF_F_RX_IP_CKSUM_GOOD && checksum(whole) != 0)) {
    return DropReason::kIpBadChecksum;
  }
  const std::uint16_t total = rte_be_to_cpu_16(header.total_length);
  if (total > available) {
    return DropReason::kIpTruncated;
  }
  if (total < bytes) {
    return DropReason::kIpBadLength;
  }
  return std::nullopt;
}

// Out of line, so that a valid packet does not pay for the registers that a drop needs.
[[gnu::noinline]] bool refuse(StageContext& context, const Burst& burst, Packet* packet,
                              DropReason reason) {
  context.drop(packet, reason, burst.ingress);
  return false;
}

std::uint32_t ttl_word(const rte_ipv4_hdr& header) {
  std::uint32_t word = 0;
  std::memcpy(&word, &header.time_to_live, sizeof word);
  return word;
}

// Linux's ip_route_input_slow, and in addition 240/4: Linux has treated class E as unicast since
// 2.6.25, but RFC 6890 still says that such a source is not valid.
bool martian_source(const OwnAddresses4& own, std::uint32_t source, std::uint32_t destination) {
  const std::uint32_t net = source >> 24;
  if (net == 0) {
    // A host that requests an address sends from 0.0.0.0 to all hosts (RFC 1122 3.2.1.3 (a)).
    return source != 0 || destination != kLimitedBroadcast.value();
  }
  return net == 127 || net >= 224 || own.contains(source);
}

}  // namespace

bool validate(StageContext& context, const OwnAddresses4& own, Burst& burst, Packet* packet,
              L2Class l2_class) {
  const std::uint32_t available = packet->pkt_len - kL2Bytes;
  if (packet->data_len < kL2Bytes + sizeof(rte_ipv4_hdr)) [[unlikely]] {
    return refuse(context, burst, packet, DropReason::kIpTruncated);
  }
  const rte_ipv4_hdr& header = ipv4(*packet);
  const std::uint32_t total = rte_be_to_cpu_16(header.total_length);
  const bool plain =
      header.version_ihl == kVersion4NoOptions && total <= available &&
      total >= sizeof(rte_ipv4_hdr) &&
      (packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) != RTE_MBUF_F_RX_IP_CKSUM_BAD &&
      ipv4_checksum_ok_20(&header);
  if (!plain) [[unlikely]] {
    if (const auto reason = check_header(*packet, header, available)) {
      return refuse(context, burst, packet, *reason);
    }
    burst.has_options = burst.has_options || header.version_ihl != kVersion4NoOptions;
  }
  const std::uint32_t source = rte_be_to_cpu_32(header.src_addr);
  const std::uint32_t destination = rte_be_to_cpu_32(header.dst_addr);
  if (martian_source(own, source, destination)) [[unlikely]] {
    return refuse(context, burst, packet, DropReason::kMartianSource);
  }
  if (total < available) {
    // Ethernet padding is cut off, so that no later stage mistakes it for payload.
    set_length(*packet, total + kL2Bytes);
  }
  const std::uint16_t at = burst.count++;
  burst.packets[at] = packet;
  burst.frames[at] = frame(*packet);
  burst.destinations[at] = destination;
  burst.l2_classes[at] = l2_class;
  burst.ttl_words[at] = ttl_word_decremented(ttl_word(header));
  burst.priorities[at] = priority_of_tos(header.type_of_service);
  burst.longest = std::max(burst.longest, total);
  burst.bytes += total + kL2Bytes;
  burst.plain = burst.plain && header.version_ihl == kVersion4NoOptions &&
                header.time_to_live > 1 && l2_class == L2Class::kHost;
  return true;
}

void input(StageContext& context, Burst& burst) {
  const OwnAddresses4& own = *context.tables.own_addresses.load(std::memory_order_acquire);
  const std::uint16_t count = std::exchange(burst.count, std::uint16_t{0});
  burst.plain = true;
  for (std::uint16_t i = 0; i < count; ++i) {
    validate(context, own, burst, burst.packets[i], burst.l2_classes[i]);
  }
}

void set_options_aside(StageContext& context, Burst& burst) {
  std::uint64_t keep = burst.all();
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    if (ipv4(*burst.packets[i]).version_ihl != kVersion4NoOptions) {
      context.punt(burst, i, PuntReason::kOptions);
      keep &= ~(std::uint64_t{1} << i);
    }
  }
  burst.compact(keep);
  burst.has_options = false;
}

void describe(Burst& burst, std::size_t index) {
  Packet& packet = *burst.packets[index];
  const rte_ipv4_hdr& header = ipv4(packet);
  burst.frames[index] = frame(packet);
  burst.destinations[index] = rte_be_to_cpu_32(header.dst_addr);
  burst.ttl_words[index] = ttl_word_decremented(ttl_word(header));
  burst.priorities[index] = priority_of_tos(header.type_of_service);
  burst.plain = burst.plain && header.version_ihl == kVersion4NoOptions && header.time_to_live > 1;
  burst.has_options = burst.has_options || header.version_ihl != kVersion4NoOptions;
  burst.longest = std::max(burst.longest, packet.pkt_len - kL2Bytes);
}

}  // namespace ringroad::ip4

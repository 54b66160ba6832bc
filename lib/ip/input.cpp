#include "ip/input.hpp"

#include <optional>

#include "ip/checksum.hpp"

namespace ringroad::ip {
namespace {

using stats::DropReason;

constexpr std::uint8_t kVersion4NoOptions = 0x45;
constexpr std::uint8_t kOptionEnd = 0;
constexpr std::uint8_t kOptionNop = 1;
constexpr std::uint8_t kOptionLooseSourceRoute = 131;
constexpr std::uint8_t kOptionStrictSourceRoute = 137;

// Linux accepts no source route unless told to (accept_source_route 0); RFC 7126 4.3 agrees.
std::optional<DropReason> check_options(std::span<const std::uint8_t> options) {
  while (!options.empty() && options[0] != kOptionEnd) {
    if (options[0] == kOptionNop) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) {
      return DropReason::kIpBadOptions;
    }
    if (options[0] == kOptionLooseSourceRoute || options[0] == kOptionStrictSourceRoute) {
      return DropReason::kSourceRoute;
    }
    options = options.subspan(options[1]);
  }
  return std::nullopt;
}

// The checks one by one, in order, for a packet that is not as nearly all are. The packet is long
// enough for a header without options.
std::optional<DropReason> check_header(const Packet& packet, const rte_ipv4_hdr& header,
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
  return check_options(whole.subspan(sizeof(rte_ipv4_hdr)));
}

// Linux's ip_route_input_slow, and 240/4 besides: Linux has taken class E for unicast since 2.6.25,
// but RFC 6890 still says that such a source is not valid.
bool martian_source(const OwnAddresses& own, std::uint32_t source, std::uint32_t destination) {
  const std::uint32_t net = source >> 24;
  if (net == 0) {
    // A host that asks for an address speaks from 0.0.0.0 to everyone (RFC 1122 3.2.1.3 (a)).
    return source != 0 || destination != kLimitedBroadcast.value();
  }
  return net == 127 || net >= 224 || own.contains(source);
}

}  // namespace

void input(StageContext& context, Burst& burst) {
  const OwnAddresses& own = *context.tables.own_addresses.load(std::memory_order_acquire);
  std::uint16_t kept = 0;
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    Packet* const packet = burst.packets[i];
    const std::uint32_t available = packet->pkt_len - kL2Bytes;
    if (packet->data_len < kL2Bytes + sizeof(rte_ipv4_hdr)) [[unlikely]] {
      context.drop(packet, DropReason::kIpTruncated);
      continue;
    }
    const rte_ipv4_hdr& header = ipv4(*packet);
    const std::uint32_t total = rte_be_to_cpu_16(header.total_length);
    const bool plain = header.version_ihl == kVersion4NoOptions && total <= available &&
                       total >= sizeof(rte_ipv4_hdr) &&
                       (packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == 0 &&
                       ipv4_checksum_ok_20(&header);
    if (!plain) [[unlikely]] {
      if (const auto reason = check_header(*packet, header, available)) {
        context.drop(packet, *reason);
        continue;
      }
    }
    const std::uint32_t source = rte_be_to_cpu_32(header.src_addr);
    const std::uint32_t destination = rte_be_to_cpu_32(header.dst_addr);
    if (martian_source(own, source, destination)) [[unlikely]] {
      context.drop(packet, DropReason::kMartianSource);
      continue;
    }
    if (total < available) {
      // Ethernet padding goes, so that nothing after it is taken for payload (L2D-19).
      set_length(*packet, total + kL2Bytes);
    }
    burst.packets[kept] = packet;
    burst.destinations[kept] = destination;
    burst.l2_classes[kept] = burst.l2_classes[i];
    ++kept;
  }
  burst.count = kept;
}

}  // namespace ringroad::ip

// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/input.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ip6/header.hpp"
#include "ip6/input_avx2.hpp"
#include "ip6/options.hpp"
#include "packet/tos.hpp"

namespace ringroad::ip6 {
namespace {

using stats::DropReason;

// Addresses with these first 16 bits are not plain: multicast, link-local (fe80::/10), and ::/16,
// which has ::, ::1 and the IPv4-mapped addresses.
constexpr bool is_special(Ipv6 address) {
  return address.high() >> 48 == 0 || address.high() >> 54 >= 0xfe80U >> 6;
}

// Linux's ip6_rcv_core, RFC 4291 2.5.3 and 2.7.
[[gnu::noinline]] std::optional<DropReason> check_addresses(Ipv6 source, Ipv6 destination) {
  if (source.is_loopback() || source.is_multicast() || source.is_v4_mapped()) {
    return DropReason::kMartianSource;
  }
  // A group of scope 0 is reserved, and one of scope 1 does not leave its node.
  if (destination.is_loopback() ||
      (destination.is_multicast() && destination.multicast_scope() <= 1)) {
    return DropReason::kMartianDestination;
  }
  return std::nullopt;
}

// Out of line, so that a valid packet does not pay for the registers that a drop needs.
[[gnu::noinline]] bool refuse(StageContext& context, const Burst& burst, Packet* packet,
                              DropReason reason) {
  context.drop(packet, reason, burst.ingress);
  return false;
}

// The length of the packet as its header says; a length of 0 belongs to a jumbogram, whose option
// is examined later (RFC 2675).
std::uint32_t length_of(const rte_ipv6_hdr& header, std::uint32_t available) {
  const std::uint16_t payload = rte_be_to_cpu_16(header.payload_len);
  return payload == 0 && header.proto == IPPROTO_HOPOPTS ? available
                                                         : kFixedHeader + std::uint32_t{payload};
}

// Validates the packets of the burst from this index on.
[[gnu::noinline]] void validate_singly(StageContext& context, Burst& burst, std::size_t begin,
                                       std::size_t count) {
  for (std::size_t i = begin; i < begin + count; ++i) {
    validate(context, burst, burst.packets[i], burst.l2_classes[i]);
  }
}

}  // namespace

bool validate(StageContext& context, Burst& burst, Packet* packet, L2Class l2_class) {
  const std::uint32_t available = packet->pkt_len - kL2Bytes;
  if (packet->data_len < kL2Bytes + kFixedHeader) [[unlikely]] {
    return refuse(context, burst, packet, DropReason::kIpTruncated);
  }
  const rte_ipv6_hdr& header = ipv6(*packet);
  if (version_of(header) != 6) [[unlikely]] {
    return refuse(context, burst, packet, DropReason::kIpBadVersion);
  }
  const Ipv6 source = source6_of(*packet);
  const Ipv6 destination = destination6_of(*packet);
  const bool special = is_special(source) || is_special(destination);
  if (special) [[unlikely]] {
    if (const auto reason = check_addresses(source, destination)) {
      return refuse(context, burst, packet, *reason);
    }
  }
  const std::uint32_t total = length_of(header, available);
  if (total > available) [[unlikely]] {
    return refuse(context, burst, packet, DropReason::kIpTruncated);
  }
  if (total < available) {
    // Ethernet padding is cut off, so that no later stage mistakes it for payload.
    set_length(*packet, total + kL2Bytes);
  }
  const std::uint16_t at = burst.count++;
  burst.packets[at] = packet;
  burst.frames[at] = frame(*packet);
  burst.destinations6[at] = destination;
  burst.l2_classes[at] = l2_class;
  burst.priorities[at] = priority_of_tos(traffic_class(header));
  burst.longest = std::max(burst.longest, total);
  burst.bytes += total + kL2Bytes;
  const bool has_options = header.proto == IPPROTO_HOPOPTS;
  burst.has_options = burst.has_options || has_options;
  burst.plain = burst.plain && !special && !has_options && header.hop_limits > 1 &&
                l2_class == L2Class::kHost;
  return true;
}

std::uint64_t take_plain(Burst& burst, std::size_t end, std::uint64_t mac) {
  constexpr std::size_t kEight = Avx2Input::kPackets;
  Avx2Input eight{mac};
  std::size_t i = 0;
  while (i + kEight <= end && eight.validate<Link::kRaw>(burst, i, i)) {
    i += kEight;
  }
  // The last group of eight is filled up with the last packet, whose bytes are subtracted again.
  std::uint64_t filled = 0;
  std::uint32_t filled_plain = 0;
  if (i < end && end - i < kEight) {
    Packet* const last = burst.packets[end - 1];
    const auto more = static_cast<std::uint32_t>(i + kEight - end);
    std::fill_n(burst.packets.begin() + end, more, last);
    filled = std::uint64_t{more} * last->pkt_len;
    if (eight.validate<Link::kRaw>(burst, i, i)) {
      i = end;
      filled_plain = more * last->pkt_len;
    } else {
      filled = 0;
    }
  }
  burst.count = static_cast<std::uint16_t>(i);
  burst.bytes = eight.plain_bytes() - filled_plain;
  burst.longest = eight.longest();
  return eight.bytes() - filled;
}

void take(StageContext& context, Burst& burst, std::size_t end) {
  constexpr std::size_t kEight = Avx2Input::kPackets;
  const std::size_t begin = burst.count;
  if (begin == end) {
    return;
  }
  Avx2Input eight{0};
  // The last group of eight is filled up with the last packet, whose bytes are subtracted again.
  const std::size_t filled = begin + RTE_ALIGN_CEIL(end - begin, kEight);
  Packet* const last = burst.packets[end - 1];
  std::fill(burst.packets.begin() + end, burst.packets.begin() + filled, last);
  std::fill(burst.l2_classes.begin() + end, burst.l2_classes.begin() + filled,
            burst.l2_classes[end - 1]);
  for (std::size_t i = begin; i < end; i += kEight) {
    const std::size_t some = std::min(kEight, end - i);
    if (eight.validate<Link::kChecked>(burst, i, burst.count)) [[likely]] {
      burst.count = static_cast<std::uint16_t>(burst.count + some);
      burst.bytes -= static_cast<std::uint32_t>(kEight - some) * last->pkt_len;
    } else {
      validate_singly(context, burst, i, some);
    }
  }
  burst.bytes += eight.plain_bytes();
  burst.longest = std::max(burst.longest, eight.longest());
}

void input(StageContext& context, Burst& burst) {
  const std::uint16_t count = std::exchange(burst.count, std::uint16_t{0});
  burst.is_ipv6 = true;
  burst.plain = true;
  take(context, burst, count);
}

namespace {

template <class Wanted>
void set_aside(StageContext& context, Burst& burst, Wanted&& wanted) {
  std::uint64_t keep = burst.all();
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    if (wanted(*burst.packets[i])) {
      context.punt(burst, i, PuntReason::kOptions);
      keep &= ~(std::uint64_t{1} << i);
    }
  }
  burst.compact(keep);
}

}  // namespace

void set_wrong_options_aside(StageContext& context, Burst& burst) {
  set_aside(context, burst, [](Packet& packet) {
    return check_hop_by_hop(packet).result != CheckedOptions::Result::kGood;
  });
}

void set_options_aside(StageContext& context, Burst& burst) {
  set_aside(context, burst, [](Packet& packet) { return ipv6(packet).proto == IPPROTO_HOPOPTS; });
  burst.has_options = false;
}

void describe(Burst& burst, std::size_t index) {
  Packet& packet = *burst.packets[index];
  const rte_ipv6_hdr& header = ipv6(packet);
  burst.is_ipv6 = true;
  burst.frames[index] = frame(packet);
  burst.destinations6[index] = destination6_of(packet);
  burst.priorities[index] = priority_of_tos(traffic_class(header));
  burst.plain = burst.plain && header.proto != IPPROTO_HOPOPTS && header.hop_limits > 1 &&
                !is_special(source6_of(packet)) && !is_special(burst.destinations6[index]);
  burst.longest = std::max(burst.longest, packet.pkt_len - kL2Bytes);
}

}  // namespace ringroad::ip6

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Packets in plain memory, and bursts of them.
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "filter/tracked.hpp"
#include "neigh/adjacency.hpp"
#include "packet/burst.hpp"
#include "packet/checksum.hpp"
#include "packet/hooks.hpp"
#include "packet/mark.hpp"

namespace ringroad::filter {

using Octets = std::vector<std::uint8_t>;

inline void append(Octets& octets, std::uint64_t value, unsigned count) {
  for (unsigned i = count; i > 0; --i) {
    octets.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
  }
}

// What a packet is made of.
struct Content {
  bool is_ipv6 = false;
  Ipv4 source{10, 0, 0, 1};
  Ipv4 destination{10, 0, 1, 1};
  Ipv6 source6{0x2001'0db8'0000'0000, 1};
  Ipv6 destination6{0x2001'0db8'0001'0000, 1};
  std::uint8_t tos = 0;
  std::uint8_t ttl = 64;
  std::uint8_t protocol = IPPROTO_UDP;
  std::uint16_t source_port = 40000;
  std::uint16_t destination_port = 53;
  std::uint8_t tcp_flags = 0x02;
  std::uint32_t seq = 1;
  std::uint32_t ack = 2;
  std::uint16_t window = 0;
  std::uint16_t fragment = 0;        // the word of the IPv4 header, or of a fragment header
  bool has_fragment_header = false;  // of IPv6
  unsigned options = 0;              // words of IPv4, or destination options headers of IPv6
  std::uint16_t transport_octets = 32;
  std::uint32_t mark = 0;

  [[nodiscard]] Octets transport() const {
    Octets octets;
    if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
      append(octets, 0x0800'0000'1234'0001, 8);
    } else {
      append(octets, source_port, 2);
      append(octets, destination_port, 2);
    }
    if (protocol == IPPROTO_TCP) {
      append(octets, seq, 4);
      append(octets, ack, 4);
      append(octets, 0x5000U | tcp_flags, 2);
      append(octets, window, 2);
    } else if (protocol == IPPROTO_UDP) {
      append(octets, transport_octets, 2);
    }
    octets.resize(transport_octets);
    return octets;
  }
  [[nodiscard]] Octets frame() const {
    Octets octets(12);
    octets[5] = 0x0a;
    octets[11] = 0x0b;
    append(octets, is_ipv6 ? 0x86dd : 0x0800, 2);
    return is_ipv6 ? frame6(octets) : frame4(octets);
  }

 private:
  [[nodiscard]] Octets frame4(Octets octets) const {
    const Octets behind = transport();
    const unsigned header = 20 + options * 4;
    append(octets, 0x40U | header / 4, 1);
    append(octets, tos, 1);
    append(octets, header + behind.size(), 2);
    append(octets, 0x1234, 2);
    append(octets, fragment, 2);
    append(octets, ttl, 1);
    append(octets, protocol, 1);
    append(octets, 0, 2);
    append(octets, source.value(), 4);
    append(octets, destination.value(), 4);
    octets.insert(octets.end(), std::size_t{options} * 4, 1);
    const std::uint16_t sum = checksum(std::span{octets}.subspan(14, header));
    std::memcpy(&octets[24], &sum, 2);
    octets.insert(octets.end(), behind.begin(), behind.end());
    return octets;
  }
  [[nodiscard]] Octets frame6(Octets octets) const {
    const Octets behind = transport();
    const std::size_t extensions = options * 8 + (has_fragment_header ? 8 : 0);
    append(octets, 0x6000'0000U | std::uint32_t{tos} << 20U | 0x12345, 4);
    append(octets, extensions + behind.size(), 2);
    const unsigned last = has_fragment_header ? unsigned{IPPROTO_FRAGMENT} : protocol;
    append(octets, options > 0 ? unsigned{IPPROTO_DSTOPTS} : last, 1);
    append(octets, ttl, 1);
    append(octets, source6.high(), 8);
    append(octets, source6.low(), 8);
    append(octets, destination6.high(), 8);
    append(octets, destination6.low(), 8);
    for (unsigned i = 0; i < options; ++i) {
      append(octets, i + 1 < options ? unsigned{IPPROTO_DSTOPTS} : last, 1);
      append(octets, 0x00'0104'0000'0000, 7);
    }
    if (has_fragment_header) {
      append(octets, std::uint64_t{protocol} << 24U | fragment, 4);
      append(octets, 0x1234, 4);
    }
    octets.insert(octets.end(), behind.begin(), behind.end());
    return octets;
  }
};

// A burst with the memory of its packets.
class Packets {
 public:
  explicit Packets(bool is_ipv6 = false, InterfaceId ingress = InterfaceId{0}) {
    Mark::place({offsetof(rte_mbuf, dynfield1), RTE_MBUF_F_FIRST_FREE});
    Tracked::place({offsetof(rte_mbuf, dynfield1) + 4, RTE_MBUF_F_FIRST_FREE << 1U});
    burst.begin(ingress, 0);
    burst.is_ipv6 = is_ipv6;
  }

  // `first`: the octets in the first buffer; the others are in a second one. 0: all.
  void add(const Content& content, InterfaceId egress = InterfaceId{1}, std::size_t first = 0,
           L2Class l2_class = L2Class::kHost) {
    add(content.frame(), egress, first, l2_class);
    if (content.mark != 0) {
      Mark::set(*burst.packets[burst.count - 1], content.mark);
    }
  }
  void add(const Octets& octets, InterfaceId egress = InterfaceId{1}, std::size_t first = 0,
           L2Class l2_class = L2Class::kHost) {
    first = first == 0 ? octets.size() : std::min(first, octets.size());
    Packet& packet = buffer(std::span{octets}.first(first));
    packet.pkt_len = static_cast<std::uint32_t>(octets.size());
    if (first < octets.size()) {
      packet.next = &buffer(std::span{octets}.subspan(first));
      packet.nb_segs = 2;
    }
    auto& adjacency = *adjacencies_.emplace_back(std::make_unique<neigh::Adjacency>());
    adjacency.port = egress;
    const std::size_t at = burst.count++;
    burst.packets[at] = &packet;
    burst.frames[at] = frame(packet);
    burst.adjacencies[at] = &adjacency;
    burst.priorities[at] = 0;
    burst.l2_classes[at] = l2_class;
  }
  [[nodiscard]] Octets octets(std::size_t index) const {
    Octets all;
    for (const Packet* segment = burst.packets[index]; segment != nullptr;
         segment = segment->next) {
      const auto* const start = rte_pktmbuf_mtod(segment, const std::uint8_t*);
      all.insert(all.end(), start, start + segment->data_len);
    }
    return all;
  }

  Burst burst;

 private:
  static constexpr std::size_t kHeadroom = 8;

  Packet& buffer(std::span<const std::uint8_t> octets) {
    auto& memory =
        *memory_.emplace_back(std::make_unique<Octets>(kHeadroom + octets.size() + kHeadroom));
    std::ranges::copy(octets, memory.begin() + kHeadroom);
    Packet& packet = *mbufs_.emplace_back(std::make_unique<Packet>());
    packet.buf_addr = memory.data();
    packet.data_off = kHeadroom;
    packet.nb_segs = 1;
    packet.data_len = static_cast<std::uint16_t>(octets.size());
    packet.pkt_len = packet.data_len;
    return packet;
  }

  std::vector<std::unique_ptr<Octets>> memory_;
  std::vector<std::unique_ptr<Packet>> mbufs_;
  std::vector<std::unique_ptr<neigh::Adjacency>> adjacencies_;
};

}  // namespace ringroad::filter

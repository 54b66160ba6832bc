// SPDX-License-Identifier: BSD-3-Clause
#include "packet/flow_hash.hpp"

#include <netinet/in.h>
#include <rte_icmp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "packet/icmp_error.hpp"

namespace ringroad {
namespace {

using Octets = std::span<const std::uint8_t>;

// Vigna's splitmix64: seeds that differ in one bit give keys that differ in half their bits.
std::uint64_t next_key(std::uint64_t& seed) {
  seed += 0x9e3779b97f4a7c15U;
  std::uint64_t key = seed;
  key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9U;
  key = (key ^ key >> 27) * 0x94d049bb133111ebU;
  return key ^ key >> 31;
}

// Multiplies and folds. CRC32C would be cheaper, but it is linear: another seed would only permute
// its values, and routers on the same path would remain polarized.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

const rte_ipv4_hdr& header_of(Octets packet) {
  return *reinterpret_cast<const rte_ipv4_hdr*>(packet.data());
}

// Returns the packet that an ICMP error quotes, if enough of it is there, otherwise the packet
// itself.
Octets subject_of(Octets packet) {
  const rte_ipv4_hdr& header = header_of(packet);
  const std::size_t quote = header_bytes(header) + sizeof(rte_icmp_hdr);
  if ((header.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_OFFSET_MASK)) != 0 ||
      packet.size() < quote + sizeof(rte_ipv4_hdr) ||
      !is_icmp_error(packet[header_bytes(header)]) || packet[quote] >> 4U != 4) {
    return packet;
  }
  return packet.subspan(quote);
}

// The protocols whose ports Linux's flow dissector uses; for ESP they are the SPI.
bool has_ports(std::uint8_t protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
         protocol == IPPROTO_ESP || protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

}  // namespace

FlowHash::FlowHash(Policy policy, std::uint64_t seed)
    : policy_{policy}, first_key_{next_key(seed)}, second_key_{next_key(seed)} {}

inline std::uint64_t FlowHash::end_of(Ipv4 address, be16 port) const {
  return address.wire().wire() | std::uint64_t{port.wire()} << 32;
}

inline std::uint64_t FlowHash::end_of(Ipv6 address, be16 port) const {
  return mix(address.high() ^ first_key_.load(std::memory_order_relaxed),
             address.low() ^ second_key_.load(std::memory_order_relaxed)) +
         port.wire();
}

template <class Address>
std::uint32_t FlowHash::of(const FlowKey<Address>& key) const {
  // The two ends are sorted, so that both directions have the same hash.
  const auto [low, high] = std::minmax(
      {end_of(key.source, key.source_port), end_of(key.destination, key.destination_port)});
  const std::uint64_t second = second_key_.load(std::memory_order_relaxed);
  return static_cast<std::uint32_t>(mix(
      mix(low ^ first_key_.load(std::memory_order_relaxed),
          high ^ std::uint64_t{key.protocol} << 48 ^ std::uint64_t{key.flow_label} << 24 ^ second),
      second | 1U));
}

template std::uint32_t FlowHash::of(const FlowKey4&) const;
template std::uint32_t FlowHash::of(const FlowKey6&) const;

// Everything is inlined, so that no key is stored in memory and unused fields cost nothing.
[[gnu::flatten]] std::uint32_t FlowHash::of(Octets packet) const {
  if (header_of(packet).next_proto_id == IPPROTO_ICMP) [[unlikely]] {
    packet = subject_of(packet);
  }
  const rte_ipv4_hdr& header = header_of(packet);
  FlowKey4 key{.source = Ipv4{be32::from_wire(header.src_addr)},
               .destination = Ipv4{be32::from_wire(header.dst_addr)}};
  if (policy_.load(std::memory_order_relaxed) != Policy::kL4 || is_fragment(header)) {
    return of(key);
  }
  key.protocol = header.next_proto_id;
  std::array<std::uint16_t, 2> ports;
  const std::size_t offset = header_bytes(header);
  if (!has_ports(header.next_proto_id) || packet.size() < offset + sizeof ports) {
    return of(key);
  }
  std::memcpy(ports.data(), packet.data() + offset, sizeof ports);
  key.source_port = be16::from_wire(ports[0]);
  key.destination_port = be16::from_wire(ports[1]);
  return of(key);
}

namespace {

// Returns the packet that an ICMPv6 error quotes, if enough of it is there, otherwise the packet
// itself.
Octets subject_of_ipv6(Octets packet) {
  constexpr std::size_t kQuote = sizeof(rte_ipv6_hdr) + sizeof(rte_icmp_hdr);
  constexpr std::uint8_t kFirstInformational = 128;  // RFC 4443 2.1
  if (packet.size() < kQuote + sizeof(rte_ipv6_hdr) ||
      packet[sizeof(rte_ipv6_hdr)] >= kFirstInformational || packet[kQuote] >> 4U != 6) {
    return packet;
  }
  return packet.subspan(kQuote);
}

}  // namespace

std::uint32_t FlowHash::of_ipv6(Octets packet) const {
  const auto header_in = [](Octets octets) {
    rte_ipv6_hdr header;
    std::memcpy(&header, octets.data(), sizeof header);
    return header;
  };
  rte_ipv6_hdr header = header_in(packet);
  if (header.proto == IPPROTO_ICMPV6) [[unlikely]] {
    packet = subject_of_ipv6(packet);
    header = header_in(packet);
  }
  FlowKey6 key{.source = Ipv6::read(header.src_addr),
               .destination = Ipv6::read(header.dst_addr),
               .protocol = header.proto};
  if (policy_.load(std::memory_order_relaxed) != Policy::kL4) {
    key.flow_label = rte_be_to_cpu_32(header.vtc_flow) & 0xfffffU;
    return of(key);
  }
  std::array<std::uint16_t, 2> ports;
  if (!has_ports(header.proto) || packet.size() < sizeof header + sizeof ports) {
    // All fragments of a datagram have the same hash, whatever follows their headers.
    key.protocol = 0;
    return of(key);
  }
  std::memcpy(ports.data(), packet.data() + sizeof header, sizeof ports);
  key.source_port = be16::from_wire(ports[0]);
  key.destination_port = be16::from_wire(ports[1]);
  return of(key);
}

}  // namespace ringroad

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/pipeline/cases.hpp"

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include <array>
#include <cstring>
#include <random>

namespace ringroad::bench {
namespace {

// The subnets are /24s of 16.0.0.0/8.
constexpr std::uint32_t kSubnets = 16U << 24;

Prefix4 subnet(std::uint32_t number) { return {Ipv4{kSubnets + (number << 8)}, 24}; }

// The IPv6 subnets are /48s of 2400::/16.
Prefix6 subnet6(std::uint32_t number) {
  return {Ipv6{0x2400'0000'0000'0000U + (std::uint64_t{number} << 16), 0}, 48};
}
Ipv6 gateway6(std::size_t number) { return Ipv6{0x2001'0db8'0099'0000, number + 2}; }

Ipv4 gateway(std::size_t number) { return Ipv4{10, 99, 0, static_cast<std::uint8_t>(number + 2)}; }

}  // namespace

std::span<const Case> cases() {
  static constexpr std::array kCases{
      Case{"a", "1,024 destinations, 256 routes", 1024, 256},
      Case{"b", "64,000 destinations, 65,536 routes", 64000, 65536},
      Case{"c", "64,000 destinations, the Internet table", 64000, 0},
      Case{"d", "1,000,000 destinations, the Internet table", 1000000, 0},
      Case{"odd", "as a, but one packet in eight is checked by itself", 1024, 256, 8},
      Case{"6a", "IPv6: 1,024 destinations, 256 routes", 1024, 256, 0, 1},
      Case{"6b", "IPv6: 64,000 destinations, 65,536 routes", 64000, 65536, 0, 1},
      Case{"mix", "as a, half of it IPv6", 1024, 256, 0, 2},
  };
  return kCases;
}

config::Config configuration(const Case& test, const std::string& table, const std::string& in,
                             const std::string& out) {
  config::Config config;
  config.arp.notify = false;
  config.engine.memory.buffers = 8191;
  const auto port = [](const std::string& name, Ipv4 address) {
    config::Port result;
    result.name = name;
    result.device = "net_ring_" + name;
    result.addresses = {{address, 24}};
    return result;
  };
  config.ports = {port(in, {10, 98, 0, 1}), port(out, {10, 99, 0, 1})};
  std::vector<Ipv4> gateways;
  for (std::size_t i = 0; i < kGateways; ++i) {
    gateways.push_back(gateway(i));
    config.neighbors.push_back(
        {gateways[i], out, Mac{{0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(i)}}});
  }
  if (test.ipv6 != 0) {
    config.nd.dad_transmits = 0;
    config.ports[0].addresses6 = {{.address = Ipv6{0x2001'0db8'0098'0000, 1}, .length = 64}};
    config.ports[1].addresses6 = {{.address = Ipv6{0x2001'0db8'0099'0000, 1}, .length = 64}};
    for (std::size_t i = 0; i < kGateways; ++i) {
      config.neighbors6.push_back(
          {gateway6(i), out, Mac{{0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(i)}}});
    }
    for (std::uint32_t i = 0; i < test.subnets; ++i) {
      config::Route6 route;
      route.to = subnet6(i);
      route.next_hops = {{.via = gateway6(i % kGateways)}};
      config.routes6.push_back(std::move(route));
    }
  }
  if (test.subnets == 0) {
    config.route_files = {{.path = table, .via = gateways}};
    return config;
  }
  config.routes.reserve(test.subnets);
  for (std::uint32_t i = 0; i < test.subnets; ++i) {
    config::Route route;
    route.to = subnet(i);
    route.next_hops = {{.via = gateways[i % kGateways]}};
    config.routes.push_back(std::move(route));
  }
  return config;
}

std::vector<Ipv4> destinations(const Case& test, std::span<const Prefix4> prefixes) {
  std::mt19937_64 random{2544};
  std::vector<Ipv4> chosen;
  chosen.reserve(test.destinations);
  while (chosen.size() < test.destinations) {
    const Prefix4 prefix = test.subnets != 0
                               ? subnet(static_cast<std::uint32_t>(random() % test.subnets))
                               : prefixes[random() % prefixes.size()];
    const std::uint32_t first = prefix.address().value();
    chosen.emplace_back(first |
                        (static_cast<std::uint32_t>(random()) & (prefix.last().value() ^ first)));
  }
  return chosen;
}

Frame frame_to(Ipv4 destination, Mac port_mac) {
  Frame frame{};
  std::memcpy(frame.bytes, port_mac.octets.data(), RTE_ETHER_ADDR_LEN);
  constexpr std::array<std::uint8_t, 8> kRest{0x02, 0, 0, 0, 0, 9, 0x08, 0x00};
  std::memcpy(frame.bytes + RTE_ETHER_ADDR_LEN, kRest.data(), kRest.size());
  rte_ipv4_hdr header{};
  header.version_ihl = 0x45;
  header.total_length = rte_cpu_to_be_16(kFrameBytes - RTE_ETHER_HDR_LEN);
  header.time_to_live = 64;
  header.next_proto_id = IPPROTO_UDP;
  header.src_addr = rte_cpu_to_be_32(kSource.value());
  header.dst_addr = rte_cpu_to_be_32(destination.value());
  header.hdr_checksum = rte_ipv4_cksum(&header);
  std::memcpy(frame.bytes + RTE_ETHER_HDR_LEN, &header, sizeof header);
  return frame;
}

Frame frame_to(Ipv6 destination, Mac port_mac) {
  Frame frame{};
  std::memcpy(frame.bytes, port_mac.octets.data(), RTE_ETHER_ADDR_LEN);
  constexpr std::array<std::uint8_t, 8> kRest{0x02, 0, 0, 0, 0, 9, 0x86, 0xdd};
  std::memcpy(frame.bytes + RTE_ETHER_ADDR_LEN, kRest.data(), kRest.size());
  rte_ipv6_hdr header{};
  header.vtc_flow = rte_cpu_to_be_32(6U << 28);
  header.payload_len = rte_cpu_to_be_16(kFrameBytes - RTE_ETHER_HDR_LEN - sizeof header);
  header.proto = IPPROTO_UDP;
  header.hop_limits = 64;
  Ipv6{0x2001'0db8'0098'0000, 9}.write(header.src_addr);
  destination.write(header.dst_addr);
  std::memcpy(frame.bytes + RTE_ETHER_HDR_LEN, &header, sizeof header);
  return frame;
}

std::vector<Frame> frames(const Case& test, std::span<const Prefix4> prefixes, Mac port_mac) {
  std::mt19937_64 random{8200};
  std::vector<Frame> all;
  all.reserve(test.destinations);
  for (const Ipv4 destination : destinations(test, prefixes)) {
    if (test.ipv6 != 0 && random() % test.ipv6 == 0) {
      const Prefix6 prefix = subnet6(static_cast<std::uint32_t>(random() % test.subnets));
      all.push_back(
          frame_to(Ipv6{prefix.address().high() | (random() & 0xffff), random()}, port_mac));
    } else {
      all.push_back(frame_to(destination, port_mac));
    }
  }
  return all;
}

}  // namespace ringroad::bench

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

Ipv4 gateway(std::size_t number) { return Ipv4{10, 99, 0, static_cast<std::uint8_t>(number + 2)}; }

}  // namespace

std::span<const Case> cases() {
  static constexpr std::array kCases{
      Case{"a", "1,024 destinations, 256 routes", 1024, 256},
      Case{"b", "64,000 destinations, 65,536 routes", 64000, 65536},
      Case{"c", "64,000 destinations, the Internet table", 64000, 0},
      Case{"d", "1,000,000 destinations, the Internet table", 1000000, 0},
      Case{"odd", "as a, but one packet in eight is checked by itself", 1024, 256, 8},
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

}  // namespace ringroad::bench

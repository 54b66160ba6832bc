// SPDX-License-Identifier: BSD-3-Clause
#include "ip6_frames.hpp"

#include "neigh/nd_message.hpp"

namespace ringroad::test {

Frame make_ipv6(const Ipv6Fields& fields) {
  Frame frame;
  const auto put = [&](const auto& octets) {
    frame.insert(frame.end(), octets.begin(), octets.end());
  };
  put(fields.destination_mac.octets);
  put(fields.source_mac.octets);
  const auto length = static_cast<std::uint16_t>(fields.payload.size());
  put(std::array<std::uint8_t, 10>{
      0x86, 0xdd, static_cast<std::uint8_t>(0x60U | fields.traffic_class >> 4U),
      static_cast<std::uint8_t>((fields.traffic_class & 0xfU) << 4U), 0, 0,
      static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length & 0xffU),
      fields.next_header, fields.hop_limit});
  std::array<std::uint8_t, 16> address{};
  fields.source.write(address.data());
  put(address);
  fields.destination.write(address.data());
  put(address);
  put(fields.payload);
  return frame;
}

void mend_icmp6_checksum(Ipv6Fields& fields) {
  constexpr std::uint8_t kIcmp6 = 58;
  if (fields.next_header != kIcmp6 || fields.payload.size() < 4) {
    return;
  }
  fields.payload[2] = fields.payload[3] = 0;
  const std::uint16_t sum =
      neigh::icmp6_checksum(fields.source, fields.destination, fields.payload);
  fields.payload[2] = static_cast<std::uint8_t>(sum >> 8U);
  fields.payload[3] = static_cast<std::uint8_t>(sum & 0xffU);
}

Frame advertisement_from(Ipv6 host, Mac mac, Ipv6 router, Mac router_mac) {
  return neigh::frame(neigh::NeighborAdvertisement{.source = host,
                                                   .destination = router,
                                                   .target = host,
                                                   .solicited = true,
                                                   .override_ = true,
                                                   .target_mac = mac},
                      router_mac, mac);
}

Frame solicitation_from(Ipv6 host, Mac mac, Ipv6 router) {
  const Ipv6 group = router.solicited_node();
  return neigh::frame(
      neigh::NeighborSolicitation{
          .source = host, .destination = group, .target = router, .source_mac = mac},
      neigh::multicast_mac(group), mac);
}

void resolve_hosts6(Testbed& bed) {
  bed.receive(kPortA, solicitation_from(kHostA6, kMacA, kRouterA6));
  bed.receive(kPortB, solicitation_from(kHostB6, kMacB, kRouterB6));
  bed.receive(kPortA, advertisement_from(kHostA6, kMacA, kRouterA6, bed.mac(kPortA)));
  bed.receive(kPortB, advertisement_from(kHostB6, kMacB, kRouterB6, bed.mac(kPortB)));
  bed.run();
  bed.discard(kPortA);
  bed.discard(kPortB);
}

}  // namespace ringroad::test

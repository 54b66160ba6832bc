#include "ip/fragment.hpp"

#include <rte_ip_frag.h>

#include <array>

namespace ringroad::ip {
namespace {

// 65,535 bytes cut to the smallest MTU, 68 (RFC 791): 20 of header, 48 of payload.
constexpr std::uint16_t kFragmentsMax = 65535 / 48 + 1;

}  // namespace

std::vector<OwnedPacket> fragment(rte_mempool& pool, Packet& packet, std::uint16_t mtu) {
  rte_pktmbuf_adj(&packet, kL2Bytes);
  std::array<Packet*, kFragmentsMax> pieces{};
  const std::int32_t count =
      rte_ipv4_fragment_copy_nonseg_packet(&packet, pieces.data(), kFragmentsMax, mtu, &pool);
  std::vector<OwnedPacket> fragments;
  for (std::int32_t i = 0; i < count; ++i) {
    fragments.emplace_back(pieces[static_cast<std::size_t>(i)]);
    Packet& piece = *fragments.back();
    auto& header = *rte_pktmbuf_mtod(&piece, rte_ipv4_hdr*);
    header.hdr_checksum = 0;
    header.hdr_checksum = static_cast<std::uint16_t>(~rte_raw_cksum(&header, header_bytes(header)));
    rte_pktmbuf_prepend(&piece, kL2Bytes);
    meta(piece) = meta(packet);
  }
  return fragments;
}

}  // namespace ringroad::ip

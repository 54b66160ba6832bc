// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/fragment.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "ip6/extension_headers.hpp"
#include "packet/pieces.hpp"

namespace ringroad::ip6 {
namespace {

// The properties of the original packet that its pieces need.
struct Original {
  std::uint32_t headers;   // octets of the frame before the fragment header
  std::uint32_t named_at;  // where the octet lies that names what follows them
  std::uint32_t payload;   // octets
};

Original describe(Packet& packet) {
  std::uint32_t headers = kFixedHeaderEnd;
  std::uint32_t named_at = kL2Bytes + offsetof(rte_ipv6_hdr, proto);
  if (ipv6(packet).proto == IPPROTO_HOPOPTS && packet.data_len >= headers + 2) {
    named_at = headers;
    headers += (frame(packet)[headers + 1] + 1U) * 8U;
  }
  return {.headers = headers, .named_at = named_at, .payload = packet.pkt_len - headers};
}

void finish_headers(Packet& piece, const Original& original, std::uint32_t done,
                    std::uint32_t identification) {
  const std::uint32_t bytes = piece.pkt_len - original.headers - kFragmentHeader;
  const bool more = done + bytes < original.payload;
  const std::uint32_t offset = done | (more ? 1U : 0U);
  std::uint8_t* const octets = frame(piece);
  std::array<std::uint8_t, kFragmentHeader> header{octets[original.named_at], 0,
                                                   static_cast<std::uint8_t>(offset >> 8U),
                                                   static_cast<std::uint8_t>(offset)};
  const std::uint32_t wire = rte_cpu_to_be_32(identification);
  std::memcpy(&header[4], &wire, sizeof wire);
  std::memcpy(octets + original.headers, header.data(), header.size());
  octets[original.named_at] = IPPROTO_FRAGMENT;
  ipv6(piece).payload_len =
      rte_cpu_to_be_16(static_cast<std::uint16_t>(piece.pkt_len - kFixedHeaderEnd));
}

}  // namespace

std::vector<OwnedPacket> fragment(rte_mempool& pool, Packet& packet, Cut cut) {
  constexpr std::uint32_t kUnit = 8;
  const Original original = describe(packet);
  const std::uint32_t headers = original.headers + kFragmentHeader - kL2Bytes;
  if (original.headers > packet.data_len || cut.mtu < headers + kUnit) {
    return {};
  }
  // The last one is no longer than the others, as in Linux.
  const std::uint32_t most = (cut.mtu - headers) / kUnit * kUnit;
  Cursor cursor{packet, original.headers};
  std::vector<OwnedPacket> pieces;
  pieces.reserve(original.payload / most + 1);
  for (std::uint32_t done = 0; done < original.payload;) {
    const std::uint32_t bytes = std::min(most, original.payload - done);
    OwnedPacket piece = make_piece(pool, packet, cursor,
                                   {.headers = static_cast<std::uint16_t>(original.headers),
                                    .inserted = kFragmentHeader,
                                    .payload = bytes,
                                    .gather = cut.gather});
    if (!piece) {
      return {};
    }
    finish_headers(*piece, original, done, cut.identification);
    pieces.push_back(std::move(piece));
    done += bytes;
  }
  return pieces;
}

}  // namespace ringroad::ip6

// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/fragment.hpp"

#include <span>

#include "ip4/options.hpp"
#include "packet/checksum.hpp"
#include "packet/pieces.hpp"

namespace ringroad::ip4 {
namespace {

// The properties of the original packet that its pieces need.
struct Original {
  std::uint32_t header;        // bytes
  std::uint32_t flags_offset;  // host order
  std::uint32_t payload;       // bytes
};

void finish_header(Packet& piece, const Original& original, std::uint32_t done,
                   std::uint32_t bytes) {
  constexpr std::uint32_t kOffset = RTE_IPV4_HDR_OFFSET_MASK;
  rte_ipv4_hdr& header = ipv4(piece);
  std::uint32_t flags_offset = (original.flags_offset & kOffset) + done / RTE_IPV4_HDR_OFFSET_UNITS;
  // Every piece has more fragments after it, except the last piece of the original's last fragment.
  if (done + bytes < original.payload || (original.flags_offset & RTE_IPV4_HDR_MF_FLAG) != 0) {
    flags_offset |= RTE_IPV4_HDR_MF_FLAG;
  }
  header.fragment_offset = rte_cpu_to_be_16(static_cast<std::uint16_t>(flags_offset));
  header.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(original.header + bytes));
  const std::span whole{reinterpret_cast<std::uint8_t*>(&header), original.header};
  // If the packet is itself a fragment behind the first, its options were blanked when it was made.
  if (done > 0 && (original.flags_offset & kOffset) == 0) {
    blank_uncopied(whole.subspan(sizeof header));
  }
  header.hdr_checksum = 0;
  header.hdr_checksum = checksum(whole);
}

}  // namespace

std::vector<OwnedPacket> fragment(rte_mempool& pool, Packet& packet, Cut cut) {
  const rte_ipv4_hdr& header = ipv4(packet);
  const Original original{.header = header_bytes(header),
                          .flags_offset = rte_be_to_cpu_16(header.fragment_offset),
                          .payload = packet.pkt_len - kL2Bytes - header_bytes(header)};
  if (cut.mtu < original.header + RTE_IPV4_HDR_OFFSET_UNITS) {
    return {};
  }
  const std::uint32_t most = cut.mtu - original.header;
  const auto headers = static_cast<std::uint16_t>(kL2Bytes + original.header);
  Cursor cursor{packet, kL2Bytes + original.header};
  std::vector<OwnedPacket> pieces;
  pieces.reserve(original.payload / (most / 8 * 8) + 1);
  for (std::uint32_t done = 0; done < original.payload;) {
    const std::uint32_t left = original.payload - done;
    const std::uint32_t bytes = left <= most ? left : most / 8 * 8;
    OwnedPacket piece = make_piece(pool, packet, cursor,
                                   {.headers = headers, .payload = bytes, .gather = cut.gather});
    if (!piece) {
      return {};
    }
    finish_header(*piece, original, done, bytes);
    pieces.push_back(std::move(piece));
    done += bytes;
  }
  return pieces;
}

}  // namespace ringroad::ip4

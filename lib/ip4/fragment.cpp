// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/fragment.hpp"

#include <rte_mempool.h>

#include <algorithm>
#include <cstring>

#include "ip4/options.hpp"
#include "packet/checksum.hpp"

namespace ringroad::ip4 {
namespace {

// Every device accepts this many buffers in a frame. A piece that would need more is copied.
constexpr std::uint16_t kBuffersMax = 8;

// A position in a packet that may lie in several buffers.
class Cursor {
 public:
  Cursor(Packet& packet, std::uint32_t offset) : segment_{&packet}, offset_{offset} {}

  // Returns the number of buffers that hold the next `bytes`.
  [[nodiscard]] std::uint16_t buffers(std::uint32_t bytes) const {
    Cursor ahead = *this;
    std::uint16_t count = 0;
    ahead.advance(bytes, [&](Packet&, std::uint32_t, std::uint32_t) {
      ++count;
      return true;
    });
    return count;
  }
  // Calls `show` for each buffer's part of the next `bytes`. Returns false if `show` did, or if the
  // packet ends first.
  template <class Show>
  bool advance(std::uint32_t bytes, Show&& show) {
    while (bytes > 0 && segment_ != nullptr) {
      const std::uint32_t here = std::min(
          segment_->data_len - std::min<std::uint32_t>(offset_, segment_->data_len), bytes);
      if (here > 0 && !show(*segment_, offset_, here)) {
        return false;
      }
      bytes -= here;
      offset_ += here;
      if (offset_ >= segment_->data_len) {
        offset_ -= segment_->data_len;
        segment_ = segment_->next;
      }
    }
    return bytes == 0;
  }

 private:
  Packet* segment_;
  std::uint32_t offset_;
};

bool copy(Cursor& from, std::uint32_t bytes, Packet& piece) {
  char* const room = rte_pktmbuf_append(&piece, static_cast<std::uint16_t>(bytes));
  if (room == nullptr) {
    return false;
  }
  char* to = room;
  return from.advance(bytes, [&](Packet& segment, std::uint32_t offset, std::uint32_t here) {
    std::memcpy(to, rte_pktmbuf_mtod_offset(&segment, const char*, offset), here);
    to += here;
    return true;
  });
}

// Appends an indirect buffer, without data of its own, for each buffer.
bool refer(rte_mempool& pool, Cursor& from, std::uint32_t bytes, Packet& piece) {
  Packet* last = &piece;
  return from.advance(bytes, [&](Packet& segment, std::uint32_t offset, std::uint32_t here) {
    Packet* const reference = rte_pktmbuf_alloc(&pool);
    if (reference == nullptr) {
      return false;
    }
    rte_pktmbuf_attach(reference, &segment);
    reference->data_off = static_cast<std::uint16_t>(reference->data_off + offset);
    reference->data_len = static_cast<std::uint16_t>(here);
    reference->pkt_len = here;
    reference->next = nullptr;
    reference->nb_segs = 1;
    last->next = reference;
    last = reference;
    piece.pkt_len += here;
    ++piece.nb_segs;
    return true;
  });
}

// The properties of the original packet that its pieces need.
struct Original {
  std::uint32_t header;        // bytes
  std::uint32_t flags_offset;  // host order
  std::uint32_t payload;       // bytes
};

OwnedPacket make_piece(rte_mempool& pool, Packet& packet, Cursor& from, std::uint32_t bytes,
                       bool gather) {
  OwnedPacket piece{rte_pktmbuf_alloc(&pool)};
  if (!piece) {
    return nullptr;
  }
  const auto headers = static_cast<std::uint16_t>(kL2Bytes + header_bytes(ipv4(packet)));
  char* const room = rte_pktmbuf_append(piece.get(), headers);
  if (room == nullptr) {
    return nullptr;
  }
  std::memcpy(room, frame(packet), headers);
  meta(*piece) = meta(packet);
  const bool refers = gather && from.buffers(bytes) < kBuffersMax;
  const bool done = refers ? refer(pool, from, bytes, *piece) : copy(from, bytes, *piece);
  return done ? std::move(piece) : nullptr;
}

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
  Cursor cursor{packet, kL2Bytes + original.header};
  std::vector<OwnedPacket> pieces;
  pieces.reserve(original.payload / (most / 8 * 8) + 1);
  for (std::uint32_t done = 0; done < original.payload;) {
    const std::uint32_t left = original.payload - done;
    const std::uint32_t bytes = left <= most ? left : most / 8 * 8;
    OwnedPacket piece = make_piece(pool, packet, cursor, bytes, cut.gather);
    if (!piece) {
      return {};
    }
    finish_header(*piece, original, done, bytes);
    pieces.push_back(std::move(piece));
    done += bytes;
  }
  return pieces;
}

OwnedPacket in_one_buffer(rte_mempool& pool, OwnedPacket packet) {
  if (packet->nb_segs == 1) {
    return packet;
  }
  OwnedPacket one{rte_pktmbuf_alloc(&pool)};
  Cursor cursor{*packet, 0};
  if (!one || !copy(cursor, packet->pkt_len, *one)) {
    return nullptr;
  }
  meta(*one) = meta(*packet);
  return one;
}

}  // namespace ringroad::ip4

// SPDX-License-Identifier: BSD-3-Clause
#include "packet/pieces.hpp"

#include <rte_mempool.h>

#include <cstring>

namespace ringroad {
namespace {

// Every device accepts this many buffers in a frame. A piece that would need more is copied.
constexpr std::uint16_t kBuffersMax = 8;

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

}  // namespace

std::uint16_t Cursor::buffers(std::uint32_t bytes) const {
  Cursor ahead = *this;
  std::uint16_t count = 0;
  ahead.advance(bytes, [&](Packet&, std::uint32_t, std::uint32_t) {
    ++count;
    return true;
  });
  return count;
}

OwnedPacket make_piece(rte_mempool& pool, Packet& packet, Cursor& from, const PieceShape& shape) {
  OwnedPacket piece{rte_pktmbuf_alloc(&pool)};
  if (!piece) {
    return nullptr;
  }
  char* const room =
      rte_pktmbuf_append(piece.get(), static_cast<std::uint16_t>(shape.headers + shape.inserted));
  if (room == nullptr) {
    return nullptr;
  }
  std::memcpy(room, frame(packet), shape.headers);
  meta(*piece) = meta(packet);
  const bool refers = shape.gather && from.buffers(shape.payload) < kBuffersMax;
  const bool done =
      refers ? refer(pool, from, shape.payload, *piece) : copy(from, shape.payload, *piece);
  return done ? std::move(piece) : nullptr;
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

}  // namespace ringroad

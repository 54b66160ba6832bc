// SPDX-License-Identifier: BSD-3-Clause
#include "xdp_socket.hpp"

#include <rte_mbuf.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cstring>

namespace ringroad::port {

XdpSocket::Ring::Ring(int fd, const Kind& kind, const xdp_ring_offset& offsets, std::uint32_t size)
    : offsets_{offsets},
      entry_bytes_{kind.entry_bytes},
      size_{size},
      bytes_{offsets.desc + size * kind.entry_bytes} {
  void* const map = mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, fd, kind.page);
  map_ = map == MAP_FAILED ? nullptr : map;
}

XdpSocket::Ring::~Ring() {
  if (map_ != nullptr) {
    munmap(map_, bytes_);
  }
}

// The low bits of an entry are the offset of a pool's object from the start of the memory; the bits
// above are the offset of its data (reserve_fill_queue_zc(), af_xdp_tx_zc()).
void XdpSocket::Ring::give_back(const Memory& memory) const {
  if (map_ == nullptr) {
    return;
  }
  const auto* const ring = static_cast<const std::byte*>(map_);
  const auto index_at = [ring](std::uint64_t offset) {
    return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(ring + offset), __ATOMIC_ACQUIRE);
  };
  const std::uint32_t end = index_at(offsets_.producer);
  for (std::uint32_t i = index_at(offsets_.consumer); i != end; ++i) {
    std::uint64_t object = 0;
    std::memcpy(&object, ring + offsets_.desc + (i & (size_ - 1)) * entry_bytes_, sizeof object);
    object &= XSK_UNALIGNED_BUF_ADDR_MASK;
    auto* const packet =
        reinterpret_cast<rte_mbuf*>(memory.begin + object + memory.pool->header_size);
    if (packet->pool == memory.pool) {
      rte_pktmbuf_free(packet);
    }
  }
}

XdpSocket::XdpSocket(const Opened& opened) : fd_{opened.fd}, memory_{opened.memory} {
  xdp_mmap_offsets offsets{};
  socklen_t length = sizeof offsets;
  if (memory_.pool == nullptr ||
      getsockopt(fd_, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) != 0 ||
      length != sizeof offsets) {
    return;
  }
  const auto map = [&](std::optional<Ring>& ring, const Ring::Kind& kind,
                       const xdp_ring_offset& where, std::uint32_t size) {
    if (size > 0) {
      ring.emplace(fd_, kind, where, size);
    }
  };
  const RingSizes& sizes = opened.sizes;
  map(rings_[0], {XDP_PGOFF_RX_RING, sizeof(xdp_desc)}, offsets.rx, sizes.rx);
  map(rings_[1], {XDP_PGOFF_TX_RING, sizeof(xdp_desc)}, offsets.tx, sizes.tx);
  map(rings_[2], {XDP_UMEM_PGOFF_FILL_RING, sizeof(std::uint64_t)}, offsets.fr, sizes.fill);
  map(rings_[3], {XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(std::uint64_t)}, offsets.cr,
      sizes.completion);
}

XdpSocket::~XdpSocket() {
  for (const auto& ring : rings_) {
    if (ring) {
      ring->give_back(memory_);
    }
  }
}

xdp_statistics XdpSocket::statistics() const {
  xdp_statistics now{};
  socklen_t length = sizeof now;
  return getsockopt(fd_, SOL_XDP, XDP_STATISTICS, &now, &length) == 0 ? now : xdp_statistics{};
}

}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The sockets that net_af_xdp opens, one a queue: what the kernel counts at each, and the packet
// buffers in its rings, which the driver forgets as it closes the device.
#include <linux/if_xdp.h>
#include <rte_mempool.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ringroad::port {

// Control thread.
class XdpSocket {
 public:
  // The memory that was registered for its buffers.
  struct Memory {
    std::byte* begin = nullptr;
    rte_mempool* pool = nullptr;  // null: it is no packet pool's
  };
  // Entries.
  struct RingSizes {
    std::uint32_t rx = 0;
    std::uint32_t tx = 0;
    std::uint32_t fill = 0;
    std::uint32_t completion = 0;
  };
  struct Opened {
    int fd;
    Memory memory;
    RingSizes sizes;
  };
  explicit XdpSocket(const Opened& opened);
  // Once the device is closed: gives back the buffers that its rings hold.
  ~XdpSocket();
  XdpSocket(const XdpSocket&) = delete;
  XdpSocket& operator=(const XdpSocket&) = delete;

  // All zero where the socket does not tell.
  [[nodiscard]] xdp_statistics statistics() const;

 private:
  // Where buffers lie; it stays readable when the socket is closed.
  class Ring {
   public:
    struct Kind {
      off_t page;
      std::size_t entry_bytes;
    };
    Ring(int fd, const Kind& kind, const xdp_ring_offset& offsets, std::uint32_t size);
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    void give_back(const Memory& memory) const;

   private:
    xdp_ring_offset offsets_;
    std::size_t entry_bytes_;
    std::uint32_t size_;
    std::size_t bytes_;
    void* map_ = nullptr;
  };

  int fd_;  // the driver's
  Memory memory_;
  std::array<std::optional<Ring>, 4> rings_;
};

}  // namespace ringroad::port

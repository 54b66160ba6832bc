// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The sockets that net_af_xdp opens, one for each queue: the kernel's counters of each, and the
// packet buffers in its rings, which the driver does not free when it closes the device.
#include <linux/if_xdp.h>
#include <rte_mempool.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ringroad::port {

// Used by the control thread.
class XdpSocket {
 public:
  // The memory that was registered for its buffers.
  struct Memory {
    std::byte* begin = nullptr;
    rte_mempool* pool = nullptr;  // null if it is not a packet pool's
  };
  // The number of entries of each ring.
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
  // Called after the device was closed: frees the buffers that its rings hold.
  ~XdpSocket();
  XdpSocket(const XdpSocket&) = delete;
  XdpSocket& operator=(const XdpSocket&) = delete;

  // Returns zeros if the socket does not report statistics.
  [[nodiscard]] xdp_statistics statistics() const;

 private:
  // A ring of buffers; it stays readable after the socket was closed.
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

  int fd_;  // owned by the driver
  Memory memory_;
  std::array<std::optional<Ring>, 4> rings_;
};

}  // namespace ringroad::port

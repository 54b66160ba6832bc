// SPDX-License-Identifier: BSD-3-Clause
// Two calls of libc that drivers make; the linker redirects them here (--wrap).
//
// setsockopt: net_af_packet joins its sockets to a fanout group with PACKET_FANOUT_FLAG_DEFRAG, so
// the kernel would reassemble fragments that a router must forward unchanged (RFC 1812 5.2.6), and
// truncate packets that are then longer than the ring's frames. No argument of the driver disables
// this, so the flag is removed here. The group's number, derived from the process and the
// interface, may already belong to another router in the same namespace, and the kernel would then
// refuse it; a number is chosen here. This call is the last one for each queue, and the only one
// that shows the queue's socket. The sockets of net_af_xdp are recognized by the rings that they
// request. The memory that net_af_xdp registers (xdp_umem_configure()) is as long as all buffers
// together, although the buffers are further apart, because none crosses a page: without hugepages
// each buffer has its own page, and the kernel refused two of five.
//
// sendto: net_af_packet counts every packet in its ring as sent, but the kernel may refuse it.
#include "socket_calls.hpp"

#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <rte_mempool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "packet_socket.hpp"

namespace ringroad::port {
namespace {

std::vector<XdpSocket::Opened>& xdp_sockets() {
  static std::vector<XdpSocket::Opened> opened;
  return opened;
}

// The memory registered last, and the rings requested for its buffers since then.
XdpSocket::Opened& next_xdp_socket() {
  static XdpSocket::Opened next{};
  return next;
}

// Records the ring sizes that an AF_XDP socket requests; most other options do not matter here.
void note_xdp_option(int fd, int option, std::uint32_t size) {
  auto& opened = xdp_sockets();
  if (option == XDP_UMEM_FILL_RING) {
    next_xdp_socket().sizes.fill = size;
  } else if (option == XDP_UMEM_COMPLETION_RING) {
    next_xdp_socket().sizes.completion = size;
  } else if (option == XDP_RX_RING) {
    // An earlier socket with this descriptor was never used and is closed.
    std::erase_if(opened, [fd](const auto& earlier) { return earlier.fd == fd; });
    opened.push_back(next_xdp_socket());
    opened.back().fd = fd;
    opened.back().sizes.rx = size;
    next_xdp_socket().sizes = {};
  } else if (option == XDP_TX_RING && !opened.empty() && opened.back().fd == fd) {
    opened.back().sizes.tx = size;
  }
}

// The ring that the last socket requested.
tpacket_req& last_tx_ring() {
  static tpacket_req ring;
  return ring;
}

// Queues of one interface share a group; the first one requests a number from the kernel.
int in_own_group(int fd, int fanout) {
  fanout &= ~0xffff;
  const unsigned interface = interface_of(fd);
  for (const auto& socket : packet_sockets()) {
    if (const auto group = socket->group(); group && socket->interface() == interface) {
      return fanout | *group;
    }
  }
  return fanout | PACKET_FANOUT_FLAG_UNIQUEID << 16;
}

// If the buffers begin where the memory of `argument`, an xdp_umem_reg, begins, extends that memory
// to the end of the buffers.
void cover(rte_mempool* pool, void* argument, rte_mempool_memhdr* chunk, unsigned /*index*/) {
  auto& memory = *static_cast<xdp_umem_reg*>(argument);
  const auto begin = reinterpret_cast<std::uintptr_t>(chunk->addr);
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  if (begin >= memory.addr && begin - memory.addr < page) {
    const std::uintptr_t before = begin - memory.addr;
    memory.len = before + chunk->len;
    next_xdp_socket().memory = {static_cast<std::byte*>(chunk->addr) - before, pool};
  }
}

void cover_all_buffers(xdp_umem_reg& memory) {
  next_xdp_socket().memory = {};
  rte_mempool_walk(
      [](rte_mempool* pool, void* argument) { rte_mempool_mem_iter(pool, cover, argument); },
      &memory);
}

}  // namespace

std::vector<std::unique_ptr<XdpSocket>> take_xdp_sockets() {
  std::vector<std::unique_ptr<XdpSocket>> sockets;
  for (const XdpSocket::Opened& opened : std::exchange(xdp_sockets(), {})) {
    sockets.push_back(std::make_unique<XdpSocket>(opened));
  }
  return sockets;
}

}  // namespace ringroad::port

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" int __real_setsockopt(int fd, int level, int option, const void* value,
                                 socklen_t length) noexcept;
extern "C" ssize_t __real_sendto(int fd, const void* buffer, std::size_t length, int flags,
                                 const sockaddr* address, socklen_t address_length);

extern "C" int __wrap_setsockopt(int fd, int level, int option, const void* value,
                                 socklen_t length) noexcept {
  using namespace ringroad::port;  // NOLINT(google-build-using-namespace)
  const auto call = [&](const void* what) {
    return __real_setsockopt(fd, level, option, what, length);
  };
  int fanout = 0;
  if (level == SOL_PACKET && option == PACKET_TX_RING && length == sizeof(tpacket_req)) {
    std::memcpy(&last_tx_ring(), value, sizeof(tpacket_req));
  } else if (level == SOL_PACKET && option == PACKET_FANOUT && length == sizeof fanout) {
    std::memcpy(&fanout, value, sizeof fanout);
    // An earlier socket with this descriptor, which is closed.
    remove_packet_sockets([fd](const PacketSocket& socket) { return socket.fd() == fd; });
    fanout = in_own_group(fd, fanout & ~(PACKET_FANOUT_FLAG_DEFRAG << 16));
    const int result = call(&fanout);
    if (result == 0) {
      add_packet_socket(std::make_unique<PacketSocket>(fd, last_tx_ring()));
    }
    return result;
  } else if (level == SOL_XDP && option == XDP_UMEM_REG && length == sizeof(xdp_umem_reg)) {
    xdp_umem_reg memory{};
    std::memcpy(&memory, value, sizeof memory);
    cover_all_buffers(memory);
    return call(&memory);
  }
  if (level == SOL_XDP && length == sizeof(std::uint32_t)) {
    std::uint32_t size = 0;
    std::memcpy(&size, value, sizeof size);
    note_xdp_option(fd, option, size);
  }
  return call(value);
}

extern "C" ssize_t __wrap_sendto(int fd, const void* buffer, std::size_t length, int flags,
                                 const sockaddr* address, socklen_t address_length) {
  if (buffer == nullptr && length == 0) {
    if (ringroad::port::PacketSocket* const socket = ringroad::port::find_packet_socket(fd)) {
      return socket->send_ring(flags);
    }
  }
  return __real_sendto(fd, buffer, length, flags, address, address_length);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The sockets that net_af_packet opens, one for each queue. They count frames that the kernel
// refused from their rings or dropped before them; the driver counts neither.
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/file_descriptor.hpp"
#include "stats/counter.hpp"

namespace ringroad::port {

// The index of the interface to which a packet socket is bound; 0 if there is none.
[[nodiscard]] unsigned interface_of(int fd);

class PacketSocket {
 public:
  // `tx`: the driver's request for its TX ring, which follows an RX ring of the same size; both are
  // mapped.
  PacketSocket(int fd, const tpacket_req& tx);
  ~PacketSocket();
  PacketSocket(const PacketSocket&) = delete;
  PacketSocket& operator=(const PacketSocket&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] unsigned interface() const { return interface_; }
  // The number of its fanout group, which it has joined before.
  [[nodiscard]] std::optional<std::uint16_t> group() const;

  // Called by the queue's worker: has the kernel send the frames in the ring, as the driver's
  // sendto() would, and counts frames that the kernel refused.
  ssize_t send_ring(int flags);
  // The same while nothing is sent, for frames that the kernel refused earlier.
  void retry() {
    if (waiting() > 0) {
      static_cast<void>(send_ring(MSG_DONTWAIT));
    }
  }

  // Called while no worker sends, before a lost link is used again: has the kernel drop its waiting
  // frames, which would otherwise be sent with the next packet.
  void discard_waiting();

  // Called by the control thread. Frames that arrived while the RX ring was full.
  [[nodiscard]] std::uint64_t dropped();
  // Frames of the TX ring that the kernel refused, and frames that it has not accepted yet.
  [[nodiscard]] std::uint64_t refused() const { return refused_.get(); }
  [[nodiscard]] std::uint64_t waiting() const { return waiting_.get(); }

 private:
  [[nodiscard]] std::byte* slot(unsigned index) const;
  [[nodiscard]] bool is_waiting(unsigned index) const;
  [[nodiscard]] std::uint32_t bytes_of(unsigned index) const;
  [[nodiscard]] unsigned too_long(unsigned count) const;
  // The number of frames, among those that waited from next_ on, that the kernel has accepted
  // since.
  [[nodiscard]] unsigned taken_of(unsigned frames) const;
  [[nodiscard]] bool is_hopeless(unsigned index);
  void give_up(unsigned index);

  static constexpr std::uint32_t kNoLength = ~std::uint32_t{0};

  int fd_;              // owned by the driver
  FileDescriptor own_;  // the same socket, open as long as it is queried
  unsigned interface_ = 0;
  tpacket_req ring_;
  std::byte* map_ = nullptr;
  unsigned next_ = 0;                           // the slot that the kernel sends next
  std::optional<std::uint64_t> refused_since_;  // when the kernel first refused that frame (TSC)
  std::uint32_t hopeless_bytes_ = kNoLength;    // frames of this length were given up
  stats::Counter refused_;
  stats::Counter waiting_;
  std::uint64_t dropped_ = 0;
};

// Called by the control thread. The sockets of all ports, in the order in which the driver opened
// them, which is the order of a port's queues.
[[nodiscard]] const std::vector<std::unique_ptr<PacketSocket>>& packet_sockets();
void add_packet_socket(std::unique_ptr<PacketSocket> socket);
// Called while no worker uses these sockets.
void remove_packet_sockets(const std::function<bool(const PacketSocket&)>& is);
// Called by any thread, even while others are added or removed. Returns null if no socket has this
// descriptor.
[[nodiscard]] PacketSocket* find_packet_socket(int fd);

}  // namespace ringroad::port

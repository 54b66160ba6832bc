// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The sockets that net_af_packet opens, one a queue: what the kernel refused of their rings and
// dropped before them, neither of which the driver counts.
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

// That a packet socket is bound to, by its index; 0: none.
[[nodiscard]] unsigned interface_of(int fd);

class PacketSocket {
 public:
  // `tx`: the driver's request for its TX ring, behind an RX ring of the same size; both are
  // mapped.
  PacketSocket(int fd, const tpacket_req& tx);
  ~PacketSocket();
  PacketSocket(const PacketSocket&) = delete;
  PacketSocket& operator=(const PacketSocket&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] unsigned interface() const { return interface_; }
  // The number of its fanout group, which it joined before it came here.
  [[nodiscard]] std::optional<std::uint16_t> group() const;

  // The queue's worker: has the kernel send what the driver put into the ring, as the driver's
  // sendto() would, and counts what the kernel refused.
  ssize_t send_ring(int flags);
  // The same, while nothing is sent: what the kernel refused.
  void retry() {
    if (waiting() > 0) {
      static_cast<void>(send_ring(MSG_DONTWAIT));
    }
  }

  // While no worker sends, before a link that was lost is used again: has the kernel drop what it
  // has not taken, which would be sent with the first packet after it otherwise.
  void discard_waiting();

  // Control thread. Frames that came while the RX ring was full.
  [[nodiscard]] std::uint64_t dropped();
  // Frames of the TX ring that the kernel refused, and that it has not taken yet.
  [[nodiscard]] std::uint64_t refused() const { return refused_.get(); }
  [[nodiscard]] std::uint64_t waiting() const { return waiting_.get(); }

 private:
  [[nodiscard]] std::byte* slot(unsigned index) const;
  [[nodiscard]] bool is_waiting(unsigned index) const;
  [[nodiscard]] std::uint32_t bytes_of(unsigned index) const;
  [[nodiscard]] unsigned too_long(unsigned count) const;
  // Of so many frames that waited from next_ on, those that the kernel has taken since.
  [[nodiscard]] unsigned taken_of(unsigned frames) const;
  [[nodiscard]] bool is_hopeless(unsigned index);
  void give_up(unsigned index);

  static constexpr std::uint32_t kNoLength = ~std::uint32_t{0};

  int fd_;              // the driver's
  FileDescriptor own_;  // the same socket, until nothing asks it any more
  unsigned interface_ = 0;
  tpacket_req ring_;
  std::byte* map_ = nullptr;
  unsigned next_ = 0;                           // the slot that the kernel sends next
  std::optional<std::uint64_t> refused_since_;  // the frame in that slot, by the TSC
  std::uint32_t hopeless_bytes_ = kNoLength;    // frames as long were given up
  stats::Counter refused_;
  stats::Counter waiting_;
  std::uint64_t dropped_ = 0;
};

// Control thread. The sockets of all ports, in the order in which the driver opened them, which is
// that of a port's queues.
[[nodiscard]] const std::vector<std::unique_ptr<PacketSocket>>& packet_sockets();
void add_packet_socket(std::unique_ptr<PacketSocket> socket);
// While no worker uses them.
void remove_packet_sockets(const std::function<bool(const PacketSocket&)>& is);
// Any thread, also while others' come and go. Null: none has that descriptor of the driver's.
[[nodiscard]] PacketSocket* find_packet_socket(int fd);

}  // namespace ringroad::port

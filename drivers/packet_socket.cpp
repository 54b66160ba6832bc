// SPDX-License-Identifier: BSD-3-Clause
#include "packet_socket.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <rte_cycles.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ringroad::port {
namespace {

// The offset of a frame in its slot: TPACKET2_HDRLEN without the address, which only received
// frames have.
constexpr std::size_t kFrameOffset = sizeof(tpacket2_hdr);
static_assert(kFrameOffset % TPACKET_ALIGNMENT == 0);
constexpr std::uint32_t kTagBytes = 4;
// A device with a full queue accepts a frame sooner, even at 100 Mbit/s with 1024 descriptors.
constexpr double kPatienceSeconds = 0.1;

std::size_t ring_bytes(const tpacket_req& ring) {
  return std::size_t{ring.tp_block_size} * ring.tp_block_nr;
}

std::vector<std::unique_ptr<PacketSocket>>& opened() {
  static std::vector<std::unique_ptr<PacketSocket>> sockets;
  return sockets;
}

// There are more descriptors than queues of all ports and workers; for a larger descriptor, packets
// are sent without being examined.
constexpr std::size_t kDescriptors = 4096;

std::array<std::atomic<PacketSocket*>, kDescriptors>& by_descriptor() {
  static std::array<std::atomic<PacketSocket*>, kDescriptors> sockets{};
  return sockets;
}

}  // namespace

unsigned interface_of(int fd) {
  sockaddr_ll address{};
  socklen_t length = sizeof address;
  const int error = getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return error == 0 && address.sll_family == AF_PACKET ? static_cast<unsigned>(address.sll_ifindex)
                                                       : 0;
}

PacketSocket::PacketSocket(int fd, const tpacket_req& tx)
    : fd_{fd}, own_{dup(fd)}, interface_{interface_of(fd)}, ring_{tx} {
  void* const map = tx.tp_frame_nr == 0 ? MAP_FAILED
                                        : mmap(nullptr, 2 * ring_bytes(ring_),
                                               PROT_READ | PROT_WRITE, MAP_SHARED, own_.get(), 0);
  map_ = map == MAP_FAILED ? nullptr : static_cast<std::byte*>(map);
}

PacketSocket::~PacketSocket() {
  if (map_ != nullptr) {
    munmap(map_, 2 * ring_bytes(ring_));
  }
}

std::optional<std::uint16_t> PacketSocket::group() const {
  int fanout = 0;  // the lower half is the number of the group
  socklen_t length = sizeof fanout;
  if (getsockopt(own_.get(), SOL_PACKET, PACKET_FANOUT, &fanout, &length) != 0) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(fanout);
}

// The TX ring follows the RX ring, and a frame lies within one block.
std::byte* PacketSocket::slot(unsigned index) const {
  index %= ring_.tp_frame_nr;
  const unsigned in_block = ring_.tp_block_size / ring_.tp_frame_size;
  return map_ + ring_bytes(ring_) + std::size_t{index / in_block} * ring_.tp_block_size +
         std::size_t{index % in_block} * ring_.tp_frame_size;
}

bool PacketSocket::is_waiting(unsigned index) const {
  const auto* const header = reinterpret_cast<const tpacket2_hdr*>(slot(index));
  return __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) == TP_STATUS_SEND_REQUEST;
}

std::uint32_t PacketSocket::bytes_of(unsigned index) const {
  return reinterpret_cast<const tpacket2_hdr*>(slot(index))->tp_len;
}

// Counts the frames, among the first `count` after next_, that are too long for the interface: the
// kernel silently skips them, as the driver requested (PACKET_LOSS; tpacket_snd). One additional
// 802.1Q tag is allowed (packet_extra_vlan_len_allowed).
unsigned PacketSocket::too_long(unsigned count) const {
  ifreq request{};
  if (if_indextoname(interface_, request.ifr_name) == nullptr ||
      ioctl(own_.get(), SIOCGIFMTU, &request) != 0) {
    return 0;
  }
  const auto most = static_cast<std::uint32_t>(request.ifr_mtu) + ETH_HLEN;
  unsigned frames = 0;
  for (unsigned i = 0; i < count; ++i) {
    std::uint16_t type = 0;
    std::memcpy(&type, slot(next_ + i) + kFrameOffset + 2 * std::size_t{ETH_ALEN}, sizeof type);
    const bool tagged = type == htons(ETH_P_8021Q);
    if (bytes_of(next_ + i) > most + (tagged ? kTagBytes : 0)) {
      ++frames;
    }
  }
  return frames;
}

// A frame that the device refuses stays at the head of the ring, where the kernel tries it again
// next time, and all later frames wait. A full queue soon has room for it, but a veth whose far end
// has a smaller MTU never accepts it (__dev_forward_skb()). Therefore the frame is given up after a
// while; later ones of at least its length are given up at once, until one of that length is sent.
bool PacketSocket::is_hopeless(unsigned index) {
  const std::uint32_t bytes = bytes_of(index);
  if (bytes >= hopeless_bytes_) {
    return true;
  }
  const std::uint64_t now = rte_rdtsc();
  if (!refused_since_) {
    refused_since_ = now;
  }
  if (now - *refused_since_ <
      static_cast<std::uint64_t>(kPatienceSeconds * static_cast<double>(rte_get_tsc_hz()))) {
    return false;
  }
  hopeless_bytes_ = bytes;
  return true;
}

// A frame cannot be removed from the ring, but an empty one is invalid (tpacket_fill_skb()'s
// dev_validate_header()) and is skipped, because the driver has set PACKET_LOSS.
void PacketSocket::give_up(unsigned index) {
  reinterpret_cast<tpacket2_hdr*>(slot(index))->tp_len = 0;
}

unsigned PacketSocket::taken_of(unsigned frames) const {
  unsigned taken = 0;
  while (taken < frames && !is_waiting(next_ + taken)) {
    ++taken;
  }
  return taken;
}

ssize_t PacketSocket::send_ring(int flags) {
  const auto send = [&] { return syscall(SYS_sendto, fd_, nullptr, 0UL, flags, nullptr, 0UL); };
  if (map_ == nullptr) {
    return send();
  }
  unsigned frames = 0;
  std::uint64_t bytes = 0;
  std::uint32_t longest = 0;
  while (frames < ring_.tp_frame_nr && is_waiting(next_ + frames)) {
    const std::uint32_t one = bytes_of(next_ + frames);
    bytes += one;
    longest = std::max(longest, one);
    ++frames;
  }
  ssize_t sent = send();
  if (sent == static_cast<ssize_t>(bytes) && longest >= hopeless_bytes_) {
    hopeless_bytes_ = kNoLength;
  }
  unsigned refused = sent < 0 || sent == static_cast<ssize_t>(bytes) ? 0 : too_long(frames);
  while (frames > 0) {
    const unsigned taken = sent < 0 ? taken_of(frames) : frames;
    if (taken > 0) {
      refused_since_.reset();
      next_ = (next_ + taken) % ring_.tp_frame_nr;
      frames -= taken;
    }
    if (frames == 0 || errno != ENOBUFS || !is_hopeless(next_)) {
      break;
    }
    give_up(next_);
    ++refused;
    sent = send();
  }
  const int error = errno;
  refused_.add(refused);
  waiting_.set(frames);
  // For any other error the driver would count frames that still wait as lost.
  errno = sent < 0 && error != EAGAIN ? ENOBUFS : error;
  return sent;
}

void PacketSocket::discard_waiting() {
  if (map_ == nullptr) {
    return;
  }
  unsigned frames = 0;
  while (frames < ring_.tp_frame_nr && is_waiting(next_ + frames)) {
    give_up(next_ + frames);
    ++frames;
  }
  if (frames == 0) {
    return;
  }
  // The result does not matter: frames that are no longer in the ring were dropped.
  static_cast<void>(syscall(SYS_sendto, own_.get(), nullptr, 0UL, MSG_DONTWAIT, nullptr, 0UL));
  const unsigned done = taken_of(frames);
  refused_.add(done);
  waiting_.set(frames - done);
  next_ = (next_ + done) % ring_.tp_frame_nr;
  refused_since_.reset();
}

std::uint64_t PacketSocket::dropped() {
  tpacket_stats since{};
  socklen_t length = sizeof since;
  // The kernel's counters restart at 0 after each call.
  if (getsockopt(own_.get(), SOL_PACKET, PACKET_STATISTICS, &since, &length) == 0) {
    dropped_ += since.tp_drops;
  }
  return dropped_;
}

const std::vector<std::unique_ptr<PacketSocket>>& packet_sockets() { return opened(); }

void add_packet_socket(std::unique_ptr<PacketSocket> socket) {
  if (const auto fd = static_cast<std::size_t>(socket->fd()); fd < by_descriptor().size()) {
    by_descriptor()[fd].store(socket.get(), std::memory_order_release);
  }
  opened().push_back(std::move(socket));
}

void remove_packet_sockets(const std::function<bool(const PacketSocket&)>& is) {
  std::erase_if(opened(), [&](const auto& socket) {
    if (!is(*socket)) {
      return false;
    }
    if (find_packet_socket(socket->fd()) == socket.get()) {
      by_descriptor()[static_cast<std::size_t>(socket->fd())].store(nullptr,
                                                                    std::memory_order_release);
    }
    return true;
  });
}

PacketSocket* find_packet_socket(int fd) {
  const auto at = static_cast<std::size_t>(fd);
  return at < by_descriptor().size() ? by_descriptor()[at].load(std::memory_order_acquire)
                                     : nullptr;
}

}  // namespace ringroad::port

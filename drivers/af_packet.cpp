// SPDX-License-Identifier: BSD-3-Clause
// A kernel interface through a packet socket, which needs neither a NIC of its own nor hugepages.
// The kernel also receives the packets: the interface must have no address, and the kernel must not
// forward.
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "packet_socket.hpp"
#include "port/family.hpp"
#include "port/interface_stats.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_af_packet"};

// One queue pair for each worker; the fanout of the sockets distributes flows over them.
std::string arguments(std::string_view given, std::uint16_t workers) {
  return with_argument(given, "qpairs", fmt::format("{}", workers));
}

Status check(std::string_view given) { return check_interface(argument(given, "iface")); }

// The driver counts packets in its ring as sent, and does not count packets that the kernel
// dropped.
class Losses : public LossSource {
 public:
  explicit Losses(unsigned interface) : interface_{interface}, stats_{interface} {}
  ~Losses() override {
    remove_packet_sockets(
        [this](const PacketSocket& socket) { return socket.interface() == interface_; });
  }
  Losses(const Losses&) = delete;
  Losses& operator=(const Losses&) = delete;

  void read(const rte_eth_stats& stats, DeviceCounts& counts) override {
    std::uint64_t dropped = stats.imissed;  // later drivers query the sockets themselves
    std::uint64_t refused = 0;
    std::uint64_t waiting = 0;
    for (const auto& socket : packet_sockets()) {
      if (socket->interface() == interface_) {
        dropped += socket->dropped();
        refused += socket->refused();
        waiting += socket->waiting();
      }
    }
    counts.losses = {{"packet_socket_full", LossKind::kMissed, dropped},
                     {"interface_rx_dropped", LossKind::kRxError, stats_.read().rx_dropped},
                     {"driver_refused", LossKind::kTxError, stats.oerrors},
                     {"kernel_refused", LossKind::kTxError, refused}};
    counts.tx_completed -= std::min(counts.tx_completed, refused + waiting);
  }

 private:
  unsigned interface_;
  InterfaceStats stats_;
};

std::unique_ptr<LossSource> losses(const rte_eth_dev_info& info, std::string_view /*arguments*/) {
  return std::make_unique<Losses>(info.if_index);
}

int rx_event(std::string_view given, std::uint16_t queue) {
  const unsigned interface = if_nametoindex(std::string{argument(given, "iface")}.c_str());
  for (const auto& socket : packet_sockets()) {
    if (interface != 0 && socket->interface() == interface && queue-- == 0) {
      return socket->fd();
    }
  }
  return -1;
}

void retry(int descriptor) {
  if (PacketSocket* const socket = find_packet_socket(descriptor)) {
    socket->retry();
  }
}

void discard_unsent(unsigned interface) {
  for (const auto& socket : packet_sockets()) {
    if (socket->interface() == interface) {
      socket->discard_waiting();
    }
  }
}

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{
    .family = "af_packet",
    .drivers = kDrivers,
    .arguments = arguments,
    .check = check,
    .tune = tune,
    .rx_event = rx_event,
    .retry = retry,
    .interface = KernelInterface::kShared,
    .discard_unsent = discard_unsent,
    // Stopping closes the sockets.
    .starts_once = true,
    .losses = losses,
    .rx_buffers = 0,
    .tx_buffers = 0,
    .writes_frames = true,
    // The kernel removes the outer tag, and the driver does not read its protocol.
    .hides_tag_protocol = true};
const Registration kRegistration{kProfile};

constexpr std::array kArguments{
    Argument{.key = "iface", .kind = Argument::Kind::kInterface, .needed = true},
    Argument{.key = "qpairs", .kind = Argument::Kind::kNumber, .least = 1, .most = 64},
    Argument{.key = "blocksz", .kind = Argument::Kind::kNumber, .least = 4096, .most = 1U << 22U},
    Argument{.key = "framesz", .kind = Argument::Kind::kNumber, .least = 128, .most = 1U << 16U},
    Argument{.key = "framecnt", .kind = Argument::Kind::kNumber, .least = 1, .most = 1U << 20U},
    Argument{.key = "qdisc_bypass", .kind = Argument::Kind::kNumber, .least = 0, .most = 1}};

// TPACKET_ALIGN(sizeof(tpacket2_hdr)) without its mixture of signed and unsigned values;
// TPACKET2_HDRLEN is this and a sockaddr_ll.
constexpr std::uint64_t kHeader =
    (sizeof(tpacket2_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT;

// The conditions of the kernel's packet_set_ring() and of the driver's eth_rx_queue_setup(): a
// frame of the ring must fit in a packet buffer.
Status check_family(const Arguments& arguments, std::uint32_t room) {
  constexpr std::uint64_t kPage = 4096;
  const std::uint64_t block = arguments.number("blocksz", kPage);
  const std::uint64_t frame = arguments.number("framesz", 2048);
  const std::uint64_t frames = arguments.number("framecnt", 512);
  if (block % kPage != 0) {
    return fail(fmt::format("blocksz={} is not a multiple of {}", block, kPage));
  }
  if (frame % TPACKET_ALIGNMENT != 0) {
    return fail(fmt::format("framesz={} is not a multiple of {}", frame, TPACKET_ALIGNMENT));
  }
  if (frame > block) {
    return fail(fmt::format("framesz={} is more than blocksz={}", frame, block));
  }
  if (frames % (block / frame) != 0) {
    return fail(fmt::format("framecnt={} is not a multiple of the {} frames of a block", frames,
                            block / frame));
  }
  const std::uint64_t data = frame - kHeader;
  if (data > room) {
    return fail(
        fmt::format("a frame of framesz={} does not fit a packet buffer of {} bytes", frame, room));
  }
  return {};
}

// The limit in eth_dev_mtu_set().
std::uint64_t mtu_with(const Arguments& arguments) {
  return arguments.number("framesz", 2048) - kHeader - sizeof(sockaddr_ll);
}

Claims claims(const Arguments& arguments) { return {interface_claim(arguments.get("iface"))}; }

constexpr Family kFamily{.driver = "net_af_packet",
                         .arguments = kArguments,
                         // The driver's max_rx_pktlen is Ethernet's.
                         .mtu_max = 1500,
                         .mtu_with = mtu_with,
                         .check = check_family,
                         .claims = claims};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
// A kernel interface through AF_XDP sockets. The interface must have as many combined queues as the
// port uses: ethtool -L IFACE combined N.
#include <fmt/format.h>
#include <linux/if_xdp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "port/family.hpp"
#include "port/interface_stats.hpp"
#include "port/profile.hpp"
#include "socket_calls.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_af_xdp"};

Status check(std::string_view given) { return check_interface(argument(given, "iface")); }

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // The socket's rings have 2048 entries, and the driver accepts no other size.
  tuning.rx_descriptors = 2048;
  tuning.tx_descriptors = 2048;
}

// The kernel counts, at each socket, packets that arrived while its RX ring was full, which the
// driver omits; and, at the interface, packets that it did not send: without carrier, packets are
// completed anyway (__dev_direct_xmit). What the driver reports as TX errors it returns to the
// worker, and for packets that it reports as lacking a buffer it tries again.
class Losses : public LossSource {
 public:
  explicit Losses(unsigned interface) : sockets_{take_xdp_sockets()}, stats_{interface} {}

  void read(const rte_eth_stats& stats, DeviceCounts& counts) override {
    xdp_statistics sum{};
    for (const auto& socket : sockets_) {
      const xdp_statistics one = socket->statistics();
      sum.rx_ring_full += one.rx_ring_full;
      sum.tx_invalid_descs += one.tx_invalid_descs;
    }
    const InterfaceStats::Counts interface = stats_.read();
    // Interfaces such as veth also count the sockets' losses as their own.
    const std::uint64_t at_sockets = stats.imissed + sum.rx_ring_full;
    counts.losses = {{"xdp_rx_dropped", LossKind::kMissed, stats.imissed},
                     {"xdp_rx_ring_full", LossKind::kMissed, sum.rx_ring_full},
                     {"interface_rx_dropped", LossKind::kRxError,
                      interface.rx_dropped - std::min(interface.rx_dropped, at_sockets)},
                     {"xdp_tx_invalid", LossKind::kTxError, sum.tx_invalid_descs},
                     {"interface_tx_dropped", LossKind::kTxError, interface.tx_dropped}};
    counts.tx_completed -=
        std::min<std::uint64_t>(counts.tx_completed, sum.tx_invalid_descs + interface.tx_dropped);
  }

 private:
  std::vector<std::unique_ptr<XdpSocket>> sockets_;
  InterfaceStats stats_;
};

std::unique_ptr<LossSource> losses(const rte_eth_dev_info& info, std::string_view /*arguments*/) {
  return std::make_unique<Losses>(info.if_index);
}

constexpr Profile kProfile{.family = "af_xdp",
                           .drivers = kDrivers,
                           .check = check,
                           .tune = tune,
                           .interface = KernelInterface::kShared,
                           .losses = losses};
const Registration kRegistration{kProfile};

constexpr std::array kArguments{
    Argument{.key = "iface", .kind = Argument::Kind::kInterface, .needed = true},
    Argument{.key = "start_queue", .kind = Argument::Kind::kNumber, .least = 0, .most = 1023},
    Argument{.key = "queue_count", .kind = Argument::Kind::kNumber, .least = 1, .most = 64},
    Argument{.key = "shared_umem", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "xdp_prog", .kind = Argument::Kind::kPath},
    Argument{.key = "busy_budget", .kind = Argument::Kind::kNumber, .least = 0, .most = 65535},
    Argument{.key = "force_copy", .kind = Argument::Kind::kNumber, .least = 0, .most = 1}};

// Two ports may share an interface, but not one of its queues.
Claims claims(const Arguments& arguments) {
  Claims claims;
  const std::uint64_t first = arguments.number("start_queue", 0);
  const std::uint64_t count = arguments.number("queue_count", 1);
  for (std::uint64_t queue = first; queue < first + count; ++queue) {
    claims.push_back(fmt::format("{} queue {}", interface_claim(arguments.get("iface")), queue));
  }
  return claims;
}

constexpr Family kFamily{.driver = "net_af_xdp",
                         .arguments = kArguments,
                         .rx_buffers = 2048,
                         .tx_buffers = 2048,
                         .claims = claims};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

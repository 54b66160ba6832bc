// SPDX-License-Identifier: BSD-3-Clause
// virtio to a vhost backend in another process or in the kernel, and real virtio-net.
#include <fmt/format.h>
#include <net/if.h>

#include <array>
#include <string>

#include "base/log.hpp"
#include "port/family.hpp"
#include "port/interface_stats.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 2> kDrivers{"net_virtio_user", "net_virtio"};

// One queue pair, unless there are several workers.
std::string arguments(std::string_view given, std::uint16_t workers) {
  return workers > 1 ? with_argument(given, "queues", fmt::format("{}", workers))
                     : std::string{given};
}

// A server is valid, but the driver blocks until its client connects.
Status check(std::string_view given) {
  if (argument(given, "server") == "1") {
    log::info("{}: waiting for the vhost backend of another process", argument(given, "path"));
  }
  return {};
}

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // The backend determines the ring's size; 256 is the default of both sides.
  tuning.rx_descriptors = 256;
  tuning.tx_descriptors = 256;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

// If the kernel is the backend, its tap interface counts packets for which the router was too slow.
// Any other backend keeps packets for which the ring has no room. For packets without a buffer, the
// driver counts its attempts to allocate one.
class Losses : public LossSource {
 public:
  explicit Losses(unsigned interface) : stats_{interface} {}

  void read(const rte_eth_stats& stats, DeviceCounts& counts) override {
    counts.losses = {{"missed", LossKind::kMissed, stats.imissed},
                     {"interface_tx_dropped", LossKind::kMissed, stats_.read().tx_dropped},
                     {"rx_errors", LossKind::kRxError, stats.ierrors},
                     {"tx_errors", LossKind::kTxError, stats.oerrors}};
  }

 private:
  InterfaceStats stats_;
};

std::unique_ptr<LossSource> losses(const rte_eth_dev_info& /*info*/, std::string_view arguments) {
  return std::make_unique<Losses>(
      if_nametoindex(std::string{argument(arguments, "iface")}.c_str()));
}

constexpr Profile kProfile{.family = "virtio_user",
                           .drivers = kDrivers,
                           .arguments = arguments,
                           .check = check,
                           .tune = tune,
                           .losses = losses};
const Registration kRegistration{kProfile};

constexpr std::array kArguments{
    Argument{.key = "path", .kind = Argument::Kind::kPath, .needed = true},
    Argument{.key = "mac", .kind = Argument::Kind::kMac},
    Argument{.key = "cq", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "queue_size", .kind = Argument::Kind::kNumber, .least = 2, .most = 32768},
    Argument{.key = "queues", .kind = Argument::Kind::kNumber, .least = 1, .most = 8},
    Argument{.key = "iface", .kind = Argument::Kind::kInterface},
    Argument{.key = "server", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "mrg_rxbuf", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "in_order", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "packed_vq", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "speed", .kind = Argument::Kind::kNumber, .least = 0, .most = 400'000},
    Argument{.key = "vectorized", .kind = Argument::Kind::kNumber, .least = 0, .most = 1}};

// The conditions of virtio_user_ethdev.c, virtio_user_pmd_probe().
Status check_family(const Arguments& arguments, std::uint32_t /*room*/) {
  const bool kernel = arguments.get("path").starts_with("/dev/");
  const std::uint64_t size = arguments.number("queue_size", 256);
  if (arguments.has("iface") && !kernel) {
    return fail("iface goes with path=/dev/vhost-net only");
  }
  if (arguments.number("server", 0) == 1 && kernel) {
    return fail("server goes with the path of a socket only");
  }
  if (arguments.number("queues", 1) > 1 && arguments.get("cq") == "0") {
    return fail("several queues need the control queue; leave cq=0 out");
  }
  if (arguments.number("packed_vq", 0) == 0 && (size & (size - 1)) != 0) {
    return fail(fmt::format("queue_size={} is not a power of 2", size));
  }
  return {};
}

// Each opening of /dev/vhost-net creates a new device.
Claims claims(const Arguments& arguments) {
  Claims claims;
  if (const std::string_view path = arguments.get("path"); !path.starts_with("/dev/")) {
    claims.push_back(path_claim(path));
  }
  if (arguments.has("iface")) {
    claims.push_back(interface_claim(arguments.get("iface")));
  }
  return claims;
}

constexpr Family kFamily{.driver = "net_virtio_user",
                         .arguments = kArguments,
                         // VIRTIO_MAX_RX_PKTLEN without the headers of Ethernet, a tag and virtio.
                         .mtu_max = 9698,
                         .rx_buffers = 256,
                         .tx_buffers = 256,
                         .check = check_family,
                         .claims = claims};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
// A tap interface that DPDK creates: the kernel of this machine is the other end of the link.
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <string>

#include "port/family.hpp"
#include "port/interface_stats.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_tap"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // A read or write system call for each packet dominates the cost: deeper rings would only hold
  // more buffers.
  tuning.rx_descriptors = 256;
  tuning.tx_descriptors = 256;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

// The driver does not expose its descriptors, but the kernel lists all those of this process. A
// writable one belongs to an interface that is up: tun_chr_poll().
int far_end(unsigned interface) {
  std::array<char, IF_NAMESIZE> name{};
  if (if_indextoname(interface, name.data()) == nullptr) {
    return -1;
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd", ignored}) {
    const std::string number = entry.path().filename();
    int descriptor = -1;
    std::from_chars(number.data(), number.data() + number.size(), descriptor);
    ifreq request{};
    if (std::filesystem::read_symlink(entry.path(), ignored) == "/dev/net/tun" &&
        ioctl(descriptor, TUNGETIFF, &request) == 0 &&
        (static_cast<unsigned short>(request.ifr_flags) & IFF_DETACH_QUEUE) == 0 &&
        std::string_view{request.ifr_name} == name.data()) {
      return descriptor;
    }
  }
  return -1;
}

// Packets that the kernel could not send into the tap, because the router did not read it, are
// packets that the router missed. What the driver reports as TX errors it returns to the worker.
class Losses : public LossSource {
 public:
  explicit Losses(unsigned interface) : stats_{interface} {}

  void read(const rte_eth_stats& stats, DeviceCounts& counts) override {
    counts.losses = {{"interface_tx_dropped", LossKind::kMissed, stats_.read().tx_dropped},
                     {"no_buffer", LossKind::kNoBuffer, stats.rx_nombuf},
                     {"rx_errors", LossKind::kRxError, stats.ierrors}};
  }

 private:
  InterfaceStats stats_;
};

std::unique_ptr<LossSource> losses(const rte_eth_dev_info& info, std::string_view /*arguments*/) {
  return std::make_unique<Losses>(info.if_index);
}

constexpr Profile kProfile{.family = "tap",
                           .drivers = kDrivers,
                           .tune = tune,
                           .interface = KernelInterface::kFarEnd,
                           .far_end = far_end,
                           .losses = losses,
                           // The driver passes one descriptor for each queue to secondary
                           // processes, at most RTE_MP_MAX_FD_NUM, and writes past the end of their
                           // array if there are more.
                           .queues_max = 4,
                           .pairs_queues = true,
                           .tx_buffers = 0,
                           .writes_frames = true};
const Registration kRegistration{kProfile};

constexpr std::array<std::string_view, 1> kMacWords{"fixed"};
constexpr std::array kArguments{
    Argument{.key = "iface", .kind = Argument::Kind::kInterface},
    Argument{.key = "remote", .kind = Argument::Kind::kInterface},
    Argument{.key = "mac", .kind = Argument::Kind::kMac, .words = kMacWords}};

// Without a name the kernel chooses a free one.
Claims claims(const Arguments& arguments) {
  Claims claims;
  if (arguments.has("iface")) {
    claims.push_back(interface_claim(arguments.get("iface")));
  }
  if (arguments.has("remote")) {
    claims.push_back(interface_claim(arguments.get("remote")));
  }
  return claims;
}

constexpr Family kFamily{.driver = "net_tap",
                         .arguments = kArguments,
                         // The driver's max_rx_pktlen is that of Ethernet with a tag.
                         .mtu_max = 1504,
                         .rx_buffers = 256,
                         .claims = claims};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

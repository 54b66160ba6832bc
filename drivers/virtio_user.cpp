// virtio to a vhost backend in another process or in the kernel, and real virtio-net.
#include <fmt/format.h>

#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 2> kDrivers{"net_virtio_user", "net_virtio"};

// One queue pair unless asked for more.
std::string arguments(std::string_view given, std::uint16_t workers) {
  return workers > 1 ? with_argument(given, "queues", fmt::format("{}", workers))
                     : std::string{given};
}

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // The ring's size is the backend's; 256 is what both sides offer by default.
  tuning.rx_descriptors = 256;
  tuning.tx_descriptors = 256;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{
    .family = "virtio_user", .drivers = kDrivers, .arguments = arguments, .tune = tune};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

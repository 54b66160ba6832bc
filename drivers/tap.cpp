// A tap interface that DPDK makes: the kernel of this machine is the other end of the wire.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_tap"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // A read or write call a packet dominates: deep rings would only hold more buffers.
  tuning.rx_descriptors = 256;
  tuning.tx_descriptors = 256;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{
    .family = "tap", .drivers = kDrivers, .tune = tune, .writes_frames = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

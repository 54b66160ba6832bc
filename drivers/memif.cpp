// Shared memory with another process on this machine: a generator, or VPP.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_memif"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

// Not zero-copy unless told: the frames are copied as they are received.
constexpr Profile kProfile{
    .family = "memif", .drivers = kDrivers, .tune = tune, .writes_frames = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

// Shared memory with another process on this machine: a generator, or VPP.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_memif"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{.family = "memif", .drivers = kDrivers, .tune = tune};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

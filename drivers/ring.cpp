// SPDX-License-Identifier: BSD-3-Clause
// Rings in this process: the ports of the deterministic tests.
#include <array>

#include "port/family.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

// rte_eth_from_rings names its own devices by the first name; vdevs have the second.
constexpr std::array<std::string_view, 2> kDrivers{"net_ring", "eth_ring"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

// The packets in the rings belong to the other side, which fills one ring and empties the other.
constexpr Profile kProfile{
    .family = "ring", .drivers = kDrivers, .tune = tune, .rx_buffers = 0, .tx_buffers = 0};
const Registration kRegistration{kProfile};

// With nodeaction the device has another name than the vdev, so no port finds it. Its rings are
// named "RG_ETH_RXTX15_" and its name, within RTE_MEMZONE_NAMESIZE.
constexpr Family kFamily{.driver = "net_ring", .name_max = 17};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

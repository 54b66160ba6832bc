// SPDX-License-Identifier: BSD-3-Clause
// Rings in this process: the deterministic tests' ports.
#include <array>

#include "port/family.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

// What rte_eth_from_rings makes calls itself by the first name, vdevs by the second.
constexpr std::array<std::string_view, 2> kDrivers{"net_ring", "eth_ring"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

// What stands in the rings is the other side's: it filled the one, and is to empty the other.
constexpr Profile kProfile{
    .family = "ring", .drivers = kDrivers, .tune = tune, .rx_buffers = 0, .tx_buffers = 0};
const Registration kRegistration{kProfile};

// With nodeaction its device has another name than the vdev, by which no port finds it. Its rings
// are "RG_ETH_RXTX15_" with the name, in RTE_MEMZONE_NAMESIZE.
constexpr Family kFamily{.driver = "net_ring", .name_max = 17};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

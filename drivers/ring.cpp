// Rings in this process: the deterministic tests' ports.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

// What rte_eth_from_rings makes calls itself by the first name, vdevs by the second.
constexpr std::array<std::string_view, 2> kDrivers{"net_ring", "eth_ring"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{.family = "ring", .drivers = kDrivers, .tune = tune};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

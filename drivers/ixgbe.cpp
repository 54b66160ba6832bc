// Intel 82599, X520, X540, X550: net_ixgbe.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 2> kDrivers{"net_ixgbe", "net_ixgbe_vf"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // 14.88 Mpps fill 512 descriptors in 34 us; 1024 ride out a worker that is away for 60.
  tuning.rx_descriptors = 1024;
  tuning.tx_descriptors = 1024;
  // The vector RX path wants refills of 32 and more; the datasheet's write-back thresholds are the
  // driver's defaults.
  tuning.rx.rx_free_thresh = 32;
  // Completions are written back once in 32 descriptors and freed 32 at a time.
  tuning.tx.tx_rs_thresh = 32;
  tuning.tx.tx_free_thresh = 32;
  // The port verifies the IPv4 checksum at no cost. No TX offload beside fast free: any other
  // selects the slow TX path. The driver of DPDK 22.11 does not know it and takes the vector path
  // without; where it does, it holds: every buffer on these queues comes from one pool and is
  // referenced once.
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
}

constexpr Profile kProfile{.family = "ixgbe", .drivers = kDrivers, .tune = tune};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

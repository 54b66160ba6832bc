// Intel 82575, 82576, 82580, I350, I210: net_e1000_igb.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 2> kDrivers{"net_e1000_igb", "net_e1000_igb_vf"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // At 1.488 Mpps 512 descriptors are 340 us.
  tuning.rx_descriptors = 512;
  tuning.tx_descriptors = 512;
  tuning.rx.rx_free_thresh = 32;
  // The device has no fast-free, and its one TX path takes several buffers a frame; the IPv4
  // checksum it verifies.
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  // The driver has no tx_rs_thresh: every packet's end is reported.
  tuning.reports_each = true;
}

constexpr Profile kProfile{.family = "igb", .drivers = kDrivers, .tune = tune};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

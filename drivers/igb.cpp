// SPDX-License-Identifier: BSD-3-Clause
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
  // New buffers are shown to the device 32 at a time, a write across PCI for each. tx_rs_thresh and
  // tx_free_thresh the driver does not use (igb_rxtx.c): it frees a buffer when its descriptor is
  // filled again, and on an idle port by tx_done_cleanup.
  tuning.rx.rx_free_thresh = 32;
  // Prefetching stays as the driver has it. The write-back threshold does not: above 1 the device
  // tells of nothing until so many descriptors wait, "in the absence of external events", which
  // without interrupts there are none of (82576 and I350 datasheets, TXDCTL.WTHRESH). By the
  // driver's 16, and 4 for RX, the last packets before a lull would not be seen to be sent, or to
  // have come, until the next do. The driver itself uses 1 on the 82576.
  tuning.rx.rx_thresh.wthresh = 1;
  tuning.tx.tx_thresh.wthresh = 1;
  // The device has no fast-free, and its one TX path takes several buffers a frame; the IPv4
  // checksum it verifies.
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  // The driver has no tx_rs_thresh: every packet's end is reported.
  tuning.reports_each = true;
}

constexpr Profile kProfile{
    .family = "igb",
    .drivers = kDrivers,
    .tune = tune,
    // Its start ends with a look at the link (eth_igb_start()), and what that saw may be written
    // over what the interrupt's thread found a moment later: a link that came up then stays down
    // for good, for no other interrupt comes. Linux's driver looks every 2 s too
    // (igb_watchdog_task()).
    .poor_link_interrupt = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

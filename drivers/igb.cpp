// SPDX-License-Identifier: BSD-3-Clause
// Intel 82575, 82576, 82580, I350, I210: net_e1000_igb.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 2> kDrivers{"net_e1000_igb", "net_e1000_igb_vf"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // At 1.488 Mpps, 512 descriptors last 340 us.
  tuning.rx_descriptors = 512;
  tuning.tx_descriptors = 512;
  // New buffers are given to the device 32 at a time, each time with one write over PCI. The driver
  // does not use tx_rs_thresh and tx_free_thresh (igb_rxtx.c): it frees a buffer when its
  // descriptor is filled again, and on an idle port by tx_done_cleanup.
  tuning.rx.rx_free_thresh = 32;
  // The prefetch thresholds stay at the driver's values, but the write-back threshold does not:
  // above 1, the device reports nothing until that many descriptors wait, "in the absence of
  // external events", and without interrupts there are none (82576 and I350 datasheets,
  // TXDCTL.WTHRESH). With the driver's 16, and 4 for RX, the last packets before a lull would be
  // reported only when the next ones are sent or received. The driver itself uses 1 on the 82576.
  tuning.rx.rx_thresh.wthresh = 1;
  tuning.tx.tx_thresh.wthresh = 1;
  // The device has no fast free, and its only TX path supports multi-segment frames; it verifies
  // the IPv4 checksum.
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  // The driver has no tx_rs_thresh: the end of every packet is reported.
  tuning.reports_each = true;
}

constexpr Profile kProfile{
    .family = "igb",
    .drivers = kDrivers,
    .tune = tune,
    // The driver reads the link at the end of its start (eth_igb_start()), and may overwrite what
    // the interrupt thread found a moment later: a link that came up then stays down, because no
    // other interrupt comes. Linux's driver also checks the link every 2 s (igb_watchdog_task()).
    .poor_link_interrupt = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
// Intel 82599, X520, X540, X550: net_ixgbe. What is said of the driver is from DPDK 22.11,
// drivers/net/ixgbe/ixgbe_rxtx.c and doc/guides/nics/ixgbe.rst; none of it was seen on hardware
// yet.
//
// A port at line rate brings 14.88 million frames of 64 bytes a second: 67 ns each, 202 cycles of a
// core at 3 GHz, for all that is done with it.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 2> kDrivers{"net_ixgbe", "net_ixgbe_vf"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // 14.88 Mpps fill 512 descriptors in 34 us; 1024 ride out a worker that is away for 60. More
  // would keep more buffers on their way than a core's second cache holds.
  tuning.rx_descriptors = 1024;
  tuning.tx_descriptors = 1024;

  // RX. The vector path needs refills of 32 at least, in whole parts of the ring, and bursts of 32
  // or more; a worker's are 64. It keeps the IPv4 checksum and the tags that are taken off,
  // whatever the guide says: desc_to_olflags_v() has both. The prefetch thresholds it leaves to the
  // port.
  tuning.rx.rx_free_thresh = 32;
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;

  // TX. Any offload at all, fast free too where a driver has it, selects the path that looks at
  // every packet's flags and segments: tags are put on by us, fragments are copied.
  tuning.tx_offloads = 0;
  tuning.inserts_tags = false;
  // The port reports one descriptor in 32: less than 32 or more than 64 takes the vector path away.
  tuning.tx.tx_rs_thresh = 32;
  // What was sent is looked for, and 32 buffers freed, whenever fewer than this many descriptors
  // are free. At the driver's 32 that is when the ring is nearly full: a thousand buffers would
  // always be with each queue, cold ones, and for good on an idle port, for the vector path has no
  // tx_done_cleanup. So fewer than a hundred are.
  tuning.tx.tx_free_thresh = static_cast<std::uint16_t>(tuning.tx_descriptors - 64);
  // Descriptors are fetched when fewer than 32 are left on the chip, as soon as there is one. With
  // tx_rs_thresh above 1 the write-back threshold must be 0 (82599 datasheet; the driver insists).
  tuning.tx.tx_thresh = {.pthresh = 32, .hthresh = 0, .wthresh = 0};
}

constexpr Profile kProfile{
    .family = "ixgbe",
    .drivers = kDrivers,
    .tune = tune,
    // After an interrupt that says down it asks the device no more for 4 s, after one that says up
    // for 1 s (ixgbe_dev_interrupt_action()). To read one register now and then is quicker.
    .poor_link_interrupt = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
// Intel 82599, X520, X540, X550: net_ixgbe. Statements about the driver are from DPDK 22.11,
// drivers/net/ixgbe/ixgbe_rxtx.c and doc/guides/nics/ixgbe.rst; none was verified on hardware yet.
//
// A port at line rate receives 14.88 million frames of 64 bytes a second: 67 ns for each, or 202
// cycles of a core at 3 GHz.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 2> kDrivers{"net_ixgbe", "net_ixgbe_vf"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // 14.88 Mpps fill 512 descriptors in 34 us; 1024 suffice if a worker is away for 60 us. A larger
  // ring would use more buffers than fit in a core's L2 cache.
  tuning.rx_descriptors = 1024;
  tuning.tx_descriptors = 1024;

  // RX: the vector path requires refills of at least 32 descriptors, which must divide the ring
  // size, and bursts of at least 32; a worker's bursts have 64. The path supports the IPv4 checksum
  // and stripped tags, although the guide denies it: desc_to_olflags_v() has both. It ignores the
  // prefetch thresholds.
  tuning.rx.rx_free_thresh = 32;
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;

  // TX: any offload, even fast free where a driver has it, selects the path that examines every
  // packet's flags and segments. Therefore tags are inserted in software, and fragments are copied.
  tuning.tx_offloads = 0;
  tuning.inserts_tags = false;
  // The device reports one descriptor in 32: fewer than 32 or more than 64 would disable the vector
  // path.
  tuning.tx.tx_rs_thresh = 32;
  // When fewer than this many descriptors are free, the driver looks for sent packets and frees 32
  // buffers. With the driver's default of 32, this happens only when the ring is nearly full: each
  // queue would hold a thousand cold buffers, on an idle port permanently, because the vector path
  // has no tx_done_cleanup. With this value it holds fewer than a hundred.
  tuning.tx.tx_free_thresh = static_cast<std::uint16_t>(tuning.tx_descriptors - 64);
  // Descriptors are fetched when the chip has fewer than 32 left, as soon as there is one. If
  // tx_rs_thresh is above 1, the write-back threshold must be 0 (82599 datasheet; the driver
  // requires it).
  tuning.tx.tx_thresh = {.pthresh = 32, .hthresh = 0, .wthresh = 0};
}

constexpr Profile kProfile{
    .family = "ixgbe",
    .drivers = kDrivers,
    .tune = tune,
    // After an interrupt for a lost link the driver does not read the link for 4 s, after one for a
    // new link for 1 s (ixgbe_dev_interrupt_action()). Polling one register is faster.
    .poor_link_interrupt = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

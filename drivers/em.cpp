// SPDX-License-Identifier: BSD-3-Clause
// Intel 82540 to 82583 and the gigabit ports of its chipsets (e1000, e1000e): net_e1000_em.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_e1000_em"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // At 1.488 Mpps 512 descriptors are 340 us. The driver frees a buffer only as its descriptor is
  // used again, so that a ring's worth stays with it: not more than that.
  tuning.rx_descriptors = 512;
  tuning.tx_descriptors = 512;
  tuning.rx.rx_free_thresh = 32;
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  // Each descriptor is reported, which at this speed costs nothing, so that what is sent can be
  // asked for; and a lull does not leave up to 31 packets unreported. One may then be freed at a
  // time.
  tuning.tx.tx_rs_thresh = 1;
  tuning.tx.tx_free_thresh = 32;
  tuning.reports_each = true;
}

constexpr Profile kProfile{
    .family = "em",
    .drivers = kDrivers,
    .tune = tune,
    // As igb's (eth_em_start()).
    .poor_link_interrupt = true,
    // It promises two; most of its devices have one, and it cannot spread flows.
    .queues_max = 1};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
// Intel 82540 to 82583 and the gigabit ports of Intel chipsets (e1000, e1000e): net_e1000_em.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_e1000_em"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // At 1.488 Mpps, 512 descriptors last 340 us. The driver frees a buffer only when its descriptor
  // is reused, so it holds a full ring of buffers; a larger ring would hold more.
  tuning.rx_descriptors = 512;
  tuning.tx_descriptors = 512;
  tuning.rx.rx_free_thresh = 32;
  tuning.rx_offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  // The device reports each descriptor, which costs nothing at this speed, so that the router can
  // query what was sent, and up to 31 packets do not stay unreported in a lull. Buffers may then be
  // freed one at a time.
  tuning.tx.tx_rs_thresh = 1;
  tuning.tx.tx_free_thresh = 32;
  tuning.reports_each = true;
}

constexpr Profile kProfile{.family = "em",
                           .drivers = kDrivers,
                           .tune = tune,
                           // The reason is igb's (eth_em_start()).
                           .poor_link_interrupt = true,
                           // The driver promises two queues, but most of its devices have one, and
                           // it cannot distribute flows.
                           .queues_max = 1};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

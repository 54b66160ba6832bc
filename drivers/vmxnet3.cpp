// SPDX-License-Identifier: BSD-3-Clause
// VMware's paravirtual port: net_vmxnet3.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_vmxnet3"};

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // The smallest ring size from which the driver sends. It fills two rings of buffers for each RX
  // queue, but frames in one segment use only the first.
  tuning.rx_descriptors = 512;
  tuning.tx_descriptors = 512;
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{.family = "vmxnet3", .drivers = kDrivers, .tune = tune, .rx_buffers = 2};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

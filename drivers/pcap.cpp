// Files of packets: a generator that never pauses (infinite_rx=1), or a recording.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_pcap"};
void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{
    .family = "pcap", .drivers = kDrivers, .tune = tune, .writes_frames = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

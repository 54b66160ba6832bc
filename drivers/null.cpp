// A device that takes everything and sends nothing: the end of a benchmark.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_null"};

// Left to itself it also receives, endlessly, frames of zeros that are no station's.
std::string arguments(std::string_view given, std::uint16_t /*workers*/) {
  return with_argument(given, "no-rx", "1");
}

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{.family = "null",
                           .drivers = kDrivers,
                           .arguments = arguments,
                           .tune = tune,
                           .writes_frames = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

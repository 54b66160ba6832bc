// SPDX-License-Identifier: BSD-3-Clause
// A device that accepts all packets and receives none: the sink of a benchmark.
#include <fmt/format.h>

#include <array>

#include "port/family.hpp"
#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_null"};

// By default the driver also receives an endless stream of zeroed frames, which no station has
// sent. It does not accept no-rx together with copy.
std::string arguments(std::string_view given, std::uint16_t /*workers*/) {
  return argument(given, "copy") == "1" ? std::string{given} : with_argument(given, "no-rx", "1");
}

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{.family = "null",
                           .drivers = kDrivers,
                           .arguments = arguments,
                           .tune = tune,
                           .rx_buffers = 0,
                           .tx_buffers = 0,
                           .writes_frames = true};
const Registration kRegistration{kProfile};

constexpr std::array kArguments{
    Argument{.key = "size", .kind = Argument::Kind::kNumber, .least = 14, .most = 9728},
    Argument{.key = "copy", .kind = Argument::Kind::kNumber, .least = 0, .most = 1},
    Argument{.key = "no-rx", .kind = Argument::Kind::kNumber, .least = 0, .most = 1}};

// With copy=1 the driver writes this many bytes, whatever the size of the buffer is.
Status check_family(const Arguments& arguments, std::uint32_t room) {
  const std::uint64_t size = arguments.number("size", 64);
  if (size > room) {
    return fail(fmt::format("size={} does not fit a packet buffer of {} bytes", size, room));
  }
  if (arguments.number("copy", 0) == 1 && arguments.number("no-rx", 0) == 1) {
    return fail("copy=1 and no-rx=1 exclude each other");
  }
  return {};
}

constexpr Family kFamily{.driver = "net_null", .arguments = kArguments, .check = check_family};
const FamilyRegistration kFamilyRegistration{kFamily};

}  // namespace
}  // namespace ringroad::port

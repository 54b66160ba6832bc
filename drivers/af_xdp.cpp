// A network interface of the kernel's through AF_XDP sockets. The interface must have as many
// combined queues as the port is to use: ethtool -L IFACE combined N.
#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_af_xdp"};

Status check(std::string_view given) { return check_interface(argument(given, "iface")); }

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  // The socket's rings are 2048 deep; the driver takes no other size.
  tuning.rx_descriptors = 2048;
  tuning.tx_descriptors = 2048;
}

constexpr Profile kProfile{.family = "af_xdp",
                           .drivers = kDrivers,
                           .check = check,
                           .tune = tune,
                           // Those in the fill ring go with the umem.
                           .keeps_buffers = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

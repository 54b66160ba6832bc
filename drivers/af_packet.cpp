// A network interface of the kernel's through a packet socket: no NIC of one's own, no hugepages.
// The kernel keeps receiving too: the interface has no address and the kernel forwards nothing.
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_af_packet"};

// A queue pair a worker; the socket's fanout spreads flows over them.
std::string arguments(std::string_view given, std::uint16_t workers) {
  return with_argument(given, "qpairs", fmt::format("{}", workers));
}

Status check(std::string_view given) { return check_interface(argument(given, "iface")); }

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{
    .family = "af_packet",
    .drivers = kDrivers,
    .arguments = arguments,
    .check = check,
    .tune = tune,
    .writes_frames = true,
    // The kernel takes the outer tag off; the driver does not ask which it was.
    .hides_tag_protocol = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

// The driver joins its sockets to a fanout group with PACKET_FANOUT_FLAG_DEFRAG, so the kernel
// would reassemble what a router must pass on in fragments (RFC 1812 5.2.6), and cut what then
// exceeds the ring's frames. No argument of the driver's turns it off. Its call is a shared
// object's, so this definition takes it: the flag goes, all else is the system call.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int setsockopt(int fd, int level, int option, const void* value,
                          socklen_t length) noexcept {
  int fanout = 0;
  if (level == SOL_PACKET && option == PACKET_FANOUT && length == sizeof fanout) {
    std::memcpy(&fanout, value, sizeof fanout);
    fanout &= ~(PACKET_FANOUT_FLAG_DEFRAG << 16);
    value = &fanout;
  }
  return static_cast<int>(syscall(SYS_setsockopt, fd, level, option, value, length));
}

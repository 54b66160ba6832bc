// A network interface of the kernel's through a packet socket: no NIC of one's own, no hugepages.
// The kernel keeps receiving too: the interface has no address and the kernel forwards nothing.
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_af_packet"};

// A queue pair a worker; the socket's fanout spreads flows over them.
std::string arguments(std::string_view given, std::uint16_t workers) {
  return with_argument(given, "qpairs", fmt::format("{}", workers));
}

Status check(std::string_view given) { return check_interface(argument(given, "iface")); }

// In the order in which the driver opened them, which is that of a port's queues.
std::vector<int>& sockets() {
  static std::vector<int> opened;
  return opened;
}

unsigned interface_of(int socket) {
  sockaddr_ll address{};
  socklen_t length = sizeof address;
  const int error = getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  return error == 0 && address.sll_family == AF_PACKET ? static_cast<unsigned>(address.sll_ifindex)
                                                       : 0;
}

int rx_event(std::string_view given, std::uint16_t queue) {
  const unsigned interface = if_nametoindex(std::string{argument(given, "iface")}.c_str());
  for (const int socket : sockets()) {
    if (interface != 0 && interface_of(socket) == interface && queue-- == 0) {
      return socket;
    }
  }
  return -1;
}

void tune(const rte_eth_dev_info& /*info*/, Tuning& tuning) {
  tuning.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
}

constexpr Profile kProfile{
    .family = "af_packet",
    .drivers = kDrivers,
    .arguments = arguments,
    .check = check,
    .tune = tune,
    .rx_event = rx_event,
    .writes_frames = true,
    // The kernel takes the outer tag off; the driver does not ask which it was.
    .hides_tag_protocol = true};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

// The driver joins its sockets to a fanout group with PACKET_FANOUT_FLAG_DEFRAG, so the kernel
// would reassemble what a router must pass on in fragments (RFC 1812 5.2.6), and cut what then
// exceeds the ring's frames. No argument of the driver's turns it off. Its call is a shared
// object's, so this definition takes it: the flag goes, all else is the system call. It comes once
// a queue, and shows the queue's socket, which nothing else does.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" int setsockopt(int fd, int level, int option, const void* value,
                          socklen_t length) noexcept {
  int fanout = 0;
  if (level == SOL_PACKET && option == PACKET_FANOUT && length == sizeof fanout) {
    std::memcpy(&fanout, value, sizeof fanout);
    fanout &= ~(PACKET_FANOUT_FLAG_DEFRAG << 16);
    value = &fanout;
    std::erase(ringroad::port::sockets(), fd);  // another's, that is closed by now
    ringroad::port::sockets().push_back(fd);
  }
  return static_cast<int>(syscall(SYS_setsockopt, fd, level, option, value, length));
}

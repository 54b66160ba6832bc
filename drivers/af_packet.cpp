// A network interface of the kernel's through a packet socket: no NIC of one's own, no hugepages.
// The kernel keeps receiving too: the interface has no address and the kernel forwards nothing.
#include <fmt/format.h>

#include <array>

#include "port/profile.hpp"

namespace ringroad::port {
namespace {

constexpr std::array<std::string_view, 1> kDrivers{"net_af_packet"};

// A queue pair a worker; the socket's fanout spreads flows over them.
std::string arguments(std::string_view given, std::uint16_t workers) {
  return with_argument(given, "qpairs", fmt::format("{}", workers));
}

Status check(std::string_view given) { return check_interface(argument(given, "iface")); }

constexpr Profile kProfile{
    .family = "af_packet", .drivers = kDrivers, .arguments = arguments, .check = check};
const Registration kRegistration{kProfile};

}  // namespace
}  // namespace ringroad::port

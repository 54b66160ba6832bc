// SPDX-License-Identifier: BSD-3-Clause
#include "port/interface_sharing.hpp"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <bit>
#include <memory>

#include "base/ipv4.hpp"

namespace ringroad::port {
namespace {

std::uint32_t ipv4_of(const sockaddr* address) {
  return address == nullptr ? 0
                            : ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr);
}

}  // namespace

std::vector<std::string> kernel_addresses(const std::string& interface) {
  std::vector<std::string> addresses;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) {
    return addresses;
  }
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all{first, freeifaddrs};
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (interface == one->ifa_name && one->ifa_addr != nullptr &&
        one->ifa_addr->sa_family == AF_INET) {
      addresses.push_back(fmt::format("{}/{}", Ipv4{ipv4_of(one->ifa_addr)}.to_string(),
                                      std::popcount(ipv4_of(one->ifa_netmask))));
    }
  }
  return addresses;
}

std::vector<std::string> sharing_warnings(const InterfaceState& state,
                                          std::span<const std::string> addresses) {
  std::vector<std::string> warnings;
  for (const std::string& address : addresses) {
    warnings.push_back(
        fmt::format("the kernel has {0} on its interface {1} and answers there too; take it off: "
                    "ip address del {0} dev {1}",
                    address, state.name));
  }
  if (state.forwards) {
    // With slashes, sysctl accepts interface names that contain dots.
    warnings.push_back(
        fmt::format("the kernel forwards what comes to its interface {0} too, and packets arrive "
                    "twice; turn it off: sysctl -w net/ipv4/conf/{0}/forwarding=0",
                    state.name));
  }
  return warnings;
}

}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
// Which groups' frames a device receives.
#include <linux/if_packet.h>
#include <rte_errno.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/log.hpp"
#include "port/port.hpp"

namespace ringroad::port {
namespace {

// A kernel interface receives the frames of all groups for as long as the socket is open.
FileDescriptor receive_all_groups(unsigned interface) {
  FileDescriptor socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
  const packet_mreq request{.mr_ifindex = static_cast<int>(interface),
                            .mr_type = PACKET_MR_ALLMULTI,
                            .mr_alen = 0,
                            .mr_address = {}};
  return setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) == 0
             ? std::move(socket)
             : FileDescriptor{};
}

// Returns the driver's error. A driver that cannot filter by groups may receive all of them; layer
// 3 drops what is for none of the router's.
int receive_groups(std::uint16_t device, const std::vector<Mac>& groups) {
  std::vector<rte_ether_addr> addresses(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::ranges::copy(groups[i].octets, addresses[i].addr_bytes);
  }
  if (rte_eth_dev_set_mc_addr_list(device, addresses.data(),
                                   static_cast<std::uint32_t>(addresses.size())) == 0) {
    return 0;
  }
  return groups.empty() ? rte_eth_allmulticast_disable(device)
                        : rte_eth_allmulticast_enable(device);
}

}  // namespace

void Port::set_groups(std::vector<Mac> groups) {
  if (groups != groups_) {
    groups_ = std::move(groups);
    filter_groups();
  }
}

void Port::filter_groups() {
  if (closed_ || !started_) {
    return;
  }
  const int error = receive_groups(device_, groups_);
  if (error != 0 && shared_interface() != nullptr) {
    group_socket_ = groups_.empty() ? FileDescriptor{} : receive_all_groups(interface_);
    if (!groups_.empty() && !group_socket_) {
      log::warn("port {}: its interface {} does not receive the frames of groups", settings_.name,
                interface_name_);
    }
  } else if (error != 0 && error != -ENOTSUP) {
    log::warn("port {}: its device does not receive the frames of groups: {}", settings_.name,
              rte_strerror(-error));
  }
}

}  // namespace ringroad::port

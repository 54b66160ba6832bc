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

}  // namespace

void Port::set_groups(std::vector<Mac> groups) {
  if (groups != groups_) {
    groups_ = std::move(groups);
    filter_groups();
  }
}

// A driver that cannot filter by groups may receive all of them; layer 3 drops what is for none of
// the router's.
void Port::filter_groups() {
  if (closed_ || !started_) {
    return;
  }
  std::vector<rte_ether_addr> addresses(groups_.size());
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    std::ranges::copy(groups_[i].octets, addresses[i].addr_bytes);
  }
  int error = rte_eth_dev_set_mc_addr_list(device_, addresses.data(),
                                           static_cast<std::uint32_t>(addresses.size()));
  if (error != 0) {
    error = groups_.empty() ? rte_eth_allmulticast_disable(device_)
                            : rte_eth_allmulticast_enable(device_);
  }
  if (error == 0 || shared_interface() == nullptr) {
    if (error != 0 && error != -ENOTSUP) {
      log::warn("port {}: its device does not receive the frames of groups: {}", settings_.name,
                rte_strerror(-error));
    }
    return;
  }
  group_socket_ = groups_.empty() ? FileDescriptor{} : receive_all_groups(interface_);
  if (!groups_.empty() && !group_socket_) {
    log::warn("port {}: its interface {} does not receive the frames of groups", settings_.name,
              interface_name_);
  }
}

}  // namespace ringroad::port

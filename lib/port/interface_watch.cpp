// SPDX-License-Identifier: BSD-3-Clause
#include "port/interface_watch.hpp"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/log.hpp"

namespace ringroad::port {
namespace {

constexpr int kReceiveBuffer = 1 << 20;
// The kernel fills at most this much of a listing into one datagram, and no event is longer.
constexpr std::size_t kDatagram = 64UL * 1024;
// The most datagrams read at once, so that a storm of events does not stop the control thread's
// other work.
constexpr int kReads = 64;
constexpr std::chrono::seconds kPatience{2};

}  // namespace

InterfaceWatch::InterfaceWatch(FileDescriptor socket)
    : socket_{std::move(socket)}, buffer_(kDatagram) {}

Result<std::unique_ptr<InterfaceWatch>> InterfaceWatch::open() {
  FileDescriptor socket{
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (!socket || bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail(fmt::format("the kernel does not tell of its network interfaces: {}",
                            std::strerror(errno)));
  }
  // A small buffer is acceptable, because a listing makes up for lost events.
  if (setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer,
                 sizeof kReceiveBuffer) != 0) {
    log::debug("the buffer for events of network interfaces stays small: {}", std::strerror(errno));
  }
  return std::unique_ptr<InterfaceWatch>{new InterfaceWatch{std::move(socket)}};
}

Status InterfaceWatch::request_listing() {
  static_assert(sizeof(nlmsghdr) % MNL_ALIGNTO == 0 && sizeof(ifinfomsg) % MNL_ALIGNTO == 0);
  alignas(nlmsghdr) std::array<char, sizeof(nlmsghdr) + sizeof(ifinfomsg)> buffer{};
  nlmsghdr* const request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETLINK;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = ++sequence_;
  mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg));
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (sendto(socket_.get(), request, request->nlmsg_len, 0,
             reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) < 0) {
    return fail(
        fmt::format("the kernel does not list its network interfaces: {}", std::strerror(errno)));
  }
  interfaces_.begin_listing(sequence_);
  return {};
}

void InterfaceWatch::poll() {
  for (int i = 0; i < kReads; ++i) {
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    const ssize_t got = recvfrom(socket_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC,
                                 reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    const auto size = static_cast<std::size_t>(got);
    const bool lost = got < 0 ? errno == ENOBUFS : size > buffer_.size();
    if (got < 0 && !lost) {
      break;
    }
    if (!lost && from.nl_pid == 0) {
      interfaces_.read({buffer_.data(), size});
    }
    if (lost || interfaces_.must_list()) {
      if (const Status status = request_listing(); !status) {
        log::error("{}", status.error().what);
        break;
      }
    }
  }
}

Status InterfaceWatch::follow(unsigned index) {
  interfaces_.follow(index);
  if (Status status = request_listing(); !status) {
    return status;
  }
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (interfaces_.listing()) {
    pollfd watched{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    ::poll(&watched, 1, 100);
    poll();
    if (std::chrono::steady_clock::now() >= until) {
      return fail("the kernel does not answer what network interfaces it has");
    }
  }
  return state(index).present
             ? Status{}
             : Status{fail(fmt::format("the kernel has no network interface {}", index))};
}

}  // namespace ringroad::port

// SPDX-License-Identifier: BSD-3-Clause
#include "port/interface_stats.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ringroad::port {
namespace {

struct Request {
  nlmsghdr header;
  if_stats_msg body;
};

std::uint64_t since(std::uint64_t before, std::uint64_t now) {
  return now > before ? now - before : 0;
}

}  // namespace

InterfaceStats::InterfaceStats(unsigned interface)
    : interface_{interface},
      socket_{interface == 0 ? -1 : socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)} {
  before_ = ask().value_or(Counts{});
}

InterfaceStats::Counts InterfaceStats::read() {
  if (const auto now = ask()) {
    last_ = {.rx_dropped = since(before_.rx_dropped, now->rx_dropped),
             .tx_dropped = since(before_.tx_dropped, now->tx_dropped)};
  }
  return last_;
}

// Sends one request and reads one answer: RTM_NEWSTATS with an IFLA_STATS_LINK_64, or an error.
std::optional<InterfaceStats::Counts> InterfaceStats::ask() {
  if (!socket_) {
    return std::nullopt;
  }
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETSTATS;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.ifindex = interface_;
  request.body.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  if (send(socket_.get(), &request, sizeof request, 0) != sizeof request) {
    return std::nullopt;
  }
  const auto length = recv(socket_.get(), answer.data(), answer.size(), 0);
  const auto* const header = reinterpret_cast<const nlmsghdr*>(answer.data());
  constexpr std::size_t kFixed = NLMSG_SPACE(sizeof(if_stats_msg));
  if (length < static_cast<ssize_t>(kFixed + RTA_SPACE(0)) || header->nlmsg_type != RTM_NEWSTATS) {
    return std::nullopt;
  }
  rtattr attribute{};
  std::memcpy(&attribute, answer.data() + kFixed, sizeof attribute);
  if (attribute.rta_type != IFLA_STATS_LINK_64 || attribute.rta_len < RTA_LENGTH(0)) {
    return std::nullopt;
  }
  rtnl_link_stats64 stats{};
  // The structure of a running kernel may be shorter than the one used at compile time.
  const std::size_t there = static_cast<std::size_t>(length) - kFixed - RTA_LENGTH(0);
  const std::size_t bytes =
      std::min({sizeof stats, there, std::size_t{attribute.rta_len} - RTA_LENGTH(0)});
  std::memcpy(&stats, answer.data() + kFixed + RTA_LENGTH(0), bytes);
  return Counts{.rx_dropped = stats.rx_dropped, .tx_dropped = stats.tx_dropped};
}

}  // namespace ringroad::port

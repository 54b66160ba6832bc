// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The keys of the timeouts of connections, for the reader and the writer. Private to lib/config.
#include <array>
#include <string_view>

#include "config/model.hpp"

namespace ringroad::config {

struct Timeout {
  std::string_view path;  // below `firewall`
  Nanoseconds ConnectionTimeouts::* time;

  [[nodiscard]] constexpr std::string_view key() const { return path.substr(path.rfind('.') + 1); }
};

inline constexpr std::array kTimeouts{
    Timeout{"connections.timeouts.tcp_syn_sent", &ConnectionTimeouts::tcp_syn_sent},
    Timeout{"connections.timeouts.tcp_syn_recv", &ConnectionTimeouts::tcp_syn_recv},
    Timeout{"connections.timeouts.tcp_established", &ConnectionTimeouts::tcp_established},
    Timeout{"connections.timeouts.tcp_fin_wait", &ConnectionTimeouts::tcp_fin_wait},
    Timeout{"connections.timeouts.tcp_close_wait", &ConnectionTimeouts::tcp_close_wait},
    Timeout{"connections.timeouts.tcp_last_ack", &ConnectionTimeouts::tcp_last_ack},
    Timeout{"connections.timeouts.tcp_time_wait", &ConnectionTimeouts::tcp_time_wait},
    Timeout{"connections.timeouts.tcp_close", &ConnectionTimeouts::tcp_close},
    Timeout{"connections.timeouts.tcp_max_retrans", &ConnectionTimeouts::tcp_max_retrans},
    Timeout{"connections.timeouts.tcp_unacknowledged", &ConnectionTimeouts::tcp_unacknowledged},
    Timeout{"connections.timeouts.udp", &ConnectionTimeouts::udp},
    Timeout{"connections.timeouts.udp_stream", &ConnectionTimeouts::udp_stream},
    Timeout{"connections.timeouts.icmp", &ConnectionTimeouts::icmp},
    Timeout{"connections.timeouts.icmpv6", &ConnectionTimeouts::icmpv6},
    Timeout{"connections.timeouts.generic", &ConnectionTimeouts::generic}};

}  // namespace ringroad::config

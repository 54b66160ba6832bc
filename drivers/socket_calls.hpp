// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What socket_calls.cpp shows of the system calls that drivers make.
#include <memory>
#include <vector>

#include "xdp_socket.hpp"

namespace ringroad::port {

// AF_XDP sockets that were opened since this was last called.
[[nodiscard]] std::vector<std::unique_ptr<XdpSocket>> take_xdp_sockets();

}  // namespace ringroad::port

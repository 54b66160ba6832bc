// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The part of socket_calls.cpp that other files use.
#include <memory>
#include <vector>

#include "xdp_socket.hpp"

namespace ringroad::port {

// Returns the AF_XDP sockets that were opened since the last call.
[[nodiscard]] std::vector<std::unique_ptr<XdpSocket>> take_xdp_sockets();

}  // namespace ringroad::port

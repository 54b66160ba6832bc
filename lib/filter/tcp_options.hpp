// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The options of TCP that connection tracking reads. Like Linux, it stops reading at an option
// whose length is wrong.
#include <cstdint>
#include <span>

#include "filter/tcp_tracking.hpp"

namespace ringroad::filter {

// Takes over what the options of a SYN offer: window scaling and SACK. Of what was known before, a
// SYN with any option leaves only kLiberal; a SYN without options leaves everything, as in Linux's
// tcp_options.
void read_syn_options(std::span<const std::uint8_t> options, TcpOptions& end);

// The highest right edge of the blocks of the SACK option (RFC 2018 3), or `ack` if none is higher.
[[nodiscard]] std::uint32_t highest_sack(std::span<const std::uint8_t> options, std::uint32_t ack);

}  // namespace ringroad::filter

#pragma once
// The options of an IPv4 header (RFC 791 3.1). Control thread only.
#include <cstdint>
#include <span>

namespace ringroad::ip {

// For fragments behind the first: what is not to be copied into them becomes NOPs, so that all
// headers are of one length (Linux's ip_options_fragment).
void blank_uncopied(std::span<std::uint8_t> options);

}  // namespace ringroad::ip

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Writes to a packet's headers and updates its checksums: Linux's nft_payload_set.
#include <cstdint>

#include "filter/transport.hpp"
#include "nft/model.hpp"
#include "packet/packet.hpp"

namespace ringroad::filter {

// Returns false, and changes nothing, if the packet does not have the field. `transport`: where its
// transport header is.
bool write_field(Packet& packet, bool is_ipv6, const Transport& transport, const nft::Field& field,
                 const nft::Value& value);

}  // namespace ringroad::filter

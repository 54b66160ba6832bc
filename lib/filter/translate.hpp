// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Writes translated addresses and ports into packets, and corrects their checksums by the
// difference (RFC 1624, RFC 3022 4.1): Linux's nf_nat_manip_pkt.
#include <cstdint>

#include "filter/flow_packet.hpp"
#include "filter/tuple.hpp"
#include "packet/packet.hpp"

namespace ringroad::filter {

// Which end of a packet is translated: Linux's nf_nat_manip_type.
enum class Manip : std::uint8_t { kSource, kDestination };

[[nodiscard]] constexpr Manip opposite(Manip manip) {
  return manip == Manip::kSource ? Manip::kDestination : Manip::kSource;
}

// Where the headers are, from the frame's start.
struct HeaderPlaces {
  std::uint32_t network = kL2Bytes;
  std::uint32_t transport = 0;
  bool has_transport = true;  // false of a later fragment
};

// Gives one end of the packet the address and port of `to`, a tuple of its own direction.
void translate(Packet& packet, const HeaderPlaces& places, Manip manip, const Tuple& to);
// The same for a packet that read_plain() has read, and which is as it was then but for its hop
// limit. `other`: the tuple of the connection's other direction.
void translate_plain(std::uint8_t* frame, Manip manip, const Tuple& other);
// The same for an ICMP error and the packet that it quotes. `quoted`: of the connection's other
// direction; Linux's nf_nat_icmp_reply_translation.
void translate_error(Packet& packet, const HeaderPlaces& places, Manip manip, const Quoted& inner,
                     const Tuple& other);

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What connection tracking reads of a packet, and which packets it refuses: Linux's
// nf_ct_get_tuple, and the checks of nf_conntrack_proto_*.c.
#include <array>
#include <cstdint>
#include <optional>

#include "filter/tcp_tracking.hpp"
#include "filter/transport.hpp"
#include "filter/tuple.hpp"

namespace ringroad::filter {

struct FlowPacket {
  enum class Kind : std::uint8_t {
    kInvalid,    // a later fragment, too short, or with a wrong checksum
    kUntracked,  // serves the link: neighbor discovery, MLD
    kError,      // an ICMP error, about another packet
    kFlow,
  };
  Kind kind = Kind::kInvalid;
  bool is_plain = false;     // see plain_packet.hpp
  Tuple tuple{};             // of kFlow
  std::uint32_t offset = 0;  // of the transport header, from the frame's start
};

// What says to which connection a frame belongs that was just received, with its IP header at
// `network`: of an ICMP error, the tuple of answers to the packet that it quotes. Nothing of it was
// checked yet, and what is not there is 0.
[[nodiscard]] Tuple read_tuple(const Packet& frame, std::uint32_t network, bool is_ipv6);

// Whether the checksum over the payload from this offset on is right, of TCP, UDP or ICMP, or the
// port says so. A pseudo header belongs to all but ICMP of IPv4. UDP may have none.
[[nodiscard]] bool has_right_sum(const Packet& packet, bool is_ipv6, std::uint32_t offset,
                                 std::uint8_t protocol);

// `checks_sum`: of TCP, UDP and ICMP, unless the port has. Writes all of `flow`.
void read_flow(const Packet& packet, bool is_ipv6, const Transport& transport, bool checks_sum,
               FlowPacket& flow);

// A packet that an ICMP error quotes.
struct Quoted {
  Tuple tuple;
  std::uint32_t network = 0;    // where its IP header is, from the frame's start
  std::uint32_t transport = 0;  // and its transport header
};
// `offset`: of the ICMP error's header. Nothing if there is not enough of it.
[[nodiscard]] std::optional<Quoted> read_quoted(const Packet& packet, bool is_ipv6,
                                                std::uint32_t offset);

// A TCP header, copied out of the packet.
struct TcpHeader {
  std::array<std::uint8_t, 60> octets;

  // As the header itself says.
  [[nodiscard]] std::uint32_t length() const;
  // Refers to `octets`.
  [[nodiscard]] TcpSegment segment(const Packet& packet, std::uint32_t offset) const;
};
// `header`: complete, and its length is right. `bytes`: of the header and what it carries.
[[nodiscard]] TcpSegment segment_of(const std::uint8_t* header, std::uint32_t bytes);
// Returns false if it is not complete.
bool read_tcp(const Packet& packet, std::uint32_t offset, TcpHeader& header);

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Processes the options of an IPv4 header (RFC 791 3.1) like Linux's ip_options.c: fills in what
// the options of a forwarded packet request, and composes the options of an answer. Control thread
// only.
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/ipv4.hpp"
#include "packet/packet.hpp"

namespace ringroad::ip4 {

// The values that the router writes into options.
struct OptionSource {
  Ipv4 address;            // the router's own
  std::uint32_t time = 0;  // milliseconds since midnight UT
  // For a prespecified timestamp: whether this address, the next in the option, is not the
  // router's.
  std::function<bool(Ipv4)> is_elsewhere;
};

struct CheckedOptions {
  Options options;
  std::uint8_t fault = 0;  // the octet at fault, from the start of the header; 0: none
};
// Checks the options of a received header and fills in what they request on arrival. The header's
// checksum is not updated.
[[nodiscard]] CheckedOptions check_options(std::span<std::uint8_t> header,
                                           const OptionSource& source);

// Called before the packet is sent: replaces the address that was written on arrival by that of the
// egress port, and updates the checksum.
void forward_options(Packet& packet, Ipv4 address);

// The options of an answer to a packet.
struct AnswerOptions {
  std::array<std::uint8_t, 40> bytes{};
  std::uint8_t length = 0;

  [[nodiscard]] std::span<const std::uint8_t> span() const { return {bytes.data(), length}; }
};
// Returns nothing if the options do not fit: the packet is then not answered.
[[nodiscard]] std::optional<AnswerOptions> answer_options(Packet& packet,
                                                          const OptionSource& source);

// Returns the first hop of an answer to a packet that came by a source route; the answer takes the
// same route back (RFC 1812 4.3.2.6).
[[nodiscard]] std::optional<Ipv4> first_hop_back(Packet& packet);

// For fragments after the first: replaces the options that must not be copied by NOPs, so that all
// headers have the same length (Linux's ip_options_fragment).
void blank_uncopied(std::span<std::uint8_t> options);

}  // namespace ringroad::ip4

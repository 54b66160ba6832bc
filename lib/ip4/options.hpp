// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The options of an IPv4 header (RFC 791 3.1) as Linux's ip_options.c treats them: what a packet
// gets written into on its way through, and what an answer to it carries. Control thread only.
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/ipv4.hpp"
#include "packet/packet.hpp"

namespace ringroad::ip4 {

// What the router puts into options.
struct OptionSource {
  Ipv4 address;            // its own
  std::uint32_t time = 0;  // milliseconds since midnight UT
  // Of a prespecified timestamp: whether the next that is to write its time is somebody else.
  std::function<bool(Ipv4)> is_elsewhere;
};

struct CheckedOptions {
  Options options;
  std::uint8_t fault = 0;  // the octet at fault, from the start of the header; 0: none
};
// Of a header that came: checks the options and fills in what is due on arrival. The header's
// checksum is not mended.
[[nodiscard]] CheckedOptions check_options(std::span<std::uint8_t> header,
                                           const OptionSource& source);

// As it leaves: our address by which it does in place of that by which it came, the checksum
// mended.
void forward_options(Packet& packet, Ipv4 address);

// The options of an answer to it.
struct AnswerOptions {
  std::array<std::uint8_t, 40> bytes{};
  std::uint8_t length = 0;

  [[nodiscard]] std::span<const std::uint8_t> span() const { return {bytes.data(), length}; }
};
// None where the answer cannot carry them: there is none then.
[[nodiscard]] std::optional<AnswerOptions> answer_options(Packet& packet,
                                                          const OptionSource& source);

// The first hop of an answer where the packet came by a source route, which the answer takes back
// (RFC 1812 4.3.2.6).
[[nodiscard]] std::optional<Ipv4> first_hop_back(Packet& packet);

// For fragments behind the first: what is not to be copied into them becomes NOPs, so that all
// headers are of one length (Linux's ip_options_fragment).
void blank_uncopied(std::span<std::uint8_t> options);

}  // namespace ringroad::ip4

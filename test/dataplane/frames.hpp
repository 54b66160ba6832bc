// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Builds frames as hosts send them, and reads fields of frames that the router sent.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ipv4.hpp"
#include "base/mac.hpp"

namespace ringroad::test {

using Frame = std::vector<std::uint8_t>;

// The fields of an IPv4 packet. Each field that a test may need wrong can be set to a wrong value.
struct Ipv4Fields {
  Mac destination_mac;
  Mac source_mac{{0x02, 0, 0, 0, 0, 0x0a}};
  Ipv4 source;
  Ipv4 destination;
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  std::uint8_t protocol = 17;
  std::uint8_t version_ihl = 0x45;
  std::uint16_t id = 0;
  std::uint16_t flags_offset = 0;  // host order
  std::vector<std::uint8_t> options;
  std::vector<std::uint8_t> payload = std::vector<std::uint8_t>(26, 0x5a);
  std::optional<std::uint16_t> total_length;  // none: the right one
  bool bad_checksum = false;
};
[[nodiscard]] Frame make_ipv4(const Ipv4Fields& fields);
// Writes the right checksum into an IPv4 header if there is one.
void mend_checksum(Frame& frame);
[[nodiscard]] std::vector<std::uint8_t> echo_request(std::uint16_t sequence,
                                                     std::size_t bytes = 56);
[[nodiscard]] Frame make_arp(std::uint16_t operation, Mac sender_mac, Ipv4 sender, Mac target_mac,
                             Ipv4 target, Mac destination);

struct Tag {
  std::uint16_t protocol;
  std::uint16_t tci;
};

// Inserts the tags after the MAC addresses, the outermost first.
[[nodiscard]] Frame tagged(Frame frame, const std::vector<Tag>& tags);

// Fields of a frame that the router sent.
[[nodiscard]] std::uint16_t ether_type(const Frame& frame);
[[nodiscard]] Mac destination_mac(const Frame& frame);
[[nodiscard]] Mac source_mac(const Frame& frame);
[[nodiscard]] std::uint16_t word(const Frame& frame, std::size_t offset);
[[nodiscard]] Ipv4 address(const Frame& frame, std::size_t offset);
[[nodiscard]] Ipv4 ip_source(const Frame& frame);
[[nodiscard]] Ipv4 ip_destination(const Frame& frame);
[[nodiscard]] bool ip_checksum_right(const Frame& frame);
// Whether the frame is an ARP request for `target`.
[[nodiscard]] bool is_request_for(const Frame& frame, Ipv4 target);
// Returns the checksum of RFC 1071.
[[nodiscard]] std::uint16_t sum(std::span<const std::uint8_t> bytes);

inline constexpr std::size_t kIp = 14;
inline constexpr std::size_t kTtl = kIp + 8;
inline constexpr std::size_t kIpId = kIp + 4;
inline constexpr std::size_t kIcmp = kIp + 20;
inline constexpr std::size_t kArpOperation = 20;
inline constexpr std::size_t kArpTarget = 38;

}  // namespace ringroad::test

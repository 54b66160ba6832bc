// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Writes an Ethernet frame with one ICMPv6 message of the router itself (RFC 4443 2.1), and finds
// the message in a received packet.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ipv6.hpp"
#include "base/mac.hpp"

namespace ringroad::neigh {

using Octets = std::span<const std::uint8_t>;

inline constexpr std::size_t kIpv6Header = 40;
inline constexpr std::uint8_t kIcmp6 = 58;
// No link may have a smaller MTU (RFC 8200 5).
inline constexpr std::size_t kIpv6MinMtu = 1280;

// 33:33 and the low 32 bits of the group (RFC 2464 7).
[[nodiscard]] Mac multicast_mac(Ipv6 group);

// RFC 4443 2.3; 0 for a message that contains its right checksum.
[[nodiscard]] std::uint16_t icmp6_checksum(Ipv6 source, Ipv6 destination, Octets message);

[[nodiscard]] std::uint16_t read16(Octets bytes, std::size_t offset);
[[nodiscard]] std::uint32_t read32(Octets bytes, std::size_t offset);

class Icmp6Frame {
 public:
  struct Header {
    Mac destination_mac{};
    Mac source_mac{};
    Ipv6 source{};
    Ipv6 destination{};
    std::uint8_t hop_limit = 255;
    // Hop-by-hop options that say that this is MLD (RFC 2711 2.1).
    bool router_alert = false;
  };
  Icmp6Frame(const Header& header, std::uint8_t type);

  // What follows the checksum.
  void put8(std::uint8_t value) { bytes_.push_back(value); }
  void put16(std::uint16_t value);
  void put32(std::uint32_t value);
  void put(Ipv6 address);
  void put(Octets bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void put_zeros(std::size_t count) { bytes_.resize(bytes_.size() + count); }

  // The octets that still fit in a packet of the least MTU.
  [[nodiscard]] std::size_t room() const;
  // Fills in the length and the checksum.
  [[nodiscard]] std::vector<std::uint8_t> finish() &&;

 private:
  std::vector<std::uint8_t> bytes_;
  Ipv6 source_;
  Ipv6 destination_;
  std::size_t message_;  // where it begins
};

// An ICMPv6 message with a right checksum.
struct Icmp6Message {
  Ipv6 source;
  Ipv6 destination;
  std::uint8_t hop_limit = 0;
  bool router_alert = false;  // hop-by-hop options say that this is MLD
  Octets bytes;               // from the type on, at least 8
};

// `packet` begins with the IPv6 header and may be longer than that header says. Before the message
// only hop-by-hop options may stand. Returns nothing unless the source is a possible one.
[[nodiscard]] std::optional<Icmp6Message> find_icmp6(Octets packet);

}  // namespace ringroad::neigh

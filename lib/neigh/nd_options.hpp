// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The numbers on the wire of RFC 4861 4, which reading and writing share.
#include <cstddef>
#include <cstdint>

namespace ringroad::neigh {

enum class NdType : std::uint8_t {
  kRouterSolicitation = 133,
  kRouterAdvertisement = 134,
  kNeighborSolicitation = 135,
  kNeighborAdvertisement = 136,
  kRedirect = 137,
};

enum class NdOption : std::uint8_t {
  kSourceMac = 1,
  kTargetMac = 2,
  kPrefix = 3,
  kRedirectedHeader = 4,
  kMtu = 5,
  kNonce = 14,   // RFC 3971 5.3.2
  kRoute = 24,   // RFC 4191 2.3
  kDns = 25,     // RFC 8106 5.1
  kSearch = 31,  // RFC 8106 5.2
  kPref64 = 38,  // RFC 8781 4
};

inline constexpr std::uint8_t kHopLimitOfNd = 255;
// Of a neighbor advertisement.
inline constexpr std::uint8_t kRouterFlag = 0x80;
inline constexpr std::uint8_t kSolicitedFlag = 0x40;
inline constexpr std::uint8_t kOverrideFlag = 0x20;
// Of a router advertisement.
inline constexpr std::uint8_t kManagedFlag = 0x80;
inline constexpr std::uint8_t kOtherFlag = 0x40;
inline constexpr unsigned kPreferenceShift = 3;  // two bits: 01 high, 00 medium, 11 low
// Of a prefix.
inline constexpr std::uint8_t kOnLinkFlag = 0x80;
inline constexpr std::uint8_t kAutonomousFlag = 0x40;

// From the ICMPv6 type to the first option.
inline constexpr std::size_t kSolicitationBytes = 24;  // also a neighbor advertisement
inline constexpr std::size_t kRouterSolicitationBytes = 8;
inline constexpr std::size_t kRouterAdvertisementBytes = 16;
inline constexpr std::size_t kRedirectBytes = 40;
// Options are counted in units of 8 octets.
inline constexpr std::size_t kOptionUnit = 8;

}  // namespace ringroad::neigh

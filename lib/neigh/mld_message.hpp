// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Multicast listener discovery for IPv6 (RFC 3810, and RFC 2710, its version 1): the wire format
// and its validation, without state.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "base/units.hpp"
#include "neigh/icmp6_frame.hpp"

namespace ringroad::neigh {

// RFC 3810 5.1, RFC 2710 3.
struct MldQuery {
  Ipv6 source{};
  std::uint8_t version = 2;
  Ipv6 group{};  // :: asks for all groups
  Nanoseconds max_response{};
  std::uint8_t robustness = 0;     // of version 2; 0: not said
  Nanoseconds querier_interval{};  // of version 2; 0: not said

  [[nodiscard]] bool is_general() const { return group.is_unspecified(); }
  friend bool operator==(const MldQuery&, const MldQuery&) = default;
};

// `packet` begins with the IPv6 header. Returns nothing if it is no query or must not be accepted:
// RFC 3810 6.2, as Linux __mld_query_work() applies it. The sources of a query are not read: a
// listener to all of a group's sources may answer that it listens to the group.
[[nodiscard]] std::optional<MldQuery> parse_mld_query(Octets packet);

// RFC 3810 5.2.5 to 5.2.12. Without sources, kInclude means that the group is left.
struct MldRecord {
  enum class Type : std::uint8_t {
    kIsExclude = 2,  // the answer to a query
    kToInclude = 3,  // the group was left
    kToExclude = 4,  // the group was joined
  };
  Type type = Type::kIsExclude;
  Ipv6 group{};

  friend bool operator==(const MldRecord&, const MldRecord&) = default;
};

// A report has room for this many records in the least MTU.
inline constexpr std::size_t kMldRecordsMax = 61;

// Frames with hop limit 1 and the router alert. The source is link-local, or :: while the router
// has no address yet (RFC 3590).
[[nodiscard]] std::vector<std::uint8_t> mldv2_report(Ipv6 source, Mac source_mac,
                                                     std::span<const MldRecord> records);
// RFC 2710 3: that the router listens to the group, sent to it, or that it no longer does, sent to
// all routers.
[[nodiscard]] std::vector<std::uint8_t> mldv1_report(Ipv6 source, Mac source_mac, Ipv6 group);
[[nodiscard]] std::vector<std::uint8_t> mldv1_done(Ipv6 source, Mac source_mac, Ipv6 group);

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/mld_message.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint8_t kQuery = 130;
constexpr std::uint8_t kReport1 = 131;
constexpr std::uint8_t kDone1 = 132;
constexpr std::uint8_t kReport2 = 143;
constexpr std::size_t kQuery1Bytes = 24;
constexpr std::size_t kQuery2Bytes = 28;

// RFC 3810 5.1.3: above 32767 a number has a mantissa of 12 bits and an exponent of 3.
std::uint32_t max_response_of(std::uint16_t code) {
  return code < 0x8000 ? code : (0x1000U | (code & 0xfffU)) << ((code >> 12 & 7U) + 3);
}

// RFC 3810 5.1.9: the same with 4 and 3 bits.
std::uint32_t interval_of(std::uint8_t code) {
  return code < 0x80 ? code : (0x10U | (code & 0xfU)) << ((code >> 4 & 7U) + 3);
}

Icmp6Frame begin(std::uint8_t type, Ipv6 source, Ipv6 destination, Mac source_mac) {
  Icmp6Frame frame{{.destination_mac = multicast_mac(destination),
                    .source_mac = source_mac,
                    .source = source,
                    .destination = destination,
                    .hop_limit = 1,
                    .router_alert = true},
                   type};
  return frame;
}

std::vector<std::uint8_t> version1(std::uint8_t type, Ipv6 source, Mac source_mac, Ipv6 group) {
  Icmp6Frame frame = begin(type, source, type == kDone1 ? kAllRouters : group, source_mac);
  frame.put32(0);
  frame.put(group);
  return std::move(frame).finish();
}

}  // namespace

std::optional<MldQuery> parse_mld_query(Octets packet) {
  const auto message = find_icmp6(packet);
  if (!message || message->hop_limit != 1 || !message->router_alert ||
      !message->source.is_link_local() || message->bytes[0] != kQuery) {
    return std::nullopt;
  }
  const Octets bytes = message->bytes;
  // RFC 3810 8.1: the length tells the versions apart.
  if (bytes.size() < kQuery1Bytes || (bytes.size() > kQuery1Bytes && bytes.size() < kQuery2Bytes)) {
    return std::nullopt;
  }
  MldQuery query{.source = message->source,
                 .version = 1,
                 .group = Ipv6::read(&bytes[8]),
                 .max_response = milliseconds{read16(bytes, 4)}};
  if (!query.group.is_unspecified() && !query.group.is_multicast()) {
    return std::nullopt;
  }
  if (bytes.size() >= kQuery2Bytes) {
    if (bytes.size() - kQuery2Bytes < std::size_t{read16(bytes, 26)} * 16) {
      return std::nullopt;
    }
    query.version = 2;
    query.max_response = milliseconds{max_response_of(read16(bytes, 4))};
    query.robustness = bytes[24] & 7U;
    query.querier_interval = seconds{interval_of(bytes[25])};
  }
  return query;
}

std::vector<std::uint8_t> mldv2_report(Ipv6 source, Mac source_mac,
                                       std::span<const MldRecord> records) {
  records = records.first(std::min(records.size(), kMldRecordsMax));
  Icmp6Frame frame = begin(kReport2, source, kAllMldv2Routers, source_mac);
  frame.put16(0);
  frame.put16(static_cast<std::uint16_t>(records.size()));
  for (const MldRecord& record : records) {
    frame.put8(static_cast<std::uint8_t>(record.type));
    frame.put_zeros(3);  // no auxiliary data, no sources
    frame.put(record.group);
  }
  return std::move(frame).finish();
}

std::vector<std::uint8_t> mldv1_report(Ipv6 source, Mac source_mac, Ipv6 group) {
  return version1(kReport1, source, source_mac, group);
}

std::vector<std::uint8_t> mldv1_done(Ipv6 source, Mac source_mac, Ipv6 group) {
  return version1(kDone1, source, source_mac, group);
}

}  // namespace ringroad::neigh

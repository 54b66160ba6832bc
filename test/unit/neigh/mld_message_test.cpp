// SPDX-License-Identifier: BSD-3-Clause
// RFC 3810: which queries are valid, and how reports look on the wire.
#include "neigh/mld_message.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <vector>

#include "octets.hpp"

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Packet = std::vector<std::uint8_t>;

constexpr Mac kMac{{2, 0, 0, 0, 0, 1}};
constexpr Ipv6 kSelf{0xfe80'0000'0000'0000, 1};
constexpr Ipv6 kQuerier{0xfe80'0000'0000'0000, 2};
constexpr Ipv6 kGroup{0xff02'0000'0000'0000, 0x0000'0001'ff00'0001};

struct Query {
  Ipv6 source = kQuerier;
  std::uint8_t hop_limit = 1;
  bool router_alert = true;
  std::uint16_t max_response = 10'000;
  Ipv6 group{};
  Packet rest{2, 125, 0, 0};  // of version 2
};

Packet packet(const Query& query) {
  Icmp6Frame frame{{.source = query.source,
                    .destination = kAllNodes,
                    .hop_limit = query.hop_limit,
                    .router_alert = query.router_alert},
                   130};
  frame.put16(query.max_response);
  frame.put16(0);
  frame.put(query.group);
  frame.put(query.rest);
  return packet_of(std::move(frame).finish());
}

}  // namespace

TEST_CASE("a report has the octets of RFC 3810 5.2") {
  const std::array records{MldRecord{MldRecord::Type::kToExclude, kGroup},
                           MldRecord{MldRecord::Type::kToInclude, kAllRouters}};
  CHECK(mldv2_report(kSelf, kMac, records) ==
        octets("333300000016 020000000001 86dd 60000000 0038 00 01"
               "fe800000 00000000 00000000 00000001 ff020000 00000000 00000000 00000016"
               "3a 00 05 02 0000 01 00 8f 00 6eed 0000 0002"
               "04 00 0000 ff020000 00000000 00000001 ff000001"
               "03 00 0000 ff020000 00000000 00000000 00000002"));
}

TEST_CASE("a report and a done message of version 1 have the octets of RFC 2710 3") {
  CHECK(mldv1_report(kSelf, kMac, kGroup) ==
        octets("3333ff000001 020000000001 86dd 60000000 0020 00 01"
               "fe800000 00000000 00000000 00000001 ff020000 00000000 00000001 ff000001"
               "3a 00 05 02 0000 01 00 83 00 821f 00000000 ff020000 00000000 00000001 ff000001"));
  CHECK(mldv1_done(kSelf, kMac, kGroup) ==
        octets("333300000002 020000000001 86dd 60000000 0020 00 01"
               "fe800000 00000000 00000000 00000001 ff020000 00000000 00000000 00000002"
               "3a 00 05 02 0000 01 00 84 00 8020 00000000 ff020000 00000000 00000001 ff000001"));
}

TEST_CASE("a report keeps within the least MTU") {
  const std::vector<MldRecord> records(200, MldRecord{.group = kGroup});
  CHECK(packet_of(mldv2_report(kSelf, kMac, records)).size() == 40 + 8 + 8 + kMldRecordsMax * 20);
}

TEST_CASE("a query of version 2 is read as RFC 3810 5.1 says") {
  CHECK(parse_mld_query(octets("60000000 0024 00 01"
                               "fe800000 00000000 00000000 00000002"
                               "ff020000 00000000 00000000 00000001"
                               "3a 00 05 02 0000 01 00 82 00 5695 2710 0000"
                               "00000000 00000000 00000000 00000000 02 7d 0000")) ==
        MldQuery{.source = kQuerier,
                 .version = 2,
                 .group = {},
                 .max_response = seconds{10},
                 .robustness = 2,
                 .querier_interval = seconds{125}});
}

TEST_CASE("large times of a query have an exponent") {
  CHECK(parse_mld_query(packet({.max_response = 0x8001}))->max_response ==
        milliseconds{0x1001 << 3});
  CHECK(parse_mld_query(packet({.max_response = 0xffff}))->max_response ==
        milliseconds{0x1fff << 10});
  CHECK(parse_mld_query(packet({.rest = {2, 0xff, 0, 0}}))->querier_interval ==
        seconds{0x1f << 10});
}

TEST_CASE("a query of version 1 is told by its length") {
  const auto query = parse_mld_query(packet({.max_response = 0x8001, .group = kGroup, .rest = {}}));
  REQUIRE(query.has_value());
  CHECK(query->version == 1);
  CHECK(query->group == kGroup);
  CHECK_FALSE(query->is_general());
  CHECK(query->max_response == milliseconds{0x8001});
  CHECK_FALSE(parse_mld_query(packet({.rest = {2}})));
  CHECK_FALSE(parse_mld_query(packet({.rest = {2, 125, 0}})));
}

TEST_CASE("a query is sent on the link, by a router's link-local address, about a group") {
  CHECK(parse_mld_query(packet({})));
  CHECK_FALSE(parse_mld_query(packet({.hop_limit = 2})));
  CHECK_FALSE(parse_mld_query(packet({.router_alert = false})));
  CHECK_FALSE(parse_mld_query(packet({.source = {0x2001'0db8'0000'0000, 1}})));
  CHECK_FALSE(parse_mld_query(packet({.source = {}})));
  CHECK_FALSE(parse_mld_query(packet({.group = kQuerier})));
}

TEST_CASE("a query has as many sources as it says") {
  Packet rest(4 + 2 * 16);
  rest[3] = 2;
  CHECK(parse_mld_query(packet({.group = kGroup, .rest = rest})));
  rest[3] = 3;
  CHECK_FALSE(parse_mld_query(packet({.group = kGroup, .rest = rest})));
  rest[2] = 0xff;
  CHECK_FALSE(parse_mld_query(packet({.group = kGroup, .rest = rest})));
}

TEST_CASE("a query that is cut off, or whose options are wrong, is not accepted") {
  const Packet good = packet({});
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK_FALSE(parse_mld_query(Octets{good}.first(length)));
  }
  struct Change {
    std::size_t at;
    std::uint8_t to;
  };
  for (const auto& [at, to] :
       {Change{40, 17}, Change{41, 1}, Change{41, 255}, Change{42, 0x80}, Change{43, 3},
        Change{43, 255}, Change{45, 1}, Change{47, 1}, Change{6, 58}}) {
    CAPTURE(at, to);
    Packet changed = good;
    changed[at] = to;
    CHECK_FALSE(parse_mld_query(changed));
  }
}

TEST_CASE("random octets do no harm to a reader of queries") {
  std::mt19937 random{1};
  const Packet good = packet({});
  for (int round = 0; round < 20'000; ++round) {
    Packet changed = good;
    for (unsigned i = 1 + random() % 8; i > 0; --i) {
      changed[40 + random() % 8] = static_cast<std::uint8_t>(random());
    }
    static_cast<void>(parse_mld_query(changed));
  }
}

}  // namespace ringroad::neigh

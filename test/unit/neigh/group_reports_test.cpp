// SPDX-License-Identifier: BSD-3-Clause
// RFC 3810 6: which groups a listener reports, and when.
#include "neigh/group_reports.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Type = MldRecord::Type;
using Records = std::vector<MldRecord>;

constexpr InterfaceId kPort{3};
constexpr Mac kMac{{2, 0, 0, 0, 0, 1}};
constexpr Ipv6 kSelf{0xfe80'0000'0000'0000, 1};
constexpr Ipv6 kNodes = kSelf.solicited_node();
constexpr Key6 kNodesKey{kPort, kNodes};
constexpr Key6 kRoutersKey{kPort, kAllRouters};

struct ReportsFixture {
  ReportsFixture() { reports.set_link(kPort, true, now); }

  // Returns the events with their times.
  std::vector<std::pair<Nanoseconds, GroupReports::Event>> run_for(Nanoseconds time) {
    std::vector<std::pair<Nanoseconds, GroupReports::Event>> seen;
    for (const Nanoseconds end = now + time; now < end; now += milliseconds{1}) {
      reports.tick(now, events);
      for (auto& event : events) {
        CHECK(event.port == kPort);
        CHECK_FALSE(event.records.empty());
        seen.emplace_back(now, std::move(event));
      }
      events.clear();
    }
    return seen;
  }
  // The records of each report.
  std::vector<Records> records_in(Nanoseconds time) {
    std::vector<Records> records;
    for (auto& [when, event] : run_for(time)) {
      CHECK_FALSE(event.version1);
      records.push_back(event.records);
    }
    return records;
  }
  void join_both() {
    reports.join(kNodesKey, now);
    reports.join(kRoutersKey, now);
    run_for(seconds{5});
  }
  void ask(const MldQuery& query) { reports.hear(kPort, query, now); }

  Nanoseconds now = seconds{100};
  GroupReports reports{1};
  GroupReports::Events events;
};

}  // namespace

TEST_CASE_METHOD(ReportsFixture,
                 "a group that is joined is reported at once, and within a second again") {
  reports.join(kNodesKey, now);
  CHECK(reports.is_joined(kNodesKey));
  CHECK(reports.next_deadline() == now);
  const Nanoseconds start = now;
  const auto seen = run_for(seconds{10});
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].first == start);
  CHECK(seen[1].first - start <= seconds{1} + milliseconds{1});
  for (const auto& [when, event] : seen) {
    CHECK(event.records == Records{{Type::kToExclude, kNodes}});
  }
  CHECK_FALSE(reports.next_deadline());
}

TEST_CASE_METHOD(ReportsFixture, "groups that are joined together are reported together") {
  reports.join(kNodesKey, now);
  reports.join(kRoutersKey, now);
  const Records both{{Type::kToExclude, kAllRouters}, {Type::kToExclude, kNodes}};
  CHECK(records_in(seconds{10}) == std::vector{both, both});
}

TEST_CASE_METHOD(ReportsFixture,
                 "a group that its last user leaves is reported as left, and forgotten") {
  reports.join(kNodesKey, now);
  reports.join(kNodesKey, now);
  run_for(seconds{5});
  reports.leave(kNodesKey, now);
  CHECK(records_in(seconds{5}).empty());
  CHECK(reports.is_joined(kNodesKey));
  reports.leave(kNodesKey, now);
  CHECK_FALSE(reports.is_joined(kNodesKey));
  const Records left{{Type::kToInclude, kNodes}};
  CHECK(records_in(seconds{5}) == std::vector{left, left});
  reports.leave(kNodesKey, now);
  CHECK(records_in(seconds{5}).empty());
}

TEST_CASE_METHOD(ReportsFixture,
                 "a group that is joined again while it is reported as left is joined") {
  reports.join(kNodesKey, now);
  run_for(seconds{5});
  reports.leave(kNodesKey, now);
  reports.join(kNodesKey, now);
  const Records joined{{Type::kToExclude, kNodes}};
  CHECK(records_in(seconds{5}) == std::vector{joined, joined});
}

TEST_CASE_METHOD(ReportsFixture, "all nodes and groups of one interface are not reported") {
  reports.join({kPort, kAllNodes}, now);
  reports.join({kPort, Ipv6{0xff01'0000'0000'0000, 2}}, now);
  CHECK(reports.is_joined({kPort, kAllNodes}));
  ask({.max_response = seconds{1}});
  CHECK(records_in(seconds{5}).empty());
}

TEST_CASE_METHOD(ReportsFixture, "a query about all groups is answered once within its time") {
  join_both();
  const Nanoseconds start = now;
  ask({.max_response = seconds{10}});
  ask({.max_response = seconds{10}});
  const auto seen = run_for(seconds{30});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].first - start <= seconds{10} + milliseconds{1});
  CHECK(seen[0].second.records ==
        Records{{Type::kIsExclude, kAllRouters}, {Type::kIsExclude, kNodes}});
}

TEST_CASE_METHOD(ReportsFixture, "a query about one group is answered if the group is joined") {
  join_both();
  ask({.group = kNodes, .max_response = seconds{1}});
  CHECK(records_in(seconds{5}) == std::vector<Records>{{{Type::kIsExclude, kNodes}}});
  ask({.group = kAllMldv2Routers, .max_response = seconds{1}});
  CHECK(records_in(seconds{5}).empty());
  ask({.group = kNodes, .max_response = {}});
  CHECK(reports.next_deadline() == now);
}

TEST_CASE_METHOD(ReportsFixture, "the querier says how often a change is reported") {
  ask({.max_response = seconds{1}, .robustness = 4});
  run_for(seconds{2});
  reports.join(kNodesKey, now);
  CHECK(records_in(seconds{10}).size() == 4);
}

TEST_CASE_METHOD(ReportsFixture, "all groups are reported again when the link returns") {
  join_both();
  reports.set_link(kPort, false, now);
  reports.leave(kRoutersKey, now);
  ask({.max_response = seconds{1}});
  CHECK(records_in(seconds{5}).empty());
  CHECK_FALSE(reports.next_deadline());
  reports.set_link(kPort, true, now);
  const Records joined{{Type::kToExclude, kNodes}};
  CHECK(records_in(seconds{5}) == std::vector{joined, joined});
}

TEST_CASE_METHOD(ReportsFixture,
                 "groups that are joined without a link are reported when it comes up") {
  reports.set_link(kPort, false, now);
  reports.join(kNodesKey, now);
  CHECK(records_in(seconds{5}).empty());
  reports.set_link(kPort, true, now);
  CHECK(records_in(seconds{5}).size() == 2);
}

TEST_CASE_METHOD(ReportsFixture, "all groups are reported again from the first usable address") {
  join_both();
  reports.report_again(kPort, now);
  CHECK(records_in(seconds{5}).size() == 2);
}

TEST_CASE_METHOD(ReportsFixture,
                 "a querier of version 1 is answered in its version, until it is gone") {
  join_both();
  ask({.version = 1, .max_response = seconds{10}});
  const auto seen = run_for(seconds{20});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].second.version1);
  CHECK(seen[0].second.frames(kSelf, kMac) ==
        std::vector{mldv1_report(kSelf, kMac, kAllRouters), mldv1_report(kSelf, kMac, kNodes)});
  reports.leave(kNodesKey, now);
  const auto left = run_for(seconds{20});
  REQUIRE(left.size() == 1);
  CHECK(left[0].second.frames(kSelf, kMac) ==
        std::vector<std::vector<std::uint8_t>>{mldv1_done(kSelf, kMac, kNodes)});
  now += seconds{260};
  reports.join(kNodesKey, now);
  CHECK(records_in(seconds{5}).size() == 2);
}

TEST_CASE_METHOD(ReportsFixture, "more groups than a report has room for are reported in several") {
  for (std::uint64_t i = 0; i < 100; ++i) {
    reports.join({kPort, Ipv6{0xff02'0000'0000'0000, 0x1'ff00'0000 | i}}, now);
  }
  reports.tick(now, events);
  REQUIRE(events.size() == 1);
  REQUIRE(events[0].records.size() == 100);
  const auto frames = events[0].frames(kSelf, kMac);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].size() == 14 + 56 + kMldRecordsMax * 20);
  CHECK(frames[1].size() == 14 + 56 + (100 - kMldRecordsMax) * 20);
}

}  // namespace ringroad::neigh

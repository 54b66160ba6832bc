// SPDX-License-Identifier: BSD-3-Clause
#include "fib/next_hop_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

using namespace ringroad;
using fib::NextHopTable;
using Member = NextHopTable::Member;

namespace {

constexpr std::size_t kFlows = 100'000;

// Retired memory waits until the test declares that every reader was quiescent.
class HandReclaimer final : public Reclaimer {
 public:
  void retire(std::function<void()> release) override { waiting_.push_back(std::move(release)); }
  void run() {
    for (const auto& release : std::exchange(waiting_, {})) {
      release();
    }
  }

 private:
  std::vector<std::function<void()>> waiting_;
};

NextHopId made(std::optional<NextHopId> id) {
  REQUIRE(id);
  return *id;  // NOLINT(bugprone-unchecked-optional-access): as REQUIRE says
}

// Next hop i resolves to adjacency 100 + i.
struct Bed {
  explicit Bed(std::size_t hops, std::uint32_t capacity = 1024) : table{capacity, reclaimer} {
    for (std::uint32_t i = 0; i < hops; ++i) {
      ids.push_back(made(table.allocate(AdjacencyId{100 + i})));
    }
  }

  [[nodiscard]] Member member(std::size_t hop, std::uint32_t weight = 1) const {
    return {ids.at(hop), weight};
  }
  // Returns hops `from` to `to` - 1.
  [[nodiscard]] std::vector<Member> members(std::size_t from, std::size_t to) const {
    std::vector<Member> some(to - from);
    std::ranges::transform(std::span{ids}.subspan(from, to - from), some.begin(),
                           [](NextHopId id) { return Member{id}; });
    return some;
  }
  // Returns the hop that each flow takes.
  [[nodiscard]] std::vector<std::size_t> paths(NextHopId id) const {
    std::vector<std::size_t> hops;
    std::mt19937 random{1};
    for (std::size_t i = 0; i < kFlows; ++i) {
      const auto flow = static_cast<std::uint32_t>(random());
      hops.push_back(table.resolve(id, [&] { return flow; }).value() - 100);
    }
    return hops;
  }
  [[nodiscard]] std::size_t resolve(NextHopId id, std::uint32_t flow = 0) const {
    return table.resolve(id, [&] { return flow; }).value() - 100;
  }

  HandReclaimer reclaimer;
  NextHopTable table;
  std::vector<NextHopId> ids;
};

std::vector<std::size_t> counts(const std::vector<std::size_t>& paths, std::size_t hops) {
  std::vector<std::size_t> flows(hops);
  for (const std::size_t path : paths) {
    ++flows.at(path);
  }
  return flows;
}

// Returns, for each pair of hops, how many flows moved from one to the other.
std::map<std::pair<std::size_t, std::size_t>, std::size_t> moves(
    const std::vector<std::size_t>& before, const std::vector<std::size_t>& after) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> moved;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) {
      ++moved[{before[i], after[i]}];
    }
  }
  return moved;
}

}  // namespace

TEST_CASE("a next hop that is no group does not ask for the flow's hash") {
  Bed bed{2};
  const auto no_hash = []() -> std::uint32_t { throw std::logic_error{"asked"}; };
  CHECK(bed.table.resolve(bed.ids[1], no_hash) == AdjacencyId{101});
  bed.table.set(bed.ids[1], AdjacencyId{7});
  CHECK(bed.table.resolve(bed.ids[1], no_hash) == AdjacencyId{7});
}

TEST_CASE("flows spread over a group by its members' weights") {
  const auto weights =
      GENERATE(as<std::vector<std::uint32_t>>{}, std::vector<std::uint32_t>{1, 1},
               std::vector<std::uint32_t>{1, 1, 1}, std::vector<std::uint32_t>{2, 1},
               std::vector<std::uint32_t>{1, 10, 100}, std::vector<std::uint32_t>{7, 3, 5, 11, 13},
               std::vector<std::uint32_t>(64, 1));
  Bed bed{weights.size()};
  std::vector<Member> members = bed.members(0, weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    members[i].weight = weights[i];
  }
  const NextHopId group = made(bed.table.allocate_group(members));
  const auto flows = counts(bed.paths(group), weights.size());
  const auto total = std::accumulate(weights.begin(), weights.end(), 0U);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    CAPTURE(i, weights[i], flows[i]);
    const double due = static_cast<double>(kFlows) * weights[i] / total;
    // Rounding changes a share by at most 1/32; 100k flows over 64 members vary by 2.5% (one
    // sigma).
    const double noise = 4 * std::sqrt(due);
    CHECK(std::abs(static_cast<double>(flows[i]) - due) < due / 32 + noise);
    const double share = static_cast<double>(bed.table.buckets_of(group, bed.ids[i])) /
                         static_cast<double>(bed.table.buckets(group));
    CHECK(share == Approx(static_cast<double>(weights[i]) / total).epsilon(1.0 / 32));
  }
}

TEST_CASE("a failed member's flows move to the others, no other flow does") {
  Bed bed{4};
  const std::vector<Member> members{bed.member(0), bed.member(1), bed.member(2, 2), bed.member(3)};
  const NextHopId group = made(bed.table.allocate_group(members));
  const auto before = bed.paths(group);
  bed.table.set_usable(group, bed.ids[1], false);
  const auto during = bed.paths(group);
  for (std::size_t i = 0; i < kFlows; ++i) {
    REQUIRE((before[i] == 1 ? during[i] != 1 : during[i] == before[i]));
  }
  const auto flows = counts(during, 4);
  CHECK(static_cast<double>(flows[2]) == Approx(kFlows / 2.0).epsilon(0.05));
  CHECK(static_cast<double>(flows[0]) == Approx(kFlows / 4.0).epsilon(0.05));

  SECTION("and when it returns it gets its share, and no flow moves but to it") {
    bed.table.set_usable(group, bed.ids[1], true);
    const auto after = bed.paths(group);
    for (const auto& [move, flows_moved] : moves(during, after)) {
      CHECK(move.second == 1);
    }
    CHECK(static_cast<double>(counts(after, 4)[1]) == Approx(kFlows / 5.0).epsilon(0.05));
  }
  SECTION("and saying so twice changes nothing") {
    bed.table.set_usable(group, bed.ids[1], false);
    CHECK(bed.paths(group) == during);
  }
}

TEST_CASE("a member that leaves or joins moves only the flows it had or gets") {
  Bed bed{5};
  const std::vector<Member> four{bed.member(0), bed.member(1), bed.member(2), bed.member(3)};
  const std::vector<Member> three{bed.member(0), bed.member(1), bed.member(3)};
  const std::vector<Member> another{bed.member(0), bed.member(1), bed.member(3), bed.member(4)};
  const NextHopId group = made(bed.table.allocate_group(four));
  const auto first = bed.paths(group);
  bed.table.set_members(group, three);
  const auto second = bed.paths(group);
  for (std::size_t i = 0; i < kFlows; ++i) {
    REQUIRE((first[i] == 2 ? second[i] != 2 : second[i] == first[i]));
  }
  bed.table.set_members(group, another);
  const auto third = bed.paths(group);
  for (const auto& [move, flows] : moves(second, third)) {
    CHECK(move.second == 4);
  }
  for (const std::size_t hop : {0U, 1U, 3U, 4U}) {
    CHECK(bed.table.buckets_of(group, bed.ids[hop]) == bed.table.buckets(group) / 4);
  }
}

TEST_CASE("new weights move as few buckets as the weights allow") {
  Bed bed{3};
  std::mt19937 random{3};
  std::vector<Member> members{bed.member(0), bed.member(1), bed.member(2)};
  // The group has as many buckets as the weights below can need.
  members[0].weight = 256;
  const NextHopId group = made(bed.table.allocate_group(members));
  const std::size_t total = bed.table.buckets(group);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::size_t> had;
    for (Member& member : members) {
      had.push_back(bed.table.buckets_of(group, member.next_hop));
      member.weight = static_cast<std::uint32_t>(random() % 9 + 1);
    }
    const auto before = bed.paths(group);
    bed.table.set_members(group, members);
    REQUIRE(bed.table.buckets(group) == total);
    std::size_t given_up = 0;
    std::size_t weights = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t has = bed.table.buckets_of(group, bed.ids[i]);
      given_up += had[i] > has ? had[i] - has : 0;
      weights += members[i].weight;
    }
    std::size_t moved = 0;
    for (const auto& [move, flows] : moves(before, bed.paths(group))) {
      moved += flows;
    }
    // Only buckets that a member gave up moved; members that kept theirs exchanged none.
    CHECK(static_cast<double>(moved) / kFlows ==
          Approx(static_cast<double>(given_up) / static_cast<double>(total)).margin(0.01));
    // Each share may be rounded up or down, so at least these buckets must move.
    std::size_t above = 0;
    std::size_t below = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t least = total * members[i].weight / weights;
      const std::size_t most = (total * members[i].weight + weights - 1) / weights;
      const std::size_t has = bed.table.buckets_of(group, bed.ids[i]);
      CHECK((has == least || has == most));
      above += had[i] > most ? had[i] - most : 0;
      below += had[i] < least ? least - had[i] : 0;
    }
    CHECK(given_up == std::max(above, below));
  }
}

TEST_CASE("a group that grows gets more buckets, and its flows stay") {
  Bed bed{65};
  const std::vector<Member> two{bed.member(0), bed.member(1)};
  const NextHopId group = made(bed.table.allocate_group(two));
  const NextHopId alias = made(bed.table.allocate_alias(group));
  CHECK(bed.table.buckets(group) == 64);
  const auto before = bed.paths(group);
  bed.table.set_members(group, bed.members(0, 65), std::vector{alias});
  CHECK(bed.table.buckets(group) == 2048);
  const auto after = bed.paths(group);
  CHECK(bed.paths(alias) == after);
  for (const auto& [move, flows] : moves(before, after)) {
    CHECK(move.second > 1);
  }
  bed.reclaimer.run();

  SECTION("and keeps them when it shrinks") {
    bed.table.set_members(group, two);
    CHECK(bed.table.buckets(group) == 2048);
    const auto again = bed.paths(group);
    for (std::size_t i = 0; i < kFlows; ++i) {
      REQUIRE((after[i] > 1 || again[i] == after[i]));
    }
  }
}

TEST_CASE("who looks at a group's former buckets finds them as they were until all are quiescent") {
  Bed bed{40};
  const NextHopId group = made(bed.table.allocate_group(std::vector{bed.member(0), bed.member(1)}));
  // Acts as a reader that has loaded only the group's slot.
  const NextHopId reader = made(bed.table.allocate_alias(group));
  const auto before = bed.paths(reader);
  bed.table.set_members(group, bed.members(2, 40));
  CHECK(bed.table.allocate_group(std::vector{bed.member(2), bed.member(3)}));
  CHECK(bed.paths(reader) == before);
  bed.reclaimer.run();
  CHECK(bed.table.allocate_group(std::vector{bed.member(4), bed.member(5)}));
  CHECK(bed.paths(reader) != before);
}

TEST_CASE("a group made like another keeps the flows of the members that both have") {
  Bed bed{4};
  const std::vector<Member> old_members{bed.member(0), bed.member(1), bed.member(2)};
  const std::vector<Member> new_members{bed.member(0), bed.member(1)};
  const NextHopId old_group = made(bed.table.allocate_group(old_members));
  const auto before = bed.paths(old_group);
  const NextHopId group = made(bed.table.allocate_group(new_members, old_group));
  const auto after = bed.paths(group);
  for (std::size_t i = 0; i < kFlows; ++i) {
    REQUIRE((before[i] == 2 || after[i] == before[i]));
  }
  CHECK(bed.paths(old_group) == before);
}

TEST_CASE("a group of which no member is usable asks all of them") {
  Bed bed{3};
  const std::vector<Member> members{bed.member(0), bed.member(1), bed.member(2)};
  const NextHopId group = made(bed.table.allocate_group(members));
  for (const NextHopId id : bed.ids) {
    bed.table.set_usable(group, id, false);
  }
  for (const std::size_t flows : counts(bed.paths(group), 3)) {
    CHECK(static_cast<double>(flows) == Approx(kFlows / 3.0).epsilon(0.05));
  }
  bed.table.set_usable(group, bed.ids[2], true);
  CHECK(counts(bed.paths(group), 3)[2] == kFlows);
}

TEST_CASE("an alias answers as its target until it is set again") {
  Bed bed{2};
  const NextHopId group = made(bed.table.allocate_group(std::vector{bed.member(0), bed.member(1)}));
  const NextHopId alias = made(bed.table.allocate_alias(bed.ids[0]));
  CHECK(bed.resolve(alias) == 0);
  bed.table.set_alias(alias, group);
  CHECK(bed.paths(alias) == bed.paths(group));
  bed.table.set_usable(group, bed.ids[0], false);
  CHECK(counts(bed.paths(alias), 2)[1] == kFlows);
}

TEST_CASE("groups of groups choose independently at each level") {
  Bed bed{4};
  const NextHopId left = made(bed.table.allocate_group(std::vector{bed.member(0), bed.member(1)}));
  const NextHopId right = made(bed.table.allocate_group(std::vector{bed.member(2), bed.member(3)}));
  const NextHopId left_alias = made(bed.table.allocate_alias(left));
  const NextHopId right_alias = made(bed.table.allocate_alias(right));
  const NextHopId top =
      made(bed.table.allocate_group(std::vector<Member>{{left_alias}, {right_alias}}));
  for (const std::size_t flows : counts(bed.paths(top), 4)) {
    CHECK(static_cast<double>(flows) == Approx(kFlows / 4.0).epsilon(0.05));
  }
}

TEST_CASE("groups that name each other end a lookup with no route") {
  Bed bed{3};
  const NextHopId alias = made(bed.table.allocate_alias(bed.ids[1]));
  const NextHopId group = made(bed.table.allocate_group(std::vector<Member>{{alias}}));
  bed.table.set_alias(alias, group);
  CHECK(bed.resolve(group) == 0);
}

TEST_CASE("a table that is full says so, and has room again after a quiescent state") {
  Bed bed{2, 4};
  const std::vector members{bed.member(0), bed.member(1)};
  const NextHopId first = made(bed.table.allocate_group(members));
  CHECK(bed.table.allocate_group(members));
  CHECK_FALSE(bed.table.allocate_group(members));
  CHECK_FALSE(bed.table.allocate_alias(first));
  bed.table.retire(first);
  CHECK_FALSE(bed.table.allocate_group(members));
  bed.reclaimer.run();
  CHECK(bed.table.allocate_group(members) == first);
}

TEST_CASE("4096 groups of 256 members fit, and no more") {
  Bed bed{256, 8192};
  const std::vector<Member> members = bed.members(0, 256);
  NextHopId last{};
  for (std::size_t i = 0; i < fib::kGroupsMax; ++i) {
    // Few buckets make the test fast; one group in 64 has many.
    const auto some = std::span{members}.first(i % 64 == 0 ? 256 : 2);
    last = made(bed.table.allocate_group(some));
  }
  CHECK_FALSE(bed.table.allocate_group(std::span{members}.first(2)));
  bed.table.retire(last);
  CHECK(bed.table.allocate_group(members));
}

TEST_CASE("members that come, go, fail and change weight at random never leave a stranger behind") {
  Bed bed{24};
  std::mt19937 random{11};
  const NextHopId group = made(bed.table.allocate_group(std::vector{bed.member(0)}));
  for (int round = 0; round < 500; ++round) {
    std::vector<Member> members = bed.members(0, 24);
    std::ranges::shuffle(members, random);
    members.resize(random() % 23 + 1);
    for (Member& member : members) {
      member.weight = static_cast<std::uint32_t>(random() % 256 + 1);
      member.usable = random() % 4 != 0;
    }
    bed.table.set_members(group, members);
    bed.reclaimer.run();
    const bool some = std::ranges::any_of(members, &Member::usable);
    double weights = 0;
    for (const Member& member : members) {
      weights += !some || member.usable ? member.weight : 0;
    }
    std::size_t owned = 0;
    for (const Member& member : members) {
      const std::size_t has = bed.table.buckets_of(group, member.next_hop);
      owned += has;
      const double due = (!some || member.usable ? member.weight : 0) / weights *
                         static_cast<double>(bed.table.buckets(group));
      REQUIRE(std::abs(static_cast<double>(has) - due) < 1);
    }
    REQUIRE(owned == bed.table.buckets(group));
  }
}

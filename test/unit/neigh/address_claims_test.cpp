// SPDX-License-Identifier: BSD-3-Clause
// RFC 5227: probing for an address, announcing it, and handling conflicts.
#include "neigh/address_claims.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <utility>
#include <vector>

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = AddressClaims::Event::Kind;
using Kinds = std::vector<Kind>;

constexpr InterfaceId kPort{3};
constexpr Key4 kKey{kPort, {192, 168, 1, 1}};
constexpr Mac kOther{{2, 0, 0, 0, 0, 9}};

ArpMessage message(Ipv4 sender, Ipv4 target,
                   ArpMessage::Operation operation = ArpMessage::Operation::kRequest) {
  return {.operation = operation,
          .sender_mac = kOther,
          .sender = sender,
          .target_mac = {},
          .target = target};
}
const ArpMessage kSpeaksAsUs = message(kKey.address, {192, 168, 1, 77});
const ArpMessage kProbesForIt = message({}, kKey.address);

struct ClaimsFixture {
  ClaimsFixture() { claims.set_link(kPort, true, now, events); }

  // Returns the events since the last call with their times, and removes them.
  std::vector<std::pair<Nanoseconds, Kind>> run_for(Nanoseconds time) {
    std::vector<std::pair<Nanoseconds, Kind>> seen;
    for (const Nanoseconds end = now + time; now < end; now += milliseconds{1}) {
      claims.tick(now, events);
      for (const Kind kind : take()) {
        seen.emplace_back(now, kind);
      }
    }
    return seen;
  }
  Kinds take() {
    Kinds kinds;
    for (const auto& event : events) {
      CHECK(event.key == kKey);
      kinds.push_back(event.kind);
    }
    events.clear();
    return kinds;
  }
  Kinds kinds_in(Nanoseconds time) {
    Kinds kinds;
    for (const auto& [when, kind] : run_for(time)) {
      kinds.push_back(kind);
    }
    return kinds;
  }
  Kinds hear(const ArpMessage& heard, InterfaceId port = kPort) {
    claims.hear(port, heard, now, events);
    return take();
  }

  Nanoseconds now = seconds{100};
  AddressClaims claims{{.announce = true, .seed = 1}};
  AddressClaims::Events events;
};

}  // namespace

TEST_CASE_METHOD(ClaimsFixture, "an address in use is announced twice, 2 s apart, at once") {
  claims.use(kKey, now, events);
  CHECK(take() == Kinds{Kind::kAnnounce});
  CHECK_FALSE(claims.is_tentative(kKey));
  const auto seen = run_for(seconds{60});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0] == std::pair{Nanoseconds{seconds{102}}, Kind::kAnnounce});
  CHECK(claims.next_deadline() == std::nullopt);
}

TEST_CASE("probes are three, 1 to 2 s apart, the first within 1 s; then 2 s of silence decide") {
  Nanoseconds first_least = seconds{9};
  Nanoseconds first_most{};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    ClaimsFixture fixture;
    fixture.claims = AddressClaims{{.announce = true, .seed = seed}};
    fixture.claims.set_link(kPort, true, fixture.now, fixture.events);
    fixture.claims.probe(kKey, fixture.now, fixture.events);
    CHECK(fixture.claims.is_tentative(kKey));
    const auto seen = fixture.run_for(seconds{20});
    REQUIRE(seen.size() == 6);
    CHECK(seen[0].second == Kind::kProbe);
    CHECK(seen[1].second == Kind::kProbe);
    CHECK(seen[2].second == Kind::kProbe);
    CHECK(seen[3].second == Kind::kUsable);
    CHECK(seen[4].second == Kind::kAnnounce);
    CHECK(seen[5].second == Kind::kAnnounce);
    const Nanoseconds first = seen[0].first - seconds{100};
    first_least = std::min(first_least, first);
    first_most = std::max(first_most, first);
    for (const std::size_t i : {1U, 2U}) {
      CHECK(seen[i].first - seen[i - 1].first >= seconds{1});
      CHECK(seen[i].first - seen[i - 1].first <= milliseconds{2001});
    }
    CHECK(seen[3].first - seen[2].first == seconds{2});
    CHECK(seen[4].first == seen[3].first);
    CHECK(seen[5].first - seen[4].first == seconds{2});
    CHECK_FALSE(fixture.claims.is_tentative(kKey));
  }
  CHECK(first_least < milliseconds{200});
  CHECK(first_most > milliseconds{800});
  CHECK(first_most <= milliseconds{1001});
}

TEST_CASE_METHOD(ClaimsFixture, "whoever speaks as the address, or probes for it too, has it") {
  claims.probe(kKey, now, events);
  const auto wait = GENERATE(0, 2000, 3900);
  CAPTURE(wait);
  const auto before = kinds_in(milliseconds{wait});
  REQUIRE(std::ranges::count(before, Kind::kUsable) == 0);
  const auto heard = GENERATE(0U, 1U, 2U);
  CAPTURE(heard);
  const std::array messages{kSpeaksAsUs, kProbesForIt,
                            message(kKey.address, {}, ArpMessage::Operation::kReply)};
  claims.hear(kPort, messages.at(heard), now, events);
  REQUIRE(events.size() == 1);
  CHECK(events[0].other == kOther);
  CHECK(take() == Kinds{Kind::kRefused});
  CHECK(claims.conflicts(kPort) == 1);
  CHECK_FALSE(claims.is_tentative(kKey));
  CHECK(run_for(seconds{20}).empty());
  SECTION("until it is claimed again") {
    claims.probe(kKey, now, events);
    CHECK(kinds_in(seconds{20}).size() == 6);
  }
}

TEST_CASE_METHOD(ClaimsFixture, "messages of others about others, and on other ports, are none") {
  SECTION("while probing") { claims.probe(kKey, now, events); }
  SECTION("in use") { claims.use(kKey, now, events); }
  take();
  CHECK(hear(message({192, 168, 1, 2}, kKey.address)).empty());
  CHECK(hear(message({192, 168, 1, 2}, {192, 168, 1, 3})).empty());
  CHECK(hear(message({}, {192, 168, 1, 3})).empty());
  CHECK(hear(kSpeaksAsUs, InterfaceId{4}).empty());
  CHECK(claims.conflicts(kPort) == 0);
  CHECK(claims.conflicts(InterfaceId{4}) == 0);
}

TEST_CASE_METHOD(ClaimsFixture, "an address in use is defended once in 10 s and never given up") {
  claims.use(kKey, now, events);
  run_for(seconds{5});
  CHECK(hear(kSpeaksAsUs) == Kinds{Kind::kConflict, Kind::kAnnounce});
  run_for(seconds{10} - milliseconds{1});
  CHECK(hear(kSpeaksAsUs).empty());
  run_for(milliseconds{1});
  CHECK(hear(kSpeaksAsUs) == Kinds{Kind::kAnnounce});
  CHECK(hear(kSpeaksAsUs).empty());
  CHECK(claims.conflicts(kPort) == 4);
  CHECK(run_for(seconds{60}).empty());
}

TEST_CASE_METHOD(ClaimsFixture, "a probe for an address in use is no conflict: it is answered") {
  claims.use(kKey, now, events);
  take();
  CHECK(hear(kProbesForIt).empty());
  CHECK(claims.conflicts(kPort) == 0);
}

TEST_CASE_METHOD(ClaimsFixture, "what is withdrawn is neither announced nor defended") {
  claims.use(kKey, now, events);
  take();
  claims.withdraw(kKey);
  CHECK(run_for(seconds{10}).empty());
  CHECK(hear(kSpeaksAsUs).empty());
}

TEST_CASE_METHOD(ClaimsFixture, "nothing is sent without a link; with one, all begins anew") {
  claims.set_link(kPort, false, now, events);
  SECTION("an address in use") {
    claims.use(kKey, now, events);
    CHECK(run_for(seconds{10}).empty());
    claims.set_link(kPort, true, now, events);
    CHECK(take() == Kinds{Kind::kAnnounce});
    CHECK(kinds_in(seconds{5}) == Kinds{Kind::kAnnounce});
    claims.set_link(kPort, false, now, events);
    claims.set_link(kPort, true, now, events);
    CHECK(take() == Kinds{Kind::kAnnounce});
    claims.set_link(kPort, false, now, events);
    CHECK(run_for(seconds{10}).empty());
  }
  SECTION("an address that is probed for") {
    claims.probe(kKey, now, events);
    CHECK(run_for(seconds{10}).empty());
    claims.set_link(kPort, true, now, events);
    CHECK(kinds_in(seconds{2}).front() == Kind::kProbe);
    claims.set_link(kPort, false, now, events);
    CHECK(run_for(seconds{10}).empty());
    CHECK(claims.is_tentative(kKey));
    claims.set_link(kPort, true, now, events);
    CHECK(kinds_in(seconds{20}) == Kinds{Kind::kProbe, Kind::kProbe, Kind::kProbe, Kind::kUsable,
                                         Kind::kAnnounce, Kind::kAnnounce});
  }
}

TEST_CASE_METHOD(ClaimsFixture, "where nothing is to be announced, addresses are still defended") {
  claims = AddressClaims{{.announce = false, .seed = 1}};
  claims.set_link(kPort, true, now, events);
  claims.probe(kKey, now, events);
  CHECK(kinds_in(seconds{20}) == Kinds{Kind::kProbe, Kind::kProbe, Kind::kProbe, Kind::kUsable});
  claims.use(kKey, now, events);
  CHECK(run_for(seconds{20}).empty());
  CHECK(hear(kSpeaksAsUs) == Kinds{Kind::kConflict, Kind::kAnnounce});
}

TEST_CASE_METHOD(ClaimsFixture, "an address in use that is announced again starts over, in use") {
  claims.use(kKey, now, events);
  run_for(seconds{60});
  claims.use(kKey, now, events);
  CHECK(take() == Kinds{Kind::kAnnounce});
  CHECK(kinds_in(seconds{5}) == Kinds{Kind::kAnnounce});
  claims.probe(kKey, now, events);
  CHECK(run_for(seconds{20}).empty());
  CHECK_FALSE(claims.is_tentative(kKey));
}

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
// RFC 4862 5.4: probing for an address, and what becomes of it.
#include "neigh/address_detection.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = AddressDetection::Event::Kind;
using Kinds = std::vector<Kind>;

constexpr InterfaceId kPort{3};
constexpr InterfaceId kOtherPort{4};
constexpr Key6 kKey{kPort, {0x2001'0db8'0000'0000, 1}};
// Has the same solicited-node group.
constexpr Key6 kSibling{kPort, {0xfe80'0000'0000'0000, 1}};
constexpr Mac kOther{{2, 0, 0, 0, 0, 9}};
constexpr Ipv6 kHost{0xfe80'0000'0000'0000, 9};

struct DetectionFixture {
  DetectionFixture() { detection.set_link(kPort, true, now, events); }

  void restart(const AddressDetection::Settings& settings) {
    detection = AddressDetection{settings};
    detection.set_link(kPort, true, now, events);
  }
  Kinds take() {
    Kinds kinds;
    for (const auto& event : events) {
      CHECK(event.key == (event.kind == Kind::kJoin || event.kind == Kind::kLeave
                              ? Key6{kPort, kKey.address.solicited_node()}
                              : kKey));
      kinds.push_back(event.kind);
    }
    events.clear();
    return kinds;
  }
  // Returns the events with their times.
  std::vector<std::pair<Nanoseconds, Kind>> run_for(Nanoseconds time) {
    std::vector<std::pair<Nanoseconds, Kind>> seen;
    for (const Nanoseconds end = now + time; now < end; now += milliseconds{1}) {
      detection.tick(now, events);
      for (const Kind kind : take()) {
        seen.emplace_back(now, kind);
      }
    }
    return seen;
  }
  Kinds kinds_in(Nanoseconds time) {
    Kinds kinds;
    for (const auto& [when, kind] : run_for(time)) {
      kinds.push_back(kind);
    }
    return kinds;
  }
  void probe() {
    detection.probe(kKey, now, events);
    CHECK(take() == Kinds{Kind::kJoin});
    CHECK(detection.is_tentative(kKey));
  }
  void use() {
    detection.use(kKey, events);
    take();
  }
  Kinds hear_probe(std::optional<Nonce> nonce = {}, InterfaceId port = kPort) {
    detection.hear_solicitation(port,
                                {.source = {},
                                 .destination = kKey.address.solicited_node(),
                                 .target = kKey.address,
                                 .nonce = nonce},
                                kOther, events);
    return take();
  }
  Kinds hear_advertisement(InterfaceId port = kPort) {
    detection.hear_advertisement(
        port, {.source = kHost, .destination = kAllNodes, .target = kKey.address}, kOther, events);
    return take();
  }

  Nanoseconds now = seconds{100};
  AddressDetection detection{{.seed = 1}};
  AddressDetection::Events events;
};

}  // namespace

TEST_CASE_METHOD(DetectionFixture,
                 "an address is usable a second after its probe, which is sent within a second") {
  probe();
  const Nanoseconds start = now;
  const auto seen = run_for(seconds{5});
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].second == Kind::kProbe);
  CHECK(seen[0].first - start <= seconds{1});
  CHECK(seen[1].second == Kind::kUsable);
  CHECK(seen[1].first - seen[0].first == seconds{1});
  CHECK_FALSE(detection.is_tentative(kKey));
  CHECK_FALSE(detection.next_deadline());
}

TEST_CASE_METHOD(DetectionFixture, "as many probes are sent as configured, with one nonce") {
  restart({.transmits = 3, .seed = 2});
  detection.probe(kKey, now, events);
  std::set<Nonce> nonces;
  unsigned probes = 0;
  for (int i = 0; i < 50; ++i, now += milliseconds{100}) {
    detection.tick(now, events);
    for (const auto& event : events) {
      if (event.kind == Kind::kProbe) {
        nonces.insert(event.nonce);
        ++probes;
      }
    }
    events.clear();
  }
  CHECK(probes == 3);
  CHECK(nonces.size() == 1);
  CHECK_FALSE(nonces.contains(Nonce{}));
}

TEST_CASE_METHOD(DetectionFixture,
                 "without probes an address is usable as soon as there is a link") {
  restart({.transmits = 0});
  detection.probe(kKey, now, events);
  CHECK(take() == Kinds{Kind::kJoin, Kind::kUsable});
  CHECK_FALSE(detection.is_tentative(kKey));
}

TEST_CASE_METHOD(DetectionFixture, "usable addresses are announced if this is configured") {
  detection.set_announce(true);
  probe();
  CHECK(kinds_in(seconds{3}) == Kinds{Kind::kProbe, Kind::kUsable, Kind::kAnnounce});
  SECTION("again when the MAC changes") { detection.use(kKey, events); }
  SECTION("again when the link returns") {
    detection.set_link(kPort, false, now, events);
    detection.set_link(kPort, true, now, events);
  }
  CHECK(take() == Kinds{Kind::kAnnounce});
}

TEST_CASE_METHOD(DetectionFixture, "an address that another node has stays unused") {
  probe();
  SECTION("before the probe") { CHECK(hear_advertisement() == Kinds{Kind::kDuplicate}); }
  SECTION("after the probe") {
    run_for(seconds{1});
    CHECK(hear_advertisement() == Kinds{Kind::kDuplicate});
  }
  SECTION("if the other node probes, too") { CHECK(hear_probe() == Kinds{Kind::kDuplicate}); }
  SECTION("if the other node's nonce is another") {
    CHECK(hear_probe(Nonce{1, 2, 3, 4, 5, 6}) == Kinds{Kind::kDuplicate});
  }
  CHECK(detection.is_tentative(kKey));
  CHECK(detection.is_duplicate(kKey));
  CHECK(detection.conflicts(kPort) == 1);
  CHECK(kinds_in(seconds{5}).empty());
  CHECK(hear_advertisement().empty());
  detection.set_link(kPort, true, now, events);
  CHECK(kinds_in(seconds{5}).empty());
  // It is probed for again after it was withdrawn.
  detection.withdraw(kKey, events);
  CHECK(take() == Kinds{Kind::kLeave});
  probe();
  CHECK(kinds_in(seconds{3}) == Kinds{Kind::kProbe, Kind::kUsable});
}

TEST_CASE_METHOD(DetectionFixture, "the other node's MAC is told") {
  probe();
  detection.hear_advertisement(kPort, {.source = kHost, .target = kKey.address}, kOther, events);
  REQUIRE(events.size() == 1);
  CHECK(events[0].other == kOther);
}

TEST_CASE_METHOD(DetectionFixture, "a probe that the network sends back is no conflict") {
  probe();
  std::optional<Nonce> nonce;
  while (!nonce) {
    now += milliseconds{1};
    detection.tick(now, events);
    if (!events.empty()) {
      nonce = events[0].nonce;
    }
  }
  take();
  CHECK(hear_probe(nonce).empty());
  CHECK(detection.is_tentative(kKey));
  CHECK(kinds_in(seconds{2}) == Kinds{Kind::kUsable});
}

TEST_CASE_METHOD(DetectionFixture, "a node that only resolves a tentative address is no conflict") {
  probe();
  detection.hear_solicitation(kPort, {.source = kHost, .target = kKey.address}, kOther, events);
  CHECK(take().empty());
}

TEST_CASE_METHOD(DetectionFixture,
                 "messages on another port or about other addresses do not matter") {
  probe();
  CHECK(hear_advertisement(kOtherPort).empty());
  CHECK(hear_probe({}, kOtherPort).empty());
  detection.hear_advertisement(kPort, {.source = kHost, .target = kHost}, kOther, events);
  CHECK(take().empty());
  CHECK(detection.conflicts(kPort) == 0);
}

TEST_CASE_METHOD(DetectionFixture, "a conflict about an address in use is told once and counted") {
  use();
  CHECK(hear_advertisement() == Kinds{Kind::kConflict});
  CHECK(hear_advertisement().empty());
  CHECK(detection.conflicts(kPort) == 2);
  CHECK_FALSE(detection.is_tentative(kKey));
  // The table's caller answers probes for it.
  CHECK(hear_probe().empty());
}

TEST_CASE_METHOD(DetectionFixture, "nothing is sent without a link, and probing starts with it") {
  detection.set_link(kPort, false, now, events);
  probe();
  CHECK(kinds_in(seconds{5}).empty());
  CHECK_FALSE(detection.next_deadline());
  detection.set_link(kPort, true, now, events);
  CHECK(detection.next_deadline());
  run_for(seconds{1});
  detection.set_link(kPort, false, now, events);
  CHECK(kinds_in(seconds{5}).empty());
  detection.set_link(kPort, true, now, events);
  CHECK(kinds_in(seconds{3}) == Kinds{Kind::kProbe, Kind::kUsable});
}

TEST_CASE_METHOD(DetectionFixture, "a group is left with the last address that needs it") {
  detection.probe(kKey, now, events);
  detection.use(kSibling, events);
  CHECK(take() == Kinds{Kind::kJoin});
  detection.withdraw(kKey, events);
  CHECK(take().empty());
  detection.withdraw(kSibling, events);
  CHECK(take() == Kinds{Kind::kLeave});
  detection.withdraw(kSibling, events);
  CHECK(take().empty());
  CHECK(kinds_in(seconds{3}).empty());
}

TEST_CASE_METHOD(DetectionFixture, "probing twice for an address is probing once") {
  probe();
  detection.probe(kKey, now, events);
  CHECK(kinds_in(seconds{3}) == Kinds{Kind::kProbe, Kind::kUsable});
}

}  // namespace ringroad::neigh

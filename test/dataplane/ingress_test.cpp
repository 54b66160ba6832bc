// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using config::ReversePath;
using stats::DropReason;

namespace {

constexpr Ipv4 kFarA{10, 1, 0, 1};  // behind host A
constexpr Ipv4 kFarB{10, 2, 0, 1};  // behind host B
constexpr Ipv4 kBoth{10, 3, 0, 1};  // behind both
constexpr Ipv4 kNowhere{203, 0, 113, 9};
constexpr Ipv4 kBlackholed{10, 4, 0, 1};

config::Config filtered(ReversePath filter) {
  auto config = Testbed::basic_config();
  config.ports[0].rp_filter = filter;
  config.routes = {
      {.to = *Prefix4::parse("10.1.0.0/16"), .next_hops = {{kHostA, 1}}},
      {.to = *Prefix4::parse("10.2.0.0/16"), .next_hops = {{kHostB, 1}}},
      {.to = *Prefix4::parse("10.3.0.0/16"), .next_hops = {{kHostA, 1}, {kHostB, 1}}},
      {.to = *Prefix4::parse("10.4.0.0/16"), .type = RouteType::kBlackhole, .next_hops = {}}};
  return config;
}

}  // namespace

TEST_CASE("rp_filter: strict wants the way back by the same port, loose wants one") {
  const auto filter = GENERATE(ReversePath::kOff, ReversePath::kLoose, ReversePath::kStrict);
  Testbed bed{{.config = filtered(filter)}};
  bed.resolve_hosts();
  struct Case {
    Ipv4 source;
    bool loose;
    bool strict;
  };
  const bool with_options = GENERATE(false, true);
  for (const auto& [source, loose, strict] :
       {Case{kHostA, true, true}, Case{kFarA, true, true}, Case{Ipv4{192, 168, 1, 99}, true, true},
        Case{kFarB, true, false}, Case{kHostB, true, false}, Case{kBoth, true, true},
        Case{kNowhere, false, false}, Case{kBlackholed, false, false}}) {
    INFO(source.to_string());
    const bool passes = filter == ReversePath::kOff || (filter == ReversePath::kLoose && loose) ||
                        (filter == ReversePath::kStrict && strict);
    auto fields = bed.from_a_to_b();
    fields.source = source;
    if (with_options) {
      fields.options = {1, 1, 1, 0};
    }
    const std::uint64_t before = bed.drops(DropReason::kReversePath);
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    CHECK(bed.sent(kPortB).size() == (passes ? 1 : 0));
    CHECK(bed.drops(DropReason::kReversePath) - before == (passes ? 0 : 1));
  }
}

TEST_CASE("rp_filter also guards the router itself, and only that port") {
  Testbed bed{{.config = filtered(ReversePath::kStrict)}};
  bed.resolve_hosts();
  auto fields = bed.ping(kRouterA);
  fields.source = kFarB;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortB).empty());
  CHECK(bed.drops(DropReason::kReversePath) == 1);

  fields.source = kFarA;
  fields.destination_mac = bed.mac(kPortB);
  bed.receive(kPortB, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("forwarding off: the router itself answers, all else is dropped in silence") {
  auto config = filtered(ReversePath::kOff);
  config.ports[0].forwarding = false;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  for (const Ipv4 destination : {kHostB, kNowhere, kFarB}) {
    fields.destination = destination;
    bed.receive(kPortA, make_ipv4(fields));
  }
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.sent(kPortB).empty());
  CHECK(bed.drops(DropReason::kForwardingOff) == 4);
  CHECK(bed.all_drops() == 4);

  fields.ttl = 64;
  fields.destination = kRouterB;
  fields.protocol = 1;
  fields.payload = echo_request(1);
  bed.receive(kPortA, make_ipv4(fields));
  // Packets that the other port received are still sent by this one.
  auto back = bed.from_a_to_b();
  back.destination_mac = bed.mac(kPortB);
  back.source = kHostB;
  back.destination = kHostA;
  bed.receive(kPortB, make_ipv4(back));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 2);
}

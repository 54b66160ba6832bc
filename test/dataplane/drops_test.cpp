// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

// Sends the frame, and checks that it is dropped for that reason only and that nothing is sent.
void check_dropped(Testbed& bed, const Frame& frame, DropReason reason) {
  bed.receive(kPortA, frame);
  bed.run();
  INFO(stats::name(reason));
  CHECK(bed.router->drops(interface_of(kPortA), reason) == 1);
  CHECK(bed.all_drops() == 1);
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.sent(kPortB).empty());
}

}  // namespace

TEST_CASE("a malformed header is dropped for its first fault") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();

  SECTION("a frame too short for its Ethernet header") {
    check_dropped(bed, Frame(10, 0), DropReason::kFrameTruncated);
  }
  SECTION("a frame too short for an IPv4 header") {
    Frame frame = make_ipv4(fields);
    frame.resize(kIp + 19);
    check_dropped(bed, frame, DropReason::kIpTruncated);
  }
  SECTION("version 5") {
    fields.version_ihl = 0x55;
    check_dropped(bed, make_ipv4(fields), DropReason::kIpBadVersion);
  }
  SECTION("a header of 16 bytes") {
    fields.version_ihl = 0x44;
    check_dropped(bed, make_ipv4(fields), DropReason::kIpBadVersion);
  }
  SECTION("a header of 60 bytes in a frame of 46") {
    fields.version_ihl = 0x4f;
    check_dropped(bed, make_ipv4(fields), DropReason::kIpTruncated);
  }
  SECTION("a wrong checksum") {
    fields.bad_checksum = true;
    check_dropped(bed, make_ipv4(fields), DropReason::kIpBadChecksum);
  }
  SECTION("a total length below the header's") {
    fields.total_length = 10;
    check_dropped(bed, make_ipv4(fields), DropReason::kIpBadLength);
  }
  SECTION("a total length beyond the frame") {
    fields.total_length = 1000;
    check_dropped(bed, make_ipv4(fields), DropReason::kIpTruncated);
  }
  SECTION("a loose source route") {
    fields.options = {131, 7, 4, 10, 0, 0, 1, 0};
    check_dropped(bed, make_ipv4(fields), DropReason::kSourceRoute);
  }
}

TEST_CASE("harmless options are forwarded") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.options = {1, 1, 1, 0};
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(out[0][kIp] == 0x46);
  CHECK(ip_checksum_right(out[0]));
}

TEST_CASE("what comes from where nothing may come from is dropped") {
  Testbed bed;
  bed.resolve_hosts();
  const Ipv4 source = GENERATE(Ipv4{0, 0, 0, 0}, Ipv4{0, 1, 2, 3}, Ipv4{127, 0, 0, 1},
                               Ipv4{224, 0, 0, 1}, Ipv4{240, 0, 0, 1}, Ipv4{255, 255, 255, 255},
                               kRouterA, kRouterB, Ipv4{192, 168, 1, 255}, Ipv4{192, 168, 2, 255});
  auto fields = bed.from_a_to_b();
  fields.source = source;
  INFO(source.to_string());
  check_dropped(bed, make_ipv4(fields), DropReason::kMartianSource);
}

TEST_CASE("what goes where nothing may go is dropped") {
  Testbed bed;
  bed.resolve_hosts();
  using Case = std::pair<Ipv4, DropReason>;
  const auto [destination, reason] = GENERATE(Case{{0, 1, 2, 3}, DropReason::kMartianDestination},
                                              Case{{127, 0, 0, 1}, DropReason::kMartianDestination},
                                              Case{{240, 0, 0, 1}, DropReason::kMartianDestination},
                                              Case{{255, 255, 255, 255}, DropReason::kBroadcast},
                                              Case{{192, 168, 2, 255}, DropReason::kBroadcast},
                                              Case{{192, 168, 2, 0}, DropReason::kBroadcast},
                                              Case{{192, 168, 1, 255}, DropReason::kBroadcast},
                                              Case{{239, 1, 1, 1}, DropReason::kMulticast});
  auto fields = bed.from_a_to_b();
  fields.destination = destination;
  INFO(destination.to_string());
  check_dropped(bed, make_ipv4(fields), reason);
}

TEST_CASE("a default route does not lead to martians") {
  auto config = Testbed::basic_config();
  config.routes = {{.to = Prefix4{}, .next_hops = {{kHostB, 1}}}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.destination = GENERATE(Ipv4{127, 1, 1, 1}, Ipv4{0, 0, 0, 1}, Ipv4{250, 0, 0, 1});
  check_dropped(bed, make_ipv4(fields), DropReason::kMartianDestination);
}

TEST_CASE("a frame that is not for this station goes no further") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  SECTION("another station's") {
    fields.destination_mac = Mac{{0x02, 9, 9, 9, 9, 9}};
    check_dropped(bed, make_ipv4(fields), DropReason::kOtherHost);
  }
  SECTION("to all stations, for one beyond the router") {
    fields.destination_mac = kBroadcastMac;
    check_dropped(bed, make_ipv4(fields), DropReason::kL2Broadcast);
  }
  SECTION("to many stations, for one beyond the router") {
    fields.destination_mac = Mac{{0x01, 0, 0x5e, 1, 1, 1}};
    check_dropped(bed, make_ipv4(fields), DropReason::kL2Broadcast);
  }
  SECTION("of an unknown EtherType") {
    Frame frame = make_ipv4(fields);
    frame[12] = 0x12;
    frame[13] = 0x34;
    check_dropped(bed, frame, DropReason::kUnknownEthertype);
  }
  SECTION("of 802.3 with a length") {
    Frame frame = make_ipv4(fields);
    frame[12] = 0;
    frame[13] = 46;
    check_dropped(bed, frame, DropReason::kLlc);
  }
}

TEST_CASE("no error answers what must not be answered") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.ttl = 1;
  SECTION("an ICMP error") {
    fields.protocol = 1;
    fields.payload.assign(36, 0);
    fields.payload[0] = 3;
  }
  SECTION("a fragment that is not the first") { fields.flags_offset = 185; }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.drops(DropReason::kTtlExceeded) == 1);
}

TEST_CASE("errors to one sender are limited to six at once, then one a second") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.ttl = 1;
  for (int i = 0; i < 1000; ++i) {
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  CHECK(bed.sent(kPortA).size() == 6);
  bed.advance(999ms);
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  bed.advance(1ms);
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(bed.drops(DropReason::kTtlExceeded) == 1002);
}

TEST_CASE("a flood that the control thread cannot follow is dropped under its own name") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.ttl = 1;
  for (int i = 0; i < 8000; ++i) {
    bed.receive(kPortA, make_ipv4(fields));
  }
  // Only the worker runs, so its punt ring fills.
  while (bed.router->workers()[0]->poll_once()) {
  }
  CHECK(bed.drops(DropReason::kTtlExceeded) > 3000);
  bed.run();
  CHECK(bed.drops(DropReason::kTtlExceeded) == 8000);
  CHECK(bed.drops(DropReason::kPuntQueueFull) == 0);
}

// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;
using stats::IpCounter;

namespace {

constexpr std::uint16_t kMore = 0x2000;

// Returns the fragments of a packet, with `piece` octets of payload each, as a host makes them.
std::vector<Frame> cut(const Ipv4Fields& fields, std::size_t piece) {
  std::vector<Frame> frames;
  for (std::size_t at = 0; at < fields.payload.size(); at += piece) {
    Ipv4Fields one = fields;
    const std::size_t end = std::min(fields.payload.size(), at + piece);
    one.payload = {fields.payload.begin() + static_cast<std::ptrdiff_t>(at),
                   fields.payload.begin() + static_cast<std::ptrdiff_t>(end)};
    one.flags_offset =
        static_cast<std::uint16_t>(at / 8 | (end < fields.payload.size() ? kMore : 0U));
    frames.push_back(make_ipv4(one));
  }
  return frames;
}

// Returns the payload of a datagram from its fragments.
std::vector<std::uint8_t> join(const std::vector<Frame>& frames) {
  std::map<std::size_t, std::vector<std::uint8_t>> pieces;
  for (const Frame& frame : frames) {
    CHECK(ip_checksum_right(frame));
    const std::size_t header = std::size_t{frame[kIp] & 0xfU} * 4;
    pieces[std::size_t{word(frame, kIp + 6) & 0x1fffU} * 8] = {
        frame.begin() + static_cast<std::ptrdiff_t>(kIp + header),
        frame.begin() + kIp + word(frame, kIp + 2)};
  }
  std::vector<std::uint8_t> payload;
  for (const auto& [at, piece] : pieces) {
    CHECK(at == payload.size());
    payload.insert(payload.end(), piece.begin(), piece.end());
  }
  return payload;
}

Ipv4Fields ping(const Testbed& bed, std::size_t bytes) {
  auto fields = bed.from_a_to_b();
  fields.destination = kRouterA;
  fields.protocol = 1;
  fields.id = 99;
  fields.payload = echo_request(1, bytes);
  for (std::size_t i = 8; i < fields.payload.size(); ++i) {
    fields.payload[i] = static_cast<std::uint8_t>(i * 13);
  }
  fields.payload[2] = fields.payload[3] = 0;
  const std::uint16_t right = sum(fields.payload);
  fields.payload[2] = static_cast<std::uint8_t>(right >> 8U);
  fields.payload[3] = static_cast<std::uint8_t>(right & 0xffU);
  return fields;
}

void check_answered(Testbed& bed, const Ipv4Fields& fields) {
  const auto out = bed.sent(kPortA);
  REQUIRE_FALSE(out.empty());
  for (const Frame& frame : out) {
    CHECK(frame.size() <= kIp + 1500);
    CHECK(ip_source(frame) == kRouterA);
    CHECK((word(frame, kIp + 6) & 0x4000U) == 0);
    CHECK(word(frame, kIpId) == word(out[0], kIpId));
  }
  auto reply = join(out);
  CHECK(sum(reply) == 0);
  CHECK(reply[0] == 0);
  CHECK(
      std::equal(reply.begin() + 4, reply.end(), fields.payload.begin() + 4, fields.payload.end()));
}

}  // namespace

TEST_CASE("a ping in fragments is answered, whatever their order and size") {
  Testbed bed;
  bed.resolve_hosts();
  const std::size_t bytes = GENERATE(1473U, 8000U, 65507U);
  const std::size_t piece = GENERATE(1480U, 1000U, 512U);
  const auto fields = ping(bed, bytes);
  auto frames = cut(fields, piece);
  std::mt19937 random{7};
  std::ranges::shuffle(frames, random);
  for (const Frame& frame : frames) {
    bed.receive(kPortA, frame);
  }
  bed.run();
  check_answered(bed, fields);
  CHECK(bed.all_drops() == 0);
  CHECK(bed.router->ip_counter(IpCounter::kReasmOks) == 1);
  CHECK(bed.router->ip_counter(IpCounter::kReasmReqds) == frames.size());
  CHECK(bed.router->ledger().held == 0);
}

TEST_CASE("a small ping in small fragments leaves in one packet") {
  Testbed bed;
  bed.resolve_hosts();
  const auto fields = ping(bed, 100);
  for (const Frame& frame : cut(fields, 8)) {
    bed.receive(kPortA, frame);
  }
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(out[0].size() == kIp + 20 + 108);
  CHECK(sum(std::span{out[0]}.subspan(kIcmp)) == 0);
}

TEST_CASE("fragments that wait are on the books; after 30 s the sender of the first is told") {
  Testbed bed;
  bed.resolve_hosts();
  const auto fields = ping(bed, 4000);
  auto frames = cut(fields, 1480);
  const bool first = GENERATE(true, false);
  frames.erase(first ? frames.end() - 1 : frames.begin());
  for (const Frame& frame : frames) {
    bed.receive(kPortA, frame);
  }
  bed.run();
  CHECK(bed.router->ledger().held == 2);
  CHECK(bed.router->ledger().balanced());
  bed.advance(29900ms);
  CHECK(bed.sent(kPortA).empty());
  bed.advance(200ms);
  // The neighbor's entry is STALE by now, but still exists.
  const auto out = bed.sent(kPortA);
  if (first) {
    REQUIRE(out.size() == 1);
    CHECK(out[0][kIcmp] == 11);
    CHECK(out[0][kIcmp + 1] == 1);
    CHECK(std::equal(out[0].begin() + kIcmp + 8, out[0].end(), frames[0].begin() + kIp));
  } else {
    CHECK(out.empty());
  }
  CHECK(bed.drops(DropReason::kReassemblyTimeout) == 2);
  CHECK(bed.router->ledger().held == 0);
}

TEST_CASE("teardrop and a ping of death leave nothing behind") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = ping(bed, 2000);
  const auto frames = cut(fields, 1480);
  SECTION("an overlap") {
    bed.receive(kPortA, frames[0]);
    Ipv4Fields inside = fields;
    inside.payload.assign(64, 0);
    inside.flags_offset = (1480 - 32) / 8;
    bed.receive(kPortA, make_ipv4(inside));
    bed.run();
    CHECK(bed.drops(DropReason::kReassemblyOverlap) == 2);
  }
  SECTION("a datagram of more than 65,535") {
    for (std::size_t at = 0; at < 65528; at += 1480) {
      fields.payload.assign(std::min<std::size_t>(1480, 65528 - at), 0);
      fields.flags_offset = static_cast<std::uint16_t>(at / 8 | kMore);
      bed.receive(kPortA, make_ipv4(fields));
    }
    fields.payload.assign(100, 0);
    fields.flags_offset = 8191;
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    CHECK(bed.drops(DropReason::kReassemblyInvalid) == 46);
  }
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.router->ledger().held == 0);
  // The router still answers.
  for (const Frame& frame : cut(ping(bed, 2000), 1480)) {
    bed.receive(kPortA, frame);
  }
  bed.run();
  check_answered(bed, ping(bed, 2000));
}

TEST_CASE(
    "a flood of first fragments takes no more than its memory, and a quarter of the buffers") {
  auto config = Testbed::basic_config();
  config.engine.memory.buffers = 2047;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto fields = ping(bed, 2000);
  for (std::uint16_t i = 0; i < 2000; ++i) {
    fields.id = i;
    bed.receive(kPortA, cut(fields, 1480)[0]);
    if (i % 100 == 0) {
      bed.run();
    }
  }
  bed.run();
  // The buffers of the testbed's hosts are four times as large as the router's.
  CHECK(bed.router->ledger().held <= 2047 / 4 / 4 + 2);
  CHECK(bed.router->ledger().held > 100);
  CHECK(bed.drops(DropReason::kReassemblyMemory) == 2000 - bed.router->ledger().held);
}

TEST_CASE("fragments are cut again, in place and with the options that belong to them") {
  auto config = Testbed::basic_config();
  config.ports[1].mtu = 600;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.id = 4711;
  fields.payload.resize(1480);
  for (std::size_t i = 0; i < fields.payload.size(); ++i) {
    fields.payload[i] = static_cast<std::uint8_t>(i * 31);
  }
  SECTION("a fragment from the middle stays one") {
    fields.flags_offset = 185 | kMore;
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 3);
    for (std::size_t i = 0; i < out.size(); ++i) {
      CHECK(word(out[i], kIp + 6) == ((185 + i * 72) | kMore));
      CHECK(word(out[i], kIp + 2) == (i < 2 ? 20 + 576 : 20 + 1480 - 2 * 576));
    }
  }
  SECTION("the options of a fragment from the middle stay as they came") {
    // Linux's ip_options_fragment removes options only from fragments that follow the first one.
    // The host that made this fragment chose to leave a timestamp in it, whose overflow the router
    // counts.
    fields.flags_offset = 185 | kMore;
    fields.options = {68, 8, 9, 0, 1, 2, 3, 4, 148, 4, 0, 0};
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 3);
    for (const Frame& piece : out) {
      const std::vector<std::uint8_t> options(piece.begin() + kIp + 20, piece.begin() + kIp + 32);
      CHECK(options == std::vector<std::uint8_t>{68, 8, 9, 0x10, 1, 2, 3, 4, 148, 4, 0, 0});
    }
  }
  SECTION("options without the copied bit become NOPs behind the first") {
    // A full timestamp; router alert, which is copied; end of options.
    fields.options = {68, 8, 9, 0, 1, 2, 3, 4, 148, 4, 0, 0};
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 3);
    CHECK(join(out) == fields.payload);
    CHECK(out[0][kIp + 20] == 68);
    for (std::size_t i = 1; i < out.size(); ++i) {
      CHECK(out[i][kIp] == 0x48);
      const std::vector<std::uint8_t> options(out[i].begin() + kIp + 20, out[i].begin() + kIp + 32);
      CHECK(options == std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0});
    }
  }
  CHECK(bed.all_drops() == 0);
  CHECK(bed.router->ip_counter(IpCounter::kFragOks) == 1);
  CHECK(bed.router->ip_counter(IpCounter::kFragCreates) == 3);
}

TEST_CASE("a pool that runs out while a packet is cut costs the packet, no buffer") {
  auto config = Testbed::basic_config();
  config.ports[1].mtu = 100;
  config.engine.memory.buffers = 1023;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  std::vector<rte_mbuf*> taken;
  rte_mempool* const pool = rte_mempool_lookup("packets");
  while (rte_mbuf* const packet = rte_pktmbuf_alloc(pool)) {
    taken.push_back(packet);
  }
  for (int i = 0; i < 10; ++i) {
    rte_pktmbuf_free(taken.back());
    taken.pop_back();
  }
  auto fields = bed.from_a_to_b();
  fields.payload.assign(1400, 1);
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.drops(DropReason::kNoBuffer) == 1);
  CHECK(bed.sent(kPortB).empty());
  rte_pktmbuf_free_bulk(taken.data(), static_cast<unsigned>(taken.size()));
}

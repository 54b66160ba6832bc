// SPDX-License-Identifier: BSD-3-Clause
// Traces and captures: what threads record of their packets, and what it costs them.
#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/trace_steps.hpp"
#include "control/verbs.hpp"
#include "tap/taps.hpp"
#include "testbed.hpp"

namespace ringroad::test {
namespace {

using nlohmann::json;

std::uint32_t open(Testbed& bed, tap::Request request) {
  const auto serial = bed.router->taps().open(std::move(request));
  REQUIRE(serial);
  // A worker takes up the tap in its next millisecond.
  while (!bed.router->taps().in_force()) {
    bed.run();
  }
  return *serial;
}

// Afterwards a trace's packets that were sent or dropped are over.
void settle(Testbed& bed) {
  bed.run();
  bed.advance(100ms);
}

json read(Testbed& bed, const char* verb, std::uint32_t serial, bool stop = false) {
  const auto answer = control::carry_out(
      *bed.router, {{"verb", {verb}}, {"options", {{verb, serial}, {"stop", stop}}}});
  REQUIRE(answer);
  return *answer;
}

std::vector<std::string> stages(const json& packet) {
  std::vector<std::string> names;
  for (const json& step : packet.at("steps")) {
    names.push_back(step.at("stage"));
  }
  return names;
}

// What a reader of pcapng finds in an enhanced packet block.
struct Captured {
  std::uint32_t interface = 0;
  std::uint32_t length = 0;
  std::uint32_t direction = 0;
  Frame octets;
  std::string comment;
};

std::uint32_t word32(const std::string& text, std::size_t at) {
  std::uint32_t word = 0;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

std::vector<Captured> packets_of(const std::string& blocks) {
  std::vector<Captured> packets;
  for (std::size_t at = 0; at < blocks.size(); at += word32(blocks, at + 4)) {
    const std::size_t end = at + word32(blocks, at + 4) - 4;
    REQUIRE(word32(blocks, end) == word32(blocks, at + 4));
    if (word32(blocks, at) != 6) {
      continue;
    }
    Captured one;
    one.interface = word32(blocks, at + 8);
    one.length = word32(blocks, at + 24);
    const std::size_t octets = word32(blocks, at + 20);
    one.octets.assign(blocks.begin() + static_cast<std::ptrdiff_t>(at + 28),
                      blocks.begin() + static_cast<std::ptrdiff_t>(at + 28 + octets));
    for (std::size_t option = at + 28 + (octets + 3) / 4 * 4; option < end;) {
      const std::uint32_t code = word32(blocks, option) & 0xffffU;
      const std::uint32_t size = word32(blocks, option) >> 16U;
      if (code == 1) {
        one.comment = blocks.substr(option + 4, size);
      } else if (code == 2) {
        one.direction = word32(blocks, option + 4) & 3U;
      }
      option += 4 + (size + 3) / 4 * 4;
    }
    packets.push_back(one);
  }
  return packets;
}

std::vector<Captured> captured(Testbed& bed, std::uint32_t serial) {
  bed.run();
  tap::Taps::Session* const session = bed.router->taps().find(serial);
  REQUIRE(session != nullptr);
  return packets_of(std::exchange(session->blocks, {}));
}

// "ip[8] == 1": the TTL is 1. As libpcap compiles it for Ethernet.
constexpr const char* kTtlIsOne =
    "002800000000000c"   // ldh [12]
    "0015000300000800"   // jeq #0x800, next, reject
    "0030000000000016"   // ldb [22]
    "0015000100000001"   // jeq #1, next, reject
    "0006000000040000"   // ret #262144
    "0006000000000000";  // ret #0

}  // namespace

TEST_CASE("a trace tells each stage of a packet that is forwarded") {
  Testbed bed;
  bed.resolve_hosts();
  const std::uint32_t serial = open(bed, {.packets = 1});
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  settle(bed);
  const json answer = read(bed, "trace", serial);
  REQUIRE(answer.at("packets").size() == 1);
  CHECK(answer.at("done") == true);
  const json& packet = answer.at("packets")[0];
  CHECK(packet.at("verdict") == "forward");
  CHECK(packet.at("port") == "a");
  CHECK(packet.at("egress") == "b");
  CHECK(stages(packet) ==
        std::vector<std::string>{"rx", "input", "route", "forward", "output", "bands", "tx"});
  read(bed, "trace", serial, true);
  CHECK_FALSE(bed.router->taps().is_active());
  CHECK(bed.sent(kPortB).size() == 2);
}

TEST_CASE("a trace follows a packet to the control thread and back") {
  Testbed bed;
  const std::uint32_t serial = open(bed, {});
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  settle(bed);
  CHECK(read(bed, "trace", serial).at("packets").empty());
  bed.receive(kPortB, bed.reply_from_b());
  settle(bed);
  json waited;
  const json all = read(bed, "trace", serial, true);
  for (const json& packet : all.at("packets")) {
    if (packet.at("port") == "a") {
      waited = packet;
    }
  }
  INFO(all.dump());
  REQUIRE(waited.is_object());
  CHECK(waited.at("verdict") == "forward");
  const auto names = stages(waited);
  for (const char* const stage : {"rx", "route", "punt", "control", "neighbor", "bands", "tx"}) {
    INFO(stage);
    CHECK(std::ranges::find(names, stage) != names.end());
  }
}

TEST_CASE("a trace says why a packet was dropped, and what its sender was told") {
  Testbed bed;
  bed.resolve_hosts();
  const std::uint32_t serial =
      open(bed, {.packets = 5, .filter = "ip[8] == 1", .program = kTtlIsOne});
  Ipv4Fields fields = bed.from_a_to_b();
  bed.receive(kPortA, make_ipv4(fields));
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  settle(bed);
  const json answer = read(bed, "trace", serial, true);
  REQUIRE(answer.at("packets").size() == 1);
  const json& packet = answer.at("packets")[0];
  CHECK(packet.at("verdict") == "drop");
  CHECK(packet.at("reason") == "ttl_exceeded");
  CHECK(stages(packet) ==
        std::vector<std::string>{"rx", "input", "route", "punt", "control", "icmp", "drop"});
}

TEST_CASE("a trace of a packet that is cut shows that, and ends with its fragments") {
  Testbed::Options options;
  options.config.ports[1].mtu = 600;
  Testbed bed{std::move(options)};
  bed.resolve_hosts();
  const std::uint32_t serial = open(bed, {.packets = 1});
  Ipv4Fields fields = bed.from_a_to_b();
  fields.payload.resize(1200);
  bed.receive(kPortA, make_ipv4(fields));
  settle(bed);
  const json answer = read(bed, "trace", serial, true);
  REQUIRE(answer.at("packets").size() == 1);
  const auto names = stages(answer.at("packets")[0]);
  CHECK(std::ranges::count(names, "fragment") == 1);
  CHECK(std::ranges::count(names, "tx") == 3);
  CHECK(answer.at("packets")[0].at("verdict") == "forward");
}

TEST_CASE("an echo request to the router is delivered in its trace") {
  Testbed bed;
  bed.resolve_hosts();
  const std::uint32_t serial = open(bed, {});
  bed.receive(kPortA, make_ipv4(bed.ping(kRouterA)));
  bed.receive(kPortA, make_ipv4(bed.long_ping(kRouterA)));
  settle(bed);
  const json answer = read(bed, "trace", serial, true);
  REQUIRE(answer.at("packets").size() == 2);
  CHECK(answer.at("packets")[0].at("verdict") == "deliver");
  CHECK(answer.at("packets")[1].at("verdict") == "deliver");
}

TEST_CASE("a capture has each packet as it came and as it left, with its direction and fate") {
  Testbed bed;
  bed.resolve_hosts();
  const std::uint32_t serial = open(bed, {.kind = Tap::Kind::kCapture});
  Ipv4Fields fields = bed.from_a_to_b();
  const Frame frame = make_ipv4(fields);
  bed.receive(kPortA, frame);
  fields.bad_checksum = true;
  bed.receive(kPortA, make_ipv4(fields));
  const auto packets = captured(bed, serial);
  REQUIRE(packets.size() == 3);
  CHECK(packets[0].direction == 1);
  CHECK(packets[0].interface == 0);
  CHECK(packets[0].octets == frame);
  CHECK(packets[0].comment == "forward: to b");
  CHECK(packets[1].direction == 1);
  CHECK(packets[1].comment.starts_with("drop: ip_bad_checksum"));
  CHECK(packets[2].direction == 2);
  CHECK(packets[2].interface == 1);
  CHECK(packets[2].octets == bed.sent(kPortB).at(0));
  bed.router->taps().close(serial);
}

TEST_CASE("a capture of drops has only these, wherever they are dropped") {
  Testbed bed;
  bed.resolve_hosts();
  const std::uint32_t serial = open(bed, {.kind = Tap::Kind::kCapture, .drops_only = true});
  Ipv4Fields fields = bed.from_a_to_b();
  bed.receive(kPortA, make_ipv4(fields));
  fields.bad_checksum = true;
  bed.receive(kPortA, make_ipv4(fields));
  fields.bad_checksum = false;
  fields.ttl = 1;  // dropped by the control thread
  bed.receive(kPortA, make_ipv4(fields));
  const auto packets = captured(bed, serial);
  REQUIRE(packets.size() == 2);
  CHECK(packets[0].comment.starts_with("drop: ip_bad_checksum"));
  CHECK(packets[1].comment.starts_with("drop: ttl_exceeded"));
  bed.router->taps().close(serial);
}

TEST_CASE("a capture of one port, of short frames, of so many packets") {
  Testbed bed;
  bed.resolve_hosts();
  const std::uint32_t serial =
      open(bed, {.kind = Tap::Kind::kCapture, .port = kPortB, .packets = 2, .snap_bytes = 20});
  for (int i = 0; i < 4; ++i) {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  }
  const auto packets = captured(bed, serial);
  REQUIRE(packets.size() == 2);
  for (const Captured& packet : packets) {
    CHECK(packet.interface == 1);
    CHECK(packet.direction == 2);
    CHECK(packet.octets.size() == 20);
    CHECK(packet.length == make_ipv4(bed.from_a_to_b()).size());
  }
  CHECK(tap::Taps::is_complete(*bed.router->taps().find(serial)));
  bed.router->taps().close(serial);
}

TEST_CASE("packets that the device refuses are captured once, as they leave") {
  Testbed bed{{.tx_ring = 64}};
  bed.resolve_hosts();
  static_cast<void>(bed.sent(kPortB));
  const std::uint32_t serial = open(bed, {.kind = Tap::Kind::kCapture, .port = kPortB});
  constexpr std::size_t kFrames = 200;
  for (std::size_t i = 0; i < kFrames; ++i) {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  }
  std::size_t packets = 0;
  std::size_t frames = 0;
  for (int round = 0; round < 20; ++round) {
    packets += captured(bed, serial).size();
    frames += bed.sent(kPortB).size();
  }
  CHECK(frames == kFrames);
  CHECK(packets == kFrames);
  bed.router->taps().close(serial);
}

TEST_CASE("a capture that nobody reads loses records, not packets, and ends by itself") {
  Testbed bed;
  bed.resolve_hosts();
  static_cast<void>(bed.sent(kPortB));
  const std::uint32_t serial = open(bed, {.kind = Tap::Kind::kCapture});
  bed.router->taps().find(serial)->blocks.assign(std::size_t{33} << 20U, '\0');
  for (int i = 0; i < 100; ++i) {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  }
  bed.run();
  CHECK(bed.sent(kPortB).size() == 100);
  CHECK(bed.router->taps().find(serial)->lost == 200);
  bed.advance(11s);
  CHECK(bed.router->taps().find(serial) == nullptr);
  while (!bed.router->taps().in_force()) {
    bed.run();
  }
  CHECK_FALSE(bed.router->workers().front()->has_taps());
}

TEST_CASE("two taps record the same packet, each by its own filter") {
  Testbed bed;
  bed.resolve_hosts();
  const std::uint32_t all = open(bed, {.kind = Tap::Kind::kCapture, .port = kPortA});
  const std::uint32_t some = open(
      bed,
      {.kind = Tap::Kind::kCapture, .port = kPortA, .filter = "ip[8] == 1", .program = kTtlIsOne});
  Ipv4Fields fields = bed.from_a_to_b();
  bed.receive(kPortA, make_ipv4(fields));
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  const auto first = captured(bed, all);
  // Two packets in, the drop by the control thread, and the ICMP error out.
  REQUIRE(first.size() == 4);
  const auto second = captured(bed, some);
  REQUIRE(second.size() == 2);
  CHECK(second[0].octets[kTtl] == 1);
  CHECK(second[1].comment.starts_with("drop: ttl_exceeded"));
  CHECK(second[0].comment == first[1].comment);
  bed.router->taps().clear();
}

TEST_CASE("programs that are no BPF are refused") {
  Testbed bed;
  for (const char* const program :
       {"00", "zz28000000000000", "0000000000000000", "00150003000008000006000000040000"}) {
    INFO(program);
    CHECK_FALSE(bed.router->taps().open({.filter = "x", .program = program}));
  }
  CHECK_FALSE(bed.router->taps().is_active());
}

}  // namespace ringroad::test

// SPDX-License-Identifier: BSD-3-Clause
// Which messages are valid ARP messages, and which parts of them are used.
#include "neigh/arp_message.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace ringroad::neigh {
namespace {

using Operation = ArpMessage::Operation;

constexpr Mac kSenderMac{{2, 0, 0, 0, 0, 1}};
constexpr Mac kTargetMac{{2, 0, 0, 0, 0, 2}};
constexpr Ipv4 kSender{192, 168, 1, 2};
constexpr Ipv4 kTarget{192, 168, 1, 1};

ArpMessage request() {
  return {.operation = Operation::kRequest,
          .sender_mac = kSenderMac,
          .sender = kSender,
          .target_mac = {},
          .target = kTarget};
}

// Returns the message without the Ethernet header.
std::vector<std::uint8_t> payload_of(const ArpMessage& message) {
  const auto frame = message.frame(kBroadcastMac, kSenderMac);
  return {frame.begin() + 14, frame.end()};
}

bool is_believed(const std::vector<std::uint8_t>& payload) {
  return ArpMessage::parse(payload).has_value();
}

}  // namespace

TEST_CASE("what was written is read back") {
  for (const Operation operation : {Operation::kRequest, Operation::kReply}) {
    ArpMessage message = request();
    message.operation = operation;
    message.target_mac = kTargetMac;
    const auto read = ArpMessage::parse(payload_of(message));
    REQUIRE(read.has_value());
    CHECK(read->operation == operation);
    CHECK(read->sender_mac == kSenderMac);
    CHECK(read->sender == kSender);
    CHECK(read->target_mac == kTargetMac);
    CHECK(read->target == kTarget);
  }
}

TEST_CASE("an ARP message is Ethernet's or IEEE 802's, for IPv4, a request or a reply") {
  const auto good = payload_of(request());
  struct Change {
    std::size_t at;
    std::uint8_t to;
    bool believed;
  };
  for (const auto& [at, to, believed] :
       {Change{0, 1, false}, Change{1, 6, true}, Change{1, 7, false}, Change{1, 0, false},
        Change{2, 0x86, false}, Change{3, 1, false}, Change{4, 8, false}, Change{5, 16, false},
        Change{6, 1, false}, Change{7, 2, true}, Change{7, 0, false}, Change{7, 3, false}}) {
    CAPTURE(at, to);
    auto changed = good;
    changed[at] = to;
    CHECK(is_believed(changed) == believed);
  }
  CHECK(is_believed({good.begin(), good.begin() + 28}));
  CHECK_FALSE(is_believed({good.begin(), good.begin() + 27}));
}

TEST_CASE("a sender that no station can be is not believed") {
  ArpMessage message = request();
  SECTION("a broadcast MAC") { message.sender_mac = kBroadcastMac; }
  SECTION("a group's MAC") { message.sender_mac.octets[0] = 1; }
  SECTION("a multicast address") { message.sender = {224, 0, 0, 1}; }
  SECTION("a loopback address") { message.sender = {127, 0, 0, 1}; }
  SECTION("a multicast target") { message.target = {239, 1, 1, 1}; }
  SECTION("a loopback target") { message.target = {127, 0, 0, 1}; }
  CHECK_FALSE(is_believed(payload_of(message)));
}

TEST_CASE("a probe says no sender, and only a request is one") {
  ArpMessage message = request();
  CHECK_FALSE(message.is_probe());
  message.sender = {};
  CHECK(message.is_probe());
  message.operation = Operation::kReply;
  CHECK_FALSE(message.is_probe());
}

TEST_CASE("a gratuitous message is about its sender; a reply says so twice") {
  ArpMessage message = request();
  CHECK_FALSE(message.is_gratuitous());
  message.target = kSender;
  CHECK(message.is_gratuitous());
  message.operation = Operation::kReply;
  CHECK_FALSE(message.is_gratuitous());
  message.target_mac = kTargetMac;
  CHECK_FALSE(message.is_gratuitous());
  message.target_mac = kSenderMac;
  CHECK(message.is_gratuitous());
}

}  // namespace ringroad::neigh

// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/extension_headers.hpp"

#include <optional>
#include <random>

#include "packets.hpp"

namespace ringroad::ip6 {
namespace {

using stats::DropReason;
using Kind = Step::Kind;

constexpr std::uint8_t kHop = IPPROTO_HOPOPTS;
constexpr std::uint8_t kDest = IPPROTO_DSTOPTS;
constexpr std::uint8_t kRouting = IPPROTO_ROUTING;
constexpr std::uint8_t kFragment = IPPROTO_FRAGMENT;
constexpr std::uint8_t kUdp = IPPROTO_UDP;

// The result does not depend on how the packet lies in its buffers.
Step step_of(const Octets& frame, L2Class l2_class = L2Class::kHost,
             Origin origin = Origin::kReceived) {
  Pool pool;
  std::optional<Step> step;
  for (const std::size_t segment : Sizes{2000, 54, 7, 1}) {
    const OwnedPacket packet = packet_of(pool, frame, segment);
    meta(*packet).l2_class = l2_class;
    const Step now = walk_to_upper(*packet, origin);
    if (step) {
      CHECK(now.kind == step->kind);
      CHECK(now.offset == step->offset);
      CHECK(now.pointer == step->pointer);
    }
    step = now;
  }
  return *step;
}
Step step_of_options(std::uint8_t kind, const Octets& header, Ipv6 destination = kRouter) {
  return step_of(frame_of(kind, header + counting(8), destination));
}

void check_problem(const Step& step, std::uint8_t code, std::uint32_t pointer) {
  CHECK(step.kind == Kind::kProblem);
  CHECK(step.code == code);
  CHECK(step.pointer == pointer);
}
void check_drop(const Step& step, DropReason reason) {
  CHECK(step.kind == Kind::kDrop);
  CHECK(step.reason == reason);
}

}  // namespace

TEST_CASE("a packet without extension headers is at its upper layer") {
  const Step step = step_of(frame_of(kUdp, counting(8)));
  CHECK(step.kind == Kind::kUpper);
  CHECK(step.protocol == kUdp);
  CHECK(step.offset == 54);
  CHECK(step.pointer == 6);
}

TEST_CASE("all headers in the order that RFC 8200 recommends lead to the upper layer") {
  const Step step = step_of(
      frame_of(kHop, options_header(kDest, {5, 2, 0, 0}) + options_header(kRouting, {}) +
                         routing_header(kFragment, 0, 0) + fragment_header(kDest, 0, false) +
                         options_header(kUdp, {}) + counting(8)));
  CHECK(step.kind == Kind::kUpper);
  CHECK(step.protocol == kUdp);
  CHECK(step.offset == 54 + 40);
  CHECK(step.pointer == 40 + 32);
  CHECK(step.atomic);
  CHECK(step.router_alert == 0);
}

TEST_CASE("what comes behind the last header may be absent, but no header may be cut short") {
  const Octets frame = frame_of(
      kDest, options_header(kRouting, {0x1e, 6, 1, 2, 3, 4, 5, 6}) + routing_header(kUdp, 0, 0));
  CHECK(step_of(frame).kind == Kind::kUpper);
  for (std::size_t size = 54; size < frame.size(); ++size) {
    const Step step = step_of({frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)});
    check_drop(step, DropReason::kIp6BadHeader);
  }
}

TEST_CASE("hop-by-hop options elsewhere than first are an unknown protocol") {
  const Step step =
      step_of(frame_of(kDest, options_header(kHop, {}) + options_header(kUdp, {}) + counting(8)));
  CHECK(step.kind == Kind::kUpper);
  CHECK(step.protocol == kHop);
  CHECK(step.pointer == 40);
}

TEST_CASE("no next header ends the packet in silence") {
  check_drop(step_of(frame_of(IPPROTO_NONE, counting(100))), DropReason::kUnknownProtocol);
  check_drop(step_of(frame_of(kDest, options_header(IPPROTO_NONE, {}))),
             DropReason::kUnknownProtocol);
}

TEST_CASE("the chain is read to its eighth header and no further") {
  const auto chain = [](unsigned count) {
    Octets headers;
    for (unsigned i = 0; i < count; ++i) {
      headers = headers + options_header(i + 1 == count ? kUdp : kDest, {});
    }
    return frame_of(kDest, headers + counting(8));
  };
  CHECK(step_of(chain(8)).kind == Kind::kUpper);
  check_drop(step_of(chain(9)), DropReason::kIp6BadHeader);
  Pool pool;
  CHECK(walk(*packet_of(pool, chain(8))).end == Chain::End::kUpper);
  CHECK(walk(*packet_of(pool, chain(9))).end == Chain::End::kTooLong);
}

TEST_CASE("an unknown option is skipped, dropped or reported as its highest bits say") {
  const auto with = [](std::uint8_t type, Ipv6 destination = kRouter) {
    return step_of_options(kDest, options_header(kUdp, {1, 0, type, 2, 9, 9}), destination);
  };
  CHECK(with(0x1e).kind == Kind::kUpper);
  CHECK(with(0x3e).kind == Kind::kUpper);
  check_drop(with(0x5e), DropReason::kIp6BadHeader);
  check_problem(with(0x9e), kUnknownOption, 44);
  check_problem(with(0xde), kUnknownOption, 44);
  check_problem(with(0x9e, kAllNodes), kUnknownOption, 44);
  check_drop(with(0xde, kAllNodes), DropReason::kIp6BadHeader);
}

TEST_CASE("options end with their header") {
  // The last option is one octet too long, or has no length.
  check_drop(step_of_options(kDest, {kUdp, 0, 0x1e, 5, 0, 0, 0, 0}), DropReason::kIp6BadHeader);
  check_drop(step_of_options(kDest, {kUdp, 0, 0x1e, 3, 0, 0, 0, 0x1e}), DropReason::kIp6BadHeader);
  CHECK(step_of_options(kDest, {kUdp, 0, 0x1e, 4, 0, 0, 0, 0}).kind == Kind::kUpper);
  CHECK(step_of_options(kDest, {kUdp, 0, 0x1e, 3, 0, 0, 0, 0}).kind == Kind::kUpper);
}

TEST_CASE("padding is of seven zeros at most") {
  const auto drops = [](const Octets& header) {
    return step_of_options(kDest, header).kind == Kind::kDrop;
  };
  CHECK_FALSE(drops({kUdp, 0, 0, 0, 0, 0, 0, 0}));
  CHECK_FALSE(drops({kUdp, 0, 1, 4, 0, 0, 0, 0}));
  CHECK(drops({kUdp, 0, 1, 4, 0, 0, 1, 0}));
  // 7 and 8 octets of it, in one piece and in several.
  CHECK_FALSE(drops({kUdp, 1, 0x1e, 5, 9, 9, 9, 9, 9, 1, 5, 0, 0, 0, 0, 0}));
  CHECK(drops({kUdp, 1, 0x1e, 4, 9, 9, 9, 9, 1, 6, 0, 0, 0, 0, 0, 0}));
  CHECK(drops({kUdp, 1, 0x1e, 4, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0}));
  CHECK(drops({kUdp, 1, 0x1e, 4, 9, 9, 9, 9, 0, 1, 5, 0, 0, 0, 0, 0}));
  // An option in between starts the count anew.
  CHECK_FALSE(drops({kUdp, 1, 0, 0, 0, 0, 0, 0, 0x1e, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_CASE("a header has eight options at most") {
  const auto with = [](std::size_t count) {
    Octets options;
    for (std::size_t i = 0; i < count; ++i) {
      options = options + Octets{0x1e, 0};
    }
    return step_of_options(kDest, options_header(kUdp, options));
  };
  CHECK(with(8).kind == Kind::kUpper);
  check_drop(with(9), DropReason::kIp6BadHeader);
}

TEST_CASE("the longest header of options is read, whatever it contains") {
  Octets options{0x1e, 255};
  options.resize(257);
  for (int i = 0; i < 6; ++i) {
    options.insert(options.end(), {0x1e, 253});
    options.resize(options.size() + 253);
  }
  options.insert(options.end(), {0x1e, 254});
  options.resize(options.size() + 254);
  REQUIRE(options.size() < 2046);
  const Octets header = options_header(kUdp, options);
  CHECK(step_of_options(kDest, header).kind == Kind::kUpper);
}

TEST_CASE("a router alert is found among the hop-by-hop options only, with its own length") {
  CHECK(step_of_options(kHop, options_header(kUdp, {5, 2, 0x12, 0x34})).router_alert == 0x1234);
  check_drop(step_of_options(kHop, options_header(kUdp, {5, 3, 0, 0, 0})),
             DropReason::kIp6BadHeader);
  check_drop(step_of_options(kHop, {kUdp, 0, 5, 0, 1, 2, 0, 0}), DropReason::kIp6BadHeader);
  CHECK_FALSE(step_of_options(kDest, options_header(kUdp, {5, 2, 0, 0})).router_alert);
}

TEST_CASE("a jumbo payload option is an error of each packet that input() accepts") {
  const auto jumbo = [](const Octets& value) {
    return step_of_options(kHop, options_header(kUdp, Octets{0xc2, 4} + value));
  };
  check_problem(jumbo({0, 0, 0xff, 0xff}), kErroneousField, 44);
  check_problem(jumbo({0, 1, 0, 0}), kErroneousField, 42);
  check_drop(step_of_options(kHop, options_header(kUdp, {0xc2, 3, 0, 1, 0})),
             DropReason::kIp6BadHeader);
  check_drop(step_of_options(kHop, options_header(kUdp, {0, 0xc2, 4, 0, 1, 0, 0})),
             DropReason::kIp6BadHeader);
  // As a destination option it is just unknown.
  check_problem(step_of_options(kDest, options_header(kUdp, {0xc2, 4, 0, 1, 0, 0})), kUnknownOption,
                42);
}

TEST_CASE("a routing header with segments left is reported, and skipped without") {
  for (const std::uint8_t type : Octets{0, 1, 5, 253}) {
    const auto with = [type](std::uint8_t left) {
      return step_of(
          frame_of(kDest, options_header(kRouting, {}) + routing_header(kUdp, type, left)));
    };
    CHECK(with(0).kind == Kind::kUpper);
    check_problem(with(1), kErroneousField, 40 + 8 + 2);
    CHECK(with(1).reason == DropReason::kRoutingHeader);
  }
}

TEST_CASE("routing headers of mobile nodes, RPL and segment routing are dropped in silence") {
  for (const std::uint8_t type : Octets{2, 3, 4}) {
    for (const std::uint8_t left : Octets{0, 1, 255}) {
      check_drop(step_of(frame_of(kRouting, routing_header(kUdp, type, left))),
                 DropReason::kRoutingHeader);
    }
  }
}

TEST_CASE("no routing header is obeyed or reported that was sent to many") {
  const Octets header = routing_header(kUdp, 0, 0);
  check_drop(step_of(frame_of(kRouting, header, kAllNodes)), DropReason::kRoutingHeader);
  check_drop(step_of(frame_of(kRouting, header), L2Class::kMulticast), DropReason::kRoutingHeader);
}

TEST_CASE("a fragment is one unless it is the whole datagram") {
  const auto with = [](std::uint16_t offset, bool more, Origin origin = Origin::kReceived) {
    return step_of(frame_of(kFragment, fragment_header(kUdp, offset, more) + counting(16)),
                   L2Class::kHost, origin);
  };
  CHECK(with(0, false).kind == Kind::kUpper);
  CHECK(with(0, false).atomic);
  CHECK(with(0, true).kind == Kind::kFragment);
  CHECK(with(8, false).kind == Kind::kFragment);
  CHECK(with(65528, true).offset == 54);
  check_problem(with(0, true, Origin::kReassembled), kErroneousField, 40);
}

TEST_CASE("a fragment header in a fragment or cut short is reported where it begins") {
  check_problem(step_of(frame_of(kFragment, fragment_header(kFragment, 0, false) +
                                                fragment_header(kUdp, 0, true))),
                kErroneousField, 48);
  check_problem(step_of(frame_of(kFragment, {kUdp, 0, 0, 1, 0, 0, 0})), kErroneousField, 40);
  check_problem(step_of(frame_of(kFragment, {})), kErroneousField, 40);
}

TEST_CASE("the chain says where the fragment header is and who names it") {
  Pool pool;
  const Octets front = options_header(kFragment, {});
  const Chain first = walk(*packet_of(
      pool, frame_of(kHop, front + fragment_header(kDest, 0, true) + options_header(kUdp, {}))));
  CHECK(first.end == Chain::End::kUpper);
  CHECK(first.protocol == kUdp);
  CHECK(first.offset == 54 + 24);
  CHECK(first.next_header_at == 54 + 16);
  CHECK(first.fragment_at == 54 + 8);
  CHECK(first.fragment_named_at == 54);
  CHECK(first.more);
  const Chain later = walk(
      *packet_of(pool, frame_of(kHop, front + fragment_header(kDest, 80, false) + counting(8))));
  CHECK(later.end == Chain::End::kFragment);
  CHECK(later.protocol == kDest);
  CHECK(later.offset == 54 + 16);
  CHECK(later.fragment_offset == 80);
  CHECK_FALSE(later.more);
}

TEST_CASE("an authentication header is passed over, but not processed") {
  Pool pool;
  const Octets frame =
      frame_of(IPPROTO_AH, Octets{kUdp, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2} + counting(8));
  const Chain chain = walk(*packet_of(pool, frame));
  CHECK(chain.end == Chain::End::kUpper);
  CHECK(chain.protocol == kUdp);
  CHECK(chain.offset == 54 + 12);
  CHECK(step_of(frame).protocol == IPPROTO_AH);
}

TEST_CASE("the hop-by-hop options of any packet are checked, and only those") {
  Pool pool;
  const auto with = [&](std::uint8_t protocol, const Octets& payload) {
    return check_hop_by_hop(*packet_of(pool, frame_of(protocol, payload)));
  };
  using Result = CheckedOptions::Result;
  CHECK(with(kUdp, {}).result == Result::kGood);
  CHECK(with(kDest, options_header(kUdp, {0x9e, 0})).result == Result::kGood);
  const CheckedOptions unknown = with(kHop, options_header(kUdp, {0x9e, 0}));
  CHECK(unknown.result == Result::kProblem);
  CHECK(unknown.pointer == 42);
  const CheckedOptions alert = with(kHop, options_header(IPPROTO_ICMPV6, {5, 2, 0, 0}));
  CHECK(alert.result == Result::kGood);
  CHECK(alert.router_alert == 0);
  CHECK(alert.length == 8);
  CHECK(alert.next_header == IPPROTO_ICMPV6);
  CHECK(with(kHop, {kUdp, 1, 0, 0, 0, 0, 0, 0}).result == Result::kDrop);
  CHECK(with(kHop, {}).result == Result::kDrop);
}

TEST_CASE("random headers end the walk within the packet") {
  std::mt19937 random{20261201};
  constexpr std::array kProtocols{kHop, kDest, kRouting, kFragment, kUdp};
  Pool pool;
  for (int round = 0; round < 20'000; ++round) {
    Octets payload(random() % 120);
    for (std::uint8_t& octet : payload) {
      octet = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : kProtocols[random() % 5]);
    }
    const Octets frame = frame_of(kProtocols[random() % 5], payload);
    const OwnedPacket packet = packet_of(pool, frame, 1 + random() % 60);
    const Step step = walk_to_upper(*packet);
    if (step.kind == Kind::kUpper || step.kind == Kind::kFragment) {
      REQUIRE(step.offset <= frame.size());
    }
    REQUIRE(step.pointer + kL2Bytes <= frame.size());
    REQUIRE(walk(*packet).offset <= frame.size());
  }
}

}  // namespace ringroad::ip6

// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/icmp.hpp"

#include "ip6/echo.hpp"
#include "ip6/options.hpp"
#include "packets.hpp"

namespace ringroad::ip6 {
namespace {

constexpr std::uint8_t kIcmp = IPPROTO_ICMPV6;
constexpr std::uint8_t kDest = IPPROTO_DSTOPTS;
constexpr std::uint8_t kFragment = IPPROTO_FRAGMENT;

// The checksum as RFC 8200 8.1 defines it, octet by octet.
std::uint16_t reference_checksum(const Octets& frame, std::size_t offset, std::uint8_t protocol) {
  Octets octets{frame.begin() + 22, frame.begin() + 54};
  const std::size_t length = frame.size() - offset;
  octets.insert(octets.end(), {0, static_cast<std::uint8_t>(length >> 16U),
                               static_cast<std::uint8_t>(length >> 8U),
                               static_cast<std::uint8_t>(length), 0, 0, 0, protocol});
  octets.insert(octets.end(), frame.begin() + static_cast<std::ptrdiff_t>(offset), frame.end());
  if (octets.size() % 2 != 0) {
    octets.push_back(0);
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < octets.size(); i += 2) {
    sum += octets[i] * 256U + octets[i + 1];
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + (sum >> 16U);
  }
  return static_cast<std::uint16_t>(~sum);
}

Octets message(std::uint8_t type, std::size_t bytes = 20) {
  Octets octets = counting(bytes, type);
  octets[0] = type;
  octets[1] = 0;
  return octets;
}
void seal(Octets& frame, std::size_t offset) {
  frame[offset + 2] = frame[offset + 3] = 0;
  const std::uint16_t sum = reference_checksum(frame, offset, kIcmp);
  frame[offset + 2] = static_cast<std::uint8_t>(sum >> 8U);
  frame[offset + 3] = static_cast<std::uint8_t>(sum);
}

Silence silence(const Octets& frame, const IcmpError& error = kNoRoute,
                L2Class l2_class = L2Class::kHost) {
  Pool pool;
  const OwnedPacket packet = packet_of(pool, frame);
  meta(*packet).l2_class = l2_class;
  return silence_about(*packet, error);
}

}  // namespace

TEST_CASE("the router's own header is written to the last bit") {
  Pool pool;
  const OwnedPacket packet = make_packet(pool.get(),
                                         {.source = kRouter,
                                          .destination = kHost,
                                          .protocol = 17,
                                          .traffic_class = 0xb9,
                                          .hop_limit = 255,
                                          .flow_label = 0xfabcde},
                                         100);
  REQUIRE(packet);
  const Octets octets = octets_of(*packet);
  REQUIRE(octets.size() == 154);
  CHECK(Octets{octets.begin() + 14, octets.begin() + 22} ==
        Octets{0x6b, 0x9a, 0xbc, 0xde, 0, 100, 17, 255});
  CHECK(source6_of(*packet) == kRouter);
  CHECK(destination6_of(*packet) == kHost);
  CHECK(traffic_class(ipv6(*packet)) == 0xb9);
}

TEST_CASE("no packet is made that a buffer does not hold, or without a buffer") {
  Pool pool;
  CHECK(make_packet(pool.get(), {}, 2048 - 54));
  CHECK_FALSE(make_packet(pool.get(), {}, 2048 - 53));
  CHECK_FALSE(make_packet(pool.get(), {}, 65535));
  pool.most = 0;
  CHECK_FALSE(make_packet(pool.get(), {}, 1));
}

TEST_CASE("the checksum is that of the definition, over all buffers and behind all headers") {
  Pool pool;
  for (const std::size_t bytes : Sizes{8, 9, 63, 64, 1000, 1001}) {
    const Octets frame = frame_of(kDest, options_header(kIcmp, {}) + counting(bytes));
    for (const std::size_t segment : Sizes{2000, 61, 17, 2, 1}) {
      const OwnedPacket packet = packet_of(pool, frame, segment);
      CHECK(rte_be_to_cpu_16(payload_checksum(*packet, 62, kIcmp)) ==
            reference_checksum(frame, 62, kIcmp));
    }
  }
}

TEST_CASE("a message is good with its whole header and the right checksum") {
  Pool pool;
  Octets frame = frame_of(kIcmp, message(128));
  seal(frame, 54);
  CHECK(check_icmp(*packet_of(pool, frame), 54) == IcmpCheck::kGood);
  CHECK(check_icmp(*packet_of(pool, frame, 1), 54) == IcmpCheck::kGood);
  frame[60] ^= 1;
  CHECK(check_icmp(*packet_of(pool, frame), 54) == IcmpCheck::kBadChecksum);
  for (std::size_t bytes = 2; bytes < 8; ++bytes) {
    CHECK(check_icmp(*packet_of(pool, frame_of(kIcmp, message(128, bytes))), 54) ==
          IcmpCheck::kTooShort);
  }
  CHECK(check_icmp(*packet_of(pool, frame_of(kIcmp, {})), 54) == IcmpCheck::kTooShort);
}

TEST_CASE("no error is sent about an error or a redirect, but about all else") {
  CHECK(silence(frame_of(17, counting(8))) == Silence::kNone);
  for (unsigned type = 0; type < 256; ++type) {
    const Octets octets = message(static_cast<std::uint8_t>(type));
    const Silence expected = type < 128 || type == 137 ? Silence::kIcmpError : Silence::kNone;
    CHECK(silence(frame_of(kIcmp, octets)) == expected);
    CHECK(silence(frame_of(kDest, options_header(kIcmp, {}) + octets)) == expected);
    CHECK(silence(frame_of(kFragment, fragment_header(kIcmp, 0, true) + octets)) == expected);
  }
}

TEST_CASE(
    "an error is sent about what lies in another fragment, not about ICMPv6 behind a broken "
    "header") {
  CHECK(silence(frame_of(kFragment, fragment_header(kIcmp, 8, true) + message(1))) ==
        Silence::kNone);
  CHECK(silence(frame_of(kFragment, fragment_header(kIcmp, 0, true))) == Silence::kNone);
  CHECK(silence(frame_of(kDest, {kIcmp, 9, 0, 0})) == Silence::kIcmpError);
  CHECK(silence(frame_of(IPPROTO_NONE, message(1))) == Silence::kNone);
  // A fragment header that is cut short: of the first fragment, of a later one, of one with more.
  CHECK(silence(frame_of(kFragment, {kIcmp, 0, 0, 0})) == Silence::kIcmpError);
  CHECK(silence(frame_of(kFragment, {kIcmp, 0, 0, 8})) == Silence::kNone);
  CHECK(silence(frame_of(kFragment, {kIcmp, 0, 0, 1})) == Silence::kNone);
  CHECK(silence(frame_of(kFragment, {kIcmp, 0})) == Silence::kNone);
  // The message itself is missing.
  CHECK(silence(frame_of(kIcmp, {})) == Silence::kIcmpError);
  // Behind too many headers nobody knows what it is.
  Octets headers;
  for (int i = 0; i < 20; ++i) {
    headers = headers + options_header(i == 19 ? kIcmp : kDest, {});
  }
  CHECK(silence(frame_of(kDest, headers + message(1))) == Silence::kIcmpError);
}

TEST_CASE("what was sent to many is reported only if it is too big or its option demands it") {
  const Octets group = frame_of(kDest, options_header(17, {0x9e, 0, 0xde, 0}), kAllNodes);
  CHECK(silence(group) == Silence::kSentToMany);
  CHECK(silence(group, packet_too_big(1280)) == Silence::kNone);
  CHECK(silence(group, parameter_problem(kUnknownOption, 42)) == Silence::kNone);
  CHECK(silence(group, parameter_problem(kUnknownOption, 44)) == Silence::kSentToMany);
  CHECK(silence(group, parameter_problem(kUnknownOption, 4444)) == Silence::kSentToMany);
  CHECK(silence(group, parameter_problem(kErroneousField, 42)) == Silence::kSentToMany);
  const Octets one = frame_of(17, counting(8));
  CHECK(silence(one, kNoRoute, L2Class::kMulticast) == Silence::kSentToMany);
  CHECK(silence(one, kNoRoute, L2Class::kBroadcast) == Silence::kSentToMany);
  CHECK(silence(one, packet_too_big(1280), L2Class::kMulticast) == Silence::kNone);
}

TEST_CASE("nobody is told who is not one host") {
  CHECK(silence(frame_of(17, counting(8), kRouter, Ipv6{})) == Silence::kSender);
  CHECK(silence(frame_of(17, counting(8), kRouter, kAllNodes)) == Silence::kSender);
  CHECK(silence(frame_of(17, counting(8), kRouter, *Ipv6::parse("fe80::1"))) == Silence::kNone);
}

TEST_CASE("an error quotes as much as fits into 1280 octets") {
  Pool pool;
  for (const std::size_t bytes : Sizes{0, 1, 1000, 1192, 1193, 5000}) {
    const Octets offender = frame_of(17, counting(bytes));
    const OwnedPacket packet = packet_of(pool, offender, 900);
    const OwnedPacket error = make_error(pool.get(), *packet, packet_too_big(0x12345678),
                                         {.source = kRouter, .destination = kHost});
    REQUIRE(error);
    const Octets octets = octets_of(*error);
    const std::size_t quoted = std::min<std::size_t>(offender.size() - 14, 1280 - 48);
    REQUIRE(octets.size() == 14 + 48 + quoted);
    CHECK(octets[18] * 256 + octets[19] == static_cast<int>(8 + quoted));
    CHECK(octets[20] == kIcmp);
    CHECK(Octets{octets.begin() + 54, octets.begin() + 56} == Octets{2, 0});
    CHECK(Octets{octets.begin() + 58, octets.begin() + 62} == Octets{0x12, 0x34, 0x56, 0x78});
    CHECK(std::equal(octets.begin() + 62, octets.end(), offender.begin() + 14));
    CHECK(reference_checksum(octets, 54, kIcmp) == 0);
  }
  const OwnedPacket packet = packet_of(pool, frame_of(17, {}));
  pool.most = pool.in_use;
  CHECK_FALSE(make_error(pool.get(), *packet, kNoRoute, {}));
}

TEST_CASE("an echo reply is the request without its headers, from the address that answers") {
  Pool pool;
  for (const std::size_t bytes : Sizes{8, 9, 64, 1400, 4000}) {
    for (const std::size_t segment : Sizes{2000, 54, 60, 9}) {
      for (const std::size_t headers : Sizes{0, 1, 5}) {
        Octets front;
        for (std::size_t i = 0; i < headers; ++i) {
          front = front + options_header(i + 1 == headers ? kIcmp : kDest, {});
        }
        const Octets request = message(128, bytes);
        Octets frame = frame_of(headers == 0 ? kIcmp : kDest, front + request, kAllNodes);
        frame[14] = 0x6b;
        frame[15] = 0x91;
        seal(frame, 54 + front.size());
        const OwnedPacket packet = packet_of(pool, frame, segment);
        const auto offset = static_cast<std::uint32_t>(54 + front.size());
        REQUIRE(check_icmp(*packet, offset) == IcmpCheck::kGood);
        make_echo_reply(*packet, offset, {.source = kRouter, .destination = kHost});
        const Octets reply = octets_of(*packet);
        REQUIRE(reply.size() == 54 + bytes);
        CHECK(Octets{reply.begin() + 14, reply.begin() + 18} == Octets{0x6b, 0x90, 0, 0});
        CHECK(reply[18] * 256 + reply[19] == static_cast<int>(bytes));
        CHECK(reply[20] == kIcmp);
        CHECK(reply[21] == 64);
        CHECK(source6_of(*packet) == kRouter);
        CHECK(destination6_of(*packet) == kHost);
        CHECK(reply[54] == 129);
        CHECK(std::equal(reply.begin() + 58, reply.end(), request.begin() + 4));
        CHECK(reference_checksum(reply, 54, kIcmp) == 0);
      }
    }
  }
}

TEST_CASE("a worker answers short echo requests to one address of the router, and no others") {
  Pool pool;
  const auto answers = [&](Octets frame, std::size_t segment = 2000) {
    seal(frame, 54);
    return is_short_echo_request(*packet_of(pool, frame, segment));
  };
  const Ipv6 link_local = *Ipv6::parse("fe80::1");
  CHECK(answers(frame_of(kIcmp, message(128))));
  CHECK(answers(frame_of(kIcmp, message(128, 1240))));
  CHECK_FALSE(answers(frame_of(kIcmp, message(128, 1241))));
  CHECK_FALSE(answers(frame_of(kIcmp, message(128)), 54));
  CHECK_FALSE(answers(frame_of(kIcmp, message(129))));
  CHECK_FALSE(answers(frame_of(kIcmp, message(135))));
  CHECK_FALSE(answers(frame_of(kIcmp, message(128), kAllNodes)));
  CHECK_FALSE(answers(frame_of(kIcmp, message(128), link_local)));
  CHECK_FALSE(answers(frame_of(kIcmp, message(128), kRouter, link_local)));
  CHECK_FALSE(answers(frame_of(kDest, options_header(kIcmp, {}) + message(128))));
  CHECK_FALSE(is_short_echo_request(*packet_of(pool, frame_of(kIcmp, message(128, 4)))));
}

}  // namespace ringroad::ip6

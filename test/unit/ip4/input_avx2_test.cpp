// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/input_avx2.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "ip4/input_avx512.hpp"
#include "packet/tos.hpp"

namespace ringroad::ip4 {
namespace {

constexpr std::uint64_t kMac = 0x0a0000000002;  // 02:00:00:00:00:0a
constexpr Ipv4 kOwn{192, 168, 1, 1};

// A packet in its own memory, as a port's driver delivers it.
struct Frame {
  std::unique_ptr<Packet> owned = std::make_unique<Packet>();
  Packet& packet = *owned;
  alignas(64) std::array<std::uint8_t, 128> bytes{};

  Frame(std::uint32_t destination, std::uint32_t source) {
    packet.buf_addr = bytes.data();
    packet.nb_segs = 1;
    packet.pkt_len = packet.data_len = 60;
    std::memcpy(bytes.data(), &kMac, 6);
    bytes[12] = 0x08;
    rte_ipv4_hdr& header = ipv4(packet);
    header.version_ihl = kVersion4NoOptions;
    header.total_length = rte_cpu_to_be_16(46);
    header.time_to_live = 64;
    header.next_proto_id = IPPROTO_UDP;
    header.src_addr = rte_cpu_to_be_32(source);
    header.dst_addr = rte_cpu_to_be_32(destination);
    mend();
  }
  void mend() {
    rte_ipv4_hdr& header = ipv4(packet);
    header.hdr_checksum = 0;
    header.hdr_checksum = checksum({reinterpret_cast<std::uint8_t*>(&header), sizeof header});
  }
};

// The result of one of the two versions: the packets that it accepted.
struct Taken {
  bool all = false;
  unsigned plain = 0;  // a bit each
  std::uint32_t longest = 0;
  std::uint32_t plain_bytes = 0;
};

Taken take(Packet* const* packets, Burst& burst, const OwnAddresses4& own, const Avx2Input* /*w*/) {
  Avx2Input way{kMac, own};
  const unsigned plain = way.validate(packets, burst, 0);
  return {plain == Avx2Input::kAll, plain, way.longest(), way.plain_bytes()};
}
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] Taken take(Packet* const* packets,
                                                                 Burst& burst,
                                                                 const OwnAddresses4& own,
                                                                 const Avx512Input* /*w*/) {
  Avx512Input way{kMac, own};
  const bool all = way.validate(packets, burst, 0);
  return {all, 0, way.longest(), way.plain_bytes()};
}

// As many frames as a version handles at once.
template <class Way>
struct Some {
  static constexpr std::size_t kFrames = Way::kFrames;
  std::vector<std::unique_ptr<Frame>> frames;
  std::array<Packet*, kFrames> packets{};
  OwnAddresses4 own{{kOwn, Ipv4{192, 168, 1, 255}}};
  Burst burst;
  Taken last;

  explicit Some(std::mt19937& random) {
    for (Packet*& packet : packets) {
      // Addresses in 16/4, which are neither the router's nor loopback addresses.
      const auto address = [&] { return (random() & 0x0fffffffU) | 0x10000000U; };
      frames.push_back(std::make_unique<Frame>(address(), address()));
      packet = &frames.back()->packet;
    }
  }
  Frame& operator[](std::size_t i) { return *frames.at(i); }
  rte_ipv4_hdr& header(std::size_t i) { return ipv4(*packets.at(i)); }
  bool taken() {
    last = take(packets.data(), burst, own, static_cast<const Way*>(nullptr));
    return last.all;
  }
  // Returns false, with a warning, if this processor does not support the version.
  static bool possible() {
    if (kFrames == 8 || (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                         __builtin_cpu_supports("avx512dq"))) {
      return true;
    }
    WARN("not tested: this processor has no AVX-512");
    return false;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("plain frames are taken with what the checks one by one find", "", Avx2Input,
                   Avx512Input) {
  if (!Some<TestType>::possible()) {
    return;
  }
  std::mt19937 random{1};
  for (int round = 0; round < 2000; ++round) {
    Some<TestType> some{random};
    for (std::size_t i = 0; i < TestType::kFrames; ++i) {
      rte_ipv4_hdr& header = some.header(i);
      header.type_of_service = static_cast<std::uint8_t>(random());
      header.time_to_live = static_cast<std::uint8_t>(2 + random() % 254);
      header.packet_id = static_cast<std::uint16_t>(random());
      header.fragment_offset = static_cast<std::uint16_t>(random());
      some[i].mend();
    }
    REQUIRE(some.taken());
    CHECK(some.last.longest == 46);
    CHECK(some.last.plain_bytes == TestType::kFrames * 60);
    for (std::size_t i = 0; i < TestType::kFrames; ++i) {
      rte_ipv4_hdr& header = some.header(i);
      CHECK(some.burst.packets[i] == some.packets[i]);
      CHECK(some.burst.frames[i] == some[i].bytes.data());
      CHECK(some.burst.destinations[i] == rte_be_to_cpu_32(header.dst_addr));
      CHECK(some.burst.priorities[i] == priority_of_tos(header.type_of_service));
      const std::uint8_t ttl = header.time_to_live;
      std::memcpy(&header.time_to_live, &some.burst.ttl_words[i], sizeof(std::uint32_t));
      CHECK(header.time_to_live == ttl - 1);
      CHECK(ipv4_checksum_ok_20(&header));
    }
  }
}

TEMPLATE_TEST_CASE("the words are right for every checksum", "", Avx2Input, Avx512Input) {
  if (!Some<TestType>::possible()) {
    return;
  }
  for (std::uint32_t checksum = 0; checksum <= 0xffff; ++checksum) {
    const std::uint32_t word = checksum << 16 | 0x1140;
    const std::uint32_t lowered = ttl_word_decremented(word);
    CHECK((lowered & 0xffffU) == 0x113f);
    CHECK(lowered >> 16 == checksum_after_ttl_decrement(static_cast<std::uint16_t>(checksum)));
  }
  // Uses sources with which the checksum has the values at which carries occur.
  std::mt19937 random{2};
  for (const std::uint32_t wanted : {0xfffdU, 0xfffeU, 0x0000U, 0x0001U}) {
    Some<TestType> some{random};
    rte_ipv4_hdr& header = some.header(3);
    header.packet_id = 0;
    some[3].mend();
    // In ones' complement, the checksum decreases by what is added to the identification.
    header.packet_id = fold(std::uint32_t{header.hdr_checksum} + (0xffffU - wanted));
    header.hdr_checksum = static_cast<std::uint16_t>(wanted);
    REQUIRE(ipv4_checksum_ok_20(&header));
    REQUIRE(some.taken());
    std::uint32_t word = 0;
    std::memcpy(&word, &header.time_to_live, sizeof word);
    CHECK(some.burst.ttl_words[3] == ttl_word_decremented(word));
  }
}

namespace {

struct Oddity {
  const char* what;
  void (*apply)(Frame& frame, rte_ipv4_hdr& header);
};
const std::array kOddities{
    Oddity{"another's MAC", [](Frame& f, rte_ipv4_hdr&) { f.bytes[5] ^= 1; }},
    Oddity{"a group's MAC", [](Frame& f, rte_ipv4_hdr&) { f.bytes[0] |= 1; }},
    Oddity{"another EtherType", [](Frame& f, rte_ipv4_hdr&) { f.bytes[13] = 6; }},
    Oddity{"a tag", [](Frame& f, rte_ipv4_hdr&) { f.bytes[12] = 0x81; }},
    Oddity{"a tag taken off",
           [](Frame& f, rte_ipv4_hdr&) { f.packet.ol_flags = RTE_MBUF_F_RX_VLAN_STRIPPED; }},
    Oddity{"a bad checksum, the device says",
           [](Frame& f, rte_ipv4_hdr&) { f.packet.ol_flags = RTE_MBUF_F_RX_IP_CKSUM_BAD; }},
    Oddity{"two segments", [](Frame& f, rte_ipv4_hdr&) { f.packet.nb_segs = 2; }},
    Oddity{"version 6",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.version_ihl = 0x65;
             f.mend();
           }},
    Oddity{"options",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.version_ihl = 0x46;
             f.mend();
           }},
    Oddity{"longer than its frame",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.total_length = rte_cpu_to_be_16(47);
             f.mend();
           }},
    Oddity{"shorter than its header",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.total_length = rte_cpu_to_be_16(19);
             f.mend();
           }},
    Oddity{"an empty frame",
           [](Frame& f, rte_ipv4_hdr&) { f.packet.pkt_len = f.packet.data_len = 0; }},
    Oddity{"TTL 1",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.time_to_live = 1;
             f.mend();
           }},
    Oddity{"TTL 0",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.time_to_live = 0;
             f.mend();
           }},
    Oddity{"a wrong checksum", [](Frame&, rte_ipv4_hdr& h) { h.hdr_checksum ^= 0x0100; }},
    Oddity{"from 0/8",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.src_addr = RTE_BE32(0x00ffffff);
             f.mend();
           }},
    Oddity{"from 127/8",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.src_addr = RTE_BE32(0x7f000001);
             f.mend();
           }},
    Oddity{"from 224/4",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.src_addr = RTE_BE32(0xe0000000);
             f.mend();
           }},
    Oddity{"from 255.255.255.255",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.src_addr = 0xffffffff;
             f.mend();
           }},
    Oddity{"from the router",
           [](Frame& f, rte_ipv4_hdr& h) {
             h.src_addr = rte_cpu_to_be_32(kOwn.value());
             f.mend();
           }},
};

}  // namespace

TEMPLATE_TEST_CASE("one frame that is odd in any way is seen", "", Avx2Input, Avx512Input) {
  if (!Some<TestType>::possible()) {
    return;
  }
  std::mt19937 random{3};
  for (const Oddity& oddity : kOddities) {
    INFO(oddity.what);
    for (std::size_t i = 0; i < TestType::kFrames; ++i) {
      Some<TestType> some{random};
      REQUIRE(some.taken());
      oddity.apply(some[i], some.header(i));
      CHECK_FALSE(some.taken());
    }
  }
}

TEST_CASE("frames that are odd leave the others of the eight as they are") {
  std::mt19937 random{7};
  for (int round = 0; round < 5000; ++round) {
    Some<Avx2Input> some{random};
    const auto odd = static_cast<unsigned>(random() % 256);
    std::uint32_t bytes = 0;
    std::uint32_t longest = 0;
    for (std::size_t i = 0; i < Avx2Input::kFrames; ++i) {
      rte_ipv4_hdr& header = some.header(i);
      header.type_of_service = static_cast<std::uint8_t>(random());
      const auto total = static_cast<std::uint32_t>(20 + random() % 27);
      header.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(total));
      some[i].mend();
      if ((odd >> i & 1U) != 0) {
        kOddities.at(random() % kOddities.size()).apply(some[i], header);
      } else {
        bytes += total + kL2Bytes;
        longest = std::max(longest, total);
      }
    }
    some.taken();
    REQUIRE(some.last.plain == (~odd & 0xffU));
    CHECK(some.last.plain_bytes == bytes);
    CHECK(some.last.longest == longest);
    for (std::size_t i = 0; i < Avx2Input::kFrames; ++i) {
      CHECK(some.burst.packets[i] == some.packets[i]);
      if ((odd >> i & 1U) != 0) {
        continue;
      }
      const rte_ipv4_hdr& header = some.header(i);
      CHECK(some.packets[i]->pkt_len ==
            std::uint32_t{rte_be_to_cpu_16(header.total_length)} + kL2Bytes);
      CHECK(some.packets[i]->data_len == some.packets[i]->pkt_len);
      CHECK(some.burst.frames[i] == some[i].bytes.data());
      CHECK(some.burst.destinations[i] == rte_be_to_cpu_32(header.dst_addr));
      CHECK(some.burst.priorities[i] == priority_of_tos(header.type_of_service));
    }
  }
}

TEMPLATE_TEST_CASE("the nets next to martian ones are no martians", "", Avx2Input, Avx512Input) {
  if (!Some<TestType>::possible()) {
    return;
  }
  std::mt19937 random{4};
  for (const std::uint32_t source : {0x01000000U, 0x7effffffU, 0x80000000U, 0xdfffffffU}) {
    Some<TestType> some{random};
    some.header(6).src_addr = rte_cpu_to_be_32(source);
    some[6].mend();
    CHECK(some.taken());
  }
}

TEMPLATE_TEST_CASE("padding is cut of those frames that have it", "", Avx2Input, Avx512Input) {
  if (!Some<TestType>::possible()) {
    return;
  }
  std::mt19937 random{5};
  Some<TestType> some{random};
  some.header(2).total_length = rte_cpu_to_be_16(20);
  some[2].mend();
  REQUIRE(some.taken());
  CHECK(some.last.plain_bytes == TestType::kFrames * 60 - 26);
  CHECK(some.packets[2]->pkt_len == 34);
  CHECK(some.packets[2]->data_len == 34);
  CHECK(some.packets[3]->pkt_len == 60);
  CHECK(some.packets[3]->data_len == 60);
}

TEMPLATE_TEST_CASE("a wrong bit anywhere in a header is seen, or does not matter", "", Avx2Input,
                   Avx512Input) {
  if (!Some<TestType>::possible()) {
    return;
  }
  std::mt19937 random{6};
  Some<TestType> some{random};
  for (std::size_t bit = 0; bit < 8 * sizeof(rte_ipv4_hdr); ++bit) {
    const std::size_t i = bit % TestType::kFrames;
    std::uint8_t& octet = some[i].bytes[kL2Bytes + bit / 8];
    octet = static_cast<std::uint8_t>(octet ^ 1U << bit % 8);
    INFO(bit);
    CHECK_FALSE(some.taken());
    octet = static_cast<std::uint8_t>(octet ^ 1U << bit % 8);
    CHECK(some.taken());
  }
}

}  // namespace ringroad::ip4

// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/fragment.hpp"

#include <utility>

#include "ip6/extension_headers.hpp"
#include "ip6/reassembly.hpp"
#include "packets.hpp"

namespace ringroad::ip6 {
namespace {

// Returns what a receiver makes of the pieces.
Octets joined(std::vector<OwnedPacket> pieces) {
  stats::IpCounters counters;
  Reassembly<OwnedPacket> reassembly{reassembly_settings(), counters,
                                     [](OwnedPacket, stats::DropReason) { FAIL(); },
                                     [](OwnedPacket&) { FAIL(); }};
  Octets whole;
  for (OwnedPacket& piece : pieces) {
    const auto info = read_fragment(*piece, walk_to_upper(*piece).offset);
    REQUIRE(info);
    CHECK(info->key.identification == 0x12345678);
    CHECK(whole.empty());
    auto datagram = reassembly.add(*info, std::move(piece), {});
    if (datagram) {
      whole = octets_of(*join(std::move(*datagram)));
    }
  }
  return whole;
}

}  // namespace

TEST_CASE("the fragments of a packet fit into the MTU and make it again") {
  Pool pool;
  for (const bool gather : {false, true}) {
    for (const bool has_options : {false, true}) {
      for (const std::size_t bytes : Sizes{1241, 1500, 2464, 2465, 9000, 20'000}) {
        const std::size_t segment = bytes % 2 == 0 ? 2000 : 301;
        const Octets payload = counting(bytes);
        const Octets frame =
            has_options ? frame_of(IPPROTO_HOPOPTS, options_header(17, {5, 2, 0, 0}) + payload)
                        : frame_of(17, payload);
        const OwnedPacket packet = packet_of(pool, frame, segment);
        auto pieces = fragment(pool.get(), *packet,
                               {.mtu = 1280, .gather = gather, .identification = 0x12345678});
        const std::size_t room = (1280U - 48 - (has_options ? 8 : 0)) / 8 * 8;
        CHECK(pieces.size() == (bytes + room - 1) / room);
        for (const OwnedPacket& piece : pieces) {
          CHECK(piece->pkt_len <= 1280 + kL2Bytes);
          CHECK(rte_be_to_cpu_16(ipv6(*piece).payload_len) == piece->pkt_len - 54);
          CHECK((gather || piece->nb_segs == 1));
          CHECK(piece->nb_segs <= 8);
        }
        if (!gather) {
          CHECK(joined(std::move(pieces)) == frame);
        }
      }
    }
  }
}

TEST_CASE("no fragment is made without a buffer for each, or for an MTU that holds none") {
  Pool pool;
  const OwnedPacket packet = packet_of(pool, frame_of(17, counting(5000)));
  CHECK(fragment(pool.get(), *packet, {.mtu = 55}).empty());
  CHECK(fragment(pool.get(), *packet, {.mtu = 56}).size() == 625);
  pool.most = pool.in_use + 3;
  CHECK(fragment(pool.get(), *packet, {.mtu = 1280}).empty());
  CHECK(pool.in_use + 3 == pool.most);
}

TEST_CASE("options that claim to be longer than the packet are not read") {
  Pool pool;
  const OwnedPacket packet =
      packet_of(pool, frame_of(IPPROTO_HOPOPTS, Octets{17, 255} + counting(1300)));
  CHECK(fragment(pool.get(), *packet, {.mtu = 1280}).empty());
}

}  // namespace ringroad::ip6

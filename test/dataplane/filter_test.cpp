// SPDX-License-Identifier: BSD-3-Clause
// Filters agree with libpcap's own interpreter, whichever of their two programs answers.
#include "tap/filter.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "port/pools.hpp"
#include "testbed.hpp"

namespace ringroad::test {
namespace {

constexpr int kWholeFrames = 262144;

class Compiled {
 public:
  explicit Compiled(const char* text) {
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle{
        pcap_open_dead(DLT_EN10MB, kWholeFrames), pcap_close};
    REQUIRE(pcap_compile(handle.get(), &program_, text, 1, PCAP_NETMASK_UNKNOWN) == 0);
  }
  ~Compiled() { pcap_freecode(&program_); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  [[nodiscard]] std::string hex() const {
    std::string text;
    for (const bpf_insn& one : std::span{program_.bf_insns, program_.bf_len}) {
      text += fmt::format("{:04x}{:02x}{:02x}{:08x}", one.code, one.jt, one.jf, one.k);
    }
    return text;
  }
  [[nodiscard]] bool matches(const Frame& frame) const {
    return bpf_filter(program_.bf_insns, frame.data(), static_cast<unsigned>(frame.size()),
                      static_cast<unsigned>(frame.size())) != 0;
  }

 private:
  bpf_program program_{};
};

// clang's sanitizer reads the type of a function in front of its code, where this one has none.
#if defined(__clang__)
[[clang::no_sanitize("function")]]
#endif
std::uint64_t ask(Tap::FrameFilter filter, Frame& frame) {
  return filter(frame.data());
}

Frame random_frame(std::mt19937& random, const Testbed& bed) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.protocol = std::array<std::uint8_t, 4>{1, 6, 17, 89}.at(random() % 4);
  fields.ttl = static_cast<std::uint8_t>(random());
  fields.flags_offset = random() % 4 == 0 ? static_cast<std::uint16_t>(random()) : 0;
  if (random() % 4 == 0) {
    fields.options.assign(4 * (1 + random() % 10), 1);
    fields.version_ihl = static_cast<std::uint8_t>(0x45 + fields.options.size() / 4);
  }
  fields.payload.resize(random() % 60);
  for (std::uint8_t& octet : fields.payload) {
    octet = static_cast<std::uint8_t>(random() % 4 == 0 ? 53 : 0);
  }
  Frame frame = make_ipv4(fields);
  if (random() % 5 == 0) {
    frame = tagged(frame, {{0x8100, static_cast<std::uint16_t>(random() % 8)}});
  }
  if (random() % 5 == 0) {
    frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
  }
  if (random() % 5 == 0) {
    frame.resize(random() % frame.size());
  }
  return frame;
}

}  // namespace

TEST_CASE("a filter answers as libpcap's interpreter does, for frames of every kind and length") {
  Testbed bed;
  auto pool = port::make_pool("filtered", 1023, 1500);
  REQUIRE(pool);
  std::mt19937 random{7};
  std::size_t fast = 0;
  for (const char* const text :
       {"ip", "arp", "icmp", "host 192.168.2.2", "net 192.168.0.0/16 and not tcp", "udp port 53",
        "tcp[tcpflags] & tcp-syn != 0", "vlan 3 and udp", "ip[8] < 64",
        "ether host 02:00:00:00:00:0a", "ip[6:2] & 0x1fff != 0", "greater 80",
        "udp[8:4] = 0x35353535", "ether[0] & 1 = 0", "ip and ip[ip[0] & 0xf] > 3",
        "src host 255.1.2.3 or dst port 13621", "ip proto 89", "ip[2:2] - ip[8] > 20"}) {
    const Compiled compiled{text};
    const auto filter = tap::Filter::load(compiled.hex());
    INFO(text);
    REQUIRE(filter);
    fast += filter->run_frame() != nullptr ? 1U : 0U;
    std::size_t matching = 0;
    for (int i = 0; i < 2000; ++i) {
      Frame frame = random_frame(random, bed);
      const bool expected = compiled.matches(frame);
      matching += expected ? 1U : 0U;
      rte_mbuf* const packet = rte_pktmbuf_alloc(pool->get());
      REQUIRE(packet != nullptr);
      char* const room = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
      if (!frame.empty()) {
        std::memcpy(room, frame.data(), frame.size());
      }
      const bool by_buffer = filter->run_slow()(filter->program(), *packet);
      std::uint64_t by_frame = Tap::kUnknown;
      if (filter->run_frame() != nullptr && frame.size() >= filter->frame_bytes()) {
        by_frame = ask(filter->run_frame(), frame);
      }
      rte_pktmbuf_free(packet);
      INFO("frame of " << frame.size() << " octets");
      REQUIRE(by_buffer == expected);
      REQUIRE((by_frame == Tap::kUnknown || (by_frame != 0) == expected));
    }
    CHECK(matching < 2000);
  }
  CHECK(fast >= 14);
}

}  // namespace ringroad::test

// SPDX-License-Identifier: BSD-3-Clause
// Cycles that established connections cost a packet, and new ones: unit-filter '[.bench]'.
#include <netinet/tcp.h>
#include <x86intrin.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "filter/tracker.hpp"
#include "rules.hpp"

namespace ringroad::filter {
namespace {

constexpr std::size_t kBursts = 16;  // whose buffers stay in the cache, as a device's ring does
constexpr std::size_t kSize = 64;

// A flow from a host inside, and its answers.
struct Flow {
  std::uint32_t host;
  std::uint16_t port;
};

Flow flow(std::uint32_t number) {
  return {0x0a000000U + number / 50000, static_cast<std::uint16_t>(1024 + number % 50000)};
}

class Bench {
 public:
  Bench(const std::string& rules, std::uint32_t connections, std::uint8_t protocol)
      : rules_{rules}, tracker_{settings(connections), 0, 1} {
    for (auto& each : bursts_) {
      each = std::make_unique<Packets>(false, InterfaceId{0});
      for (std::size_t i = 0; i < kSize; ++i) {
        each->add(Content{.protocol = protocol, .tcp_flags = TH_ACK, .ack = 13, .window = 4096});
      }
    }
  }

  // Cycles a packet of one burst of these flows, through all hooks of a forwarded packet.
  template <class FlowOf>
  double run(FlowOf&& flow_of) {
    Packets& packets = *bursts_[next_++ % kBursts];
    packets.burst.ingress = InterfaceId{0};
    for (std::size_t i = 0; i < kSize; ++i) {
      fill(packets, i, flow_of(i));
    }
    return run(packets);
  }
  // Then the answers to them come.
  void answer() {
    Packets& packets = *bursts_[(next_ - 1) % kBursts];
    packets.burst.ingress = InterfaceId{1};
    for (std::size_t i = 0; i < kSize; ++i) {
      Packet& packet = *packets.burst.packets[i];
      packet.ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
      std::uint8_t* const header = frame(packet);
      std::swap_ranges(header + 26, header + 30, header + 30);
      std::swap_ranges(header + 34, header + 36, header + 36);
    }
    run(packets);
  }
  void advance(Nanoseconds time) { rules_.clock.advance(time); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] const Connections& connections() { return tracker_.connections(); }

 private:
  double run(Packets& packets) {
    const std::uint64_t start = __rdtsc();
    for (const HookPoint point :
         {HookPoint::kPreRouting, HookPoint::kForward, HookPoint::kPostRouting}) {
      HookVerdicts verdicts;
      rules_.program->run(
          0, {point, nullptr, packets.burst, verdicts, rules_.clock, rules_.sinks, &tracker_});
      dropped_ += static_cast<std::uint64_t>(std::popcount(verdicts.dropped()));
    }
    return static_cast<double>(__rdtsc() - start) / kSize;
  }
  static TrackingSettings settings(std::uint32_t connections) {
    TrackingSettings settings;
    settings.connections_most = connections;
    return settings;
  }

  static void fill(Packets& packets, std::size_t index, Flow flow) {
    constexpr std::uint32_t kServer = 0x0a000000U | 0x00ff0101U;
    Packet& packet = *packets.burst.packets[index];
    packet.ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    std::uint8_t* const header = frame(packet);
    const std::uint32_t source = rte_cpu_to_be_32(flow.host);
    const std::uint32_t destination = rte_cpu_to_be_32(kServer);
    std::memcpy(header + 26, &source, 4);
    std::memcpy(header + 30, &destination, 4);
    const std::uint16_t from = rte_cpu_to_be_16(flow.port);
    const std::uint16_t to = rte_cpu_to_be_16(80);
    std::memcpy(header + 34, &from, 2);
    std::memcpy(header + 36, &to, 2);
  }

  Rules rules_;
  Tracker tracker_;
  std::array<std::unique_ptr<Packets>, kBursts> bursts_;
  std::size_t next_ = 0;
  std::uint64_t dropped_ = 0;
};

std::string stateful(bool translates) {
  std::string rules = "ct state established,related accept\nct state invalid drop\n";
  for (int i = 0; i < 18; ++i) {
    rules += "ip saddr 192.168." + std::to_string(i) + ".0/24 tcp dport " + std::to_string(i + 22) +
             " accept\n";
  }
  std::string text = Rules::chain(rules + "iif eth0 accept");
  if (translates) {
    text +=
        "table ip n { chain p { type nat hook postrouting priority 100\n"
        "oif eth1 snat to 10.9.0.1-10.9.0.254 } }\n";
  }
  return text;
}

std::string name_of(std::uint32_t connections, std::uint8_t protocol, bool translates) {
  return std::to_string(connections) + (protocol == IPPROTO_TCP ? " TCP" : " UDP") +
         (translates ? " translated" : "");
}

void measure(std::uint32_t connections, std::uint8_t protocol, bool translates) {
  Bench bench{stateful(translates), connections + connections / 2, protocol};
  std::vector<double> cycles;
  for (std::uint32_t first = 0; first < connections; first += kSize) {
    const auto each = [&](std::size_t i) {
      return flow((first + static_cast<std::uint32_t>(i)) % connections);
    };
    cycles.push_back(bench.run(each));
    bench.answer();
  }
  std::ranges::sort(cycles);
  std::cout << name_of(connections, protocol, translates)
            << ": begun: " << cycles[cycles.size() / 2] << " TSC cycles a packet";
  std::mt19937 random{1};
  cycles.clear();
  for (int round = 0; round < 20000; ++round) {
    cycles.push_back(bench.run([&](std::size_t /*i*/) {
      return flow(static_cast<std::uint32_t>(random() % connections));
    }));
    if (round % 4 == 0) {
      bench.answer();
    }
  }
  std::ranges::sort(cycles);
  std::cout << ", known: " << cycles[cycles.size() / 100] << ", " << cycles[cycles.size() / 2]
            << " (1 %, median), dropped " << bench.dropped() << ", there "
            << bench.connections().size() << "\n";
}

}  // namespace

TEST_CASE("cycles a packet of connections", "[.bench]") {
  for (const bool translates : {false, true}) {
    for (const std::uint8_t protocol : {std::uint8_t{IPPROTO_UDP}, std::uint8_t{IPPROTO_TCP}}) {
      for (const std::uint32_t connections : {1000U, 64000U, 1000000U}) {
        SECTION(name_of(connections, protocol, translates)) {  // -c NAME runs one of them
          measure(connections, protocol, translates);
        }
      }
    }
  }
}

}  // namespace ringroad::filter

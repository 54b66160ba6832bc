// SPDX-License-Identifier: BSD-3-Clause
// Cycles a packet: unit-filter '[.bench]'.
#include <x86intrin.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "rules.hpp"

namespace ringroad::filter {
namespace {

std::uint32_t address(std::mt19937& random) {
  return 0x0a00'0000U | static_cast<std::uint32_t>(random() & 0x00ff'ffffU);
}

std::string text(std::uint32_t address, unsigned length) {
  const std::uint32_t masked = length == 0 ? 0 : address & ~std::uint32_t{0} << (32 - length);
  return Ipv4{masked}.to_string() + "/" + std::to_string(length);
}

void measure(const std::string& name, Rules& rules, std::mt19937& random) {
  std::vector<std::unique_ptr<Packets>> bursts;
  for (int i = 0; i < 32; ++i) {
    bursts.push_back(std::make_unique<Packets>());
    for (int j = 0; j < 64; ++j) {
      bursts.back()->add({.source = Ipv4{address(random)},
                          .destination = Ipv4{address(random)},
                          .protocol = IPPROTO_TCP,
                          .source_port = static_cast<std::uint16_t>(random()),
                          .destination_port = static_cast<std::uint16_t>(random() % 2000)});
    }
  }
  std::uint64_t best = ~std::uint64_t{0};
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t start = __rdtsc();
    for (auto& packets : bursts) {
      rules.run(*packets);
    }
    best = std::min<std::uint64_t>(best, __rdtsc() - start);
  }
  std::cout << name << ": " << static_cast<double>(best) / (32 * 64) << " TSC cycles a packet\n";
}

}  // namespace

TEST_CASE("cycles a packet", "[.bench]") {
  std::mt19937 random{1};
  std::string ten;
  for (int i = 0; i < 9; ++i) {
    ten += "ip saddr 192.168." + std::to_string(i) + ".0/24 tcp dport " + std::to_string(i + 22) +
           " accept\n";
  }
  Rules few{Rules::chain(ten + "ip daddr 10.0.0.0/8 counter accept")};
  measure("10 rules", few, random);
  std::string thousand;
  for (int i = 0; i < 1000; ++i) {
    thousand += "ip saddr " + text(address(random), 16 + static_cast<unsigned>(random() % 9)) +
                " ip daddr " + text(address(random), 16 + static_cast<unsigned>(random() % 9)) +
                " tcp sport 1024-65535 tcp dport " + std::to_string(random() % 2000) + " drop\n";
  }
  Rules many{Rules::chain(thousand + "accept")};
  measure("1,000 rules of 5-tuples", many, random);
  std::string prefixes;
  for (int i = 0; i < 100'000; ++i) {
    prefixes += text(static_cast<std::uint32_t>(i) * 167U << 8U | 0x0a00'0000U, 24) + ", ";
  }
  Rules set{Rules::chain(
      "ip saddr @s drop\naccept",
      "set s { type ipv4_addr; flags interval; auto-merge; elements = { " + prefixes + " } }")};
  measure("a set of 100,000 prefixes", set, random);
}

}  // namespace ringroad::filter

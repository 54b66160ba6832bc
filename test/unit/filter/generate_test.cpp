// SPDX-License-Identifier: BSD-3-Clause
// Numbers that rules make for packets.
#include "filter/generate.hpp"

#include <string_view>

#include "packet/mark.hpp"
#include "rules.hpp"

namespace ringroad::filter {
namespace {

std::uint32_t hash_of(std::string_view text, std::uint32_t seed) {
  return jenkins_hash(std::vector<std::uint8_t>(text.begin(), text.end()), seed);
}

Content to(std::uint16_t port) { return {.destination_port = port}; }

}  // namespace

TEST_CASE("the hash is that of Bob Jenkins' lookup3.c") {
  CHECK(hash_of("", 0) == 0xdeadbeef);
  CHECK(hash_of("Four score and seven years ago", 0) == 0x17770551);
  CHECK(hash_of("Four score and seven years ago", 1) == 0xcd628161);
}

TEST_CASE("numgen inc counts the packets that come to it, in their order") {
  Rules rules{Rules::chain("udp dport 53 numgen inc mod 3 == 1 accept")};
  Packets packets;
  for (const bool is_asked : {true, true, false, true, true, false, true}) {
    packets.add(to(is_asked ? 53 : 80));
  }
  // Packets 0, 1, 3, 4 and 6 have the numbers 0, 1, 2, 0, 1; of the next burst 2, 0, 1, 2, 0.
  CHECK(rules.run(packets) == 0b0111101);
  CHECK(rules.run(packets) == 0b1110111);
}

TEST_CASE("each numgen has its own sequence, which both families share") {
  Rules rules{Rules::chain("numgen inc mod 2 offset 10 vmap { 10 : accept, 11 : jump x }",
                           "chain x {\nnumgen inc mod 2 vmap { 0 : accept, 1 : drop }\n}")};
  Packets four;
  Packets six{true};
  for (int i = 0; i < 4; ++i) {
    four.add(Content{});
    six.add(Content{.is_ipv6 = true});
  }
  CHECK(rules.run(four) == 0b1000);
  CHECK(rules.run(four) == 0b1000);
  Packets one;
  one.add(Content{});
  CHECK(rules.run(one) == 0);      // the first one of the pair
  CHECK(rules.run(six) == 0b100);  // jump, accept, jump, accept
}

TEST_CASE("a hash depends on its key alone, and a symmetric one not on the direction") {
  Rules rules{
      Rules::chain("meta mark set jhash ip saddr . udp dport mod 1000 seed 5 offset 1\n"
                   "meta mark 1-1000 accept")};
  Packets packets;
  packets.add(Content{.source_port = 1});
  packets.add(Content{.source_port = 2});
  CHECK(rules.run(packets) == 0);
  const auto mark = [&](std::size_t i) { return Mark::of(*packets.burst.packets[i]); };
  CHECK(mark(0) == mark(1));

  Rules symmetric{Rules::chain("meta mark set symhash mod 4294967295 accept")};
  Packets both;
  both.add(Content{.source_port = 1000, .destination_port = 2000});
  both.add(Content{.source = {10, 0, 1, 1},
                   .destination = {10, 0, 0, 1},
                   .source_port = 2000,
                   .destination_port = 1000});
  both.add(Content{.source_port = 1001, .destination_port = 2000});
  CHECK(symmetric.run(both) == 0);
  const auto of = [&](std::size_t i) { return Mark::of(*both.burst.packets[i]); };
  CHECK(of(0) == of(1));
  CHECK(of(0) != of(2));
}

TEST_CASE("a random number is below its modulus, and each one occurs") {
  Rules rules{Rules::chain("meta mark set numgen random mod 4 offset 8\nmeta mark 8-11 accept")};
  std::uint32_t seen = 0;
  for (int run = 0; run < 8; ++run) {
    Packets packets;
    for (int i = 0; i < 32; ++i) {
      packets.add(Content{});
    }
    REQUIRE(rules.run(packets) == 0);
    for (std::size_t i = 0; i < 32; ++i) {
      seen |= 1U << Mark::of(*packets.burst.packets[i]);
    }
  }
  CHECK(seen == 0xf00);
}

}  // namespace ringroad::filter

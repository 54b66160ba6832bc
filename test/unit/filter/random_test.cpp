// SPDX-License-Identifier: BSD-3-Clause
// Random rulesets and bursts: the engine and the reference agree about each packet and counter.
#include <catch2/catch.hpp>

#include "filter/program.hpp"
#include "generator.hpp"
#include "reference.hpp"

namespace ringroad::filter {
namespace {

// The octets without the checksums, which the reference does not update.
Octets without_checksums(Octets octets, const Content& content) {
  if (!content.is_ipv6) {
    octets[24] = octets[25] = 0;
  }
  const std::size_t transport = octets.size() - content.transport_octets;
  const std::size_t at = content.protocol == IPPROTO_TCP   ? 16
                         : content.protocol == IPPROTO_UDP ? 6
                                                           : 2;
  if (at + 1 < content.transport_octets) {
    octets[transport + at] = octets[transport + at + 1] = 0;
  }
  return octets;
}

void compare_counters(const nft::Ruleset& ruleset, const Program& program, Reference& reference) {
  for (std::uint32_t t = 0; t < ruleset.tables.size(); ++t) {
    const nft::Table& table = ruleset.tables[t];
    const Total named = reference.counter({t, StatementPlace::kNamed, 0, 0});
    const auto total = program.named_counter(t, 0);
    if (total) {
      CHECK(total->packets == named.packets + 5);
      CHECK(total->bytes == named.bytes + 100);
    }
    for (std::uint32_t c = 0; c < table.chains.size(); ++c) {
      if (table.chains[c].base) {
        CHECK(program.policy_hits(t, c) == reference.hits({t, c, StatementPlace::kPolicy, 0}));
      }
      for (std::uint32_t r = 0; r < table.chains[c].rules.size(); ++r) {
        INFO("table " << t << ", chain " << c << ", rule " << r);
        REQUIRE(program.rule_hits(t, c, r) == reference.hits({t, c, r, 0}));
        const auto& statements = table.chains[c].rules[r].statements;
        for (std::uint32_t s = 0; s < statements.size(); ++s) {
          const auto* const counter = std::get_if<nft::Counter>(&statements[s]);
          if (const auto there = program.counter(t, c, r, s); counter != nullptr && there) {
            const Total wanted = reference.counter({t, c, r, s});
            REQUIRE(there->packets == wanted.packets + counter->packets);
            REQUIRE(there->bytes == wanted.bytes + counter->bytes);
          }
        }
      }
    }
  }
}

ReferencePacket reference_packet(const Packets& packets, std::size_t i, HookPoint point) {
  ReferencePacket packet{.octets = packets.octets(i),
                         .is_ipv6 = packets.burst.is_ipv6,
                         .point = point,
                         .iif = kNames[packets.burst.ingress.value()],
                         .oif = kNames[packets.burst.adjacencies[i]->port.value()],
                         .mark = Mark::of(*packets.burst.packets[i]),
                         .priority = packets.burst.priorities[i],
                         .packet_type = static_cast<std::uint8_t>(packets.burst.l2_classes[i])};
  if (point == HookPoint::kOutput) {
    packet.iif.clear();
  }
  if (point == HookPoint::kPreRouting || point == HookPoint::kInput) {
    packet.oif.clear();
  }
  return packet;
}

void run_burst(Generator& random, Program& program, Reference& reference, const Clock& clock,
               HookPoint point) {
  const bool is_ipv6 = random.pick(2) == 0;
  Packets packets{is_ipv6, InterfaceId{static_cast<std::uint16_t>(random.pick(4))}};
  const std::size_t count = 1 + random.pick(64);
  std::vector<ReferencePacket> wanted;
  std::vector<Content> contents;
  for (std::size_t i = 0; i < count; ++i) {
    const Content& content = contents.emplace_back(random.content(is_ipv6));
    packets.add(content, InterfaceId{static_cast<std::uint16_t>(random.pick(4))},
                random.pick(6) == 0 ? 54 + random.pick(8) : 0,
                static_cast<L2Class>(random.pick(3)));
    if (content.mark == 3) {
      packets.burst.priorities[i] = 6;
    }
    wanted.push_back(reference_packet(packets, i, point));
  }
  HookVerdicts verdicts;
  const Sinks sinks;
  program.run(random.pick(2), {point, nullptr, packets.burst, verdicts, clock, sinks});
  for (std::size_t i = 0; i < count; ++i) {
    const bool accepted = reference.run(wanted[i], clock.now());
    INFO("packet " << i);
    REQUIRE((verdicts.dropped() >> i & 1U) == (accepted ? 0U : 1U));
    REQUIRE(Mark::of(*packets.burst.packets[i]) == wanted[i].mark);
    if ((verdicts.prioritized() >> i & 1U) != 0) {
      REQUIRE(verdicts.priority(i) == wanted[i].priority);
    }
    REQUIRE(without_checksums(packets.octets(i), contents[i]) ==
            without_checksums(wanted[i].octets, contents[i]));
  }
}

void run_rounds(std::uint32_t seeds, std::size_t rules, int bursts) {
#ifdef RINGROAD_SANITIZED
  seeds /= 10;
#endif
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    INFO("seed " << seed);
    Generator random{seed};
    // All but the ingress, where chains have devices.
    const auto point = static_cast<HookPoint>(random.pick(kHookPoints - 1));
    const auto ruleset = std::make_shared<const nft::Ruleset>(
        random.ruleset(static_cast<nft::HookPlace>(point), rules));
    Clock clock{Clock::Manual{}};
    auto program = compile(ruleset, kInterfaces, 2, clock);
    INFO((program ? "" : program.error().what));
    REQUIRE(program);
    Reference reference{*ruleset};
    for (int i = 0; i < bursts; ++i) {
      run_burst(random, **program, reference, clock, point);
      clock.advance(std::chrono::milliseconds{random.pick(200)});
    }
    compare_counters(*ruleset, **program, reference);
  }
}

}  // namespace

TEST_CASE("random rules decide as one packet after the other and one rule after the other") {
  run_rounds(1500, 5, 4);
}

TEST_CASE("random long chains decide as one rule after the other") { run_rounds(60, 120, 4); }

}  // namespace ringroad::filter

// SPDX-License-Identifier: BSD-3-Clause
// What hooks may do with a packet, and in which order they run.
#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <vector>

#include "hooked.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

// A hook's state: it drops, holds or readdresses the packets of one identification.
struct Judge {
  std::uint16_t id = 0;  // identification of the packets that it acts on; 0: all
  enum class Says : std::uint8_t { kDrop, kHold, kSendToA } says = Says::kDrop;
  std::vector<Packet*> held{};
  unsigned seen = 0;

  static void run(void* state, StageContext& /*context*/, const Burst& burst,
                  HookVerdicts& verdicts) {
    Judge& judge = *static_cast<Judge*>(state);
    judge.seen += burst.count;
    for (std::size_t i = 0; i < burst.count; ++i) {
      rte_ipv4_hdr& header = ipv4(*burst.packets[i]);
      if (judge.id != 0 && header.packet_id != rte_cpu_to_be_16(judge.id)) {
        continue;
      }
      switch (judge.says) {
        case Says::kDrop:
          verdicts.drop(i);
          break;
        case Says::kHold:
          judge.held.push_back(burst.packets[i]);
          verdicts.hold(i);
          break;
        case Says::kSendToA:
          header.dst_addr = rte_cpu_to_be_32(kHostA.value());
          header.hdr_checksum = 0;
          header.hdr_checksum = rte_ipv4_cksum(&header);
          verdicts.change(i);
          break;
      }
    }
  }
};

}  // namespace

TEST_CASE("a filter stops the first packets to a new neighbor, those that are cut, with options") {
  auto config = Testbed::basic_config();
  config.ports[1].mtu = 576;
  Testbed bed{{.config = config}};
  const auto point = GENERATE(HookPoint::kForward, HookPoint::kPostRouting);
  Judge filter;
  std::optional<Hooked> hooked;
  hooked.emplace(bed, point, Judge::run, &filter);
  bed.receive(kPortA, make_ipv4(marked(bed, 1)));
  Ipv4Fields fields = marked(bed, 2);
  fields.payload.resize(1400);
  bed.receive(kPortA, make_ipv4(fields));
  fields = marked(bed, 3);
  fields.options = {1, 1, 1, 0};
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  // No ARP request was sent, because no packet passed the hook so far.
  CHECK(bed.sent(kPortB).empty());
  CHECK(bed.drops(DropReason::kHook) == 3);
  hooked.reset();
  bed.receive(kPortA, make_ipv4(marked(bed, 4)));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
}

TEST_CASE("what a hook drops from a burst is gone, and the others go on in their order") {
  Testbed bed;
  bed.resolve_hosts();
  const auto point = GENERATE(HookPoint::kPreRouting, HookPoint::kForward, HookPoint::kPostRouting);
  Judge filter{.id = 20};
  const Hooked hooked{bed, point, Judge::run, &filter};
  const auto before = bed.router->workers()[0]->tx(kPortB)->bands().totals().sent_bytes;
  for (std::uint16_t packet = 1; packet <= 64; ++packet) {
    Ipv4Fields fields = marked(bed, packet % 3 == 0 ? 20 : packet);
    fields.payload.resize(10 + packet);
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  const auto sent = bed.sent(kPortB);
  CHECK(sent.size() == 42);  // packet 20 too
  CHECK(bed.drops(DropReason::kHook) == 22);
  std::uint16_t last = 0;
  std::uint64_t bytes = 0;
  for (const Frame& frame : sent) {
    CHECK(word(frame, kIpId) > last);
    CHECK(frame.size() == kIp + 20 + 10 + word(frame, kIpId));
    last = word(frame, kIpId);
    bytes += frame.size();
  }
  CHECK(bed.router->workers()[0]->tx(kPortB)->bands().totals().sent_bytes == before + bytes);
}

TEST_CASE("a hook before the routing sends a packet elsewhere") {
  Testbed bed;
  bed.resolve_hosts();
  Judge translator{.id = 5, .says = Judge::Says::kSendToA};
  const Hooked hooked{bed, HookPoint::kPreRouting, Judge::run, &translator};
  for (std::uint16_t packet = 1; packet <= 10; ++packet) {
    bed.receive(kPortA, make_ipv4(marked(bed, packet)));
  }
  bed.run();
  CHECK(bed.sent(kPortB).size() == 9);
  const auto back = bed.sent(kPortA);
  REQUIRE(!back.empty());
  CHECK(ip_destination(back[0]) == kHostA);
  CHECK(ip_checksum_right(back[0]));
  CHECK(back[0][kTtl] == 63);
}

TEST_CASE("what a hook holds is held until it lets it go") {
  Testbed bed;
  bed.resolve_hosts();
  Judge queue{.id = 5, .says = Judge::Says::kHold};
  const Hooked hooked{bed, HookPoint::kForward, Judge::run, &queue};
  for (std::uint16_t packet = 1; packet <= 10; ++packet) {
    bed.receive(kPortA, make_ipv4(marked(bed, packet)));
  }
  const auto held_before = bed.router->ledger().held;
  bed.run();
  CHECK(bed.sent(kPortB).size() == 9);
  REQUIRE(queue.held.size() == 1);
  CHECK(bed.router->ledger().held == held_before + 1);
  StageContext& context = bed.router->sender().context();
  context.release(1);
  context.drop(queue.held[0], DropReason::kHook, interface_of(kPortA));
  context.drop_list.flush();
}

TEST_CASE("hooks of one point run by priority, those of one priority in the order they came") {
  Testbed bed;
  bed.resolve_hosts();
  struct Step {
    std::vector<int>* order;
    int number;
    static void run(void* state, StageContext& /*context*/, const Burst& /*burst*/,
                    HookVerdicts& /*verdicts*/) {
      const Step& step = *static_cast<Step*>(state);
      step.order->push_back(step.number);
    }
  };
  std::vector<int> order;
  std::array<Step, 5> steps{};
  constexpr std::array kPriorities{hook_priority::kNatSource, hook_priority::kRaw,
                                   hook_priority::kFilter, hook_priority::kFilter,
                                   hook_priority::kConntrack};
  Hooks& hooks = bed.router->world().hooks();
  std::vector<Hooks::Id> ids;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps.at(i) = {&order, static_cast<int>(i)};
    ids.push_back(
        hooks.add(HookPoint::kForward,
                  {.priority = kPriorities.at(i), .run = Step::run, .states = {2, &steps.at(i)}}));
  }
  bed.receive(kPortA, make_ipv4(marked(bed, 1)));
  bed.run();
  CHECK(order == std::vector{1, 4, 2, 3, 0});
  bool gone = false;
  hooks.remove(ids[2], [&] { gone = true; });
  order.clear();
  bed.receive(kPortA, make_ipv4(marked(bed, 2)));
  bed.run();
  CHECK(order == std::vector{1, 4, 3, 0});
  CHECK(gone);
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    hooks.remove(ids[i]);
  }
}

TEST_CASE("each thread has a hook's state of its own") {
  auto config = Testbed::basic_config();
  config.engine.workers.assign(2, 0);
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  std::array<Judge, 3> judges{};  // two workers and the control thread
  const Hooked hooked{bed,
                      HookPoint::kPostRouting,
                      {.run = Judge::run, .states = {judges.data(), &judges[1], &judges[2]}}};
  for (Judge& judge : judges) {
    judge.id = 0xffff;
  }
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.receive(kPortA, make_ipv4(bed.long_ping(kRouterA)));
  bed.run();
  CHECK(judges[0].seen + judges[1].seen == 1);
  CHECK(judges[2].seen == 1);
}
